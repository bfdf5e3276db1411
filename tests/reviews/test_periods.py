"""Periods: they adjoin, whatever becomes of the schedule."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.periods import (
    MOST_DAYS,
    SETTLING,
    Period,
    Schedule,
    ScheduleError,
    boundary_after,
    due_at,
    ended,
    first_start,
    gaps,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)  # a Friday
DAILY = Schedule("daily", 6, 0, "rita", 3)
WEEKLY = Schedule("weekly", 6, 0, "rita", 7)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - just given one
schedules = st.builds(
    Schedule, st.sampled_from(("daily", "weekly")), st.integers(0, 23), st.integers(0, 6), st.just("r"),
    st.integers(1, MOST_DAYS),
)  # fmt: skip


def test_a_daily_boundary_is_the_next_such_hour() -> None:
    """After noon, the next 06:00 is tomorrow's; after midnight, today's; at 06:00 itself, tomorrow's."""
    assert boundary_after(DAILY, NOON) == datetime(2026, 11, 21, 6, tzinfo=UTC)
    assert boundary_after(DAILY, NOON.replace(hour=0)) == datetime(2026, 11, 20, 6, tzinfo=UTC)
    assert boundary_after(DAILY, NOON.replace(hour=6)) == datetime(2026, 11, 21, 6, tzinfo=UTC)


def test_a_weekly_boundary_is_the_next_such_day() -> None:
    """From a Friday, the next Monday 06:00; from that itself, the Monday after; from a minute before, it."""
    monday = datetime(2026, 11, 23, 6, tzinfo=UTC)
    assert boundary_after(WEEKLY, NOON) == monday
    assert boundary_after(WEEKLY, monday) == monday + timedelta(days=7)
    assert boundary_after(WEEKLY, monday - timedelta(minutes=1)) == monday


@given(schedules, moments)
def test_a_boundary_is_ahead_and_near(schedule: Schedule, moment: datetime) -> None:
    """A boundary is after the moment, at the schedule's hour, and no further away than the cadence."""
    at = boundary_after(schedule, moment)
    step = timedelta(days=1 if schedule.cadence == "daily" else 7)
    assert moment < at <= moment + step
    assert (at.hour, at.minute, at.second, at.microsecond) == (schedule.hour, 0, 0, 0)
    assert schedule.cadence == "daily" or at.weekday() == schedule.weekday
    assert first_start(schedule, moment) == at - step <= moment


@given(schedules, schedules, moments, st.timedeltas(timedelta(0), timedelta(days=30)))
def test_periods_adjoin_when_the_schedule_changes(
    before: Schedule, after: Schedule, start: datetime, length: timedelta
) -> None:
    """Each period starts where the one before it ended, also over a change of schedule."""
    changed, now = start + length, start + 2 * length
    first = list(ended(before, first_start(before, start), changed))
    until = first[-1].end if first else first_start(before, start)
    second = list(ended(after, until, now))
    together = [*first, *second]
    assert gaps(together) == []
    assert all(one.end == other.start for one, other in pairwise(together))
    assert all(period.start < period.end <= now - SETTLING for period in together)


def test_a_review_is_made_when_what_it_covers_has_settled() -> None:
    """At the boundary itself nothing has ended; some minutes later one period has."""
    start = NOON.replace(hour=6)
    end = start + timedelta(days=1)
    assert list(ended(DAILY, start, end)) == []
    assert list(ended(DAILY, start, end + SETTLING)) == [Period(start, end)]


def test_a_stop_of_days_is_caught_up() -> None:
    """After three days without the appliance there are three periods, not one of three days."""
    start = NOON.replace(hour=6)
    found = list(ended(DAILY, start, start + timedelta(days=3, hours=1)))
    assert [period.start.day for period in found] == [20, 21, 22]


def test_due_is_counted_from_the_end() -> None:
    """A reviewer has the schedule's days from the end of the period."""
    period = Period(NOON.replace(hour=6), datetime(2026, 11, 21, 6, tzinfo=UTC))
    assert due_at(DAILY, period) == datetime(2026, 11, 24, 6, tzinfo=UTC)


def test_gaps_are_named() -> None:
    """What is in no period between the first and the last is a gap; overlapping ones leave none."""
    day = [datetime(2026, 11, number, tzinfo=UTC) for number in range(1, 8)]
    assert gaps([Period(day[4], day[5]), Period(day[0], day[1]), Period(day[2], day[3])]) == [
        Period(day[1], day[2]),
        Period(day[3], day[4]),
    ]
    assert gaps([Period(day[0], day[5]), Period(day[1], day[2]), Period(day[5], day[6])]) == []
    assert gaps([]) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cadence": "hourly"}, "daily or weekly"),
        ({"hour": 24}, "hour 24 is not between 0 and 23"),
        ({"weekday": 7}, "weekday 7"),
        ({"days": 0}, "days 0"),
        ({"days": MOST_DAYS + 1}, f"between 1 and {MOST_DAYS}"),
        ({"reviewer": ""}, "nobody is named"),
    ],
)
def test_a_schedule_that_cannot_be_meant_is_refused(changes: dict[str, object], said: str) -> None:
    """What is out of range is named, with the range."""
    fields: dict[str, object] = {"cadence": "daily", "hour": 6, "weekday": 0, "reviewer": "rita", "days": 3}
    with pytest.raises(ScheduleError, match=said):
        Schedule(**{**fields, **changes})  # type: ignore[arg-type]
