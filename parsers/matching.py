"""Which dialect each frame is of: all of them in turn, each run over what the ones before it have left.

That is a C call or two a message: a match, and its groups transposed into columns. Most messages go no
further than the first dialects. What those leave is looked at once (parsers/dialects/beginning.py) and
divided by what it begins with, and each part is run through only those dialects that begin so.
"""

import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from itertools import compress, repeat
from operator import attrgetter, eq, not_
from typing import Final

from parsers.dialects import Dialect
from parsers.dialects.beginning import BEGINNING, Beginning
from parsers.reading import Rows

TOGETHER: Final = 256
LOOK: Final = 20  # dialects of a lower order are tried before anybody looks at what a message begins with

Left = tuple[Sequence[int], Sequence[bytes]]  # places in the batch, and the frames there, not matched yet
Matched = tuple[Dialect, Sequence[int], Rows]


def match_frames(frames: Sequence[bytes], dialects: Sequence[Dialect]) -> Iterator[Matched]:
    """Match every frame by the first dialect that fits it.

    Args:
        frames: a message each.
        dialects: in the order in which they are tried.

    Yields:
        A dialect, the places in ``frames`` of what it has matched, in their order and at least one, and the
        octets of each of its results names. A dialect may come several times, with other places.
    """
    first = [dialect for dialect in dialects if dialect.order < LOOK]
    others = dialects[len(first) :]
    left = yield from _tried(first, (range(len(frames)), frames))
    for beginning, own in _divided(*left):
        yield from _tried([dialect for dialect in others if beginning in dialect.begins], own)


def dialect_of(frame: bytes, dialects: Sequence[Dialect]) -> Dialect:
    """Give the dialect by which a frame is read, of dialects whose last matches anything."""
    (found,) = (dialect for dialect, _, _ in match_frames([frame], dialects))
    return found


def _tried(dialects: Iterable[Dialect], left: Left) -> Generator[Matched, None, Left]:
    """Match frames by dialects in turn; return what none of them matches."""
    for dialect in dialects:
        if not left[0]:
            break
        hits, rows = _matched(dialect.pattern, dialect.holds, left[1])
        if any(hits):
            yield dialect, _selected(hits, *left)[0], rows
            left = ([], []) if all(hits) else _selected(map(not_, hits), *left)
    return left


def _divided(places: Sequence[int], frames: Sequence[bytes]) -> Iterator[tuple[Beginning, Left]]:
    """Divide frames by what they begin with."""
    found = list(map(attrgetter("lastgroup"), map(BEGINNING.match, frames)))
    for beginning in sorted(set(found)):
        yield Beginning(beginning), _selected(map(eq, found, repeat(beginning)), places, frames)


def _selected(selection: Iterable[bool], places: Sequence[int], frames: Sequence[bytes]) -> Left:
    chosen = list(selection)
    if all(chosen):
        return places, frames
    return list(compress(places, chosen)), list(compress(frames, chosen))


def _matched(pattern: re.Pattern[bytes], holds: bytes, frames: Sequence[bytes]) -> tuple[list[bool], Rows]:
    """Match every frame that holds ``holds``; tell which did, and give the groups by name, a column each.

    Matches live only as long as a few hundred of them are transposed: fewer objects than would wake
    Python's garbage collector, which would otherwise take half of all the time.
    """
    match = pattern.fullmatch
    hits: list[bool] = []
    columns: list[list[bytes | None]] = [[] for _ in pattern.groupindex]
    for start in range(0, len(frames), TOGETHER):
        some = frames[start : start + TOGETHER]
        matches = (
            [match(frame) if holds in frame else None for frame in some] if holds else list(map(match, some))
        )
        hits.extend(map(bool, matches))
        groups = zip(*map(re.Match.groups, filter(None, matches)), strict=True)
        for column, values in zip(columns, groups, strict=False):
            column.extend(values)
    return hits, dict(zip(pattern.groupindex, columns, strict=True))
