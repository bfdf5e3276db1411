"""How fast it goes: counters by the second, from two reports of each role."""

from collections.abc import Mapping
from typing import Any, Final

from supervisor.gathering import seconds_of

LOOK_SECONDS: Final = 1.1  # between two looks that show two reports of each role
SILENT_SECONDS: Final = 8.0  # of a role that says nothing for so long nothing is known

Report = Mapping[str, Any]


class Pace:
    """Is shown documents (as of /status.json), one after the other, and gives rates.

    The time between two reports is by the clock of the role that made them, so that it does not matter when
    somebody looks; a document that has the same report as the one before changes nothing.
    """

    def __init__(self) -> None:
        self._pairs: dict[str, tuple[Report | None, Report]] = {}

    def see(self, document: Mapping[str, Any]) -> None:
        """Take in what the roles have reported."""
        pairs: dict[str, tuple[Report | None, Report]] = {}
        for name, report in document["roles"].items():
            if not report["running"] or (report.get("silent_seconds") or 0) > SILENT_SECONDS:
                continue
            before, last = self._pairs.get(name, (None, report))
            if last.get("pid") != report.get("pid"):
                before, last = None, report
            is_new = report.get("reported_at") != last.get("reported_at")
            pairs[name] = (last, report) if is_new else (before, last)
        self._pairs = pairs

    def of(self, *trail: str, kind: str | None = None) -> float | None:
        """Give by how much the counter at ``trail`` of the reports grows in a second.

        It is added up over the roles that have it, or those of one ``kind`` or name; None when none is known.
        """
        found = [
            rate
            for name, (before, last) in self._pairs.items()
            if kind in {None, name, name.partition("-")[0]}
            and before is not None
            and (rate := _rate(before, last, trail)) is not None
        ]
        return sum(found) if found else None


def _rate(before: Report, last: Report, trail: tuple[str, ...]) -> float | None:
    began, ended = seconds_of(before.get("reported_at")), seconds_of(last.get("reported_at"))
    least, most = _number(before, trail), _number(last, trail)
    if began is None or ended is None or least is None or most is None or ended <= began:
        return None
    return max(most - least, 0.0) / (ended - began)


def _number(report: Any, trail: tuple[str, ...]) -> float | None:
    for part in trail:
        report = report.get(part) if isinstance(report, Mapping) else None
    return float(report) if isinstance(report, int | float) else None
