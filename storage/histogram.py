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


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars side by side; ``starts`` and ``width`` in ns since the epoch and ns."""

    starts: Sequence[int]
    width: int

    def add(self, counts: list[list[int]], records: pa.Table, column: str, tick: int) -> None:
        """Count records into ``counts[bar][severity]``; those outside the bars, or of no time, are left out.

        Args:
            counts: is added to.
            records: with ``column`` and severity.
            column: of times.
            tick: ns in a unit of ``column``.
        """
        if not self.starts:
            return
        # In seconds, of which every bar is a multiple: in ns the ends of long ranges are beyond 64 bits.
        times = _floor_divided(records[column].cast(pa.int64()), _SECOND // tick)
        numbers = _floor_divided(pc.subtract(times, self.starts[0] // _SECOND), self.width // _SECOND)
        inside = pc.and_(pc.greater_equal(numbers, 0), pc.less(numbers, len(self.starts)))
        table = pa.table({"bar": numbers, "severity": records["severity"]}).filter(inside)
        for row in table.group_by(["bar", "severity"]).aggregate([([], "count_all")]).to_pylist():
            counts[row["bar"]][row["severity"]] += row["count_all"]


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
