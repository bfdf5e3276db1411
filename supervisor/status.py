"""The state of the running roles: one JSON file each in the folder run/, written by the role itself.

    run/<role>.lock   held while the role runs; its process id
    run/<role>.json   what the role last reported, with who reported it and when

These are not durable data: nothing of them is needed after a restart, and they are never synced. Blanks at
the end of a report keep the room that the next one may need, so that it can be written on a full disk, too.
A reader does not see half a report, because both sides lock the file while they touch it; but nobody waits
long for the lock, since a process that is stopped (SIGSTOP) meanwhile keeps it.
"""

import fcntl
import json
import logging
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from supervisor.lock import holder

SUPERVISOR: Final = "supervisor"
URL: Final = "status_url"  # the entry of its report that says where the status listener is
_ATTEMPTS: Final = 10  # to have a report for oneself; reading and writing take far less than a millisecond
_PAUSE_SECONDS: Final = 0.002
_RESERVED_OCTETS: Final = 1 << 15  # a report grows by some hundred octets when something goes wrong

log = logging.getLogger(__name__)


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
        self._is_refused = False  # the last report could not be written

    def report_if_possible(self, state: Mapping[str, Any]) -> None:
        """Write ``state`` as ``report`` does; that it cannot be written, and can be again, is logged once.

        Raises:
            TypeError: as ``report``.
        """
        try:
            self.report(state)
        except OSError as error:
            if not self._is_refused:
                log.warning("cannot write reports: %s; see to the space and the mode of the folder", error)
            self._is_refused = True
            return
        if self._is_refused:
            log.info("%s is written again", self._path)
        self._is_refused = False

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
            _lock(descriptor, fcntl.LOCK_EX)
            size = os.fstat(descriptor).st_size
            _write_whole(descriptor, octets.ljust(max(size, _reserved(len(octets)))))
        finally:
            os.close(descriptor)


def _reserved(length: int) -> int:
    return (length // _RESERVED_OCTETS + 1) * _RESERVED_OCTETS


def _write_whole(descriptor: int, octets: bytes) -> None:
    """A write that finds no room for all of it is content with less; the next then says why."""
    written = os.pwrite(descriptor, octets, 0)
    if written < len(octets):
        os.pwrite(descriptor, octets[written:], written)


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
            _lock(file.fileno(), fcntl.LOCK_SH)
            document = json.loads(file.read())
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def _lock(descriptor: int, how: int) -> None:
    """Take the lock, unless somebody keeps it: what is read then is whole, or no JSON."""
    for _ in range(_ATTEMPTS):
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
            return
        time.sleep(_PAUSE_SECONDS)


def now() -> str:
    """Give the present time as RFC 3339 text in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
