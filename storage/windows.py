"""Stretches of time and other numbers, and a stream's days taken a few at a time.

A search over years goes from window to window, newest first: only one window's blocks are known at a time,
and the first page comes when the newest days are looked at. Windows tile the time without a gap, and every
record has one receive time, so that each is in one window, whatever is sealed or merged in between.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from storage.blocks import NANOSECONDS_A_DAY, day_start

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
LARGEST_WINDOW: Final = 32  # days; the first is one, and each twice as many as the one before


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch, start ≤ t < end, of a column's times, in its ticks, or numbers; None leaves an end open."""

    start: int | None = None
    end: int | None = None

    @property
    def is_open(self) -> bool:
        """It is all of time."""
        return self.start is None and self.end is None

    def meets(self, low: int | None, high: int | None) -> bool:
        """Tell whether a time from ``low`` to ``high`` can be inside; not when there is none."""
        if low is None or high is None:
            return False
        return (self.start is None or high >= self.start) and (self.end is None or low < self.end)

    def holds(self, low: int, high: int) -> bool:
        """Tell whether every time from ``low`` to ``high`` is inside."""
        return (self.start is None or self.start <= low) and (self.end is None or high < self.end)

    def mask(self, column: pa.Array | pa.ChunkedArray) -> pa.BooleanArray:
        """Tell of each row of a column whether it is inside; null is not."""
        ticks = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        ticks = ticks.cast(pa.int64())
        mask = pc.is_valid(ticks)
        if self.start is not None:
            mask = pc.and_(mask, pc.greater_equal(ticks, _in_64_bits(self.start)))
        if self.end is not None:
            mask = pc.and_(mask, pc.less(ticks, _in_64_bits(self.end)))
        return mask.fill_null(False)


def nanoseconds(time: datetime) -> int:
    """Give the ns since the epoch of a time.

    Raises:
        ValueError: when it does not know its zone.
    """
    if time.tzinfo is None:
        raise ValueError(f"{time} knows no zone: give it one, for example with replace(tzinfo=UTC)")
    since = time - _EPOCH
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1000


def _in_64_bits(number: int) -> int:
    """Give the nearest number that a column holds: nanoseconds do not reach every year that is asked for."""
    return max(-(1 << 63), min(number, (1 << 63) - 1))


def windows(days: Sequence[date], span: Span, *, oldest_first: bool = False) -> Iterator[Span]:
    """Cut a span of receive time into windows, newest first, or with ``oldest_first`` oldest first.

    Args:
        days: that have records, oldest first; others are in the windows, too, and cost nothing.
        span: in ns since the epoch.
        oldest_first: begin at the other end.
    """
    left = [day for day in days if span.meets(day_start(day), day_start(day) + NANOSECONDS_A_DAY - 1)]
    yield from _forwards(left, span) if oldest_first else _backwards(left, span)


def _backwards(left: Sequence[date], span: Span) -> Iterator[Span]:
    end, size = span.end, 1
    while len(left) > size:
        start = day_start(left[-size])
        yield Span(start, end)
        left, end = left[:-size], start
        size = min(2 * size, LARGEST_WINDOW)
    yield Span(span.start, end)


def _forwards(left: Sequence[date], span: Span) -> Iterator[Span]:
    start, size = span.start, 1
    while len(left) > size:
        end = day_start(left[size])
        yield Span(start, end)
        left, start = left[size:], end
        size = min(2 * size, LARGEST_WINDOW)
    yield Span(start, span.end)
