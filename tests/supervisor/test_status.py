"""What roles report is read back by others, and who runs is told by the kernel and not by a file."""

import os
from pathlib import Path

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
