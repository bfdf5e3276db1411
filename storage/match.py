"""Which rows match: a query evaluated on the columns of a block, exactly, by Arrow's kernels.

Nulls match nothing, so that NOT finds the rows without a value. Of columns with few distinct values only
those are compared. A conjunction asks its cheap conditions first and the others only about the rows left.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from storage import query_fields
from storage.catalogue import Block
from storage.patterns import phrase_pattern, term_pattern, whole_pattern
from storage.query import (
    And,
    Every,
    Not,
    NumericRange,
    Or,
    Phrase,
    Prefix,
    Query,
    Regex,
    Term,
    Wildcard,
    leaves,
)
from storage.query_fields import RULE_PREFIX, Field, Kind
from storage.tokens import Glob, Wild, glob
from storage.windows import Span

_REPETITIVE: Final = {
    "hostname",
    "app_name",
    "proc_id",
    "msg_id",
}  # strings with few distinct values in a block
Test = Callable[[pa.Array], pa.BooleanArray]  # of each text in an array: does it match?

_FEW: Final = 4  # of so many rows at most one is left: copying those pays


@dataclass(frozen=True, slots=True)
class _Text:
    """What to look for in a text.

    ``pattern`` gives the RE2 pattern for any text, or with ``ascii_only`` for those of ASCII; ``needle`` is
    ASCII text that every hit holds, whatever its case.
    """

    pattern: Callable[..., str]
    needle: str

    def found(self, texts: pa.Array) -> pa.BooleanArray:
        """Tell of each text whether it matches; null stays null."""
        if not self.needle:
            return self._searched(texts)
        near = pc.match_substring(texts, self.needle, ignore_case=True)
        if _FEW * (near.true_count or 0) > len(texts):
            return self._searched(texts)
        return pc.replace_with_mask(near, near.fill_null(False), self._searched(texts.filter(near)))

    def _searched(self, texts: pa.Array) -> pa.BooleanArray:
        result = pc.match_substring_regex(texts, self.pattern(ascii_only=True))
        others = pc.invert(pc.string_is_ascii(texts)).fill_null(False)
        if not others.true_count:
            return result
        exact = pc.match_substring_regex(texts.filter(others), self.pattern(ascii_only=False))
        return pc.replace_with_mask(result, others, exact)


def columns(query: Query) -> list[str]:
    """Give the names of the columns that deciding ``query`` takes, sorted."""
    found: set[str] = set()
    for leaf in leaves(query):
        if not (isinstance(leaf, Every) and leaf.fieldname is None):
            found.update(query_fields.field(leaf.fieldname).columns)
    return sorted(found)


def matches(query: Query, records: pa.Table) -> pa.BooleanArray:
    """Tell of each record whether it matches.

    Args:
        query: of storage.query.parse.
        records: with the columns of ``columns(query)`` at least.

    Returns:
        One boolean a row, without nulls.
    """
    if isinstance(query, And):
        return _all(sorted(query.subqueries, key=_cost), records)
    if isinstance(query, Or):
        found = [matches(part, records) for part in query.subqueries]
        result = found[0]
        for other in found[1:]:
            result = pc.or_(result, other)
        return result
    if isinstance(query, Not):
        return pc.invert(matches(query.query, records))
    return _leaf(query, records)


def _all(parts: Sequence[Query], records: pa.Table) -> pa.BooleanArray:
    result = matches(parts[0], records)
    for part in parts[1:]:
        left = result.true_count
        if not left:
            break
        if left * _FEW > records.num_rows:
            result = pc.and_(result, matches(part, records))
        else:
            result = pc.replace_with_mask(result, result, matches(part, records.filter(result)))
    return result


def _cost(query: Query) -> int:
    """Rank a condition: numbers, names, repetitive columns, whole messages, regular expressions."""
    if isinstance(query, And | Or):
        return max(map(_cost, query.subqueries), default=0)
    if isinstance(query, Not):
        return _cost(query.query)
    if isinstance(query, NumericRange | Every):
        return 0
    columns_read = query_fields.field(query.fieldname).columns
    return 1 + sum(1 if name in _REPETITIVE else 3 for name in columns_read) + 10 * isinstance(query, Regex)


def _leaf(query: Query, records: pa.Table) -> pa.BooleanArray:
    if isinstance(query, Every) and query.fieldname is None:
        return pa.array([True] * records.num_rows, pa.bool_())
    field = query_fields.field(query.fieldname)
    if isinstance(query, Every):
        return _any_column(records, field, pc.is_valid)
    if isinstance(query, NumericRange):
        end = None if query.end is None else query.end + 1
        return Span(query.start, end).mask(_column(records, field.columns[0]))
    return _any_column(records, field, value_test(query, field))


def value_test(query: Query, field: Field) -> Test:
    """Give the function that tells of each text in an array whether a Term, Phrase and the like match."""
    if isinstance(query, Term) and not query.text:
        return lambda texts: pc.equal(texts, "")
    if isinstance(query, Regex):
        return partial(pc.match_substring_regex, pattern=query.text, ignore_case=True)
    if isinstance(query, Phrase):
        return _Text(partial(phrase_pattern, query.words), _needle(query.words)).found
    term = query_glob(query)
    if field.kind is Kind.NAME:
        return partial(pc.match_substring_regex, pattern=whole_pattern(term))
    literals = [element for element in term if isinstance(element, str)]
    return _Text(partial(term_pattern, term), _needle(literals)).found


def query_glob(query: Query) -> Glob:
    """Give the term of a Term, Prefix or Wildcard query."""
    if isinstance(query, Prefix):
        return (query.text, Wild.RUN)
    return glob(query.text) if isinstance(query, Wildcard) else (query.text,)


def _needle(literals: Sequence[str]) -> str:
    """Give the longest that RE2 compares as we do whatever the case: ASCII text."""
    return max((text for text in literals if text.isascii()), key=len, default="")


def _any_column(records: pa.Table, field: Field, test: Test) -> pa.BooleanArray:
    result = None
    for name in field.columns:
        column = _column(records, name)
        if name == "fields":
            found = _in_lists(pc.map_lookup(column, field.name.removeprefix(RULE_PREFIX), "all"), test)
        elif name == "flags":
            found = _in_lists(column, test)
        else:
            found = _in_texts(column, test, repetitive=name in _REPETITIVE)
        result = found if result is None else pc.or_(result, found)
    return result


def _in_texts(column: pa.Array, test: Test, *, repetitive: bool) -> pa.BooleanArray:
    if column.null_count == len(column):
        return pa.array([False] * len(column), pa.bool_())
    if repetitive:
        column = column.dictionary_encode()
    if pa.types.is_dictionary(column.type):
        hits = test(column.dictionary).fill_null(False)
        return hits.take(column.indices).fill_null(False)
    return test(column).fill_null(False)


def _in_lists(lists: pa.Array, test: Test) -> pa.BooleanArray:
    """Tell of each list whether any of its texts matches."""
    hits = _in_texts(lists.flatten(), test, repetitive=False)
    rows = pc.list_parent_indices(lists).filter(hits)
    if not len(rows):
        return pa.array([False] * len(lists), pa.bool_())
    return pc.is_in(pa.array(range(len(lists)), rows.type), value_set=rows)


def _column(records: pa.Table, name: str) -> pa.Array:
    column = records.column(name).combine_chunks()
    if isinstance(column, pa.ChunkedArray):  # of no chunk at all
        return pa.array([], column.type)
    return column


def may_match(query: Query, block: Block) -> bool:
    """Tell from a block's ranges alone whether a record in it can match; True when they cannot tell."""
    if isinstance(query, And):
        return all(may_match(part, block) for part in query.subqueries)
    if isinstance(query, Or):
        return any(may_match(part, block) for part in query.subqueries)
    if not isinstance(query, NumericRange):
        return True
    ranges = {
        "seq": (block.first_seq, block.last_seq),
        "received": (block.received_min, block.received_max),
        "time": (block.timestamp_min, block.timestamp_max),
    }
    if query.fieldname not in ranges:
        return True
    lowest, highest = ranges[query.fieldname]
    if lowest is None or highest is None:  # no record has a time
        return False
    return (query.start is None or query.start <= highest) and (query.end is None or query.end >= lowest)
