"""The live table: what an operator sees at 80 columns and at 160, well or not."""

from typing import Any

import pytest
from rich.console import Console

from supervisor.live import screen
from supervisor.pace import Pace

LISTENER = {"transport": "udp", "port": 514, "address": "::", "lost": {}, "refused": {}, "sequence_gaps": {}}
ROLE = {
    "running": True,
    "ready": True,
    "starts": 1,
    "started_at": "2026-11-20T10:00:00Z",
    "silent_seconds": 0.4,
}
USED = {"resident_octets": 987 << 20, "cpu_seconds": 10.0, "open_files": 10_019}


def document(second: int, **changes: Any) -> dict[str, Any]:
    """A busy appliance at some second."""
    reported = {**ROLE, "process": USED, "reported_at": f"2026-11-20T12:00:{second:02}Z"}
    roles = {
        "supervisor": {**reported, "pid": 1},
        "collector-1": {
            **reported,
            "pid": 4194303,
            "listeners": {
                "udp": {**LISTENER, "messages": 10**9 + 123_456 * second, "octets": 10**12 + (second << 20)},
                "tls": {**LISTENER, "transport": "tls", "port": 6514, "messages": 7, "connections": 9_999},
            },
            "handoff": {
                "held_messages": 123_456,
                "held_octets": 90 << 20,
                "memory_octets": 96 << 20,
                "queue": {"messages": 10**8, "octets": 10**10, "oldest_seconds": 600.0},
            },
        },
        "storage": {
            **reported,
            "pid": 4194304,
            "commits": 5,
            "messages": 10**10 + 1000 * second,
            "slowest_commit": 0.5,
            "messages_archived": 10**10,
            "journals_waiting": 12,
            "oldest_journal_seconds": 4000.0,
        },
        "indexer": {
            **reported,
            "pid": 4194305,
            "messages_indexed": 10**9,
            "pending": 17,
            "lag_seconds": 90_000.0,
        },
        "watch": {
            **reported,
            "pid": 4194306,
            "sources": 1234,
            "findings": {"silent": 2, "new": 0},
            "canaries": {"udp": {"state": "ok", "latency_seconds": 0.8}},
        },
    }
    return {
        "running": True,
        "supervised": True,
        "live": True,
        "phase": "running",
        "looked_at": f"2026-11-20T12:00:{second:02}Z",
        "data": "/var/lib/sysledger",
        "state": {"state": "ok", "since": "2026-11-20T10:00:00Z", "reasons": []},
        "not_ready": [],
        "disk": {"octets": 10**12, "free_octets": 10**11},
        "roles": roles,
        **changes,
    }


def drawn(width: int, *documents: dict[str, Any]) -> list[str]:
    """The lines of the screen after these looks."""
    pace = Pace()
    for one in documents:
        pace.see(one)
    console = Console(width=width, highlight=False, markup=False, emoji=False)
    with console.capture() as captured:
        console.print(screen(documents[-1], pace, width))
    return [line.rstrip() for line in captured.get().splitlines()]


@pytest.mark.parametrize("width", [80, 100, 160, 200])
def test_nothing_is_cut_or_folded(width: int) -> None:
    """A busy appliance fits the terminal: every line whole, and names of roles and listeners unbroken."""
    lines = drawn(width, document(1), document(2))
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    for whole in (
        "collector-1",
        "123,456 ",
        "17 segments wait, 1 d 1 h old",
        "12 journals wait; 1 h 6 min behind",
    ):
        assert whole in text


def test_the_state_comes_first() -> None:
    """The first line says how it is and of which time that is."""
    first = drawn(80, document(1))[0]
    assert first.startswith("Sysledger is running, state ok since 2026-11-20 10:00:00 UTC")
    assert first.endswith("12:00:01 UTC")


def test_what_is_wrong_and_what_to_do_come_second() -> None:
    """A state that is not ok stands there in words, with its reasons, before any table."""
    bad = {"state": "shedding", "since": None, "reasons": ["the disk queue is 93 % full: see to storage"]}
    changes = {
        "state": bad,
        "not_ready": ["web is not ready yet", "the disk queue is 93 % full: see to storage"],
    }
    lines = drawn(80, document(1, **changes))
    assert lines[:4] == [
        f"{'Sysledger is running, state SHEDDING':<68}12:00:01 UTC",
        "Senders by TCP, TLS and RELP wait, datagrams are taken, indexing pauses:",
        "  - the disk queue is 93 % full: see to storage",
        "NOT READY: web is not ready yet",
    ]


def test_rates_are_those_between_two_reports() -> None:
    """Messages and octets a second of each listener and all together; unknown at the first look."""
    row = next(line.split() for line in drawn(80, document(1)) if line.startswith("udp"))
    assert row == ["udp", "udp", "514", "1,000,123,456", "-", "-", "-", "0"]
    row = next(line.split() for line in drawn(80, document(1), document(3)) if line.startswith("udp"))
    assert row == ["udp", "udp", "514", "1,000,370,368", "123,456", "1.0", "MiB", "-", "0"]


def test_levels_say_where_messages_are() -> None:
    """From memory to the index: what waits at each level, and how fast it goes on."""
    lines = drawn(80, document(1), document(2))
    assert "in memory   123,456 messages, 90.0 MiB of 96.0 MiB" in lines
    assert "disk queue  100,000,000 messages, 9.3 GiB, 10 min old" in lines
    assert "stored      10,000,002,000 messages, 1,000 a second; slowest commit 0.500 s" in lines
    assert "sources     1,234; findings: silent 2" in lines
    assert "canaries    all arrive; the slowest took 0.8 s" in lines
    assert "disk        93.1 GiB free of 931.3 GiB" in lines


def test_a_role_that_is_down_or_silent_stands_out() -> None:
    """Who does not run is DOWN, who does not report is SILENT; its figures of before are not shown."""
    gone = document(2)
    gone["roles"]["storage"] |= {"running": False}
    gone["roles"]["watch"] |= {"silent_seconds": 33.4}
    lines = drawn(80, document(1), gone)
    assert any(line.split() == ["storage", "DOWN", "1"] for line in lines)
    assert any(line.startswith("watch") and line.endswith("SILENT 33 s") for line in lines)
    assert not any(line.startswith("stored") for line in lines)


def test_wide_terminals_show_two_columns() -> None:
    """Where there is room, what it costs stands beside what comes in."""
    assert len(drawn(160, document(1))) < len(drawn(159, document(1))) - 5
