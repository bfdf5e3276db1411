"""The state of the running roles: one JSON file each in the folder run/, written by the role itself.

    run/<role>.lock   held while the role runs; its process id
    run/<role>.json   what the role last reported, with who reported it and when

These are not durable data: nothing of them is needed after a restart, and they are never synced. A reader
does not see half a report, because both sides lock the file while they touch it.
"""

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from supervisor.lock import holder

SUPERVISOR: Final = "supervisor"


def lock_path(run: Path, role: str) -> Path:
    """Give the file that ``role`` keeps locked while it runs."""
    return run / f"{role}.lock"


def report_path(run: Path, role: str) -> Path:
    """Give the file that holds the last report of ``role``."""
    return run / f"{role}.json"


class Reporter:
    """Writes the reports of one role. The role's own entries stand beside ours, at the top."""

    def __init__(self, run: Path, role: str) -> None:
        self._path = report_path(run, role)
        self._frame = {"role": role, "pid": os.getpid(), "started_at": now()}
        self.last: dict[str, Any] = {}

    def report(self, state: Mapping[str, Any]) -> None:
        """Write ``state``, which replaces what was reported before.

        Raises:
            OSError: when the file cannot be written.
            TypeError: when ``state`` is not made of JSON's types.
        """
        self.last = dict(state)
        document = {**self._frame, "reported_at": now(), **self.last}
        octets = json.dumps(document, separators=(",", ":"), default=str).encode() + b"\n"
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            os.pwrite(descriptor, octets, 0)
            os.ftruncate(descriptor, len(octets))
        finally:
            os.close(descriptor)


@dataclass(frozen=True, slots=True)
class RoleStatus:
    """One role as its files tell: ``pid`` is None when it does not run."""

    role: str
    pid: int | None
    report: dict[str, Any]

    @property
    def running(self) -> bool:
        """Whether a process holds the role's lock now."""
        return self.pid is not None


def read_roles(run: Path) -> list[RoleStatus]:
    """Give every role that ever reported or ran in this data folder, by name, the supervisor first."""
    names = {path.stem for pattern in ("*.json", "*.lock") for path in run.glob(pattern)}
    roles = [RoleStatus(name, holder(lock_path(run, name)), read_report(run, name)) for name in names]
    return sorted(roles, key=lambda role: (role.role != SUPERVISOR, role.role))


def read_report(run: Path, role: str) -> dict[str, Any]:
    """Give the last report of ``role``; empty when there is none, or none that can be read."""
    try:
        with report_path(run, role).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            document = json.loads(file.read())
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def now() -> str:
    """Give the present time as RFC 3339 text in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
