"""`sysledger sources`: the inventory as one document for programs, and as rows for people. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final

from parsers.labels import SEVERITIES
from watch.findings import RIGHT_SECONDS, Finding, Findings, Situation, limit
from watch.inventory import Inventory, Source
from watch.telling import subject
from watch.words import duration, moment, shown

COLUMNS: Final = (
    "host", "peer", "by", "first seen (UTC)", "last seen (UTC)", "messages", "a minute", "clock", "findings",
)  # fmt: skip
FINDING_COLUMNS: Final = ("since (UTC)", "ended (UTC)", "kind", "of", "what")
_SECOND: Final = len("2026-11-20T22:51:03")
_MINUTE: Final = 60.0


def document(inventory: Inventory, findings: Findings, situation: Situation) -> dict[str, Any]:
    """Give everything in JSON's types, sources by host name and peer."""
    hosts_at = Counter((source.tenant, source.peer) for source in inventory.sources.values())
    peers_of = Counter((source.tenant, source.host.casefold()) for source in inventory.sources.values())
    kinds: dict[tuple[str, str, str], list[str]] = {}
    for finding in findings.lasting.values():
        kinds.setdefault(finding.place[1:], []).append(finding.kind)
    ordered = sorted(inventory.sources.values(), key=lambda one: (one.host.casefold(), one.peer, one.tenant))
    return {
        "sources": [
            {
                **_source(source, situation),
                "hosts_at_peer": hosts_at[source.tenant, source.peer],
                "peers_of_host": peers_of[source.tenant, source.host.casefold()],
                "findings": sorted(kinds.get(source.key, ())),
            }
            for source in ordered
        ],
        "forgotten_sources": inventory.forgotten,
        "cursors": inventory.cursors,
        "findings": [_finding(one) for one in sorted(findings.lasting.values(), key=_since)],
        "ended": [_finding(one) for one in sorted(findings.ended, key=_since)],
    }


def _since(finding: Finding) -> float:
    return finding.since


def _source(source: Source, situation: Situation) -> dict[str, Any]:
    recent, usual = source.rate_at(situation.now)
    clock, severities = source.clock, source.of("severity")
    return {
        "tenant": source.tenant,
        "peer": source.peer,
        "host": source.host or None,
        "first_seen": moment(source.first),
        "last_seen": moment(source.last),
        "messages": source.messages,
        "messages_a_second_recently": round(recent, 4),
        "messages_a_second_usually": round(usual, 4),
        "streams": source.of("stream"),
        "listeners": source.of("listener"),
        "transports": source.of("transport"),
        "formats": source.of("format"),
        "flags": source.of("flag"),
        "severities": {label: number for label in SEVERITIES if (number := severities.get(label))},
        "malformed": source.malformed,
        "tls_identity": source.identity,
        "clock_seconds": None if clock is None else round(clock.now, 3),
        "clock_usually_seconds": None if clock is None else round(clock.usual, 3),
        "clock_spread_seconds": None if clock is None else round(clock.spread, 3),
        "usual_pause_seconds": source.cadence.usual(),
        "silent_after_seconds": limit(source, situation),
        "missing": source.missing,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind,
        "tenant": finding.tenant,
        "peer": finding.peer or None,
        "host": finding.host or None,
        "since": moment(finding.since),
        "ended": moment(finding.ended),
        "about": subject(finding),
        "text": finding.text,
    }


def chosen(told: dict[str, Any], pattern: str | None, *, silent: bool) -> dict[str, Any]:
    """Leave out what was not asked for.

    Args:
        told: the document.
        pattern: of a host name or a peer, ``*`` and ``?`` standing for anything, whatever the case.
        silent: only sources that have been found silent.
    """
    if pattern is not None:
        told = {**told, **{part: _matching(told[part], pattern) for part in ("sources", "findings", "ended")}}
    if silent:
        told = {**told, "sources": [one for one in told["sources"] if "silent" in one["findings"]]}
    return told


def _matching(rows: Iterable[dict[str, Any]], pattern: str) -> list[dict[str, Any]]:
    wanted = pattern.casefold()
    return [
        row
        for row in rows
        if any(fnmatchcase((row[name] or "").casefold(), wanted) for name in ("host", "peer"))
    ]


def rows(sources: Iterable[dict[str, Any]]) -> list[Sequence[object]]:
    """Give the rows of COLUMNS for sources of the document, safe for a terminal."""
    return [
        (
            shown(source["host"] or "-"),
            shown(source["peer"]),
            ", ".join(map(shown, source["transports"])),
            _short(source["first_seen"]),
            _short(source["last_seen"]),
            source["messages"],
            _a_minute(source["messages_a_second_recently"]),
            _clock(source["clock_seconds"]),
            ", ".join(source["findings"]),
        )
        for source in sources
    ]


def finding_rows(findings: Iterable[dict[str, Any]]) -> list[Sequence[object]]:
    """Give the rows of FINDING_COLUMNS for findings of the document, safe for a terminal."""
    return [
        (_short(one["since"]), _short(one["ended"]), one["kind"], one["about"], shown_text(one["text"]))
        for one in findings
    ]


def shown_text(text: str) -> str:
    """Give a sentence of ours, whole; a state file could have been written by another."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def _short(time: str | None) -> str:
    return "" if time is None else time[:_SECOND].replace("T", " ")


def _a_minute(a_second: float) -> str:
    number = a_second * _MINUTE
    return f"{number:,.0f}" if number >= 1 else f"{number:.2g}"


def _clock(seconds: float | None) -> str:
    if seconds is None:
        return "unknown"
    if abs(seconds) < RIGHT_SECONDS:
        return "right"
    return f"{duration(abs(seconds))} {'ahead' if seconds > 0 else 'behind'}"
