"""The figures of the overview that are looked at first: what comes in, waits, is lost; how the disk is."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from storage.daily import StreamDays
from storage.forecast import Forecast
from web import figures, words
from web.appliance import Seen

FORECAST_SOON: Final = 30  # days until the disk is full, from which on it is a warning
LAG_SECONDS: Final = 7200.0  # of archive or index, likewise: they are never that late when all is well

Report = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure that is looked at first. ``level`` is ``warning`` or ``trouble`` when it needs somebody."""

    title: str
    value: str
    note: str
    level: str = ""
    address: str = ""


def tiles(seen: Seen, streams: tuple[StreamDays, ...], expected: Forecast | None) -> Iterator[Tile]:
    """Give the figures of one look; ``streams`` are those that the visitor may see."""
    roles = [role for role in seen.document["roles"].values() if role.get("running")]
    yield _coming(seen)
    yield _lost(seen, roles)
    yield _waiting(roles)
    yield from _archived(roles)
    yield from _indexed(roles, streams)
    yield from _disk(seen, expected)
    yield from _sources(roles)
    yield from _reviews(roles)


def _coming(seen: Seen) -> Tile:
    known = [rates["messages"] for rates in seen.rates.get("listeners", {}).values()]
    rates = [rate for rate in known if rate is not None]
    number = sum(one["messages"] for one in seen.listeners.values())
    note = f"{number:,} since the start, by {len(seen.listeners):,} listeners"
    return Tile("Coming in", figures.pace(sum(rates) if rates else None), note, "", "/listeners")


def _lost(seen: Seen, roles: Iterable[Report]) -> Tile:
    number = sum(sum(one["lost"].values()) for one in seen.listeners.values())
    number += sum(sum((role.get("handoff") or {}).get("lost", {}).values()) for role in roles)
    note = "messages since the start; the balance has the cause of each" if number else "since the start"
    return Tile("Lost", f"{number:,}", note, "trouble" if number else "", "/balance")


def _waiting(roles: Iterable[Report]) -> Tile:
    held, queued = _sum(roles, "handoff", "held_messages"), _sum(roles, "handoff", "queue", "messages")
    size = figures.octets(_sum(roles, "handoff", "queue", "octets") or 0)
    note = f"{held or 0:,.0f} in memory, {queued or 0:,.0f} in disk queues ({size})"
    if held is None and queued is None:
        return Tile("Waiting for storage", figures.UNKNOWN, "no collector runs here")
    return Tile(
        "Waiting for storage", f"{(held or 0) + (queued or 0):,.0f}", note, "warning" if queued else ""
    )


def _archived(roles: Iterable[Report]) -> Iterator[Tile]:
    for role in roles:
        if "journals_waiting" in role:
            lag = role.get("oldest_journal_seconds") or 0.0
            blocked = role.get("cannot_write_since") is not None
            level = "trouble" if blocked else "warning" if lag > LAG_SECONDS else ""
            stored = f"{role.get('messages', 0):,} messages stored since the start"
            note = f"storage cannot write: {role.get('cannot_write_reason')}" if blocked else stored
            yield Tile("Archive is behind by", figures.span(lag), note, level, "/archive")


def _indexed(roles: Iterable[Report], streams: Iterable[StreamDays]) -> Iterator[Tile]:
    broken = sum(day.index_damaged for stream in streams for day in stream.days)
    for role in roles:
        if "messages_indexed" in role:
            lag = role.get("lag_seconds") or 0.0
            waiting = words.count(role.get("pending", 0), "segment waits", "segments wait")
            note = f"{waiting}; searched all the same"
            if broken:
                note = words.count(broken, "day has", "days have") + " an index that cannot be read"
            level = "warning" if broken or lag > LAG_SECONDS else ""
            yield Tile("Index is behind by", figures.span(lag), note, level, "/archive")


def _disk(seen: Seen, expected: Forecast | None) -> Iterator[Tile]:
    disk = seen.document.get("disk") or {}
    if not disk:
        return
    soon = expected is not None and expected.full_in is not None and expected.full_in <= FORECAST_SOON
    free = f"{figures.octets(disk['free_octets'])} free of {figures.octets(disk['octets'])}"
    if expected is None or not expected.measured:
        yield Tile(
            "Disk", figures.share(disk["free_octets"], disk["octets"]) + " free", free, "", "/retention"
        )
        return
    lasts = "10 years +" if expected.full_in is None else f"{expected.full_in:,} days"
    yield Tile("Disk lasts", lasts, free, "warning" if soon else "", "/retention")


def _sources(roles: Iterable[Report]) -> Iterator[Tile]:
    for role in roles:
        if "sources" in role:
            found = {kind: number for kind, number in (role.get("findings") or {}).items() if number}
            some = ", ".join(f"{number:,} {kind}" for kind, number in found.items())
            yield Tile(
                "Sources", f"{role['sources']:,}", some or "nothing out of the ordinary",
                "warning" if found else "", "/sources",
            )  # fmt: skip


def _reviews(roles: Iterable[Report]) -> Iterator[Tile]:
    """What people are to do; a site that never saved anything has no such figure."""
    for role in roles:
        waits = role.get("waits") or {}
        if any(waits.values()):
            missed, overdue = waits.get("reviews_missed", 0), waits.get("findings_overdue", 0)
            some = f"{missed:,} missed; {words.count(waits.get('findings_open', 0), 'finding')} open"
            note = f"{some}, {overdue:,} overdue" if overdue else some
            late = "warning" if missed or overdue else ""
            show = "missed" if missed else "waiting"
            yield Tile(
                "Reviews waiting", f"{waits.get('reviews_waiting', 0):,}", note, late, f"/reviews?show={show}"
            )


def _sum(roles: Iterable[Report], *trail: str) -> float | None:
    found = []
    for role in roles:
        entry: Any = role
        for part in trail:
            entry = entry.get(part) if isinstance(entry, Mapping) else None
        if isinstance(entry, int | float):
            found.append(entry)
    return sum(found) if found else None
