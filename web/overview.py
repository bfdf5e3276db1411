"""/overview: is it well, and if not, what is to be done; what comes in, where it is, how long disks last."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from access.visitor import current
from storage.daily import StreamDays
from storage.forecast import Forecast
from web import figures
from web.appliance import Office, Seen, office
from web.desk import Desk, desk
from web.operating import Age, Bar, bars, foretold, in_thread, keeping, seen_by, told, utc_now
from web.overview_rows import STATES, Destination, Measured, Role, destinations, measures, role_row
from web.overview_tiles import Tile, tiles
from web.shelf import Figures
from web.sources import masked_names

REASON: Final = "  - "  # begins a reason of the state, in the lines of `sysledger status`

Report = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Overview:
    """What the page shows.

    Attributes:
        state: one of STATES, ``stopped`` or ``unknown``.
        sentence: the same with since when.
        is_live: whether the supervisor itself told.
        meaning: what the state means for senders; empty when all is well.
        reasons: of the state, each with what to do.
        more: what else keeps the appliance from being ready.
        troubles: what was lost, refused or found since the start.
        tiles: the figures that are looked at first.
        roles: the processes.
        measures: what the monitor measures.
        destinations: of the relay.
        reload: when the configuration was last reloaded, and what came of it.
        free: octets free on the disk.
        disk: its octets.
    """

    state: str
    sentence: str
    is_live: bool
    meaning: str
    reasons: tuple[str, ...]
    more: tuple[str, ...]
    troubles: tuple[str, ...]
    tiles: tuple[Tile, ...]
    roles: tuple[Role, ...]
    measures: tuple[Measured, ...]
    destinations: tuple[Destination, ...]
    reload: str
    free: int | None
    disk: int | None


_UNKNOWN: Final = Overview(
    state="unknown", sentence="Nothing is known of the appliance", is_live=False, meaning="", reasons=(),
    more=(), troubles=(), tiles=(), roles=(), measures=(), destinations=(), reload="", free=None, disk=None,
)  # fmt: skip


async def overview(request: Request) -> Response:
    """Show how the appliance is."""
    known = office(request)
    looked, counted = await known.look(), await known.days()
    return await in_thread(partial(_respond, desk(request), known, looked, counted))


def _respond(
    served: Desk, known: Office, looked: Figures[Seen | None], counted: Figures[tuple[StreamDays, ...]]
) -> Response:
    visitor, now = current(), utc_now()
    every = counted.value or ()
    streams = seen_by(visitor, every)
    storage = known.appliance.storage
    free = _free(looked.value)
    expected = foretold(every, free, storage.keep_free, keeping(served.layout, storage), now.date())
    view = build(looked.value, streams, expected, now)
    if masked_names(visitor):
        view = replace(view, troubles=())  # they name senders
    return served.page(
        "overview.html",
        page="overview",
        tab="overview",
        say=figures,
        view=view,
        age=Age.of(looked),
        counted=Age.of(counted),
        chart=_chart(streams, now),
        forecast=told(expected) if counted.value is not None else "",
    )


def build(
    seen: Seen | None, streams: Iterable[StreamDays], expected: Forecast | None, now: datetime
) -> Overview:
    """Put together what is shown of one look at the appliance."""
    if seen is None:
        return _UNKNOWN
    document = seen.document
    disk = document.get("disk") or {}
    return Overview(
        state=_state(document),
        sentence=f"Sysledger is {seen.running}",
        is_live=bool(document.get("live")),
        meaning=" ".join(line for line in seen.details if line.endswith(":")),
        reasons=tuple(line.removeprefix(REASON) for line in seen.details if line.startswith(REASON)),
        more=tuple(line for line in seen.details if not line.startswith(REASON) and not line.endswith(":")),
        troubles=seen.troubles,
        tiles=tuple(tiles(seen, tuple(streams), expected)),
        roles=tuple(role_row(name, role, seen, now) for name, role in document["roles"].items()),
        measures=tuple(measures(document)),
        destinations=tuple(destinations(document)),
        reload=_reload(document),
        free=disk.get("free_octets"),
        disk=disk.get("octets"),
    )


def _state(document: Report) -> str:
    if not document.get("running"):
        return "stopped"
    state = str((document.get("state") or {}).get("state", "unknown"))
    return state if state in STATES else "unknown"


def _free(seen: Seen | None) -> int | None:
    found: int | None = None if seen is None else (seen.document.get("disk") or {}).get("free_octets")
    return found


def _chart(streams: tuple[StreamDays, ...], now: datetime) -> tuple[Bar, ...]:
    drawn = bars(streams, now.date())
    return drawn if any(bar.messages for bar in drawn) else ()


def _reload(document: Report) -> str:
    found = document.get("reload") or {}
    if not found:
        return ""
    at = f"{figures.moment(found.get('at'))} UTC"
    problems = "; ".join(map(str, found.get("problems", ())))
    if not found.get("used"):
        return f"The configuration of {at} was refused, and the one before is in use: {problems}"
    return f"The configuration was reloaded at {at}{f', with problems: {problems}' if problems else ''}."
