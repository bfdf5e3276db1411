"""Roles as processes: ready, watched, started again, stopped in order, and never left behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from supervisor.backoff import Backoff
from supervisor.child import ending
from supervisor.status import read_report
from tests.machine import alive, await_true

# A supervisor over roles that are this same program: what they do is said by their names.
PROGRAM = """
import asyncio, logging, os, sys
from pathlib import Path
from supervisor.lifeline import Lifeline
from supervisor.role import Role, no_sockets
from supervisor.processes import Supervisor
from supervisor.roles import explain, serve
from supervisor.settings import SupervisorSettings
from supervisor.status import Reporter

run, *words = sys.argv[1:]
logging.basicConfig(level="INFO", format="%(message)s")

class RefusedError(Exception):
    exit_code = 69

RefusedError.__module__ = "collector.test"

async def role(report, ready, stop):
    def note(what):
        with open(Path(run) / "order", "a") as file:
            file.write(f"{name} {what}\\n")
    note("begins")
    if name == "storage-late":
        while "indexer ready" not in (Path(run) / "order").read_text():
            await asyncio.sleep(0.01)
    if name == "refusing":
        raise RefusedError("port 5514 is taken")
    report({"port": 5514})
    note("ready")
    ready()
    await stop.wait()
    if name == "slow":
        await asyncio.sleep(3600)
    if name == "collector-late":
        await asyncio.sleep(0.5)
    with open(Path(run) / "stopped", "a") as file:
        file.write(f"{name}\\n")

asked = []

def sockets():
    asked.append("sockets")
    if len(asked) == 2:
        raise OSError(12, "Cannot allocate memory")
    return ()

if words[0] == "--role":
    name = words[1]
    if name == "collector-broken":
        sys.exit(70)
    try:
        serve(name, role, Path(run), Lifeline(int(words[3])))
    except RefusedError as error:
        text, code = explain(error)
        logging.error(text)
        sys.exit(code)
else:
    roles = [
        Role(
            name,
            (sys.executable, __file__, run, "--role", name, "--lifeline"),
            waits_for=words[0] if name.startswith("collector") else None,
            sockets=sockets if name == "unlucky" else no_sockets,
        )
        for name in words
    ]
    supervisor = Supervisor(
        roles,
        ("collector", "storage", "indexer", "web"),
        SupervisorSettings(restart_seconds=0.01, stop_seconds=1),
        lambda bound: print(bound, flush=True),
        Reporter(Path(run), "supervisor").report,
        stopping=lambda: (Path(run) / "stopping").write_text(str((Path(run) / "stopped").exists())),
    )
    sys.exit(asyncio.run(supervisor.run()))
"""

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(tmp_path: Path) -> Any:
    """Give a function that starts the supervisor over named roles; kill what is left of it afterwards."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    started: list[subprocess.Popen[bytes]] = []

    def start(*roles: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, str(program), str(tmp_path), *roles]
        root = Path(__file__).parents[2]
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(root)},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def pids(run: Path) -> dict[str, int]:
    """The process ids that the supervisor reports."""
    roles = read_report(run, "supervisor").get("roles", {})
    return {name: role["pid"] for name, role in roles.items()}


def line(process: "subprocess.Popen[bytes]") -> bytes:
    """The next line of its stdout."""
    assert process.stdout is not None
    return process.stdout.readline()


def test_all_ready_then_stopped_in_order(start: Start, tmp_path: Path) -> None:
    """All roles are ready before anything is announced; Ctrl-C stops receivers first, readers last."""
    process = start("storage", "indexer", "collector-1", "collector-2", "web")
    bound = line(process)
    assert bound.count(b"'port': 5514") == 5
    process.send_signal(signal.SIGINT)
    _, log = process.communicate(timeout=30)
    assert process.returncode == 0, log.decode()
    stopped = (tmp_path / "stopped").read_text().split()
    assert stopped == ["collector-1", "collector-2", "storage", "indexer", "web"]
    assert (tmp_path / "stopping").read_text() == "False"  # told before the first of them


def test_who_waits_for_a_role_begins_when_it_is_ready(start: Start, tmp_path: Path) -> None:
    """Roles start side by side, but nobody receives before storage is ready."""
    process = start("storage-late", "indexer", "collector")
    line(process)
    order = (tmp_path / "order").read_text().splitlines()
    assert order.index("indexer ready") < order.index("storage-late ready")
    assert order.index("storage-late ready") < order.index("collector begins")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 0


def test_who_waits_for_a_role_that_fails_never_begins(start: Start, tmp_path: Path) -> None:
    """When storage cannot start, nothing is received that nobody would store."""
    process = start("refusing", "collector")
    _, log = process.communicate(timeout=30)
    assert process.returncode == 69, log.decode()
    assert (tmp_path / "order").read_text() == "refusing begins\n"


