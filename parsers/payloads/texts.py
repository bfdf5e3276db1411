"""Small steps from Python's texts to the fields of a payload, a column at a time."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from itertools import chain, compress, islice, repeat
from operator import methodcaller
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.columns import run_column
from parsers.fields import Entries

PAYLOAD: Final = "payload"  # the field that tells which payload a message was read as
TOGETHER: Final = 256  # texts at a time: fewer objects than would wake Python's garbage collector
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def matched(pattern: re.Pattern[str], texts: Sequence[str]) -> tuple[pa.Array, list[list[Any]]]:
    """Search every text for a pattern; give the rows where it is, and a list for each of its groups."""
    rows: list[int] = []
    columns: list[list[Any]] = [[] for _ in range(pattern.groups)]
    for start in range(0, len(texts), TOGETHER):
        matches = list(map(pattern.search, texts[start : start + TOGETHER]))
        rows += compress(range(start, start + TOGETHER), matches)
        groups = zip(*map(re.Match.groups, filter(None, matches)), strict=True)
        for column, values in zip(columns, groups, strict=False):
            column.extend(values)
    return pa.array(rows, pa.int64()), columns


def flattened(cut: Callable[..., Sequence[Any]], *columns: Sequence[Any]) -> tuple[list[int], list[Any]]:
    """Cut every text into pieces; give how many each has, and all of them in one list.

    Args:
        cut: is called with a text, and what the further columns have for it.
        columns: the texts, and what belongs to them.
    """
    counts: list[int] = []
    flat: list[Any] = []
    for start in range(0, len(columns[0]), TOGETHER):
        pieces = list(map(cut, *(column[start : start + TOGETHER] for column in columns)))
        counts += map(len, pieces)
        flat += chain.from_iterable(pieces)
    return counts, flat


def strings(texts: Sequence[str | None]) -> pa.Array:
    """Make a string column; a lone surrogate, which JSON can name but UTF-8 cannot hold, is U+FFFD."""
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError:
        clean = [text and _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text) for text in texts]
        return pa.array(clean, pa.string())


def repeated(rows: pa.Array, counts: Sequence[int]) -> pa.Array:
    """Give each row number as often as its count says."""
    places = run_column(range(len(counts)), counts, pa.int64())
    return rows.take(places)


def named(rows: pa.Array, name: str, values: pa.Array) -> Entries:
    """Give one field of these rows; a row whose value is null has none."""
    if values.null_count:
        there = pc.is_valid(values)
        rows, values = rows.filter(there), values.filter(there)
    return Entries(rows, pa.repeat(pa.scalar(name), len(rows)), values)


def recognised(rows: pa.Array, payload: str) -> Entries:
    """Give the field that says that these rows have this payload."""
    return named(rows, PAYLOAD, pa.repeat(pa.scalar(payload), len(rows)))


def octets(column: pa.Array) -> bytes:
    """Give the octets of all texts of a string column, one behind the other, to see what occurs in none."""
    _, offsets, data = column.buffers()
    if data is None or not len(column):
        return b""
    ends = pa.Array.from_buffers(pa.int32(), len(column) + 1, [None, offsets], offset=column.offset)
    return bytes(memoryview(data)[ends[0].as_py() : ends[-1].as_py()])


def unescaped(texts: pa.Array, escapes: Mapping[str, str]) -> pa.Array:
    r"""Undo escapes: ``\\`` is a backslash, and ``escapes`` has what a backslash and another character mean.

    Before a character that is not in ``escapes`` a backslash is one, and both stay.
    """
    if b"\\" not in octets(texts):
        return texts
    concerned = pc.fill_null(pc.match_substring(texts, "\\"), fill_value=False)
    given = texts.filter(concerned)
    escaped = pc.match_substring(given, "\\\\")
    undone = reduce(
        lambda column, pair: pc.replace_substring(column, f"\\{pair[0]}", pair[1]), escapes.items(), given
    )
    if escaped.true_count:
        undone = pc.replace_with_mask(undone, escaped, _pieces_unescaped(given.filter(escaped), escapes))
    return pc.replace_with_mask(texts, concerned, undone)


def _pieces_unescaped(texts: pa.Array, escapes: Mapping[str, str]) -> pa.Array:
    """Undo escapes where backslashes are escaped, too: between two of these the others can come in turn."""
    counts, pieces = flattened(methodcaller("split", "\\\\"), texts.to_pylist())
    for character, meant in escapes.items():
        pieces = [piece.replace(f"\\{character}", meant) for piece in pieces]
    return strings(list(map("\\".join, map(islice, repeat(iter(pieces)), counts))))


def totals(counts: pa.Array, numbers: pa.Array) -> pa.Array:
    """Add up the numbers, or count the marks, of each row's entries: ``counts`` of them a row, in order."""
    sums = pc.cumulative_sum(pc.cast(numbers, pa.int64()))
    ends = pc.cumulative_sum(counts)
    until = pa.concat_arrays([pa.array([0], pa.int64()), sums])
    return pc.subtract(until.take(ends), until.take(pc.subtract(ends, counts)))
