"""/retention: for how long each stream is kept, what expires next, and how long the disk lasts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import Response

from access.visitor import current
from storage.daily import Day, StreamDays
from storage.forecast import KEEP_FOR_EVER, agenda, due
from storage.layout import TRAIL, StreamName
from storage.retention import DaysOf
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
class Expiry:
    """A day that is to expire: with the first run of the retention at or after ``at``."""

    at: str
    is_due: bool
    stream: str
    address: str
    day: str
    messages: int
    octets: int


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
    expected = foretold(every, disk.get("free_octets"), storage, kept.days_of, today)
    expiries = list(upcoming(streams, kept.days_of, today))
    ruled = rules(streams, kept.days_of, storage.retention, today)
    return served.page(
        "retention.html",
        page="overview",
        tab="retention",
        say=figures,
        age=Age.of(counted),
        trouble=kept.trouble,
        rules=ruled,
        is_held=any(rule.held for rule in ruled),
        expiries=expiries[:ROWS],
        left_out=max(0, len(expiries) - ROWS),
        ahead=AHEAD_DAYS,
        at_once=storage.retention.days_at_once,
        disk=disk,
        keep_free=storage.keep_free,
        forecast=told(expected) if counted.value is not None else "",
    )


def rules(
    streams: Iterable[StreamDays], days_of: DaysOf, settings: RetentionSettings, today: date
) -> Sequence[Rule]:
    """Give for each stream how long it is kept."""
    return [_rule(one, days_of(one.name), settings, today) for one in streams]


def _rule(one: StreamDays, keep: int, settings: RetentionSettings, today: date) -> Rule:
    late = due((day.day for day in one.days), keep, today)
    name = f"{one.name.tenant}/{one.name.stream}"
    return Rule(
        name=name,
        address=f"/archive/{name}",
        kept="for ever" if keep == KEEP_FOR_EVER else f"{keep:,} day{'' if keep == 1 else 's'}",
        by=_by(one.name, keep, settings),
        days=len(one.days),
        first=one.days[0].day.isoformat() if one.days else "",
        octets=one.octets,
        due=len(late),
        held=bool(settings.days_at_once) and len(late) > settings.days_at_once,
    )


def _by(name: StreamName, keep: int, settings: RetentionSettings) -> By:
    if f"{name.tenant}/{name.stream}" in settings.streams:
        return "its own setting"
    if name.tenant == TRAIL.tenant:
        return "the trail's rule"
    return "the setting for all" if keep == settings.days else "its tenant"


def upcoming(streams: Iterable[StreamDays], days_of: DaysOf, today: date) -> Iterator[Expiry]:
    """Give what expires within AHEAD_DAYS, soonest first."""
    found: list[tuple[date, StreamName, Day]] = []
    for one in streams:
        by_day = {day.day: day for day in one.days}
        planned = agenda(list(by_day), days_of(one.name), today, AHEAD_DAYS)
        found += [(at, one.name, by_day[day]) for at, day in planned]
    for at, name, day in sorted(found, key=lambda each: (each[0], each[1], each[2].day)):
        stream = f"{name.tenant}/{name.stream}"
        yield Expiry(
            at=at.isoformat(),
            is_due=at == today,
            stream=stream,
            address=f"/archive/{stream}",
            day=day.day.isoformat(),
            messages=day.messages,
            octets=day.octets,
        )
