"""The query language's values: the text after a field's name, or a bare word, as Whoosh's query objects."""

import re
from collections.abc import Callable
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from whoosh.qparser import QueryParser, syntax
from whoosh.query import And, Every, Not, NumericRange, Phrase, Prefix, Query, Regex, Term, Wildcard

from storage import query_fields
from storage.patterns import literal
from storage.query_fields import ANY, RULE_PREFIX, Field, Kind
from storage.tokens import Wild, glob

MAXIMUM_WORDS: Final = 100  # in a phrase; each makes the pattern larger
MAXIMUM_WILDCARDS: Final = 20  # in one term; RE2's memory is bounded
_COMPARISON: Final = re.compile(r"(<=|>=|<|>)(.*)", re.DOTALL)
_SPECIAL: Final = '*?()":/+-\\[]{} '  # after a backslash, the character itself
RANGE: Final = re.compile(r"([\[{])\s*([^\s\]}]+)\s+TO\s+([^\s\]}]+)\s*([\]}])(?=[\s)]|$)")


class QueryError(ValueError):
    """A query that cannot be read: where, why and what to write instead.

    ``position`` is the offset in the query text, in characters from 0; ``hint`` a sentence for the user.
    """

    def __init__(self, message: str, position: int, hint: str) -> None:
        super().__init__(f"{message} (at character {position + 1}): {hint}")
        self.message = message
        self.position = position
        self.hint = hint


class Value(syntax.SyntaxNode):
    """Something to compare with; its field may stand before it or before the group that it is in."""

    has_fieldname = True

    def __init__(self, text: str, make: Callable[["Value", Field], Query]) -> None:
        self.fieldname: str | None = None
        self.text = text
        self._make = make

    def query(self, _parser: QueryParser) -> Query:
        """Give the query object."""
        found = query_fields.field(self.fieldname or ANY)
        return self._make(self, found)

    def at(self, start: int, end: int) -> "Value":
        """Say where in the query it stands."""
        self.set_range(start, end)
        return self

    def error(self, message: str, hint: str) -> QueryError:
        """Give an error at this value."""
        return QueryError(message, self.startchar, hint)


def word(node: Value, field: Field) -> Query:
    """Give the query for a word: a term, a prefix, wildcards, a comparison. Raises QueryError."""
    if field.kind is Kind.ORDER:
        return _ordered(node, field)
    if field.kind is Kind.NAME and _COMPARISON.fullmatch(node.text):
        raise node.error(f"{field.name} has no order", f"write {field.name}:value")
    pattern = _unescaped(node.text)
    if field.name != ANY and not field.name.startswith(RULE_PREFIX) and _COMPARISON.fullmatch(node.text):
        raise node.error(f"{field.name} has no order", f"write {field.name}:value, or the text in quotes")
    elements = glob(pattern)
    wild = [element for element in elements if isinstance(element, Wild)]
    if len(wild) > MAXIMUM_WILDCARDS:
        raise node.error(f"{len(wild)} wildcards in a word", f"use at most {MAXIMUM_WILDCARDS}")
    if set(elements) == {Wild.RUN}:
        return Every() if field.name == ANY else Every(field.name)
    if not wild:
        return _term(node, field, "".join(map(str, elements)))
    if len(elements) == 2 and isinstance(elements[0], str) and elements[1] is Wild.RUN:  # noqa: PLR2004 - text, "*"
        return Prefix(field.name, elements[0])
    return Wildcard(field.name, pattern)


def _unescaped(text: str) -> str:
    """Give a word for storage.tokens.glob: only the escapes of ``*``, ``?`` and backslash are left."""

    def replaced(found: "re.Match[str]") -> str:
        character = found[1]
        if character and character in "*?\\":
            return found[0]
        if character and (character in _SPECIAL or character.isspace()):
            return character
        return "\\\\" + character

    return re.sub(r"\\(.?)", replaced, text, flags=re.DOTALL)


def _term(node: Value, field: Field, text: str) -> Query:
    if field.kind is not Kind.NAME:
        return Term(field.name, text)
    if field.name == "flag" and text.lower() == "none":
        return Not(Every(field.name))
    if field.values and text.lower() not in field.values:
        known = ", ".join((*field.values, "none") if field.name == "flag" else field.values)
        raise node.error(f"there is no {field.name} {text!r}", f"known are {known}")
    return Term(field.name, text)


