"""What is measured of this machine, its processes and their reports."""

import mmap
import os
import time
from pathlib import Path
from typing import Any

import pytest

from supervisor.measures import (
    Seen,
    container_available,
    disk_limits,
    measure,
    memory_available,
    of_report,
    own_memory,
)
from supervisor.monitor import OK, SHEDDING, WARNING, Measure
from supervisor.monitor_settings import MonitorSettings

SETTINGS = MonitorSettings()
GIBI = 1 << 30


def by_name(measures: list[Measure]) -> dict[tuple[str, str], Measure]:
    """The measures by what they are of."""
    return {one.key: one for one in measures}


def test_a_process_has_memory_of_its_own() -> None:
    """What this process allocates counts; a process that is gone has none."""
    before = own_memory(os.getpid())
    block = mmap.mmap(
        -1, 32 << 20, flags=mmap.MAP_PRIVATE
    )  # from the kernel, whatever the allocator has left
    block.write(os.urandom(1 << 20) * 32)
    after = own_memory(os.getpid())
    assert before is not None
    assert after is not None
    assert after - before > 24 << 20
    assert len(block) == 32 << 20
    assert own_memory(2**22 + 1) is None


def test_the_machine_has_memory() -> None:
    """A percentage, of the whole machine or of the container that this runs in."""
    found = memory_available()
    assert found is not None
    assert 0 <= found <= 100


def test_a_container_may_have_less(tmp_path: Path) -> None:
    """The group's limit counts, without the files that the kernel keeps for it; no limit, no figure."""
    assert container_available(tmp_path) is None
    (tmp_path / "memory.max").write_text("1000\n")
    (tmp_path / "memory.current").write_text("900\n")
    (tmp_path / "memory.stat").write_text("anon 500\ninactive_file 300\nactive_file 100\n")
    assert container_available(tmp_path) == 50
    (tmp_path / "memory.max").write_text("max\n")
    assert container_available(tmp_path) is None


@pytest.mark.parametrize(
    ("gibi", "warning", "shedding"),
    [(10_000, 16, 4), (100, 10, 4), (20, 2, 1), (0.0625, 0.00625, 0.003125)],
)
def test_a_disk_is_low_by_part_and_by_octets(gibi: float, warning: float, shedding: float) -> None:
    """A tenth of a large disk is much room, and a small one is not full for its size alone."""
    limits = disk_limits(int(gibi * GIBI), SETTINGS)
    assert limits[0] == pytest.approx(warning * GIBI)
    assert limits[1] == pytest.approx(shedding * GIBI)


def test_reports_are_measured_as_far_as_they_go() -> None:
    """A role that reports nothing of it, or something that is no number, is not measured."""
    assert list(of_report("web", {"url": "x"}, SETTINGS)) == []
    assert list(of_report("indexer", {"lag_seconds": None, "handoff": {"queue": {}}}, SETTINGS)) == []
    handoff = {"held_octets": 96, "memory_octets": 100, "queue": {"octets": 850, "limit_octets": 1000}}
    found = by_name(list(of_report("collector", {"handoff": handoff}, SETTINGS)))
    assert found["queue_memory", "collector"].value == 96
    assert found["queue_disk", "collector"].level() == SHEDDING
    report = {"journals_waiting": 3, "oldest_journal_seconds": 7200.5, "lag_seconds": 10}
    found = by_name(list(of_report("storage", report, SETTINGS)))
    assert [one.level() for one in found.values()] == [OK, OK, OK]
    assert found["journal_age", "storage"].value == 7200.5


def test_storage_that_cannot_write_is_not_well() -> None:
    """For as long as it says so, even if the clock was set back meanwhile."""
    for since in (time.time() - 60, time.time() + 3600):
        (found,) = of_report("storage", {"cannot_write_since": since}, SETTINGS)
        assert found.level() == WARNING
    assert list(of_report("storage", {"cannot_write_since": None}, SETTINGS)) == []


def test_everything_is_measured_by_role(tmp_path: Path) -> None:
    """The machine, the disk, the memory of each process; an old process' report is not the new one's."""
    roles = [
        Seen("storage", os.getpid()),
        Seen("web", None),
        Seen("collector-2", os.getpid()),
    ]
    reports: dict[str, dict[str, Any]] = {
        "storage": {"pid": 1, "journals_waiting": 99},
        "collector-2": {"pid": os.getpid(), "handoff": {"held_octets": 1, "memory_octets": 4}},
    }
    found = by_name(measure(roles, reports, tmp_path, SETTINGS))
    assert set(found) == {
        ("memory_available", "machine"),
        ("disk_free", "machine"),
        ("process_memory", "storage"),
        ("process_memory", "collector-2"),
        ("queue_memory", "collector-2"),
    }
    assert found["queue_memory", "collector-2"].value == 25
    assert found["process_memory", "storage"].limits[1] == 3 * GIBI


def test_who_only_reads_does_not_shed(tmp_path: Path) -> None:
    """Much memory of the pages is told of; receiving less would not make it less."""
    found = by_name(measure([Seen("web", os.getpid())], {}, tmp_path, SETTINGS))
    assert found["process_memory", "web"].limits == (2 * GIBI, 0, 0)


def test_a_data_folder_that_is_gone_is_not_measured(tmp_path: Path) -> None:
    """No figure rather than an error each second."""
    assert ("disk_free", "machine") not in by_name(measure([], {}, tmp_path / "gone", SETTINGS))
