"""What the collectors of this box report: the files run/collector*.json, which each writes every second."""

import fcntl
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from watch.inventory import Key
from watch.listeners import Listener

_STALE_SECONDS: Final = 10.0  # a report that is older may be of a collector that is gone

Report = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Collectors:
    """What the collectors that report just now say together.

    ``since`` is from when on all of them have been listening, seconds since 1970, None when none reports.
    ``behind`` tells that messages wait in one of them, so that what is stored is not all that came.
    """

    since: float | None = None
    behind: bool = False
    listeners: dict[str, Report] = field(default_factory=dict)
    ids: frozenset[str] = frozenset()
    gaps: dict[str, tuple[Key, int]] = field(default_factory=dict)


def read_reports(run: Path) -> list[dict[str, Any]]:
    """Give the collectors' last reports, those that can be read."""
    found = []
    for path in sorted(run.glob("collector*.json")):
        try:
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH)
                document = json.loads(file.read())
        except (OSError, ValueError):
            continue
        if isinstance(document, dict):
            found.append(document)
    return found


def together(reports: Iterable[Report], listeners: Mapping[str, Listener], now: float) -> Collectors:
    """Put the reports together of those who live. Pure.

    Args:
        reports: from ``read_reports``.
        listeners: those of the configuration, which say whose a listener's senders are.
        now: seconds since 1970.
    """
    fresh = [one for one in reports if now - _seconds(one.get("reported_at")) <= _STALE_SECONDS]
    if not fresh:
        return Collectors()
    return Collectors(
        since=max(_seconds(one.get("started_at")) for one in fresh),
        behind=any(map(_is_behind, fresh)),
        listeners={name: state for one in fresh for name, state in one.get("listeners", {}).items()},
        ids=frozenset(_id(one) for one in fresh),
        gaps=dict(gap for one in fresh for gap in _gaps(one, listeners)),
    )


def _id(report: Report) -> str:
    return str(report.get("collector", report.get("pid")))


def _is_behind(report: Report) -> bool:
    handoff = report.get("handoff", {})
    queue = handoff.get("queue") or {}
    return bool(queue.get("messages"))


def _gaps(report: Report, listeners: Mapping[str, Listener]) -> Iterable[tuple[str, tuple[Key, int]]]:
    for name, state in report.get("listeners", {}).items():
        listener = listeners.get(name)
        if listener is None:
            continue
        for sender in state.get("sequence_gaps", {}).get("senders", ()):
            peer, host = sender["peer"], sender["host"]
            key = " ".join((_id(report), name, sender["field"], peer, host))
            yield key, ((listener.tenant, peer, host), int(sender["missing"]))


def _seconds(moment: object) -> float:
    try:
        return datetime.fromisoformat(str(moment)).timestamp()
    except ValueError:
        return 0.0
