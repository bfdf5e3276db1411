"""Which rows match: a query evaluated on the columns of a block, exactly, by Arrow's kernels.

Nulls match nothing, so that NOT finds the rows without a value. Of columns with few distinct values only
those are compared. A conjunction asks its cheap conditions first and the others only about the rows left.
"""

from collections.abc import Callable, Sequence
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
from storage.sought import Sought, expression_found, needle_of
from storage.tokens import Glob, Wild, glob
from storage.windows import Span

_REPETITIVE: Final = {"hostname", "app_name", "proc_id", "msg_id"}  # short, and the same again and again
Test = Callable[[pa.Array], pa.BooleanArray]  # of each text in an array: does it match?

_FEW: Final = 4  # of so many rows at most one is left: copying those pays


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
        return pa.repeat(pa.scalar(True), records.num_rows)
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
        return partial(expression_found, expression=query.text)
    if isinstance(query, Phrase):
        return Sought(partial(phrase_pattern, query.words), needle_of(query.words)).found
    term = query_glob(query)
    if field.kind is Kind.NAME:
        return partial(pc.match_substring_regex, pattern=whole_pattern(term))
    literals = [element for element in term if isinstance(element, str)]
    return Sought(partial(term_pattern, term), needle_of(literals)).found


def query_glob(query: Query) -> Glob:
    """Give the term of a Term, Prefix or Wildcard query."""
    if isinstance(query, Prefix):
        return (query.text, Wild.RUN)
    return glob(query.text) if isinstance(query, Wildcard) else (query.text,)


def _any_column(records: pa.Table, field: Field, test: Test) -> pa.BooleanArray:
    result = None
    for name in field.columns:
        column = _column(records, name)
        if name == "fields":
            found = _in_lists(pc.map_lookup(column, field.name.removeprefix(RULE_PREFIX), "all"), test)
        elif name == "flags":
            found = _in_lists(column, test)
        else:
            found = _in_texts(column, test)
        result = found if result is None else pc.or_(result, found)
    return result


def _in_texts(column: pa.Array, test: Test) -> pa.BooleanArray:
    if column.null_count == len(column):
        return pa.repeat(pa.scalar(False), len(column))
    if pa.types.is_dictionary(column.type):
        hits = test(column.dictionary).fill_null(False)
        if not hits.true_count:
            return pa.repeat(pa.scalar(False), len(column))
        return hits.take(column.indices).fill_null(False)
    return test(column).fill_null(False)


def _in_lists(lists: pa.Array, test: Test) -> pa.BooleanArray:
    """Tell of each list whether any of its texts matches."""
    hits = _in_texts(lists.flatten(), test)
    rows = pc.list_parent_indices(lists).filter(hits)
    if not len(rows):
        return pa.array([False] * len(lists), pa.bool_())
    return pc.is_in(pa.array(range(len(lists)), rows.type), value_set=rows)


def _column(records: pa.Table, name: str) -> pa.Array:
    column = records.column(name)
    if column.num_chunks == 1:  # as it is, where combine_chunks would copy
        return column.chunk(0)
    column = column.combine_chunks()
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
