"""Bars over time: round widths, round beginnings, and the matches of each severity in each bar."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from storage.blocks import NANOSECONDS_A_DAY

_SECOND: Final = 10**9
_ROUND: Final = (1, 2, 5, 10, 15, 30)
_WEEK: Final = 7 * NANOSECONDS_A_DAY
_WIDTHS: Final = (
    *(number * _SECOND for number in _ROUND),
    *(number * 60 * _SECOND for number in _ROUND),
    *(number * 3600 * _SECOND for number in (1, 2, 3, 6, 12)),
    NANOSECONDS_A_DAY,
    *(number * _WEEK for number in (1, 4, 13, 52)),
)
_MONDAY: Final = 4 * NANOSECONDS_A_DAY  # 1970-01-05: weeks begin there, and with it everything shorter

Tally = list[tuple[int, int, int]]  # bar, severity, how many


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars side by side; ``starts`` and ``width`` in ns since the epoch and ns."""

    starts: Sequence[int]
    width: int

    def holding(self, low: int, high: int) -> int | None:
        """Give the bar that all times from ``low`` to ``high`` (ns since the epoch) are in, if one is."""
        if not self.starts:
            return None
        bar = (low - self.starts[0]) // self.width
        return bar if 0 <= bar < len(self.starts) and high < self.starts[bar] + self.width else None

    def tally(self, records: pa.Table, column: str, tick: int) -> Tally:
        """Count records; those outside the bars, or of no time, are left out.

        Args:
            records: with ``column`` and severity.
            column: of times.
            tick: ns in a unit of ``column``.
        """
        if not self.starts:
            return []
        # In seconds, of which every bar is a multiple: in ns the ends of long ranges are beyond 64 bits.
        times = _floor_divided(records[column].cast(pa.int64()), _SECOND // tick)
        numbers = _floor_divided(pc.subtract(times, self.starts[0] // _SECOND), self.width // _SECOND)
        inside = pc.and_(pc.greater_equal(numbers, 0), pc.less(numbers, len(self.starts)))
        table = pa.table({"bar": numbers, "severity": records["severity"]}).filter(inside)
        counted = table.group_by(["bar", "severity"], use_threads=False).aggregate([([], "count_all")])
        return list(
            zip(*(counted[name].to_pylist() for name in ("bar", "severity", "count_all")), strict=True)
        )


def tally_in(bar: int, records: pa.Table) -> Tally:
    """Count records that are all in one bar; only their column severity is looked at."""
    counted = pc.value_counts(records["severity"])
    values, numbers = counted.field("values"), counted.field("counts")
    return [(bar, *pair) for pair in zip(values.to_pylist(), numbers.to_pylist(), strict=True)]


def _floor_divided(numbers: pa.ChunkedArray, divisor: int) -> pa.ChunkedArray:
    """Divide integers by a positive one, rounding down, before 1970 as after."""
    truncated = pc.divide(numbers, divisor)
    is_above = pc.less(numbers, pc.multiply(truncated, divisor))
    return pc.subtract(truncated, is_above.cast(pa.int64()))


def bars(low: int, high: int, number: int) -> Bars:
    """Choose bars for the times low ≤ t < high (ns since the epoch).

    Their width is the smallest round one, a second at least, of which ``number`` bars are as long as the
    range; they begin at a multiple of it, so that there may be one bar more. No bar for an empty range.
    """
    if high <= low:
        return Bars((), _SECOND)
    least = -(-(high - low) // number)
    place = bisect_left(_WIDTHS, least)
    width = _WIDTHS[place] if place < len(_WIDTHS) else -(-least // _WIDTHS[-1]) * _WIDTHS[-1]
    first = (low - _MONDAY) // width * width + _MONDAY
    return Bars(range(first, high, width), width)
