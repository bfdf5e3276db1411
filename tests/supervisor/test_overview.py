"""`sysledger status` says what runs, what is stored and what is wrong, to people and to programs alike."""

import json
from pathlib import Path
from typing import Any

from supervisor.overview import as_tables, with_streams
from supervisor.overview import overview as state
from supervisor.status import RoleStatus
from supervisor.terminal import console

STREAM: dict[str, Any] = {
    "tenant": "default", "stream": "syslog", "messages": 12, "days": ["2026-11-19", "2026-11-20"],
    "journal_files": 1, "journal_messages": 2, "journal_octets": 100, "archive_files": 1,
    "archive_octets": 2048, "index_octets": 10, "damaged": [],
}  # fmt: skip
COLLECTOR = {
    "role": "collector",
    "handoff": {"held_messages": 3},
    "listeners": {
        "udp": {
            "transport": "udp", "port": 5514, "address": "::", "receive_buffer": 212992, "messages": 9,
            "lost": {"kernel": 4, "memory": 1}, "refused": {"limit": 2},
            "guests": {"tls": 7},
        },
    },
}  # fmt: skip
SUPERVISOR = {
    "role": "supervisor",
    "roles": {"collector": {"pid": 2, "starts": 3}, "web": {"pid": 3, "starts": 2}},
}


def overview(
    data: Path, roles: list[RoleStatus], streams: list[dict[str, Any]], *, pending: int, free: int | None
) -> dict[str, Any]:
    """The document of an appliance whose status listener does not answer."""
    return with_streams(state(data, roles), streams, pending=pending, free=free)


def shown(document: dict[str, Any], capsys: Any) -> str:
    """What a person sees, with single blanks."""
    for part in as_tables(document):
        console().print(part)
    return " ".join(capsys.readouterr().out.split())


def test_a_running_service(capsys: Any) -> None:
    """Totals are there for programs; people see every listener's losses with their reasons."""
    roles = [RoleStatus("supervisor", 1, SUPERVISOR), RoleStatus("collector", 2, COLLECTOR)]
    document = overview(Path("var"), roles, [STREAM, STREAM], pending=5, free=1 << 30)
    assert json.loads(json.dumps(document)) == document
    assert document["messages"] == 24
    assert document["running"]
    assert document["index_pending"] == 5
    text = shown(document, capsys)
    assert "Sysledger is running" in text
    assert "udp udp 5514 :: 9 - 5" in text
    assert "LOST at udp: 4 messages (kernel) LOST at udp: 1 messages (memory)" in text
    assert "REFUSED at udp: 2 connections (limit)" in text
    assert "TURNED AWAY at udp: 7 of another protocol (tls)" in text
    assert "RESTARTED collector: 2 times" in text
    assert "RESTARTED web: once" in text
    assert "3 messages wait for storage" in text
    assert "default/syslog 2 2026-11-19 12 2 2.0 KiB 10 octets" in text


RELAY = {
    "role": "relay",
    "destinations": {
        "there": {
            "address": "relp [2001:db8::7]:2514", "stream": "default/syslog", "connected": True,
            "messages": 1200, "behind": 3, "missing": 0, "too_long": 0, "error": "",
        },
        "away": {
            "address": "tls away:6514", "stream": "default/web", "connected": False,
            "messages": 34, "behind": 4321, "missing": 7, "too_long": 8, "error": "no [route]\x1b[31m",
        },
    },
}  # fmt: skip


def test_destinations_of_the_relay(capsys: Any) -> None:
    """Where messages go on to: who takes them, who does not and why, and what will never arrive."""
    document = overview(Path("var"), [RoleStatus("relay", 1, RELAY)], [], pending=0, free=0)
    text = shown(document, capsys)
    assert "1,234 messages sent on" in text
    assert "destination address stream connected behind" in text
    assert "there relp [2001:db8::7]:2514 default/syslog yes 3" in text
    assert "away tls away:6514 default/web no 4,321" in text
    assert r"NOT CONNECTED to away: 4,321 messages wait (no [route]\x1b[31m)" in text
    assert "NOT SENT to away: 7 messages had expired or are damaged" in text
    assert "NOT SENT to away: 8 messages are longer than RELP servers take" in text
    assert "to there" not in text


def test_collectors_are_added_up(capsys: Any) -> None:
    """A listener stands there once, with what all collector processes of it have counted."""
    roles = [RoleStatus(f"collector-{number}", number, COLLECTOR) for number in (1, 2)]
    text = shown(overview(Path("var"), roles, [], pending=0, free=0), capsys)
    assert text.count("5514") == 1
    assert "5514 :: 18 - 10" in text
    assert "LOST at udp: 8 messages (kernel)" in text


def test_what_is_no_longer_configured_is_not_missed() -> None:
    """The files that a role of an earlier configuration left do not make it a role that is stopped."""
    supervisor = RoleStatus("supervisor", 1, SUPERVISOR)
    roles = [supervisor, RoleStatus("collector", None, {}), RoleStatus("collector-1", None, COLLECTOR)]
    document = overview(Path("var"), roles, [], pending=0, free=0)
    assert list(document["roles"]) == ["supervisor", "collector"]


