"""Rates from two reports of each role, whenever somebody looks."""

from typing import Any

from supervisor.pace import Pace


def seen(*reports: dict[str, Any]) -> Pace:
    """A pace that has seen one role's reports, one after the other."""
    pace = Pace()
    for report in reports:
        pace.see({"roles": {"storage": {"running": True, "pid": 1, **report}}})
    return pace


def at(second: float, messages: int, **more: Any) -> dict[str, Any]:
    """A report."""
    return {"reported_at": f"2026-11-20T12:00:{second:06.3f}Z", "messages": messages, **more}


def test_the_clock_is_the_roles_own() -> None:
    """How far two reports are apart is what counts, not when they were looked at."""
    assert seen(at(1, 100), at(3.5, 600)).of("messages") == 200


def test_one_report_says_nothing() -> None:
    """Before the second report nothing is known, and nothing of what is not there."""
    assert seen(at(1, 100)).of("messages") is None
    assert seen(at(1, 100), at(2, 100)).of("octets") is None
    assert seen(at(1, 100), at(2, 100)).of("messages", "udp") is None


def test_the_same_report_again_changes_nothing() -> None:
    """Who looks more often than a role reports sees the rate that he saw before."""
    assert seen(at(1, 100), at(2, 600), at(2, 600)).of("messages") == 500


def test_a_role_that_was_started_anew_begins_anew() -> None:
    """Counters that begin at 0 with a new process make no rate, least of all a negative one."""
    assert seen(at(1, 100), at(2, 50, pid=2)).of("messages") is None
    assert seen(at(1, 100), at(2, 50)).of("messages") == 0


def test_a_silent_role_has_no_rate() -> None:
    """Of a role that has said nothing for a while nothing is known."""
    assert seen(at(1, 100), at(2, 200), at(2, 200, silent_seconds=9)).of("messages") is None


def test_roles_are_added_up_by_kind() -> None:
    """Several collectors are one rate; a kind leaves others out."""
    pace = Pace()
    for second in (1, 2):
        roles = {
            f"collector-{number}": {"running": True, "pid": number, **at(second, 10 * second)}
            for number in (1, 2)
        }
        pace.see({"roles": {**roles, "storage": {"running": True, "pid": 3, **at(second, 7 * second)}}})
    assert pace.of("messages") == 27
    assert pace.of("messages", kind="collector") == 20
    assert pace.of("messages", kind="storage") == 7
    assert pace.of("messages", kind="collector-2") == 10