def test_who_ends_while_it_waits_is_told_of(start: Start) -> None:
    """A collector that cannot even be imported ends the start with its own exit code, as any role does."""
    process = start("storage", "collector-broken")
    _, log = process.communicate(timeout=30)
    assert process.returncode == 70, log.decode()
    assert b"collector-broken could not start (exit code 70)" in log


def test_storage_outlives_the_collectors_when_the_supervisor_is_killed(start: Start, tmp_path: Path) -> None:
    """A killed supervisor stops nothing in order: storage itself waits for what collectors hand over."""
    process = start("storage", "collector-late")
    line(process)
    process.kill()
    stopped = tmp_path / "stopped"
    await_true(lambda: stopped.exists() and len(stopped.read_text().split()) == 2, "both roles to stop")
    assert stopped.read_text().split() == ["collector-late", "storage"]


def test_a_role_that_dies_is_started_again(start: Start, tmp_path: Path) -> None:
    """SIGKILL to a role makes a new one, and an ERROR line that names it."""
    process = start("storage", "web")
    line(process)
    before = pids(tmp_path)
    os.kill(before["web"], signal.SIGKILL)
    await_true(lambda: pids(tmp_path) != before, "web is started again")
    assert pids(tmp_path)["storage"] == before["storage"]
    assert read_report(tmp_path, "supervisor")["roles"]["web"]["starts"] == 2
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=30)
    assert process.returncode == 0, log.decode()
    assert b"web died (killed by SIGKILL); it is started again in 0.01 s" in log


def test_a_machine_that_gives_no_process_is_asked_again(start: Start, tmp_path: Path) -> None:
    """A role for which no process can be started, for want of memory say, is asked for again and again."""
    process = start("storage", "unlucky")
    line(process)
    before = pids(tmp_path)
    os.kill(before["unlucky"], signal.SIGKILL)
    await_true(lambda: pids(tmp_path) != before, "it is started again")
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=30)
    assert process.returncode == 0, log.decode()
    assert b"no process can be started for unlucky ([Errno 12] Cannot allocate memory)" in log


def test_a_role_that_cannot_start_ends_everything(start: Start, tmp_path: Path) -> None:
    """Its own sentence stands in the log, the exit code is its own, and no process stays behind."""
    process = start("storage", "refusing", "web")
    _, log = process.communicate(timeout=30)
    assert process.returncode == 69
    assert b"port 5514 is taken\n" in log
    assert b"refusing could not start (exit code 69)" in log
    assert not any(map(alive, (pid for pid in pids(tmp_path).values() if pid)))


def test_a_supervisor_that_is_killed_leaves_nobody_behind(start: Start, tmp_path: Path) -> None:
    """Roles whose supervisor is gone stop as if they had been asked to."""
    process = start("storage", "web")
    line(process)
    roles = pids(tmp_path)
    process.kill()
    await_true(lambda: not any(map(alive, roles.values())), "the roles end")
    assert sorted((tmp_path / "stopped").read_text().split()) == ["storage", "web"]


def test_a_second_signal_is_told_what_is_waited_for(start: Start, tmp_path: Path) -> None:
    """A role that does not stop is named to who asks again, and is killed when its time is up."""
    process = start("storage", "slow")
    line(process)
    slow = pids(tmp_path)["slow"]
    assert process.stderr is not None
    log = b""
    while f"still waiting for slow (process {slow})".encode() not in log:
        process.send_signal(signal.SIGINT)
        log = process.stderr.readline()
        assert b"is killed" not in log
    _, rest = process.communicate(timeout=30)
    assert b"slow did not stop within 1 s and is killed" in rest
    assert process.returncode == 70


def test_ctrl_c_while_starting_stops_everything(start: Start, tmp_path: Path) -> None:
    """A stop that is asked for before all roles are ready is obeyed too."""
    process = start("storage", "web")
    await_true((tmp_path / "storage.lock").exists, "the first role begins")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 0


def test_the_pause_doubles_and_begins_anew() -> None:
    """The pause before a restart doubles up to its bound, and is short again after a good while."""
    backoff = Backoff(0.5, 4)
    assert [backoff.pause(ran=0) for _ in range(5)] == [0.5, 1, 2, 4, 4]
    assert backoff.pause(ran=100) == 0.5


def test_endings_are_told_in_words() -> None:
    """An exit code and a signal are told apart."""
    assert ending(69) == "exit code 69"
    assert ending(-9) == "killed by SIGKILL"
    assert ending(-64) in {"killed by SIGRTMAX", "killed by signal 64"}


def test_reports_are_json(start: Start, tmp_path: Path) -> None:
    """What a role reports can be read by any program."""
    process = start("storage")
    line(process)
    assert json.loads((tmp_path / "storage.json").read_text())["port"] == 5514
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
