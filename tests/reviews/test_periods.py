"""Periods: they adjoin, whatever becomes of the schedule."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.periods import (
    CADENCES,
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
# Whole, half and quarter hours; changes of an hour at midnight and of half an hour.
ZONES = (
    "UTC", "Europe/Vienna", "America/New_York", "America/Havana", "America/St_Johns", "Africa/Casablanca",
    "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham",
)  # fmt: skip
schedules = st.builds(
    Schedule, st.sampled_from(CADENCES), st.integers(0, 23), st.integers(0, 6), st.just("r"),
    st.integers(1, MOST_DAYS), st.sampled_from(ZONES),
)  # fmt: skip
LONGEST = {
    "daily": timedelta(days=1), "weekly": timedelta(days=7), "monthly": timedelta(days=31),
    "quarterly": timedelta(days=92),
}  # fmt: skip


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


def test_a_month_begins_on_its_first() -> None:
    """From November it is December's first, from a minute before that too, from that itself January's."""
    monthly = replace(DAILY, cadence="monthly")
    december = datetime(2026, 12, 1, 6, tzinfo=UTC)
    assert boundary_after(monthly, NOON) == december
    assert boundary_after(monthly, december - timedelta(minutes=1)) == december
    assert boundary_after(monthly, december) == datetime(2027, 1, 1, 6, tzinfo=UTC)
    assert first_start(monthly, NOON) == datetime(2026, 11, 1, 6, tzinfo=UTC)


def test_a_quarter_begins_with_its_month() -> None:
    """January, April, July and October: over a year there are four, whose days are the year's."""
    quarterly = replace(DAILY, cadence="quarterly")
    assert first_start(quarterly, NOON) == datetime(2026, 10, 1, 6, tzinfo=UTC)
    start = datetime(2027, 1, 1, 6, tzinfo=UTC)
    found = list(ended(quarterly, start, start + timedelta(days=366)))
    assert [(one.end.month, (one.end - one.start).days) for one in found] == [
        (4, 90),
        (7, 91),
        (10, 92),
        (1, 92),
    ]


def test_days_are_longer_and_shorter_where_clocks_are_changed() -> None:
    """In Vienna the day of the change in March has 23 hours, that in October 25; the others have 24."""
    vienna = replace(DAILY, zone="Europe/Vienna")
    for month, first, lengths in ((3, 27, (24, 23, 24)), (10, 23, (24, 25, 24))):
        start = boundary_after(vienna, datetime(2026, month, first, 0, tzinfo=UTC))
        found = list(ended(vienna, start, start + timedelta(days=3, hours=2)))
        assert tuple((one.end - one.start) / timedelta(hours=1) for one in found) == lengths
        assert {one.end.astimezone(ZoneInfo("Europe/Vienna")).hour for one in found} == {6}


def test_an_hour_that_is_not_there_is_the_one_after_it() -> None:
    """At 02:00 in Vienna clocks go to 03:00 in March; in October the first of two 02:00 counts."""
    vienna = replace(DAILY, hour=2, zone="Europe/Vienna")
    assert boundary_after(vienna, datetime(2026, 3, 28, 12, tzinfo=UTC)) == datetime(
        2026, 3, 29, 1, tzinfo=UTC
    )
    assert boundary_after(vienna, datetime(2026, 10, 24, 12, tzinfo=UTC)) == datetime(
        2026, 10, 25, tzinfo=UTC
    )
    assert boundary_after(vienna, datetime(2026, 10, 25, tzinfo=UTC)) == datetime(2026, 10, 26, 1, tzinfo=UTC)


def test_a_day_that_a_zone_left_out_has_no_period() -> None:
    """Samoa had no 30 December 2011: from the 29th to the 31st is one day."""
    samoa = replace(DAILY, zone="Pacific/Apia")
    start = boundary_after(samoa, datetime(2011, 12, 29, 12, tzinfo=UTC))
    found = list(ended(samoa, start, start + timedelta(days=2, hours=1)))
    assert [one.end.astimezone(ZoneInfo("Pacific/Apia")).day for one in found] == [31, 1]


@given(schedules, moments)
def test_a_boundary_is_ahead_and_near(schedule: Schedule, moment: datetime) -> None:
    """It is after the moment, at the schedule's hour or just after it, no further away than the cadence."""
    at = boundary_after(schedule, moment)
    last = first_start(schedule, moment)
    assert last <= moment < at <= last + LONGEST[schedule.cadence] + timedelta(hours=1)
    assert boundary_after(schedule, last) == at
    assert boundary_after(schedule, at - timedelta(microseconds=1)) == at
    local = at.astimezone(ZoneInfo(schedule.zone)).replace(tzinfo=None)
    meant = datetime.combine(local.date(), time(schedule.hour))
    assert local == meant or (
        meant < local <= meant + timedelta(hours=1) and not is_there(meant, schedule.zone)
    )
    assert schedule.cadence != "weekly" or local.weekday() == schedule.weekday
    assert schedule.cadence in {"daily", "weekly"} or local.day == 1
    assert schedule.cadence != "quarterly" or local.month in {1, 4, 7, 10}


def is_there(wall: datetime, zone: str) -> bool:
    """Whether clocks of a zone ever show this."""
    return (
        wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        == wall
    )


@given(schedules, schedules, moments, st.timedeltas(timedelta(0), timedelta(days=400)))
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
    """A reviewer has the schedule's days from the end of the period, to the same hour of the same clocks."""
    period = Period(NOON.replace(hour=6), datetime(2026, 11, 21, 6, tzinfo=UTC))
    assert due_at(DAILY, period) == datetime(2026, 11, 24, 6, tzinfo=UTC)
    friday = Period(datetime(2026, 3, 26, 5, tzinfo=UTC), datetime(2026, 3, 27, 5, tzinfo=UTC))
    vienna = replace(DAILY, zone="Europe/Vienna")
    assert due_at(vienna, friday) == datetime(2026, 3, 30, 4, tzinfo=UTC)  # 06:00 there, before and after


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
        ({"cadence": "hourly"}, "daily, weekly, monthly or quarterly"),
        ({"hour": 24}, "hour 24 is not between 0 and 23"),
        ({"weekday": 7}, "weekday 7"),
        ({"days": 0}, "days 0"),
        ({"days": MOST_DAYS + 1}, f"between 1 and {MOST_DAYS}"),
        ({"reviewer": ""}, "nobody is named"),
        ({"zone": "Europe/Nowhere"}, "no time zone: choose one such as Europe/Vienna"),
        ({"zone": "../../etc/passwd"}, "no time zone"),
        ({"zone": ""}, "no time zone"),
    ],
)
def test_a_schedule_that_cannot_be_meant_is_refused(changes: dict[str, object], said: str) -> None:
    """What is out of range is named, with the range."""
    fields: dict[str, object] = {"cadence": "daily", "hour": 6, "weekday": 0, "reviewer": "rita", "days": 3}
    with pytest.raises(ScheduleError, match=said):
        Schedule(**{**fields, **changes})  # type: ignore[arg-type]
