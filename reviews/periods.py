"""When reviews are due and what each covers: periods that adjoin, so that nothing falls between two of them.

A schedule has a boundary a day or a week. A review covers what was received from where the one before it
ended up to the next boundary; so when a schedule is changed, one period is shorter or longer, and none is
left out. The clock is an argument.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, get_args

Cadence = Literal["daily", "weekly"]
CADENCES: Final[tuple[Cadence, ...]] = get_args(Cadence)
HOURS: Final = 24
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_DAYS: Final = 90  # that a reviewer may be given
# After a boundary, until its review is made: what was received before it is stored by then, unless a
# collector's queue held it back for longer.
SETTLING: Final = timedelta(minutes=5)


class ScheduleError(ValueError):
    """A schedule that cannot be meant; the message says what to choose."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When the results of a saved search are made for a reviewer.

    Attributes:
        cadence: daily or weekly.
        hour: of the boundary, UTC.
        weekday: of the boundary, 0 for Monday; of weekly ones only.
        reviewer: the account that signs off.
        days: that the reviewer has for it from the end of the period; then the review is missed.

    Raises:
        ScheduleError: when it cannot be meant.
    """

    cadence: Cadence
    hour: int
    weekday: int
    reviewer: str
    days: int

    def __post_init__(self) -> None:
        if self.cadence not in CADENCES:
            raise ScheduleError(f"{self.cadence!r} is no cadence: choose {' or '.join(CADENCES)}")
        for what, value, low, high in (
            ("hour", self.hour, 0, HOURS - 1),
            ("weekday", self.weekday, 0, len(WEEKDAYS) - 1),
            ("days", self.days, 1, MOST_DAYS),
        ):
            if not low <= value <= high:
                raise ScheduleError(f"{what} {value} is not between {low} and {high}: choose one that is")
        if not self.reviewer:
            raise ScheduleError("nobody is named to review: choose who signs off")


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Receive times start ≤ t < end that one review covers."""

    start: datetime
    end: datetime


def boundary_after(schedule: Schedule, moment: datetime) -> datetime:
    """Give the first boundary after a moment."""
    at = moment.astimezone(UTC).replace(hour=schedule.hour, minute=0, second=0, microsecond=0)
    if schedule.cadence == "weekly":
        at += timedelta(days=(schedule.weekday - at.weekday()) % len(WEEKDAYS))
    return at if at > moment else at + _step(schedule)


def first_start(schedule: Schedule, now: datetime) -> datetime:
    """Give where the first period of a new schedule starts: at the last boundary there was."""
    return boundary_after(schedule, now) - _step(schedule)


def due_at(schedule: Schedule, period: Period) -> datetime:
    """Give until when a period's review is to be signed off."""
    return period.end + timedelta(days=schedule.days)


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


def _step(schedule: Schedule) -> timedelta:
    return timedelta(days=1 if schedule.cadence == "daily" else len(WEEKDAYS))
