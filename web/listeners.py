"""/listeners: where messages come in, what came, what was lost or refused there; when certificates end."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from starlette.requests import Request
from starlette.responses import Response

from storage.layout import TRAIL
from web import figures
from web.appliance import Certificate, Seen, office
from web.desk import desk
from web.operating import Age, utc_now

SOON_DAYS: Final = 30  # before the end of a certificate, from which on it is marked
_DAY: Final = 86_400

Document = Mapping[str, Any]
State = Literal["open", "off", "closed", "not set"]
Level = Literal["well", "warning", "trouble"]


@dataclass(frozen=True, slots=True)
class Listener:
    """One listener: as it is set, and as it is.

    Attributes:
        name: its name in the configuration.
        state: ``open``, ``off`` (not enabled), ``closed`` (set, and no collector has it), ``not set``.
        place: address and port, or the socket's path.
        goes_to: tenant and stream of its messages by the configuration; tenants' own rules come first.
        canary: what became of the appliance's own test messages through it.
        facts: what else is worth a line: counts by reason.
        troubles: likewise, of what was lost or refused.
    """

    name: str
    transport: str
    place: str
    goes_to: str
    state: State
    messages: int | None
    rate: str
    octets: str
    connections: str
    lost: int
    canary: str
    canary_is_well: bool
    facts: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ending:
    """One certificate, and how long it is valid; ``level`` is well, warning or trouble."""

    subject: str
    use: str
    listeners: str
    file: str
    fingerprint: str
    ends: str
    left: str
    level: Level
    trouble: str


async def listeners(request: Request) -> Response:
    """Show the listeners."""
    served, known = desk(request), office(request)
    looked, certificates = await known.look(), await known.certificates()
    now = utc_now()
    return served.page(
        "listeners.html",
        page="overview",
        tab="listeners",
        say=figures,
        age=Age.of(looked),
        is_running=looked.value is not None and bool(looked.value.document.get("running")),
        listeners=build(known.appliance.listeners, looked.value),
        certificates=[ending(one, now) for one in certificates.value or ()],
        certificates_note=Age.of(certificates).note,
    )


def build(settings: Mapping[str, Document], seen: Seen | None) -> Sequence[Listener]:
    """Put together what is set and what is there, by name."""
    there = {} if seen is None else seen.listeners
    canaries = {} if seen is None else _canaries(seen)
    rates = {} if seen is None else seen.rates.get("listeners", {})
    return [
        _listener(name, settings.get(name), there.get(name), rates.get(name) or {}, canaries.get(name))
        for name in sorted({*settings, *there})
    ]


def _canaries(seen: Seen) -> dict[str, Document]:
    found: dict[str, Document] = {}
    for role in seen.document["roles"].values():
        if role.get("running"):
            found.update(role.get("canaries") or {})
    return found


def _listener(
    name: str, wanted: Document | None, there: Document | None, rates: Document, canary: Document | None
) -> Listener:
    known = there or wanted or {}
    return Listener(
        name=name,
        transport=str(known.get("transport", "")),
        place=_place(there, wanted),
        goes_to=f"{wanted['tenant']}/{wanted['stream']}" if wanted is not None else figures.UNKNOWN,
        state=_state(wanted, there),
        messages=None if there is None else there["messages"],
        rate=figures.rate(rates.get("messages")) if there is not None else "",
        octets=_traffic(rates.get("octets")),
        connections="" if there is None or there["connections"] is None else f"{there['connections']:,}",
        lost=0 if there is None else sum(there["lost"].values()),
        canary=_canary(canary) if wanted is None or wanted["tenant"] != TRAIL.tenant else "",
        canary_is_well=canary is None or canary["state"] in {"ok", "waiting", "untried"},
        facts=() if there is None else tuple(_facts(there)),
        troubles=() if there is None else tuple(_troubles(there)),
    )


def _place(there: Document | None, wanted: Document | None) -> str:
    known = there or wanted or {}
    if there is None and known.get("path"):
        return str(known["path"])
    address, port = str(known.get("address", "")), known.get("port")
    if not port:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _state(wanted: Document | None, there: Document | None) -> State:
    if there is not None:
        return "open" if wanted is not None else "not set"
    return "off" if wanted is not None and not wanted.get("enabled", True) else "closed"


def _traffic(a_second: float | None) -> str:
    return f"{figures.octets(a_second)} a second" if a_second else ""


def _canary(canary: Document | None) -> str:
    if canary is None:
        return ""
    if canary["state"] == "ok" and canary.get("latency_seconds") is not None:
        return f"found {canary['latency_seconds']:.2g} s after it was sent"
    words = {"ok": "found", "waiting": "waits for its first", "missing": "MISSING", "untried": "not tried"}
    why = canary.get("why") or ""
    return words.get(str(canary["state"]), str(canary["state"])) + (f": {why}" if why else "")


def _facts(there: Document) -> Iterator[str]:
    for flag, number in (there.get("flagged") or {}).items():
        yield f"{number:,} frames flagged {flag}"
    for entry, said in (
        ("empty_datagrams", "empty datagrams"),
        ("compressed_datagrams", "datagrams inflated"),
        ("compressed_connections", "connections inflated"),
        ("connections_accepted", "connections accepted since the start"),
    ):
        if number := there.get(entry):
            yield f"{number:,} {said}"
    relp = there.get("relp") or {}
    if relp.get("sessions"):
        yield f"{relp['sessions']:,} RELP sessions, of which {relp.get('broken_sessions', 0):,} broke off"


def _troubles(there: Document) -> Iterator[str]:
    for entry, said in (
        ("lost", "messages lost"),
        ("refused", "connections refused"),
        ("guests", "turned away"),
    ):
        for reason, number in (there.get(entry) or {}).items():
            if number:
                yield f"{number:,} {said}: {reason}"
    if number := there.get("not_admitted"):
        yield f"{number:,} messages of senders that are not in sender_networks"
    if number := there.get("discarded_octets"):
        yield f"{number:,} octets that could not be framed"
    if number := sum(report.get("missing", 0) for report in there.get("gaps", ())):
        yield f"{number:,} messages never came, by the numbers that senders give them"


def ending(one: Certificate, now: datetime) -> Ending:
    """Say of a certificate when it ends."""
    left = None if one.ends is None else (one.ends - now).total_seconds()
    level: Level
    if left is None:
        said, level = "", "trouble"
    elif left <= 0:
        said, level = f"ended {figures.roughly(-left)} ago", "trouble"
    else:
        said, level = f"in {figures.roughly(left)}", "warning" if left < SOON_DAYS * _DAY else "well"
    return Ending(
        subject=one.subject,
        use="shown to senders" if one.use == "own" else "senders are checked by it",
        listeners=_named(one.listeners),
        file=one.file,
        fingerprint=one.fingerprint,
        ends=figures.instant(one.ends),
        left=said,
        level=level,
        trouble=one.trouble,
    )


def _named(names: Iterable[str]) -> str:
    return ", ".join(names)
