"""The state as one document: what the supervisor knows, what the roles reported, and which is true."""

import json
import os
from pathlib import Path
from typing import Any

from supervisor.gathering import Known, gather, process, seconds_of
from supervisor.status import Reporter

FACT = {"pid": os.getpid(), "starts": 2, "running": True, "ready": True}


def gathered(run: Path, **roles: dict[str, Any]) -> dict[str, Any]:
    """The document of an appliance with these roles."""
    state: dict[str, Any] = {"state": "ok", "since": None, "reasons": []}
    return gather(run, "1.2", lambda: Known("running", state, roles, {"transitions": 3}))


def test_a_report_stands_beside_what_is_known(tmp_path: Path) -> None:
    """A role has its own figures, and what the supervisor and the kernel know of its process."""
    Reporter(tmp_path, "storage").report({"messages": 7, "starts": "nonsense"})
    document = gathered(tmp_path, storage=FACT)
    role = document["roles"]["storage"]
    assert (role["messages"], role["starts"], role["ready"]) == (7, 2, True)
    assert 0 <= role["silent_seconds"] < 5
    assert role["process"]["resident_octets"] > 1 << 20
    assert document["transitions"] == 3
    assert document["disk"]["octets"] >= document["disk"]["free_octets"] > 0
    assert json.loads(json.dumps(document)) == document


def test_books_are_added_up(tmp_path: Path) -> None:
    """What several collectors have counted is one sum, by entry."""
    for number in (1, 2):
        Reporter(tmp_path, f"collector-{number}").report({"books": {"framed": 10 * number, "parsed": number}})
    document = gathered(tmp_path, **{"collector-1": FACT, "collector-2": FACT, "web": FACT})
    assert document["books"] == {"framed": 30, "parsed": 3}


def test_a_report_of_an_earlier_process_is_not_its_successors(tmp_path: Path) -> None:
    """A role that was started anew and has not reported yet has no figures, least of all those of before."""
    Reporter(tmp_path, "storage").report({"messages": 7})
    role = gathered(tmp_path, storage={**FACT, "pid": 1})["roles"]["storage"]
    assert "messages" not in role
    assert role["silent_seconds"] is None


def test_nothing_reported_is_no_error(tmp_path: Path) -> None:
    """A role without any file, without a process, a folder that is not there: all of that is a document."""
    document = gathered(tmp_path / "missing" / "run", web={**FACT, "pid": None, "running": False})
    assert document["roles"]["web"]["running"] is False
    assert document["roles"]["web"]["process"] is None
    assert document["disk"] == {}
    assert document["roles"]["supervisor"]["pid"] == os.getpid()


def test_a_process_that_is_gone_uses_nothing() -> None:
    """What is gone between two looks is not an error."""
    assert process(2**22 + 1) is None
    found = process(os.getpid())
    assert found is not None
    assert found["open_files"] >= 3
    assert found["cpu_seconds"] > 0


def test_times_that_are_none() -> None:
    """What is no time is no time."""
    assert seconds_of("2026-11-20T12:00:00Z") == 1795176000
    assert [seconds_of(moment) for moment in (None, "", "yesterday", 5)] == [None] * 4
