"""When the disk will be full, and what expires until then. Pure: sizes of days in, days out.

What a stream adds a day is the mean of its last whole days; what expires is known by its size, or is a day
that is still to come. Today and what is in journals is left out: the first is not over, and the second is a
fifth of its size tomorrow. Who has a room takes no more than that, but for the days that do not go for it.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import inf
from typing import Final

KEEP_FOR_EVER: Final = 0
MEASURED_DAYS: Final = 14  # of which the mean is taken: two weekends are among them
HORIZON_DAYS: Final = 3650  # beyond it nothing is foretold


@dataclass(frozen=True, slots=True)
class Kept:
    """A stream.

    Attributes:
        days: for how many before today it is kept; 0 for ever.
        octets: that each of its days takes.
        tenant: whose room it is in, where that has one.
        is_bound: whether its days may go for want of room.
    """

    days: int
    octets: Mapping[date, int]
    tenant: str = ""
    is_bound: bool = True


@dataclass(frozen=True, slots=True)
class Rooms:
    """Octets that may be taken, by tenant and by all together (0: any number), and the days that stay."""

    tenants: Mapping[str, int] = field(default_factory=dict)
    all: int = 0
    days: int = 0


NO_ROOMS: Final = Rooms()


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is to be expected of the disk.

    Attributes:
        a_day: octets that a day adds.
        measured: whole days that this is the mean of; 0 when there was none yet.
        full_in: days until the disk is full; None when that is not within HORIZON_DAYS, or not known.
        expires: whether anything expires, for its age or for want of room.
    """

    a_day: int
    measured: int
    full_in: int | None
    expires: bool


def forecast(streams: Iterable[Kept], free: int, today: date, rooms: Rooms = NO_ROOMS) -> Forecast:
    """Foretell when nothing more can be stored.

    Args:
        streams: all that share the disk.
        free: octets that can still be written.
        today: the UTC day that is not over.
        rooms: that bound what they take.
    """
    several = tuple(streams)
    means = [daily_mean(stream.octets, today) for stream in several]
    measured = max((days for _, days in means), default=0)
    a_day = sum(mean for mean, _ in means)
    expires = rooms.all > 0 or any(
        (stream.days != KEEP_FOR_EVER and (mean or stream.octets)) or stream.tenant in rooms.tenants
        for stream, (mean, _) in zip(several, means, strict=True)
    )
    full_in = _full_in(_Everybody(several, today, rooms), free) if measured else None
    return Forecast(round(a_day), measured, full_in, expires)


def daily_mean(octets: Mapping[date, int], today: date) -> tuple[float, int]:
    """Give the mean of the last whole days since a stream's first, and of how many days it is."""
    before = [day for day in octets if day < today]
    if not before:
        return 0.0, 0
    days = min((today - min(before)).days, MEASURED_DAYS)
    since = today - timedelta(days=days)
    return sum(size for day, size in octets.items() if since <= day < today) / days, days


def _full_in(everybody: "_Everybody", free: float) -> int | None:
    if free <= 0:
        return 0
    now = everybody.octets
    near = min(everybody.longest + 1, HORIZON_DAYS)
    for number in range(near):
        everybody.pass_day()
        if everybody.taken() - now > free:
            return number + 1
    # By then all days that there are now have gone, but those kept for ever: what is taken only grows.
    later = range(1, HORIZON_DAYS - near + 1)
    place = bisect_right(later, free, key=lambda ahead: everybody.taken(ahead) - now)
    return near + later[place] if place < len(later) else None


class _Group:
    """Streams that are kept for one number of days, as they grow and their days grow old.

    Args:
        keep: the number; 0 for ever.
        today: the UTC day that is not over.
    """

    def __init__(self, keep: int, today: date) -> None:
        self.mean = 0.0
        self.octets = 0.0
        self._keep = keep
        self._today = today
        self._sizes: Counter[date] = Counter()

    def add(self, octets: Mapping[date, int], mean: float) -> None:
        """Add a stream. What is due goes with the next run, so it is not counted."""
        late = set(due(octets, self._keep, self._today))
        self.mean += mean
        self.octets += sum(size for day, size in octets.items() if day not in late)
        self._sizes.update(dict(octets))

    def in_days(self, ahead: int) -> float:
        """Give the octets in so many days, when none of the days that there are now goes until then."""
        return self.octets + (ahead * self.mean if self._keep == KEEP_FOR_EVER else 0)

    def pass_day(self, at: date) -> None:
        """Let ``at`` come, with what it adds and what expires on it."""
        self.octets += self.mean
        if self._keep != KEEP_FOR_EVER:
            gone = at - timedelta(days=self._keep + 1)
            self.octets -= self._sizes.get(gone, 0) if gone < self._today else self.mean


class _Pool:
    """What shares a room: groups whose days may go for it, and groups whose days stay."""

    def __init__(self) -> None:
        self.groups: dict[tuple[int, bool], _Group] = {}

    def taken(self, room: float, days: int, ahead: int) -> float:
        """Give the octets that are left, in so many days, when what may go for the room has gone.

        Both bounds keep the newest days of what there is, so that the tighter one alone says what is left.
        """
        stays = sum(group.in_days(ahead) for (_, is_bound), group in self.groups.items() if not is_bound)
        goes = [group for (_, is_bound), group in self.groups.items() if is_bound]
        newest = (days + 1) * sum(group.mean for group in goes)
        return stays + min(sum(group.in_days(ahead) for group in goes), max(room - stays, newest))


class _Everybody:
    """All that share the disk, day by day."""

    def __init__(self, streams: Iterable[Kept], today: date, rooms: Rooms) -> None:
        self._rooms = rooms
        self._at = today
        self._pools: defaultdict[str, _Pool] = defaultdict(_Pool)
        self.octets = 0.0  # as they lie on the disk now
        self.longest = 0  # number of days that any of them is kept, but for ever
        for stream in streams:
            self.longest = max(self.longest, stream.days)
            groups = self._pools[stream.tenant if stream.tenant in rooms.tenants else ""].groups
            key = stream.days, stream.is_bound
            mean, _ = daily_mean(stream.octets, today)
            groups.setdefault(key, _Group(stream.days, today)).add(stream.octets, mean)
            self.octets += sum(stream.octets.values())

    def pass_day(self) -> None:
        """Let the next day come."""
        self._at += timedelta(days=1)
        for pool in self._pools.values():
            for group in pool.groups.values():
                group.pass_day(self._at)

    def taken(self, ahead: int = 0) -> float:
        """Give the octets that are taken in so many days, when what is due has gone."""
        most, days = self._rooms.tenants, self._rooms.days
        taken = sum(pool.taken(most.get(whose, inf), days, ahead) for whose, pool in self._pools.items())
        if not self._rooms.all:
            return taken
        every = _Pool()
        every.groups = {
            (number, is_bound): group
            for number, ((_, is_bound), group) in enumerate(
                (key, group) for pool in self._pools.values() for key, group in pool.groups.items()
            )
        }
        return min(taken, every.taken(self._rooms.all, days, ahead))


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
