"""Limits as they are typed, kept and told; and those of a token, which are within its account's."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any, Final

from access.visitor import Limits
from storage.layout import StreamName, check_name

MOST: Final = 200  # entries of a kind
LISTS: Final = ("tenants", "streams", "hosts", "networks", "masked")
TIMES: Final = ("start", "end", "until")


class LimitsError(ValueError):
    """Limits that cannot be meant; the message says what to write."""


def made(given: Mapping[str, Any]) -> Limits:
    """Make limits of lists of texts and of times, as they come from forms, requests and options.

    Args:
        given: any of LISTS with texts and of TIMES with times of ISO 8601, or datetimes, or nothing.

    Raises:
        LimitsError: when something of it cannot be meant.
    """
    if unknown := ", ".join(sorted(set(given) - {*LISTS, *TIMES})):
        raise LimitsError(f"{unknown}: no such limit; there are {', '.join((*LISTS, *TIMES))}")
    texts: dict[str, Any] = {kind: _listed(kind, given.get(kind) or ()) for kind in LISTS}
    times: dict[str, Any] = {kind: _moment(kind, given.get(kind)) for kind in TIMES}
    found = Limits(**texts, **times)
    if found.start and found.end and found.start >= found.end:
        raise LimitsError(
            f"start ({found.start}) is not before end ({found.end}): swap them, or leave one out"
        )
    return found


def written(limits: Limits) -> dict[str, Any]:
    """Give limits as JSON has them, without those that limit nothing; ``made`` reads it."""
    lists = {kind: list(getattr(limits, kind)) for kind in LISTS}
    times = {kind: moment.isoformat() for kind in TIMES if (moment := getattr(limits, kind)) is not None}
    return {**{kind: texts for kind, texts in lists.items() if texts}, **times}


def narrowed(outer: Limits, inner: Limits) -> Limits:
    """Give the limits of somebody who is held by both.

    Raises:
        LimitsError: when both limit the sources, which would need two lists.
    """
    if (outer.hosts or outer.networks) and (inner.hosts or inner.networks):
        raise LimitsError("hosts and networks are limited by the account already: leave them out")
    return Limits(
        tenants=_both(outer.tenants, inner.tenants, "tenants"),
        streams=_both(outer.streams, inner.streams, "streams"),
        hosts=outer.hosts or inner.hosts,
        networks=outer.networks or inner.networks,
        start=max((one for one in (outer.start, inner.start) if one), default=None),
        end=min((one for one in (outer.end, inner.end) if one), default=None),
        until=min((one for one in (outer.until, inner.until) if one), default=None),
        masked=tuple(sorted({*outer.masked, *inner.masked})),
    )


def told(limits: Limits) -> list[str]:
    """Give limits in words, one a line; none when nothing is limited."""
    words = {
        "tenants": "tenants",
        "streams": "streams",
        "hosts": "hosts",
        "networks": "peers in",
        "masked": "masked",
    }
    lines = [f"{words[kind]} {', '.join(texts)}" for kind in LISTS if (texts := getattr(limits, kind))]
    said = {"start": "received from", "end": "received before", "until": "access until"}
    times = ((said[kind], getattr(limits, kind)) for kind in TIMES)
    return lines + [f"{text} {moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC" for text, moment in times if moment]


def _both(outer: tuple[str, ...], inner: tuple[str, ...], kind: str) -> tuple[str, ...]:
    if not outer or not inner:
        return outer or inner
    if not (both := tuple(one for one in inner if one in outer)):
        raise LimitsError(f"{kind}: none of {', '.join(inner)} is among the account's {', '.join(outer)}")
    return both


def _listed(kind: str, given: str | Sequence[str]) -> tuple[str, ...]:
    texts = given.replace(",", " ").split() if isinstance(given, str) else [str(one).strip() for one in given]
    texts = list(dict.fromkeys(text for text in texts if text))
    if len(texts) > MOST:
        raise LimitsError(f"{kind}: {len(texts)} entries; use at most {MOST}")
    try:
        return tuple(_checked(kind, text) for text in texts)
    except ValueError as error:
        raise LimitsError(f"{kind}: {error}") from error


def _checked(kind: str, text: str) -> str:
    if kind == "tenants":
        return check_name(text, "tenant")
    if kind == "streams":
        tenant, slash, stream = text.partition("/")
        if not slash:
            raise LimitsError(f"{text!r} names no stream: write tenant/stream, such as default/syslog")
        StreamName(tenant, stream)
    elif kind == "networks":
        return str(ip_network(text, strict=False))
    return text


def _moment(kind: str, given: str | datetime | None) -> datetime | None:
    if not given:
        return None
    try:
        moment = given if isinstance(given, datetime) else datetime.fromisoformat(given.strip())
    except ValueError as error:
        raise LimitsError(
            f"{kind}: {given!r} is no time; write 2026-11-20 or 2026-11-20T14:30+01:00"
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