def test_everything_fits_a_terminal(capsys: Any) -> None:
    """A busy appliance's status is no wider than 80 columns, whatever it counts."""
    storage = {"role": "storage", "started_at": "2026-11-20T22:51:03Z", "commits": 9, "messages": 10**10}
    busy = {**STREAM, "messages": 10**10, "journal_messages": 10**7, "archive_octets": 10**13}
    roles = [RoleStatus("supervisor", 1, SUPERVISOR), RoleStatus("storage", 4194303, storage)]
    collector = {**COLLECTOR, "started_at": "2026-11-20T22:51:03Z", "handoff": {"held_messages": 10**7}}
    roles.append(RoleStatus("collector", 4194302, collector))
    for part in as_tables(overview(Path("var"), roles, [busy], pending=0, free=10**12)):
        console().print(part)
    assert max(len(line.rstrip()) for line in capsys.readouterr().out.splitlines()) <= 80


def test_a_stopped_service(capsys: Any) -> None:
    """What a role last reported is not shown as if it were true now."""
    roles = [RoleStatus("collector", None, COLLECTOR)]
    text = shown(overview(Path("var"), roles, [], pending=0, free=None), capsys)
    assert "Sysledger is stopped" in text
    assert "collector" not in text
    assert "5514" not in text


def test_the_state_is_told_without_the_listener(capsys: Any) -> None:
    """Where the status listener does not answer, the supervisor's file says the state, and that is said."""
    report = {
        **SUPERVISOR,
        "state": "panic",
        "since": "2026-11-20T10:00:00.000Z",
        "reasons": ["disk: make room"],
    }
    text = shown(overview(Path("var"), [RoleStatus("supervisor", 1, report)], [], pending=0, free=0), capsys)
    assert "Sysledger is running, state PANIC since 2026-11-20 10:00:00 UTC" in text
    assert "Act now: - disk: make room The status listener does not answer" in text


def test_a_role_alone_is_not_the_service(capsys: Any) -> None:
    """A single role that runs by itself is told apart from the whole."""
    text = shown(overview(Path("var"), [RoleStatus("web", 7, {})], [], pending=0, free=None), capsys)
    assert "running in part" in text


def test_errors_are_told(capsys: Any) -> None:
    """What a role has counted of errors stands below the tables, with the role's name."""
    storage = {
        "role": "storage",
        "messages": 3,
        "commits": 1,
        "batches_refused": 2,
        "unreadable": 1,
        "seal_errors": 0,
    }
    text = shown(overview(Path("var"), [RoleStatus("storage", 4, storage)], [], pending=0, free=0), capsys)
    assert "ERRORS in storage: 2 batches refused" in text
    assert "ERRORS in storage: 1 messages that are not of the hand-off" in text
    assert "journals not sealed" not in text


def test_what_the_roles_cannot_do_and_what_was_found_is_told(capsys: Any) -> None:
    """A storage without room, a disk queue that fails and findings about sources stand below the tables."""
    storage = {
        "role": "storage",
        "messages": 3,
        "commits": 1,
        "cannot_write_since": 5.0,
        "cannot_write_reason": "full",
    }
    collector = {**COLLECTOR, "handoff": {"held_messages": 3, "queue": {"failing": True}}}
    found = [
        {"kind": "silent", "host": f"fw-{number}\x1b", "peer": "192.0.2.1", "text": "says nothing"}
        for number in range(7)
    ]
    watch = {"role": "watch", "sources": 9, "findings": {"silent": 7}, "findings_lasting": found}
    roles = [RoleStatus(str(one["role"]), 1, one) for one in (storage, collector, watch)]
    text = shown(overview(Path("var"), roles, [], pending=0, free=0), capsys)
    assert "NOT STORED: full" in text
    assert "NOT QUEUED: the disk queue of collector cannot be written" in text
    assert r"FOUND silent: fw-4\x1b at 192.0.2.1 says nothing and more: see sysledger sources" in text
    assert "fw-5" not in text


def test_damage_is_told(capsys: Any) -> None:
    """A damaged file is named with octet and reason."""
    damaged = {**STREAM, "damaged": [{"path": "x.parquet", "offset": 7, "reason": "torn"}]}
    document = overview(Path("var"), [], [damaged], pending=0, free=None)
    assert "DAMAGED x.parquet at octet 7: torn" in shown(document, capsys)


def test_gaps_in_senders_numbers(capsys: Any) -> None:
    """What senders' own numbers say is missing is summed over collectors, the worst senders named."""
    one = {"field": "sequence", "peer": "192.0.2.1", "restarts": 0, "late": 0, "mixed": False}
    senders = [
        {**one, "host": "core", "missing": 7, "restarts": 2},
        {**one, "host": "edge\x1b[2J", "missing": 3},
        {**one, "host": "calm", "missing": 0, "restarts": 5},
    ]
    listener = {**COLLECTOR["listeners"]["udp"], "sequence_gaps": {"missing": 10, "senders": senders}}  # type: ignore[index]
    collector = {**COLLECTOR, "listeners": {"udp": listener}}
    roles = [RoleStatus(f"collector-{number}", number, collector) for number in (1, 2)]
    document = overview(Path("var"), roles, [], pending=0, free=0)
    assert json.loads(json.dumps(document)) == document
    text = shown(document, capsys)
    assert "MISSING at udp: 20 messages never came" in text
    assert "each counts for itself" in text
    assert "7 of core at 192.0.2.1, which began anew 2 times" in text
    assert "3 of edge\\x1b[2J at 192.0.2.1" in text
    assert "calm" not in text
