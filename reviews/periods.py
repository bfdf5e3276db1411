"""When reviews are due and what each covers: periods that adjoin, so that nothing falls between two of them.

A schedule has a boundary a day, a week, a month or a quarter, at an hour of its time zone's clocks. A review
covers what was received from where the one before it ended up to the next boundary; so when a schedule is
changed, one period is shorter or longer, and none is left out. Where clocks are put forward or back a day has
23 or 25 hours: an hour that is not there is the one after it, one that is there twice is its first. The clock
is an argument.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo, available_timezones

Cadence = Literal["daily", "weekly", "monthly", "quarterly"]
CADENCES: Final[tuple[Cadence, ...]] = get_args(Cadence)
HOURS: Final = 24
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_DAYS: Final = 90  # that a reviewer may be given
DEFAULT_ZONE: Final = "UTC"
# After a boundary, until its review is made: what was received before it is stored by then, unless a
# collector's queue held it back for longer.
SETTLING: Final = timedelta(minutes=5)
_QUARTER_MONTHS: Final = 3
_LONGEST: Final[dict[Cadence, int]] = {"daily": 1, "weekly": 7, "monthly": 31, "quarterly": 92}  # in days
_NO_PLACE: Final = frozenset({"localtime", "Factory"})  # names of the time zone database that mean none


class ScheduleError(ValueError):
    """A schedule that cannot be meant; the message says what to choose."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When the results of a saved search are made for a reviewer.

    Attributes:
        cadence: daily, weekly, monthly (from the first of a month) or quarterly (from that of a quarter).
        hour: of the boundary, by the clocks of ``zone``.
        weekday: of the boundary, 0 for Monday; of weekly ones only.
        reviewer: the account that signs off.
        days: that the reviewer has for it from the end of the period; then the review is missed.
        zone: of the time zone database, such as Europe/Vienna.

    Raises:
        ScheduleError: when it cannot be meant.
    """

    cadence: Cadence
    hour: int
    weekday: int
    reviewer: str
    days: int
    zone: str = DEFAULT_ZONE

    def __post_init__(self) -> None:
        if self.cadence not in CADENCES:
            known = f"{', '.join(CADENCES[:-1])} or {CADENCES[-1]}"
            raise ScheduleError(f"{self.cadence!r} is no cadence: choose {known}")
        for what, value, low, high in (
            ("hour", self.hour, 0, HOURS - 1),
            ("weekday", self.weekday, 0, len(WEEKDAYS) - 1),
            ("days", self.days, 1, MOST_DAYS),
        ):
            if not low <= value <= high:
                raise ScheduleError(f"{what} {value} is not between {low} and {high}: choose one that is")
        if self.zone not in zones():
            raise ScheduleError(f"{self.zone!r} is no time zone: choose one such as Europe/Vienna, or UTC")
        if not self.reviewer:
            raise ScheduleError("nobody is named to review: choose who signs off")

    def told(self) -> str:
        """Say when results are made, as ``Mondays at 06:00 Europe/Vienna``."""
        days = f"{WEEKDAYS[self.weekday]}s" if self.cadence == "weekly" else self.cadence
        return f"{days} at {self.hour:02d}:00 {self.zone}"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Receive times start ≤ t < end that one review covers."""

    start: datetime
    end: datetime


@cache
def zones() -> frozenset[str]:
    """Give the names of the time zones there are."""
    return frozenset(available_timezones() - _NO_PLACE)


def boundary_after(schedule: Schedule, moment: datetime) -> datetime:
    """Give the first boundary after a moment, UTC."""
    return next(at for at in _boundaries(schedule, moment) if at > moment)


def first_start(schedule: Schedule, now: datetime) -> datetime:
    """Give where the first period of a new schedule starts: at the last boundary there was, UTC."""
    last = None
    for at in _boundaries(schedule, now):
        if at > now and last is not None:
            return last
        last = at
    raise AssertionError("boundaries never end")


def due_at(schedule: Schedule, period: Period) -> datetime:
    """Give until when a period's review is to be signed off, UTC: at its end's hour, days later."""
    end = period.end.astimezone(ZoneInfo(schedule.zone))
    return (end + timedelta(days=schedule.days)).astimezone(UTC)


def ended(schedule: Schedule, covered_until: datetime, now: datetime) -> Iterator[Period]:
    """Give the periods since ``covered_until`` whose reviews are to be made by now, oldest first."""
    start = covered_until
    while (end := boundary_after(schedule, start)) + SETTLING <= now:
        yield Period(start, end)
        start = end


def gaps(periods: Sequence[Period]) -> list[Period]:
    """Give what lies between periods and is in none of them, oldest first."""
    found: list[Period] = []
    until: datetime | None = None
    for period in sorted(periods):
        if until is not None and period.start > until:
            found.append(Period(until, period.start))
        until = period.end if until is None else max(until, period.end)
    return found


def _boundaries(schedule: Schedule, near: datetime) -> Iterator[datetime]:
    """Give the boundaries in order, from one that is before a moment."""
    zone = ZoneInfo(schedule.zone)
    # Two days back, for at the edge of a day a zone may have left one out, as Samoa did.
    day = _first_day(schedule, near.astimezone(zone).date() - timedelta(days=2))
    while True:
        yield datetime.combine(day, time(schedule.hour), zone).astimezone(UTC)
        day = _first_day(schedule, day + timedelta(days=_LONGEST[schedule.cadence]))


def _first_day(schedule: Schedule, day: date) -> date:
    """Give the first day of the week, month or quarter that a day is in; of days, that day."""
    match schedule.cadence:
        case "daily":
            return day
        case "weekly":
            return day - timedelta(days=(day.weekday() - schedule.weekday) % len(WEEKDAYS))
        case "monthly":
            return day.replace(day=1)
        case "quarterly":
            return day.replace(month=day.month - (day.month - 1) % _QUARTER_MONTHS, day=1)
