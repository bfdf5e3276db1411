"""What is to expire, and why. Pure: sizes of days in, days out.

A day goes when it is older than its stream is kept. Beyond that whoever takes more than its room, a tenant
or all together, loses its oldest days, so that nobody fills the disk of all; but never today, nor one of the
last ``room_days``, lest a flood wash away the trace of who made it, nor what a setting of its own or the
trail's rule keeps. Room is that of archive and index; journals come to it when they are sealed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Literal

from storage.forecast import due
from storage.layout import TRAIL, StreamName
from storage.settings import RetentionSettings

Why = Literal["age", "tenant's room", "room of all"]
Sizes = Mapping[StreamName, Mapping[date, int]]  # octets by day: archive and index

ALL: Final = ""  # in place of a tenant's name, which is never empty


@dataclass(frozen=True, slots=True)
class Policy:
    """By what retention goes.

    Attributes:
        settings: storage.retention.
        days: by tenant, where it has a number of its own; 0 keeps for ever.
        rooms: by tenant, where it has one: octets.
    """

    settings: RetentionSettings = field(default_factory=RetentionSettings)
    days: Mapping[str, int] = field(default_factory=dict)
    rooms: Mapping[str, int] = field(default_factory=dict)

    def days_of(self, name: StreamName) -> int:
        """Give for how many days before today a stream is kept; KEEP_FOR_EVER (0) for ever."""
        return self.settings.days_of(name, self.days.get(name.tenant))

    def is_bound(self, name: StreamName) -> bool:
        """Say whether days of a stream may go for want of room: not where a setting names it."""
        return name.tenant != TRAIL.tenant and f"{name.tenant}/{name.stream}" not in self.settings.streams

    def bounds(self) -> Mapping[str, int]:
        """Give every room there is, by tenant; that of all under ALL, the last."""
        return {**self.rooms, **({ALL: self.settings.room} if self.settings.room else {})}


@dataclass(frozen=True, slots=True)
class Due:
    """A day that is to expire with the next run, and the octets that it frees."""

    name: StreamName
    day: date
    octets: int
    why: Why = "age"


@dataclass(frozen=True, slots=True)
class Crowded:
    """Whoever takes more than its room.

    Attributes:
        whose: the tenant; ALL for all together.
        room: octets.
        taken: octets, without what is older than it is kept.
        left: octets, when all has expired that may.
    """

    whose: str
    room: int
    taken: int
    left: int

    @property
    def fits(self) -> bool:
        """What is left fits into the room."""
        return self.left <= self.room


@dataclass(frozen=True, slots=True)
class Plan:
    """What the next run lets expire, by stream and day, and for whose want of room."""

    due: tuple[Due, ...]
    crowded: tuple[Crowded, ...]

    def of(self, name: StreamName) -> list[Due]:
        """Give what goes of a stream, oldest first."""
        return [one for one in self.due if one.name == name]

    def gone_for(self, whose: str) -> list[Due]:
        """Give what goes for want of a tenant's room, or of the room of ALL."""
        if whose == ALL:
            return [one for one in self.due if one.why == "room of all"]
        return [one for one in self.due if one.why == "tenant's room" and one.name.tenant == whose]


def plan(sizes: Sizes, policy: Policy, today: date) -> Plan:
    """Say what is to expire.

    Args:
        sizes: of every day of every stream.
        policy: by what to go.
        today: the UTC day that is not over.
    """
    late = {
        (name, day): Due(name, day, days[day])
        for name, days in sizes.items()
        for day in due(days, policy.days_of(name), today)
    }
    gone, crowded = dict(late), []
    for whose, room in policy.bounds().items():
        own = [
            Due(name, day, octets, "tenant's room" if whose else "room of all")
            for name, days in sizes.items()
            if whose in {name.tenant, ALL}
            for day, octets in days.items()
            if (name, day) not in gone
        ]
        taken = left = sum(one.octets for one in own)
        for one in _oldest(own, policy, today):
            if left <= room:
                break
            gone[one.name, one.day] = one
            left -= one.octets
        if taken > room:
            crowded.append(Crowded(whose, room, taken, left))
    return Plan(tuple(gone[key] for key in sorted(gone)), tuple(crowded))


def _oldest(days: Iterable[Due], policy: Policy, today: date) -> list[Due]:
    """Give the days that may go for want of room, oldest first, and of one day the largest first."""
    kept_from = today - timedelta(days=policy.settings.room_days)
    may_go = [one for one in days if one.day < kept_from and policy.is_bound(one.name)]
    return sorted(may_go, key=lambda one: (one.day, -one.octets, one.name))
