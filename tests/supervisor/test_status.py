"""What roles report is read back by others, and who runs is told by the kernel and not by a file."""

import fcntl
import logging
import os
import shutil
from pathlib import Path

import pytest

from supervisor.lock import Lock
from supervisor.status import Reporter, lock_path, read_report, read_roles, report_path


def test_a_report_is_read_back(tmp_path: Path) -> None:
    """The role's entries stand at the top, beside who reported and when; a short one replaces a long one."""
    reporter = Reporter(tmp_path, "storage")
    reporter.report({"messages": 10, "streams": {"default/syslog": 10}, "note": "x" * 1000})
    reporter.report({"messages": 11})
    report = read_report(tmp_path, "storage")
    assert report["messages"] == 11
    assert report["role"] == "storage"
    assert report["pid"] == os.getpid()
    assert report["reported_at"] >= report["started_at"]
    assert "note" not in report
    assert reporter.last == {"messages": 11}


def test_a_report_keeps_the_room_for_the_next(tmp_path: Path) -> None:
    """A report that grows needs no more of the disk: figures are told while it is full, too."""
    reporter = Reporter(tmp_path, "storage")
    reporter.report({"messages": 10})
    size = report_path(tmp_path, "storage").stat().st_size
    reporter.report({"messages": 11, "note": "x" * 20_000})
    assert report_path(tmp_path, "storage").stat().st_size == size
    assert read_report(tmp_path, "storage")["note"] == "x" * 20_000
    reporter.report({"note": "x" * 100_000})
    reporter.report({"note": "y"})
    assert read_report(tmp_path, "storage")["note"] == "y"


def test_a_writer_that_was_stopped_is_not_waited_for(tmp_path: Path) -> None:
    """A role that was stopped in the midst of its report keeps the lock: its last report is read even so."""
    Reporter(tmp_path, "storage").report({"messages": 10})
    with report_path(tmp_path, "storage").open("rb") as stopped:
        fcntl.flock(stopped, fcntl.LOCK_EX)
        assert read_report(tmp_path, "storage")["messages"] == 10


def test_a_reader_that_was_stopped_is_not_waited_for(tmp_path: Path) -> None:
    """Somebody who was stopped while he read keeps no role from reporting."""
    reporter = Reporter(tmp_path, "storage")
    reporter.report({"messages": 10})
    with report_path(tmp_path, "storage").open("rb") as stopped:
        fcntl.flock(stopped, fcntl.LOCK_SH)
        reporter.report({"messages": 11})
    assert read_report(tmp_path, "storage")["messages"] == 11


def test_only_who_holds_its_lock_runs(tmp_path: Path) -> None:
    """A report alone does not make a role running; the supervisor comes first."""
    for name in ("storage", "collector", "supervisor"):
        Reporter(tmp_path, name).report({})
    with Lock(lock_path(tmp_path, "storage"), "storage"):
        roles = read_roles(tmp_path)
    assert [role.role for role in roles] == ["supervisor", "collector", "storage"]
    assert [role.running for role in roles] == [False, False, True]
    assert roles[2].pid == os.getpid()


def test_no_report_and_half_a_report_are_no_report(tmp_path: Path) -> None:
    """A file that a crash left in pieces hides nothing else and stops nobody."""
    assert read_roles(tmp_path / "missing") == []
    assert read_report(tmp_path, "storage") == {}
    for octets in (b'{"messages": 1', b"[]", b"\xff"):
        report_path(tmp_path, "storage").write_bytes(octets)
        assert read_report(tmp_path, "storage") == {}


def test_reports_that_cannot_be_written_are_told_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A disk that takes no report for long is one line in the log, and that it takes them again another."""
    caplog.set_level(logging.INFO)
    run = tmp_path / "run"
    reporter = Reporter(run, "indexer")
    for _ in range(3):
        reporter.report_if_possible({"pending": 1})
    run.mkdir()
    for _ in range(3):
        reporter.report_if_possible({"pending": 2})
    (refused, written) = [record.getMessage() for record in caplog.records]
    assert refused.startswith("cannot write reports: ")
    assert "indexer.json" in refused
    assert refused.endswith("see to the space and the mode of the folder")
    assert written == f"{run / 'indexer.json'} is written again"
    shutil.rmtree(run)
    reporter.report_if_possible({"pending": 3})
    assert len(caplog.records) == 3, "another time is told again"
