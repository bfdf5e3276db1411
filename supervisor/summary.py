"""What the reports of all roles come to: the listeners and destinations of the appliance, each once."""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

Report = Mapping[str, Any]


def listeners(roles: Iterable[Report]) -> dict[str, dict[str, Any]]:
    """Give the listeners by name; what several collectors count of one is added up."""
    found: dict[str, dict[str, Any]] = {}
    for role in roles:
        for name, listener in role.get("listeners", {}).items() if role["running"] else ():
            sums = found.setdefault(name, {**listener, **_nothing()})
            for entry in ("messages", "not_admitted"):
                sums[entry] += listener.get(entry, 0)
            if "connections" in listener:
                sums["connections"] = (sums["connections"] or 0) + listener["connections"]
            for entry in ("lost", "refused", "guests", "relp"):
                sums[entry].update(listener.get(entry, {}))
            sums["gaps"].append(listener.get("sequence_gaps", {}))
    return found


def _nothing() -> dict[str, Any]:
    counts = {"messages": 0, "connections": None, "not_admitted": 0}
    return {
        **counts,
        "lost": Counter(),
        "refused": Counter(),
        "guests": Counter(),
        "relp": Counter(),
        "gaps": [],
    }


def destinations(roles: Iterable[Report]) -> dict[str, Report]:
    """Give the destinations that messages go on to, by name."""
    running = (role.get("destinations", {}) for role in roles if role["running"])
    return dict(chain.from_iterable(found.items() for found in running))


def total(roles: Iterable[Report], *trail: str) -> float | None:
    """Add up the number at ``trail`` of the roles that run; None when no report has one."""
    found = [number for role in roles if role["running"] and (number := entry(role, *trail)) is not None]
    return sum(found) if found else None


def entry(report: Any, *trail: str) -> float | None:
    """Give the number at ``trail`` of nested tables; None when there is none."""
    for part in trail:
        report = report.get(part) if isinstance(report, Mapping) else None
    return report if isinstance(report, int | float) else None
