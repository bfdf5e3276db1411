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
        places, rows, left = _matched(dialect.pattern, dialect.holds, left)
        if places:
            yield dialect, places, rows
    return left


def _divided(places: Sequence[int], frames: Sequence[bytes]) -> Iterator[tuple[Beginning, Left]]:
    """Divide frames by what they begin with."""
    found = list(map(attrgetter("lastgroup"), map(BEGINNING.match, frames)))
    for beginning in sorted(set(found)):
        chosen = list(map(eq, found, repeat(beginning)))
        yield Beginning(beginning), (list(compress(places, chosen)), list(compress(frames, chosen)))


def _matched(pattern: re.Pattern[bytes], holds: bytes, left: Left) -> tuple[Sequence[int], Rows, Left]:
    """Match every frame that holds ``holds``; give their places, groups, and what is left.

    Matches live only as long as a few hundred of them are transposed: fewer objects than would wake
    Python's garbage collector, which would otherwise take half of all the time.
    """
    match, (places, frames) = pattern.fullmatch, left
    columns: list[list[bytes | None]] = [[] for _ in pattern.groupindex]
    found: list[int] = []
    others: tuple[list[int], list[bytes]] = ([], [])
    for start in range(0, len(frames), TOGETHER):
        own, some = places[start : start + TOGETHER], frames[start : start + TOGETHER]
        matches = (
            [match(frame) if holds in frame else None for frame in some] if holds else list(map(match, some))
        )
        hits = list(filter(None, matches))
        if not hits and not found:
            continue  # as long as nothing has matched, all are left
        if not found:
            others = list(places[:start]), list(frames[:start])
        for column, values in zip(columns, zip(*map(re.Match.groups, hits), strict=True), strict=False):
            column.extend(values)
        found.extend(compress(own, matches))
        if len(hits) < len(some):
            missed = list(map(not_, matches))
            others[0].extend(compress(own, missed))
            others[1].extend(compress(some, missed))
    return found, dict(zip(pattern.groupindex, columns, strict=True)), others if found else left
