"""The state of the appliance as one document: what the supervisor knows, and what the roles reported.

It is what /status.json gives, and what /readyz and /metrics are made of. Only small files are read (the
reports, some of /proc): the inventory of what is stored, which reads thousands of footers, is left to
`sysledger status`.
"""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from supervisor.status import SUPERVISOR, now, read_report

Document = dict[str, Any]

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_USER_TIME: Final = 11  # fields of /proc/PID/stat after the name, from 0: utime, stime, rss
_SYSTEM_TIME: Final = 12
_RESIDENT: Final = 21


@dataclass(frozen=True, slots=True)
class Known:
    """What the supervisor knows without any file.

    ``phase`` is starting, running or stopping. ``state`` is a table with ``state``, ``since`` (RFC 3339) and
    ``reasons`` (sentences). ``roles`` has by name ``pid``, ``starts``, ``running``, ``ready`` and, where
    known, ``silent_seconds``. ``more`` has what else stands at the top of the document.
    """

    phase: str
    state: Mapping[str, Any]
    roles: Mapping[str, Mapping[str, Any]]
    more: Mapping[str, Any]


def gather(run: Path, version: str, known: Callable[[], Known]) -> Document:
    """Read the reports, and give the document of JSON's types.

    Args:
        run: the folder of the reports, in the data folder.
        version: of this release.
        known: gives what the supervisor knows.
    """
    facts = known()
    data = run.parent
    reports = {name: read_report(run, name) for name in facts.roles}
    own = read_report(run, SUPERVISOR)
    return {
        "version": version,
        "looked_at": now(),
        "phase": facts.phase,
        "running": True,
        "supervised": True,
        "state": dict(facts.state),
        "data": str(data.absolute()),
        "disk": disk(data),
        "started_seconds": seconds_of(own.get("started_at")),
        "books": books(reports.values()),
        **facts.more,
        "roles": {
            SUPERVISOR: {
                **own,
                "running": True,
                "ready": True,
                "pid": os.getpid(),
                "process": process(os.getpid()),
            },
            **{name: role_state(reports[name], facts.roles[name]) for name in facts.roles},
        },
    }


def role_state(report: Mapping[str, Any], fact: Mapping[str, Any]) -> Document:
    """Put together what a role said of itself and what the supervisor knows of it.

    A report of an earlier process of the role, which the present one has not yet replaced, is not its own.
    """
    pid = fact["pid"]
    own = report if pid is None or report.get("pid") == pid else {"role": report.get("role")}
    return {"silent_seconds": silence(own), **own, **fact, "process": process(pid) if pid else None}


def books(reports: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Add up what the books of the collectors say, by entry; since each of these processes started."""
    found: Counter[str] = Counter()
    for report in reports:
        found.update(report.get("books", {}))
    return dict(found)


def silence(report: Mapping[str, Any]) -> float | None:
    """Give the seconds since a report was made; None when there is none."""
    since = seconds_of(report.get("reported_at"))
    return None if since is None else max(datetime.now(UTC).timestamp() - since, 0.0)


def seconds_of(moment: Any) -> float | None:
    """Give a report's time as seconds since 1970."""
    with suppress(TypeError, ValueError):
        return datetime.fromisoformat(moment).timestamp()
    return None


def disk(data: Path) -> dict[str, int]:
    """Give ``octets`` and ``free_octets`` of the disk of the data folder; nothing when it cannot be had."""
    try:
        found = shutil.disk_usage(data)
    except OSError:
        return {}
    return {"octets": found.total, "free_octets": found.free}


def process(pid: int) -> dict[str, float] | None:
    """Give ``resident_octets``, ``cpu_seconds`` and ``open_files`` of a process; None when it is gone."""
    folder = Path("/proc") / str(pid)
    try:
        fields = (folder / "stat").read_bytes().rpartition(b")")[2].split()
        files = len(os.listdir(folder / "fd"))  # noqa: PTH208 - ten thousand names, of which none is a path
    except OSError:
        return None
    ticks = int(fields[_USER_TIME]) + int(fields[_SYSTEM_TIME])
    return {
        "resident_octets": int(fields[_RESIDENT]) * _PAGE,
        "cpu_seconds": ticks / _TICKS,
        "open_files": files,
    }
