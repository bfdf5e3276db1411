"""/api/v1/archive: what is stored of each stream, how it is, and its days, as the pages show it."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Annotated, Any, Final

from pydantic import Field
from starlette.requests import Request

from access.visitor import current
from storage.daily import Day, StreamDays
from storage.layout import Layout
from storage.settings import StorageSettings
from web.api_figures import KEEP_DAYS, Aged, aged, value_of
from web.api_operation import DECIMAL, ISO_DAY, Asked, Given, Nothing, StreamNamed, TenantName
from web.appliance import office
from web.archive import Health, Held, Total, held, total
from web.desk import desk
from web.errors import NotFoundError
from web.operating import in_thread, keeping, seen_by
from web.stream import expires_on

MOST_DAYS: Final = 4000


class ArchiveDamage(Given):
    """A place that cannot be read; what is there is in no answer."""

    path: str
    offset_octets: int = Field(description="Where in the file; 0: perhaps all of it.")
    reason: str


class ArchivedStream(Given):
    """One stream. Days are UTC days of receipt, and counts are of what can be read."""

    tenant: str
    stream: str
    messages: int = Field(description="In archive and journal.")
    days: int = Field(description="Of the archive.")
    first_day: date | None
    last_day: date | None
    journal_messages: int = Field(description="That are not in the archive yet; searches find them.")
    journal_octets: int
    archive_octets: int
    index_octets: int
    segments: int = Field(description="Files of the archive.")
    segments_waiting: int = Field(description="Those that the index does not cover: searches scan them.")
    health: Health
    damaged: list[ArchiveDamage]
    index_damaged_days: list[date] = Field(description="`sysledger index rebuild` makes their index anew.")
    quarantined: int = Field(description="Pieces of octets that were set aside as unreadable.")


class ArchiveTotal(Given):
    """All these streams together."""

    messages: int
    journal_octets: int
    archive_octets: int
    index_octets: int
    segments_waiting: int


class ArchiveGiven(Aged):
    """What is stored of the streams that the account may see."""

    streams: list[ArchivedStream]
    total: ArchiveTotal


class ArchiveAsked(Asked):
    """Which stream, and which of its days."""

    tenant: TenantName
    stream: StreamNamed
    before: Annotated[date, ISO_DAY] | None = Field(
        default=None, description="Days before this one only, to go on."
    )
    limit: Annotated[int, Field(ge=1, le=MOST_DAYS), DECIMAL] = Field(
        default=400, description="How many days at most."
    )


class ArchivedDay(Given):
    """One UTC day of receipt."""

    day: date
    messages: int = Field(description="Those that can be read.")
    segments: int = Field(description="Files.")
    segments_waiting: int = Field(description="Those that the index does not cover: searches scan them.")
    archive_octets: int
    index_octets: int
    index_damaged: bool = Field(description="It is there and cannot be read.")
    expires: date | None = Field(
        description="The first UTC day on which the retention takes it; one that is past: its next run. "
        "null: never."
    )


class ArchivedDays(Aged):
    """One stream, and its days, newest first."""

    archived: ArchivedStream
    keep_days: int = Field(description=KEEP_DAYS)
    days: list[ArchivedDay]
    next: date | None = Field(description="What to give as `before` for older days; null: there are none.")


async def archive(request: Request, _asked: Nothing) -> ArchiveGiven:
    """Give what is stored."""
    made = await office(request).days()
    return await in_thread(partial(_stored, aged(made), seen_by(current(), value_of(made))))


def _stored(age: Mapping[str, Any], streams: tuple[StreamDays, ...]) -> ArchiveGiven:
    given = [_stream(one, row) for one, row in zip(streams, held(streams), strict=True)]
    return ArchiveGiven(**age, streams=given, total=_total(total(streams)))


async def archived(request: Request, asked: ArchiveAsked) -> ArchivedDays:
    """Give one stream, day by day."""
    known = office(request)
    made = await known.days()
    found = [
        one
        for one in seen_by(current(), value_of(made))
        if (one.name.tenant, one.name.stream) == (asked.tenant, asked.stream)
    ]
    if not found:
        raise NotFoundError(
            f"There is no stream {asked.tenant}/{asked.stream}. See /api/v1/archive for those that there are."
        )
    storage = known.appliance.storage
    return await in_thread(partial(_days, aged(made), found[0], desk(request).layout, storage, asked))


def _days(
    age: Mapping[str, Any], one: StreamDays, layout: Layout, storage: StorageSettings, asked: ArchiveAsked
) -> ArchivedDays:
    keep = keeping(layout, storage).days_of(one.name)
    some = [day for day in reversed(one.days) if asked.before is None or day.day < asked.before]
    shown = some[: asked.limit]
    return ArchivedDays(
        **age,
        archived=_stream(one, held([one])[0]),
        keep_days=keep,
        days=[_day(day, keep) for day in shown],
        next=shown[-1].day if len(some) > len(shown) else None,
    )


def _stream(one: StreamDays, row: Held) -> ArchivedStream:
    return ArchivedStream(
        tenant=one.name.tenant,
        stream=one.name.stream,
        messages=row.messages,
        days=row.days,
        first_day=one.days[0].day if one.days else None,
        last_day=one.days[-1].day if one.days else None,
        journal_messages=row.journal_messages,
        journal_octets=row.journal_octets,
        archive_octets=row.archive_octets,
        index_octets=row.index_octets,
        segments=sum(day.segments for day in one.days),
        segments_waiting=row.pending,
        health=row.health,
        damaged=[
            ArchiveDamage(path=str(each.path), offset_octets=each.offset, reason=each.reason)
            for each in one.damaged
        ],
        index_damaged_days=[day.day for day in one.days if day.index_damaged],
        quarantined=one.quarantined,
    )


def _total(found: Total) -> ArchiveTotal:
    return ArchiveTotal(
        messages=found.messages,
        journal_octets=found.journal_octets,
        archive_octets=found.archive_octets,
        index_octets=found.index_octets,
        segments_waiting=found.pending,
    )


def _day(day: Day, keep: int) -> ArchivedDay:
    return ArchivedDay(
        day=day.day,
        messages=day.messages,
        segments=day.segments,
        segments_waiting=day.segments - day.indexed,
        archive_octets=day.archive_octets,
        index_octets=day.index_octets,
        index_damaged=day.index_damaged,
        expires=expires_on(day.day, keep),
    )