def phrase(node: Value, field: Field) -> Query:
    """Give the query for a text in quotes. Raises QueryError."""
    if field.kind is Kind.ORDER:
        return _ordered(node, field)
    words = node.text.split()
    if field.kind is Kind.NAME or not node.text:
        if field.name == ANY:
            raise node.error(
                "an empty phrase", 'write what to find between the quotes, or msg:"" for empty messages'
            )
        return _term(node, field, node.text)
    if not words:
        raise node.error("a phrase of blanks", "write the words to find between the quotes")
    if len(words) > MAXIMUM_WORDS:
        raise node.error(f"a phrase of {len(words)} words", f"use at most {MAXIMUM_WORDS}")
    return Term(field.name, words[0]) if len(words) == 1 else Phrase(field.name, words)


def exact(node: Value, field: Field) -> Query:
    """Give the query for ``="text"``: that is the whole value, as it is written. Raises QueryError."""
    found = phrase(node, field)
    if field.kind is not Kind.TEXT or not node.text:
        return found
    # The phrase for the index, the expression for the rows.
    return And([found, Regex(field.name, f"^(?-i:{literal(node.text)})$")])


def regex(node: Value, field: Field) -> Query:
    """Give the query for a regular expression. Raises QueryError."""
    if field.kind is Kind.ORDER:
        raise node.error(f"{field.name} is no text", f"compare it: {field.name}<=value")
    pattern = node.text.replace("\\/", "/")
    try:
        pc.match_substring_regex(pa.array([""]), pattern, ignore_case=True)
    except pa.ArrowInvalid as error:
        reason = str(error).partition("Invalid regular expression: ")[2] or str(error)
        raise node.error(
            f"not a regular expression: {reason}", "mend it, or put the text in quotes"
        ) from error
    return Regex(field.name, pattern)


def _ordered(node: Value, field: Field) -> Query:
    """Read ``value``, ``<=value`` and its like, ``low..high``, ``[low TO high]``."""
    if found := _COMPARISON.fullmatch(node.text):
        low, high = _span(node, field, found[2])
        ends = {"<": (None, low - 1), "<=": (None, high), ">": (high + 1, None), ">=": (low, None)}[found[1]]
        return NumericRange(field.name, *ends)
    first, dots, last = node.text.partition("..")
    if not dots:
        if node.text == "*":
            return Every(field.name)
        return NumericRange(field.name, *_span(node, field, node.text))
    lowest = _span(node, field, first)[0] if first and first != "*" else None
    highest = _span(node, field, last)[1] if last and last != "*" else None
    return _forward(node, field, lowest, highest)


def bracketed(node: Value, field: Field) -> Query:
    """Give the query for ``[low TO high]``. Raises QueryError."""
    found = RANGE.fullmatch(node.text)
    if found is None or field.kind is not Kind.ORDER:
        raise node.error(
            f"{field.name} has no order", "only severity, facility, seq, received and time have ranges"
        )
    low = high = None
    if found[2] != "*":
        low = _span(node, field, found[2])
    if found[3] != "*":
        high = _span(node, field, found[3])
    return _forward(
        node, field,
        low and (low[0] if found[1] == "[" else low[1] + 1),
        high and (high[1] if found[4] == "]" else high[0] - 1),
    )  # fmt: skip


def _forward(node: Value, field: Field, low: int | None, high: int | None) -> Query:
    if low is not None and high is not None and low > high:
        aside = "; of severities crit (2) is below err (3)" if field.name == "severity" else ""
        raise node.error("a range that holds nothing", f"write the lower end first{aside}")
    return NumericRange(field.name, low, high)


def _span(node: Value, field: Field, text: str) -> query_fields.Span:
    assert field.read is not None  # noqa: S101 - every ORDER field has one
    try:
        return field.read(text)
    except ValueError as error:
        raise node.error(str(error), f"for example {_EXAMPLES[field.name]}") from error


_EXAMPLES: Final = {
    "severity": "severity<=err or severity:2..4",
    "facility": "facility:auth",
    "seq": "seq:100..200",
    "received": "received>=2026-11-01T10:00",
    "time": "time:2026-11-01",
}
