"""A query asked of the index: the documents, each a block, in which a record may match.

Every answer may hold too many documents and never too few. What the index knows nothing about (times, the
text of regular expressions, what is not in a block) leaves all documents in.
"""

import pyarrow as pa

from storage import query_fields
from storage.index_codec import VALUE_FIELDS
from storage.index_reader import Documents, Leaf
from storage.match import query_glob, value_test
from storage.query import And, Every, Not, NumericRange, Or, Phrase, Query, Regex, Term
from storage.tokens import PLAIN_LENGTH, Keys, leading_letters, required_keys


def documents(query: Query, leaf: Leaf) -> Documents:
    """Give the documents in which a record may match."""
    return _asked(query, leaf, leaf.everything)


def _asked(query: Query, leaf: Leaf, left: Documents) -> Documents:
    """Give those of ``left`` in which a record may match."""
    if isinstance(query, And):
        for part in query.subqueries:
            left = _asked(part, leaf, left) if left else left
        return left
    if isinstance(query, Or):
        return set().union(*(_asked(part, leaf, left) for part in query.subqueries))
    if isinstance(query, Not | Every) or (isinstance(query, Term) and not query.text):
        return left
    field = query_fields.field(query.fieldname)
    if field.name in VALUE_FIELDS:
        return _with_value(query, field, leaf, left)
    if isinstance(query, NumericRange | Regex):
        return left
    return with_keys(_keys(query), leaf, left)


def _with_value(query: Query, field: query_fields.Field, leaf: Leaf, left: Documents) -> Documents:
    if isinstance(query, NumericRange):
        found = leaf.with_values(field.name, lambda values: _within(values, query.start, query.end))
    else:
        found = leaf.with_values(field.name, value_test(query, field))
    found &= left
    unlisted = left & leaf.beyond(field.name)
    if unlisted and field.kind is query_fields.Kind.TEXT and not isinstance(query, Regex):
        unlisted = with_keys(_keys(query), leaf, unlisted)  # the text of header fields is in the words, too
    return found | unlisted


def _within(values: pa.Array, low: int | None, high: int | None) -> pa.BooleanArray:
    numbers = map(int, values.to_pylist())
    return pa.array(
        [(low is None or number >= low) and (high is None or number <= high) for number in numbers]
    )


def _keys(query: Query) -> Keys:
    if isinstance(query, Phrase):
        found = [required_keys((word,), alone=False) for word in query.words]
        return Keys(
            plain=frozenset().union(*(keys.plain for keys in found)),
            other=frozenset().union(*(keys.other for keys in found)),
        )
    return required_keys(query_glob(query))


def with_keys(keys: Keys, leaf: Leaf, left: Documents) -> Documents:
    """Give those of ``left`` in which a text that has all these keys may occur."""
    for word in keys.plain:
        listed = leaf.with_key("words", word) & left
        left = listed | leaf.in_filter(frozenset({word}), left & leaf.beyond("words"))
        if not left:
            return left
    for prefix in keys.prefixes:
        left = left & _with_prefix(prefix, leaf)
    return leaf.in_filter(keys.other, left)


def _with_prefix(prefix: str, leaf: Leaf) -> Documents:
    """Give the documents that may have a word with this beginning, with digits in it or without."""
    letters = leading_letters(prefix)
    if not letters:
        return leaf.everything
    if letters == prefix and len(prefix) < PLAIN_LENGTH:
        found = leaf.with_prefix("words", prefix) | leaf.with_prefix("stems", prefix)
        return found | leaf.beyond("words") | leaf.beyond("stems")
    found = leaf.with_prefix("stems", letters) | leaf.beyond("stems")
    if letters == prefix:
        found |= leaf.with_prefix("words", prefix) | leaf.beyond("words")
    return found
