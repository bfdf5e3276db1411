"""/api/v1/listeners: where messages come in, and when certificates end, as the page shows it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import Field
from starlette.requests import Request

from web.api_figures import Aged, aged, value_of
from web.api_operation import Given, Nothing
from web.appliance import Certificate, Seen, office
from web.listeners import Level, Listener, State, build, ending
from web.operating import Age, utc_now


class ListenerGiven(Given):
    """One listener: as it is set, and as it is. Counts are since its collector's start; null: not open."""

    name: str = Field(description="Its name in the configuration.")
    state: State = Field(
        description="off: not enabled; closed: set, and no collector has it; not set: open all the same."
    )
    transport: str
    place: str = Field(description="Address and port, or the socket's path.")
    goes_to: str | None = Field(
        description="Tenant/stream of its messages by the configuration; tenants' own rules come first."
    )
    messages: int | None
    octets: int | None
    messages_a_second: float | None
    octets_a_second: float | None
    connections: int | None = Field(description="Now; null also where the transport has none.")
    lost: int | None = Field(description="Messages.")
    canary: str | None = Field(description="What became of the appliance's own test messages through it.")
    canary_is_well: bool = Field(description="Whether none of them is missing.")
    facts: list[str] = Field(description="Counts worth a line.")
    troubles: list[str] = Field(description="Counts of what was lost or refused, with the reason.")


class CertificateGiven(Given):
    """A certificate that listeners show, or that they check senders by."""

    listeners: list[str] = Field(description="Those that use it.")
    use: str = Field(description="own: shown to senders; senders: they are checked by it.")
    file: str
    subject: str
    fingerprint: str = Field(description="As RFC 5425 writes it; empty when it cannot be read.")
    ends: datetime | None = Field(description="When it is valid no more; null: it cannot be read.")
    level: Level = Field(description="warning: it ends soon; trouble: it has ended, or cannot be read.")
    trouble: str | None = Field(description="Why it cannot be read.")


class Listening(Aged):
    """Every listener, and the certificates."""

    running: bool = Field(description="Whether the appliance runs; without it no listener is open.")
    listeners: list[ListenerGiven]
    certificates: list[CertificateGiven] | None = Field(description="null: they are not read yet, or cannot.")
    certificates_trouble: str | None = Field(description="Why there are none, or no newer ones.")


async def listeners(request: Request, _asked: Nothing) -> Listening:
    """Give the listeners that are set and those that are there."""
    known = office(request)
    looked, certificates = await known.look(), await known.certificates()
    seen = value_of(looked)
    return Listening(
        **aged(looked),
        running=bool(seen.document.get("running")),
        listeners=[_listener(one, seen) for one in build(known.appliance.listeners, seen)],
        certificates=None if certificates.value is None else _certificates(certificates.value),
        certificates_trouble=Age.of(certificates).note or None,
    )


def _listener(one: Listener, seen: Seen) -> ListenerGiven:
    there = seen.listeners.get(one.name)
    counts: Mapping[str, Any] = there or {}
    rates = (seen.rates.get("listeners", {}).get(one.name) or {}) if there is not None else {}
    return ListenerGiven(
        name=one.name,
        state=one.state,
        transport=one.transport,
        place=one.place,
        goes_to=one.goes_to if one.state != "not set" else None,
        messages=one.messages,
        octets=counts.get("octets"),
        messages_a_second=rates.get("messages"),
        octets_a_second=rates.get("octets"),
        connections=counts.get("connections"),
        lost=one.lost if there is not None else None,
        canary=one.canary or None,
        canary_is_well=one.canary_is_well,
        facts=list(one.facts),
        troubles=list(one.troubles),
    )


def _certificates(found: Sequence[Certificate]) -> list[CertificateGiven]:
    now = utc_now()
    return [
        CertificateGiven(
            listeners=list(one.listeners),
            use=one.use,
            file=one.file,
            subject=one.subject,
            fingerprint=one.fingerprint,
            ends=one.ends,
            level=ending(one, now).level,
            trouble=one.trouble or None,
        )
        for one in found
    ]
