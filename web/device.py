"""/sources/one: everything about one source, and its newest messages, each explained."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from access import trail
from access.visitor import Visitor, current
from parsers.labels import SEVERITIES
from storage.layout import StreamName
from web import figures, words
from web.annotated import newest, question
from web.appliance import Certificate, Seen, office
from web.desk import desk
from web.errors import NotFoundError
from web.form import SearchForm
from web.operating import Age, in_thread, utc_now
from web.sources import Finding, Sees, findings_of, refuse_masked, within

NAME_CHARACTERS: Final = 1000  # of what an address names; no source is longer
SOON_DAYS: Final = 30  # before the end of a certificate, from which on it is marked

Source = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ending:
    """When the certificate ends that a source proved itself by, as far as it is known here."""

    identity: str
    ends: str = ""
    left: str = ""
    is_soon: bool = False
    file: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """What the page shows of a source, beside its messages.

    Attributes:
        source: as `sysledger sources --output json` gives it.
        findings: those that last first.
        flags: of its messages: name, number, meaning, clause.
        severities: label and number, the worst first.
        gaps: what collectors know of the numbers that it gives its messages.
        certificate: None when it proved none.
        searches: for each of its streams, the address of a search for its messages.
    """

    source: Source
    findings: tuple[Finding, ...]
    flags: tuple[tuple[str, int, str, str], ...]
    severities: tuple[tuple[str, int], ...]
    gaps: tuple[Source, ...]
    certificate: Ending | None
    searches: tuple[tuple[str, str], ...]


async def device(request: Request) -> Response:
    """Show one source."""
    served, known, visitor = desk(request), office(request), current()
    refuse_masked(visitor)
    made = await known.inventory()
    told = None if made.value is None else within(made.value, visitor, served.sights.sees)
    source = None if told is None else _found(told, request)
    if told is None or source is None:
        raise NotFoundError(_absent(made.value is None), "There is no such source")
    looked, certificates = await known.look(), await known.certificates()
    streams = streams_of(source, visitor, served.sights.sees)
    view = build(told, source, streams, looked.value, certificates.value or (), utc_now())
    last = datetime.fromisoformat(source["last_seen"]).timestamp()
    asked = partial(newest, served.sight, served.source_of, streams, source["peer"], source["host"], last)
    messages = await served.work(asked)
    await trail.recorded("view", f"source {source['peer']}", host=source["host"] or "", count=len(messages))
    draw = partial(
        served.page,
        "device.html",
        page="sources",
        tab="sources",
        say=figures,
        age=Age.of(made),
        view=view,
        messages=messages,
        written=told.get("written_at"),
        here=f"{request.url.path}?{request.url.query}",
    )
    return await in_thread(draw)


def build(  # noqa: PLR0913, PLR0917 - everything that is known of a source
    told: Source,
    source: Source,
    streams: Sequence[StreamName],
    seen: Seen | None,
    certificates: Iterable[Certificate],
    now: datetime,
) -> Device:
    """Put together what is shown of a source of an inventory."""
    query = question(source["peer"], source["host"])
    numbers = source["severities"]
    return Device(
        source=source,
        findings=findings_of(told, source),
        flags=tuple((flag, number, *words.flag(flag)) for flag, number in source["flags"].items()),
        severities=tuple((label, numbers[label]) for label in SEVERITIES if label in numbers),
        gaps=tuple(_gaps(seen, source)),
        certificate=ending(source["tls_identity"], certificates, now),
        searches=tuple(
            (f"{name.tenant}/{name.stream}", SearchForm(query, name=name).address()) for name in streams
        ),
    )


def streams_of(source: Source, visitor: Visitor, sees: Sees) -> tuple[StreamName, ...]:
    """Give the streams of a source that somebody may see."""
    names = (StreamName(source["tenant"], stream) for stream in source["streams"])
    return tuple(name for name in names if sees(visitor, name))


def ending(identity: str | None, certificates: Iterable[Certificate], now: datetime) -> Ending | None:
    """Say when the certificate ends whose fingerprint is in an identity, when it is one known here."""
    if identity is None:
        return None
    for one in certificates:
        if one.fingerprint and one.fingerprint in identity and one.ends is not None:
            left = (one.ends - now).total_seconds()
            said = f"in {figures.roughly(left)}" if left > 0 else f"{figures.roughly(-left)} ago"
            soon = left < SOON_DAYS * 86_400
            return Ending(identity, figures.instant(one.ends), said, soon, one.file)
    return Ending(identity)


def _gaps(seen: Seen | None, source: Source) -> Iterable[Source]:
    """Give what collectors say of the numbers in the source's messages, with the listener's name."""
    for name, listener in ({} if seen is None else seen.listeners).items():
        for report in listener["gaps"]:
            for sender in report.get("senders", ()):
                if sender["peer"] == source["peer"] and (sender["host"] or None) == source["host"]:
                    yield {**sender, "listener": name}


def _found(told: Source, request: Request) -> Source | None:
    asked = {
        name: request.query_params.get(name, "")[:NAME_CHARACTERS] for name in ("tenant", "peer", "host")
    }
    for one in told["sources"]:
        if all((one[name] or "") == text for name, text in asked.items()):
            found: Source = one
            return found
    return None


def _absent(is_unknown: bool) -> str:  # noqa: FBT001 - the one fact of the matter
    if is_unknown:
        return "The inventory of sources is not known yet. Reload this page in a moment, or see the overview."
    return (
        "The inventory has no such source. It may have been forgotten for want of room (watch.sources), or "
        "not have sent yet. The list of sources has those that are known."
    )
