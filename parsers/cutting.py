"""The shortcut for messages to the letter: a whole batch is cut into words at once, as columns.

A pattern costs a match, its groups, and an object a group and message; Arrow's kernels cut, look at and keep
a whole batch for a third of that. What can be had so is no grammar's job but a plain one: so many words with
a separator between them, of which each column is then looked at by itself. So a shortcut takes only messages
of which it is certain that its dialect's pattern matches them, with the same groups, which the tests hold it
to; whatever is odd in the least it leaves to the pattern.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.grammar import TRAILER_OCTETS
from parsers.source import Source

BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Cut:
    """What a shortcut has read: ``hits`` tells of each row whether, ``part`` has a row for each that it has.

    The columns of ``part`` are those of parsers.reading.PART_TYPES.
    """

    hits: pa.BooleanArray
    part: dict[str, pa.Array]


# Octets (binary, no nulls), the times of receipt (int64 nanoseconds), the source. None: it has read nothing.
Shortcut = Callable[[pa.BinaryArray, pa.Array, Source], Cut | None]


def cut_in(octets: pa.BinaryArray, separator: bytes, count: int) -> tuple[pa.Array, list[pa.Array]]:
    """Cut each row at its first ``count`` - 1 separators.

    Returns:
        Which rows have so many parts, and ``count`` binary columns with the parts of those rows.
    """
    lists = pc.split_pattern(octets, separator, max_splits=count - 1)
    whole = pc.equal(pc.list_value_length(lists), count)
    if whole.false_count:
        lists = lists.filter(whole)
    parts = lists.flatten()
    firsts = pc.multiply(pc.indices_nonzero(pc.is_valid(lists)), pa.scalar(count, pa.uint64()))
    return whole, [parts.take(pc.add(firsts, pa.scalar(place, pa.uint64()))) for place in range(count)]


def all_of(*conditions: pa.BooleanArray) -> pa.BooleanArray:
    """Whether all conditions hold, row by row."""
    return reduce(pc.and_, conditions)


def kept(columns: Sequence[pa.Array], rows: pa.BooleanArray) -> list[pa.Array]:
    """Keep of each column the rows that ``rows`` says."""
    return [column.filter(rows) for column in columns] if rows.false_count else list(columns)


def spread(hits: pa.BooleanArray, inner: pa.BooleanArray) -> pa.BooleanArray:
    """Put together two steps of selection: ``inner`` has a row for each of ``hits`` that is true."""
    return pc.replace_with_mask(hits, hits, inner) if hits.false_count else inner


def is_word(column: pa.Array, most: int) -> pa.BooleanArray:
    """Whether each value, which holds no SP, is 1*most PRINTUSASCII."""
    lengths = pc.binary_length(column)
    printable = pc.ascii_is_printable(column.view(pa.string()))
    return all_of(printable, pc.greater(lengths, 0), pc.less_equal(lengths, most))


def is_plain(message: pa.Array) -> pa.BooleanArray:
    """Whether a text has neither a BOM before it nor octets of a TRAILER behind it."""
    ends = (pc.ends_with(message, octet.encode()) for octet in TRAILER_OCTETS)
    return pc.invert(reduce(pc.or_, ends, pc.starts_with(message, BOM)))


def by_distinct(column: pa.Array, holds: Callable[[bytes], object]) -> pa.BooleanArray:
    """Ask of each distinct value, once, whether ``holds``."""
    codes = column.dictionary_encode()
    return pa.array(map(bool, map(holds, codes.dictionary.to_pylist())), pa.bool_()).take(codes.indices)


def text(column: pa.Array) -> pa.StringArray:
    """Take printable ASCII for the text that it is."""
    return column.view(pa.string())
