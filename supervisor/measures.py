"""What the monitor measures: small files of /proc and of the folder run/, and the room on the disk.

Nothing here may wait. A role that was stopped while it wrote its report, or one that never wrote, only has no
figures.
"""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from supervisor.monitor import Measure
from supervisor.monitor_settings import MonitorSettings

MACHINE: Final = "machine"
_PERCENT: Final = 100
_KIBI: Final = 1024
_ESSENTIAL: Final = frozenset({"collector", "storage"})  # whose memory grows with what is received
_LOW_MEMORY: Final = Path("/proc/meminfo")
_CONTAINER: Final = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Seen:
    """A role as the supervisor sees it; ``pid`` is None while it does not run."""

    name: str
    pid: int | None

    @property
    def kind(self) -> str:
        """The role's name without its number."""
        return self.name.partition("-")[0]


def measure(
    roles: list[Seen], reports: Mapping[str, Mapping[str, Any]], data: Path, settings: MonitorSettings
) -> list[Measure]:
    """Measure everything.

    Args:
        roles: those that should run, and their processes.
        reports: the last report of each, by name.
        data: the data folder.
        settings: the thresholds.
    """
    found = list(_machine(settings))
    found += _disk(data, settings)
    for role in roles:
        found += _process(role, settings)
        report = reports.get(role.name, {})
        if report.get("pid") == role.pid:
            found += of_report(role.name, report, settings)
    return found


def of_report(name: str, report: Mapping[str, Any], settings: MonitorSettings) -> Iterator[Measure]:
    """Give what a role's own report says, as measures. What it does not say is not measured."""
    handoff = report.get("handoff", {})
    queue = handoff.get("queue", {})
    for measured, part, whole, levels in (
        ("queue_memory", handoff.get("held_octets"), handoff.get("memory_octets"), settings.queue_memory),
        ("queue_disk", queue.get("octets"), queue.get("limit_octets"), settings.queue_disk),
    ):
        if _is_number(part) and whole:
            yield Measure(measured, name, _PERCENT * part / whole, "percent", levels.limits)
    if _is_number(report.get("cannot_write_since")):
        # Whatever the clock does meanwhile, it cannot write now.
        seconds = max(time.time() - report["cannot_write_since"], 1.0)
        yield Measure("storage_blocked", name, seconds, "seconds", settings.storage_blocked.limits)
    for measured, figure, unit, limits in (
        ("journals_waiting", "journals_waiting", "files", settings.journals_waiting.limits),
        ("journal_age", "oldest_journal_seconds", "seconds", settings.journal_age.limits),
        ("index_lag", "lag_seconds", "seconds", settings.index_lag.limits),
    ):
        if _is_number(report.get(figure)):
            yield Measure(measured, name, report[figure], unit, limits)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _process(role: Seen, settings: MonitorSettings) -> Iterator[Measure]:
    if role.pid is not None and (octets := own_memory(role.pid)) is not None:
        limits = settings.process_memory.limits
        if role.kind not in _ESSENTIAL:
            limits = limits[0], 0, 0  # less received would not make it smaller
        yield Measure("process_memory", role.name, octets, "octets", limits)


def _machine(settings: MonitorSettings) -> Iterator[Measure]:
    if (available := memory_available()) is not None:
        limits = settings.memory_available.limits
        yield Measure("memory_available", MACHINE, available, "percent", limits, low=True)


def _disk(data: Path, settings: MonitorSettings) -> Iterator[Measure]:
    """The room that is left; low is what is low both as a part of the disk and in octets."""
    try:
        found = os.statvfs(data)
    except OSError:
        return
    total = found.f_blocks * found.f_frsize
    limits = disk_limits(total, settings)
    yield Measure("disk_free", MACHINE, found.f_bavail * found.f_frsize, "octets", limits, low=True)


def disk_limits(total: int, settings: MonitorSettings) -> tuple[float, float, float]:
    """Give the thresholds in octets for a disk of ``total`` octets."""
    pairs = zip(settings.disk_free_percent.limits, settings.disk_free_octets.limits, strict=True)
    warning, shedding, panic = (min(percent / _PERCENT * total, octets) for percent, octets in pairs)
    return warning, shedding, panic


def own_memory(pid: int) -> int | None:
    """Give the octets that a process has for itself, swapped or not; None when it is gone.

    What it has of files is left out: the kernel takes that back whenever it needs it.
    """
    figures = _figures(Path("/proc") / str(pid) / "status", {"RssAnon:", "RssShmem:", "VmSwap:"})
    return sum(figures.values()) * _KIBI if figures else None


def memory_available() -> float | None:
    """Give the percent of memory that is available: the machine's, or the container's when that has less."""
    figures = _figures(_LOW_MEMORY, {"MemTotal:", "MemAvailable:"})
    if len(figures) < len(("MemTotal:", "MemAvailable:")):
        return None
    machine = _PERCENT * figures["MemAvailable:"] / figures["MemTotal:"]
    container = container_available(_CONTAINER)
    return machine if container is None else min(machine, container)


def container_available(folder: Path) -> float | None:
    """Give the percent of a control group's memory that is available (version 2); None without a limit."""
    try:
        limit = (folder / "memory.max").read_text("ascii").strip()
        used = int((folder / "memory.current").read_text("ascii"))
        lines = (folder / "memory.stat").read_text("ascii").splitlines()
    except (OSError, ValueError):
        return None
    if not limit.isdigit() or limit == "0":
        return None
    files = sum(int(line.split()[1]) for line in lines if line.startswith(("inactive_file ", "active_file ")))
    return max(_PERCENT * (1 - (used - files) / int(limit)), 0.0)


def _figures(path: Path, names: set[str]) -> dict[str, int]:
    """Give the numbers of lines such as ``VmSwap:  0 kB``, by their first word; none without a file."""
    found = {}
    with suppress(OSError, ValueError, IndexError), path.open("rb") as file:
        for line in file:
            word, *rest = line.split()
            if (name := word.decode("ascii", "replace")) in names:
                found[name] = int(rest[0])
    return found
