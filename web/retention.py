"""/retention: for how long each stream is kept, in what room, what goes next, and how long the disk lasts."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import Response

from access.visitor import current
from storage.daily import Day, StreamDays
from storage.expiry import ALL, Crowded, Plan, Policy, Why, plan
from storage.forecast import KEEP_FOR_EVER, agenda
from storage.layout import TRAIL, StreamName
from storage.settings import RetentionSettings
from web import figures
from web.appliance import Office, Seen, office
from web.desk import Desk, desk
from web.operating import Age, foretold, in_thread, keeping, seen_by, told, utc_now
from web.shelf import Figures

AHEAD_DAYS: Final = 14  # of the list of what expires
ROWS: Final = 200  # of that list
By = Literal["its own setting", "its tenant", "the setting for all", "the trail's rule"]


@dataclass(frozen=True, slots=True)
class Rule:
    """For how long a stream is kept, and by whose word; ``held`` when too many days are due at once."""

    name: str
    address: str
    kept: str
    by: By
    days: int
    first: str
    octets: int
    due: int
    held: bool


@dataclass(frozen=True, slots=True)
class Room:
    """What a tenant, or all together, may take of the disk, and takes, in octets of archive and index.

    Attributes:
        tenant: empty for all together.
        room: that it has.
        taken: that it takes, without what is older than it is kept.
        left: that it takes after the next run.
        days: that expire for it with the next run.
    """

    tenant: str
    room: int
    taken: int
    left: int
    days: int

    @property
    def fits(self) -> bool:
        """The next run makes it fit."""
        return self.left <= self.room


@dataclass(frozen=True, slots=True)
class Expiry:
    """A day that is to expire: with the first run of the retention at or after ``at``."""

    at: str
    is_due: bool
    stream: str
    address: str
    day: str
    messages: int
    octets: int
    why: Why


async def retention(request: Request) -> Response:
    """Show what is kept and what goes."""
    known = office(request)
    counted, looked = await known.days(), await known.look()
    return await in_thread(partial(_respond, desk(request), known, counted, looked))


def _respond(
    served: Desk, known: Office, counted: Figures[tuple[StreamDays, ...]], looked: Figures[Seen | None]
) -> Response:
    today, storage = utc_now().date(), known.appliance.storage
    kept = keeping(served.layout, storage)
    every = counted.value or ()
    streams = seen_by(current(), every)
    disk = {} if looked.value is None else looked.value.document.get("disk") or {}
    expected = foretold(every, disk.get("free_octets"), storage.keep_free, kept, today)
    planned = planned_of(every, kept.policy, today)
    expiries = list(upcoming(streams, kept.policy, planned, today))
    ruled = rules(streams, kept.policy, planned)
    return served.page(
        "retention.html",
        page="overview",
        tab="retention",
        say=figures,
        age=Age.of(counted),
        trouble=kept.trouble,
        rules=ruled,
        rooms=rooms(every, streams, kept.policy, planned),
        room_days=storage.retention.room_days,
        is_held=any(rule.held for rule in ruled),
        expiries=expiries[:ROWS],
        left_out=max(0, len(expiries) - ROWS),
        ahead=AHEAD_DAYS,
        at_once=storage.retention.days_at_once,
        disk=disk,
        keep_free=storage.keep_free,
        forecast=told(expected) if counted.value is not None else "",
    )


def planned_of(every: Iterable[StreamDays], policy: Policy, today: date) -> Plan:
    """Say what the next run lets expire of all streams, whoever asks: those of a tenant share its room."""
    return plan({one.name: {day.day: day.octets for day in one.days} for one in every}, policy, today)


def rules(streams: Iterable[StreamDays], policy: Policy, planned: Plan) -> Sequence[Rule]:
    """Give for each stream how long it is kept."""
    late = Counter(one.name for one in planned.due)
    return [_rule(one, policy.days_of(one.name), policy.settings, late[one.name]) for one in streams]


def _rule(one: StreamDays, keep: int, settings: RetentionSettings, late: int) -> Rule:
    name = f"{one.name.tenant}/{one.name.stream}"
    return Rule(
        name=name,
        address=f"/archive/{name}",
        kept="for ever" if keep == KEEP_FOR_EVER else f"{keep:,} day{'' if keep == 1 else 's'}",
        by=_by(one.name, keep, settings),
        days=len(one.days),
        first=one.days[0].day.isoformat() if one.days else "",
        octets=one.octets,
        due=late,
        held=bool(settings.days_at_once) and late > settings.days_at_once,
    )


def _by(name: StreamName, keep: int, settings: RetentionSettings) -> By:
    if f"{name.tenant}/{name.stream}" in settings.streams:
        return "its own setting"
    if name.tenant == TRAIL.tenant:
        return "the trail's rule"
    return "the setting for all" if keep == settings.days else "its tenant"


def rooms(
    every: Iterable[StreamDays], seen: Iterable[StreamDays], policy: Policy, planned: Plan
) -> Sequence[Room]:
    """Give the rooms there are: of tenants of whose streams one sees all, and of all together who sees all.

    Whoever sees some only would learn what others take.
    """
    visible = {one.name for one in seen}
    hidden = {one.name.tenant for one in every if one.name not in visible} - {TRAIL.tenant}
    octets: Counter[str] = Counter()
    for one in every:
        octets[one.name.tenant] += (size := sum(day.octets for day in one.days))
        octets[ALL] += size
    crowded = {one.whose: one for one in planned.crowded}
    found: list[Room] = []
    for whose, room in policy.bounds().items():
        if hidden if whose == ALL else whose in hidden or not octets[whose]:
            continue
        own = crowded.get(whose) or Crowded(whose, room, octets[whose], octets[whose])
        found.append(Room(whose, room, own.taken, own.left, len(planned.gone_for(whose))))
    return found


def upcoming(streams: Iterable[StreamDays], policy: Policy, planned: Plan, today: date) -> Iterator[Expiry]:
    """Give what expires within AHEAD_DAYS, soonest first; for want of room what goes with the next run."""
    found: list[tuple[date, StreamName, Day, Why]] = []
    for one in streams:
        by_day = {day.day: day for day in one.days}
        for_room = {due.day: due.why for due in planned.of(one.name) if due.why != "age"}
        found += [(today, one.name, by_day[day], why) for day, why in for_room.items()]
        left = [day for day in by_day if day not in for_room]
        by_age = agenda(left, policy.days_of(one.name), today, AHEAD_DAYS)
        found += [(at, one.name, by_day[day], "age") for at, day in by_age]
    for at, name, day, why in sorted(found, key=lambda each: (each[0], each[1], each[2].day)):
        stream = f"{name.tenant}/{name.stream}"
        yield Expiry(
            at=at.isoformat(),
            is_due=at == today,
            stream=stream,
            address=f"/archive/{stream}",
            day=day.day.isoformat(),
            messages=day.messages,
            octets=day.octets,
            why=why,
        )
