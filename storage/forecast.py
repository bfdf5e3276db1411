"""When the disk will be full, and what expires until then. Pure: sizes of days in, days out.

What a stream adds a day is the mean of its last whole days; what expires is known by its size, or is a day
that is still to come. Today and what is in journals is left out: the first is not over, and the second is a
fifth of its size tomorrow.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

KEEP_FOR_EVER: Final = 0
MEASURED_DAYS: Final = 14  # of which the mean is taken: two weekends are among them
HORIZON_DAYS: Final = 3650  # beyond it nothing is foretold


@dataclass(frozen=True, slots=True)
class Kept:
    """A stream: for how many days before today it is kept (0: for ever), and what each of its days takes."""

    days: int
    octets: Mapping[date, int]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is to be expected of the disk.

    Attributes:
        a_day: octets that a day adds.
        measured: whole days that this is the mean of; 0 when there was none yet.
        full_in: days until the disk is full; None when that is not within HORIZON_DAYS, or not known.
        expires: whether anything expires within the horizon.
    """

    a_day: int
    measured: int
    full_in: int | None
    expires: bool


def forecast(streams: Iterable[Kept], free: int, today: date) -> Forecast:
    """Foretell when nothing more can be stored.

    Args:
        streams: all that share the disk.
        free: octets that can still be written.
        today: the UTC day that is not over.
    """
    groups: dict[int, tuple[float, Counter[date]]] = {}
    measured = 0
    for stream in streams:
        mean, days = daily_mean(stream.octets, today)
        measured = max(measured, days)
        before, sizes = groups.get(stream.days, (0.0, Counter()))
        sizes.update(dict(stream.octets))
        groups[stream.days] = before + mean, sizes
    a_day = sum(mean for mean, _ in groups.values())
    expires = any(keep != KEEP_FOR_EVER and (mean or sizes) for keep, (mean, sizes) in groups.items())
    full_in = _full_in(groups, free, today) if measured else None
    return Forecast(round(a_day), measured, full_in, expires)


def daily_mean(octets: Mapping[date, int], today: date) -> tuple[float, int]:
    """Give the mean of the last whole days since a stream's first, and of how many days it is."""
    before = [day for day in octets if day < today]
    if not before:
        return 0.0, 0
    days = min((today - min(before)).days, MEASURED_DAYS)
    since = today - timedelta(days=days)
    return sum(size for day, size in octets.items() if since <= day < today) / days, days


def _full_in(groups: Mapping[int, tuple[float, Counter[date]]], free: float, today: date) -> int | None:
    if free <= 0:
        return 0
    # What should have expired before today goes with the next run of the retention, which is tomorrow's.
    first = today + timedelta(days=1)
    for keep, (_, sizes) in groups.items():
        if keep != KEEP_FOR_EVER:
            due = today - timedelta(days=keep)
            free += sum(size for day, size in sizes.items() if day < due)
    for number in range(HORIZON_DAYS):
        at = first + timedelta(days=number)
        for keep, (mean, sizes) in groups.items():
            free -= mean
            if keep != KEEP_FOR_EVER:
                gone = at - timedelta(days=keep + 1)
                free += sizes.get(gone, 0) if gone < today else mean
        if free < 0:
            return number + 1
    return None


def due(days: Iterable[date], keep: int, today: date) -> list[date]:
    """Give the days that are older than a stream is kept, oldest first."""
    if keep == KEEP_FOR_EVER:
        return []
    return sorted(day for day in days if day < today - timedelta(days=keep))


def agenda(days: Sequence[date], keep: int, today: date, ahead: int) -> list[tuple[date, date]]:
    """Give which days expire within the next ``ahead`` days: pairs of when, and which day; soonest first.

    A day that is due already expires with the next run, for which ``today`` stands.
    """
    if keep == KEEP_FOR_EVER:
        return []
    until = today + timedelta(days=ahead)
    pairs = ((max(day + timedelta(days=keep + 1), today), day) for day in sorted(days))
    return [(at, day) for at, day in pairs if at <= until]
