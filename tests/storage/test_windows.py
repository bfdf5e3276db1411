"""Windows: all of time in a few days at a time, newest first, without a gap."""

from datetime import date, timedelta
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.blocks import NANOSECONDS_A_DAY, day_start
from storage.windows import LARGEST_WINDOW, Span, windows

FIRST = date(2026, 11, 1)
DAYS = [FIRST + timedelta(days=number) for number in range(200)]


@given(
    numbers=st.sets(st.integers(0, 199)),
    start=st.none() | st.integers(0, 200 * 24),
    end=st.none() | st.integers(0, 200 * 24),
)
def test_windows_tile_the_time(numbers: set[int], start: int | None, end: int | None) -> None:
    """Each window ends where the one before began, from the span's end to its start."""
    hour = NANOSECONDS_A_DAY // 24
    bounds = [None if each is None else day_start(FIRST) + each * hour for each in (start, end)]
    found = list(windows([DAYS[number] for number in sorted(numbers)], Span(*bounds)))
    assert found[0].end == bounds[1]
    assert found[-1].start == bounds[0]
    assert [window.end for window in found[1:]] == [window.start for window in found[:-1]]


def test_the_newest_day_comes_alone() -> None:
    """The first window is one day, so that a first page comes soon; none has more than a month of days."""
    found = list(windows(DAYS, Span()))
    assert found[0].start == day_start(DAYS[-1])
    assert found[1].start == day_start(DAYS[-3])
    starts = [window.start for window in found[:-1]]
    counted = [sum(one.meets(day_start(day), day_start(day)) for day in DAYS) for one in found]
    assert None not in starts
    assert sum(counted) == 200
    assert max(counted) == LARGEST_WINDOW


@pytest.mark.parametrize(
    ("span", "meets", "holds"),
    [
        (Span(), True, True),
        (Span(20, None), True, False),
        (Span(21, None), False, False),
        (Span(None, 10), False, False),
        (Span(None, 11), True, False),
        (Span(10, 21), True, True),
        (Span(10, 20), True, False),
    ],
)
def test_a_span_of_time(span: Span, meets: bool, holds: bool) -> None:  # noqa: FBT001 - parameters
    """The start is inside, the end is not."""
    assert span.meets(10, 20) is meets
    assert span.holds(10, 20) is holds
    assert not span.meets(None, None)


def test_the_mask_of_a_span() -> None:
    """A row is inside or not; one without a time is in no span, not even all of time."""
    times = pa.chunked_array([pa.array([9, 10, None, 20, 21], pa.timestamp("us"))])
    assert Span(10, 21).mask(times).to_pylist() == [False, True, False, True, False]
    assert Span().mask(times).to_pylist() == [True, True, False, True, True]


@given(st.sets(st.integers(0, len(DAYS) - 1)))
def test_windows_from_the_other_end(numbers: set[int]) -> None:
    """Oldest first, windows tile the time just as well, each beginning where the one before it ends."""
    found = list(windows([DAYS[number] for number in sorted(numbers)], Span(), oldest_first=True))
    assert found[0].start is None
    assert found[-1].end is None
    assert all(one.end == following.start for one, following in pairwise(found))
    assert len(found) == len(list(windows([DAYS[number] for number in sorted(numbers)], Span())))
