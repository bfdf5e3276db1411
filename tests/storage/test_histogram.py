"""Bars: round widths and beginnings, and every match of the range in one of them."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.histogram import Bars, bars, tally_in

SECOND = 10**9
NOON = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()) * SECOND


@pytest.mark.parametrize(
    ("seconds", "width"),
    [
        (0.001, 1), (1, 1), (60, 1), (61, 2), (120, 2), (300, 5), (600, 10), (900, 15), (1800, 30),
        (3600, 60), (3601, 120), (86_400, 1800), (108_001, 3600), (7 * 86_400, 3 * 3600),
        (30 * 86_400, 12 * 3600), (60 * 86_400, 86_400), (61 * 86_400, 7 * 86_400),
        (365 * 86_400, 7 * 86_400), (3650 * 86_400, 91 * 86_400), (9998 * 365 * 86_400, 168 * 364 * 86_400),
    ],
)  # fmt: skip
def test_widths_are_round(seconds: float, width: int) -> None:
    """A bar is as wide as people count: seconds, minutes, hours, days, weeks; never less than a second."""
    assert bars(NOON, NOON + int(seconds * SECOND), 60).width == width * SECOND


def test_beginnings_are_round() -> None:
    """Bars begin at a multiple of their width, days at midnight UTC and weeks on Monday."""
    (start,) = bars(NOON + 123, NOON + 456, 60).starts
    assert start == NOON
    assert bars(NOON - 3601 * SECOND, NOON, 60).starts[0] == NOON - 62 * 60 * SECOND
    week = bars(NOON, NOON + 300 * 86_400 * SECOND, 60).starts[0]
    assert datetime.fromtimestamp(week / SECOND, UTC).strftime("%A %H:%M:%S") == "Monday 00:00:00"


@given(low=st.integers(-(1 << 63), 1 << 63), length=st.integers(0, 1 << 63), number=st.integers(1, 200))
def test_bars_cover_the_range(low: int, length: int, number: int) -> None:
    """From the first to the last, one more than asked for at most, and no bar that cannot have anything."""
    drawn = bars(low, low + length, number)
    assert len(drawn.starts) <= number + 1
    if length:
        assert drawn.starts[0] <= low < drawn.starts[0] + drawn.width
        assert drawn.starts[-1] < low + length <= drawn.starts[-1] + drawn.width
    else:
        assert not len(drawn.starts)


def test_records_are_counted_in_their_bar() -> None:
    """By bar and severity, in the column's own unit; what is outside, or of no time, is not counted."""
    drawn = Bars([NOON, NOON + SECOND], SECOND)
    times = [NOON // 1000 + each for each in (-1, 0, 999_999, 1_000_000, 2_000_000)]
    records = pa.table({"timestamp": [*times, None], "severity": [1, 1, 2, 1, 1, 1]})
    assert sorted(drawn.tally(records, "timestamp", 1000)) == [(0, 1, 1), (0, 2, 1), (1, 1, 1)]
    assert Bars((), SECOND).tally(records, "timestamp", 1000) == []


@given(st.integers(NOON - 5, NOON + 30), st.integers(0, 20))
def test_a_bar_that_holds_all_times_of_a_block(low: int, length: int) -> None:
    """A block's records are counted without their times just when both ends are in the same bar."""
    drawn = Bars(range(NOON, NOON + 20, 10), 10)
    bars_of = {(time - NOON) // 10 if NOON <= time < NOON + 20 else None for time in (low, low + length)}
    assert drawn.holding(low, low + length) == (bars_of.pop() if len(bars_of) == 1 else None)


def test_records_of_one_bar() -> None:
    """Records of a bar are counted by severity."""
    assert sorted(tally_in(7, pa.table({"severity": [3, 1, 3]}))) == [(7, 1, 1), (7, 3, 2)]
    assert tally_in(7, pa.table({"severity": pa.array([], pa.int8())})) == []
