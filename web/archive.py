"""/archive: how every stream's archive and index are, and what of them cannot be read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from access.visitor import current
from storage.daily import StreamDays
from web import figures
from web.appliance import office
from web.desk import Desk, desk
from web.operating import Age, bars, in_thread, seen_by, utc_now
from web.shelf import Figures

Health = Literal["whole", "damaged", "index damaged"]


@dataclass(frozen=True, slots=True)
class Held:
    """One stream as a row of the list.

    ``health`` is ``whole``, ``damaged``, or ``index damaged``; ``indexed`` how much of it searches find by
    index, in percent of its segments.
    """

    name: str
    address: str
    messages: int
    days: int
    first: str
    last: str
    journal_messages: int
    journal_octets: int
    archive_octets: int
    index_octets: int
    indexed: str
    pending: int
    health: Health


async def archive(request: Request) -> Response:
    """Show what is stored."""
    made = await office(request).days()
    return await in_thread(partial(_respond, desk(request), made))


def _respond(served: Desk, made: Figures[tuple[StreamDays, ...]]) -> Response:
    streams = seen_by(current(), made.value or ())
    drawn = bars(streams, utc_now().date())
    return served.page(
        "archive.html",
        page="overview",
        tab="archive",
        say=figures,
        age=Age.of(made),
        streams=held(streams),
        total=total(streams),
        chart=drawn if any(bar.messages for bar in drawn) else (),
        damage=damage(streams),
        broken=[
            f"{one.name.tenant}/{one.name.stream} {day.day}"
            for one in streams
            for day in one.days
            if day.index_damaged
        ],
        quarantined=sum(one.quarantined for one in streams),
    )


def held(streams: Iterable[StreamDays]) -> Sequence[Held]:
    """Give a row for each stream."""
    return [_held(one) for one in streams]


def _held(one: StreamDays) -> Held:
    segments = sum(day.segments for day in one.days)
    name = f"{one.name.tenant}/{one.name.stream}"
    broken = any(day.index_damaged for day in one.days)
    return Held(
        name=name,
        address=f"/archive/{name}",
        messages=one.messages,
        days=len(one.days),
        first=one.days[0].day.isoformat() if one.days else "",
        last=one.days[-1].day.isoformat() if one.days else "",
        journal_messages=one.journal_messages,
        journal_octets=one.journal_octets,
        archive_octets=sum(day.archive_octets for day in one.days),
        index_octets=sum(day.index_octets for day in one.days),
        indexed=_share(segments - one.pending, segments),
        pending=one.pending,
        health="damaged" if one.damaged else "index damaged" if broken else "whole",
    )


def _share(part: int, whole: int) -> str:
    """Give a part in percent; all of it is only what is all."""
    return f"{100 * part // whole} %" if whole else ""


@dataclass(frozen=True, slots=True)
class Total:
    """All streams together."""

    messages: int
    journal_octets: int
    archive_octets: int
    index_octets: int
    pending: int


def total(streams: Iterable[StreamDays]) -> Total:
    """Add up the streams."""
    rows = held(streams)
    return Total(
        messages=sum(row.messages for row in rows),
        journal_octets=sum(row.journal_octets for row in rows),
        archive_octets=sum(row.archive_octets for row in rows),
        index_octets=sum(row.index_octets for row in rows),
        pending=sum(row.pending for row in rows),
    )


def damage(streams: Iterable[StreamDays]) -> list[str]:
    """Give a line for each place that cannot be read."""
    return [f"{each.path} at octet {each.offset:,}: {each.reason}" for one in streams for each in one.damaged]
