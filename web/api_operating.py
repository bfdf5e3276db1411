"""/api/v1/status, /sources, /balance: how the appliance is, as its commands tell it.

Their documents grow with the appliance: a newer release may say more, and what is said stays.
"""

import asyncio
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field
from starlette.requests import Request

from access import trail
from access.visitor import current
from web.api_figures import Aged, DiskForecast, aged, forecast_given, value_of
from web.api_operation import DECIMAL, ISO_DAY, Asked, Given, Nothing
from web.appliance import office
from web.desk import desk
from web.operating import foretold, in_thread, keeping, utc_now
from web.sources import PATTERN_CHARACTERS, Chosen, chosen_of, refuse_masked, within

MOST_SOURCES: Final = 1000


class Status(Aged):
    """How the appliance is."""

    live: bool = Field(description="Whether the supervisor itself answered, or only the roles' files did.")
    sentence: str = Field(description="Whether it runs, and in which state.")
    details: list[str] = Field(description="Reasons of the state, and what to do.")
    troubles: list[str] = Field(description="What was lost, refused or damaged since the start.")
    rates: dict[str, Any] = Field(description="A second: stored, indexed, and by listener.")
    document: dict[str, Any] = Field(description="What `sysledger status --output json` gives.")
    forecast: DiskForecast | None = Field(
        description="Of the disk; null: its room, or what the archive takes of it, is not known just now."
    )


class SourcesQuestion(Asked):
    """Which sources."""

    q: Annotated[str, Field(max_length=PATTERN_CHARACTERS)] = Field(
        default="", description="Of a host or a peer, with * and ?; without them it may occur anywhere."
    )
    only: Literal["all", "silent", "any"] = Field(
        default="all", description="all, those that are silent, or those of which any finding lasts."
    )
    order: Literal["findings", "last", "silent", "messages", "host"] = Field(
        default="findings", description="Which come first."
    )
    start: Annotated[int, Field(ge=0, le=10**9), DECIMAL] = Field(
        default=0, description="How many to pass over."
    )
    limit: Annotated[int, Field(ge=1, le=MOST_SOURCES), DECIMAL] = Field(
        default=200, description="How many at most."
    )


class Source(Given):
    """Who sends: a peer that claims a host name, within a tenant."""

    tenant: str
    peer: str
    host: str | None
    first_seen: str
    last_seen: str
    messages: int
    messages_a_second_recently: float
    messages_a_second_usually: float
    streams: dict[str, int] = Field(description="Messages by stream; the next are likewise.")
    listeners: dict[str, int]
    transports: dict[str, int]
    formats: dict[str, int]
    flags: dict[str, int]
    severities: dict[str, int]
    malformed: int
    tls_identity: str | None
    clock_seconds: float | None = Field(description="Against the time of receipt; positive: it is ahead.")
    clock_usually_seconds: float | None
    clock_spread_seconds: float | None
    usual_pause_seconds: float | None
    silent_after_seconds: float | None
    missing: int = Field(description="Messages that its own numbers say never came.")
    hosts_at_peer: int
    peers_of_host: int
    findings: list[str] = Field(description="What is out of the ordinary now.")


class SourceFinding(Given):
    """Something out of the ordinary of a source, or of a listener."""

    kind: str
    tenant: str
    peer: str | None
    host: str | None
    since: str | None
    ended: str | None
    about: str
    text: str


class Sources(Aged):
    """The inventory of sources, or that part of it that was asked for."""

    written_at: datetime | None = Field(description="When the watch wrote it.")
    matching: int = Field(description="Sources that are as asked.")
    sources: list[Source]
    findings: list[SourceFinding] = Field(description="Those that last, of all sources.")
    ended: list[SourceFinding]
    forgotten_sources: int


class BalanceQuestion(Asked):
    """Of which day."""

    day: Annotated[date, ISO_DAY] | None = Field(
        default=None, description="The UTC day; without it, all days."
    )


class Balance(Aged):
    """The books: what was received, stored, lost and refused."""

    statement: dict[str, Any] = Field(description="What `sysledger balance --output json` gives.")


async def status(request: Request, _asked: Nothing) -> Status:
    """Look at the appliance."""
    refuse_masked(current())  # it names senders
    known = office(request)
    made, counted = await asyncio.gather(known.look(), known.days())
    seen = value_of(made)
    free = (seen.document.get("disk") or {}).get("free_octets")
    layout, storage = desk(request).layout, known.appliance.storage

    def foresee() -> DiskForecast | None:
        """Foretell by all streams, whoever asks: they share the disk."""
        kept, today = keeping(layout, storage), utc_now().date()
        return forecast_given(foretold(counted.value or (), free, storage.keep_free, kept, today))

    return Status(
        **aged(made),
        live=bool(seen.document.get("live")),
        sentence=seen.running,
        details=list(seen.details),
        troubles=list(seen.troubles),
        rates=dict(seen.rates),
        document=dict(seen.document),
        forecast=None if counted.value is None else await in_thread(foresee),
    )


async def sources(request: Request, asked: SourcesQuestion) -> Sources:
    """Give the sources that the account may see."""
    visitor = current()
    refuse_masked(visitor)
    made = await office(request).inventory()
    told = within(value_of(made), visitor, desk(request).sights.sees)
    found = chosen_of(told, Chosen(asked.q.strip(), asked.only, asked.order))
    written = told.get("written_at")
    await trail.recorded("view", "sources", query=asked.q)
    return Sources(
        **aged(made),
        written_at=None if written is None else datetime.fromtimestamp(written, UTC),
        matching=len(found),
        sources=[Source.model_validate(one) for one in found[asked.start : asked.start + asked.limit]],
        findings=[SourceFinding.model_validate(one) for one in told["findings"]],
        ended=[SourceFinding.model_validate(one) for one in told["ended"]],
        forgotten_sources=told["forgotten_sources"],
    )


async def balance(request: Request, asked: BalanceQuestion) -> Balance:
    """Give the books' statement."""
    refuse_masked(current())  # with a line for each sender
    made = await office(request).statement(asked.day)
    statement = value_of(made)
    await trail.recorded("view", "balance", day=asked.day)
    return Balance(**aged(made), statement=dict(statement))
