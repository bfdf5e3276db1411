"""What the supervisor does each second, over roles that are real processes."""

import asyncio
import logging
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from supervisor.monitor_settings import MonitorSettings, ProcessMemoryLevels
from supervisor.notify import Notifier
from supervisor.oversight import Oversight
from supervisor.processes import Supervisor
from supervisor.role import Role
from supervisor.settings import SupervisorSettings
from tests.machine import DEADLINE

PROGRAM = """
import os, sys
from pathlib import Path
from supervisor.lifeline import Lifeline
from supervisor.roles import serve

run, name, _, line = sys.argv[1:]

async def role(report, ready, stop, obey):
    states = []
    def hear(state):
        states.append(state)
        report({"states": states})
    obey(state=hear)
    queue = {"octets": 85, "limit_octets": 100}
    report({"handoff": {"queue": queue}} if name == "collector" else {"url": "x"})
    ready()
    await stop.wait()

serve(name, role, Path(run), Lifeline(int(line)))
"""


def supervisor(folder: Path, monitor: MonitorSettings, *names: str) -> Supervisor:
    """A supervisor over such roles."""
    program = folder / "program.py"
    program.write_text(PROGRAM)
    run = folder / "run"
    run.mkdir()
    command = (sys.executable, str(program), str(run))
    roles = [Role(name, (*command, name, "--lifeline")) for name in names]
    settings = SupervisorSettings(monitor=monitor, restart_seconds=0.01)
    return Supervisor(roles, (), settings, lambda _: None, lambda _: None, stopping=lambda: None)


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))


def test_a_state_is_logged_broadcast_and_reported(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A full disk queue brings shedding; its end, when the figures are calm, ok again."""
    caplog.set_level(logging.INFO)

    async def play() -> None:
        found = supervisor(tmp_path, MonitorSettings(calm_seconds=0), "collector")
        child = found.children["collector"]
        await child.start(DEADLINE)
        oversight = Oversight(found, tmp_path / "run")
        judgement = await oversight.look()
        assert (judgement.state, judgement.changed) == ("shedding", True)
        assert found.facts["state"] == "shedding"
        assert found.facts["transitions"] == 1
        assert found.facts["reasons"][0].startswith("the disk queue of collector is 85.0 % full")
        assert found.facts["measures"]["queue_disk"]["collector"]["state"] == "shedding"
        assert found.known().state["state"] == "shedding"
        # What it hears it reports, and with that no queue any more.
        while (await oversight.look()).state != "ok":  # noqa: ASYNC110 - a look is made
            await asyncio.sleep(0.01)
        assert found.facts["transitions"] == 2
        assert found.circumstances.state == "ok"
        await child.stop(DEADLINE)

    asyncio.run(play())
    told = [record for record in caplog.records if getattr(record, "msgid", "") == "STATE"]
    assert [record.levelno for record in told] == [logging.ERROR, logging.INFO]
    assert "the state is shedding, was ok: the disk queue of collector" in told[0].getMessage()
    assert told[1].getMessage() == "the state is ok, was shedding: everything is well again"
    data: Any = vars(told[0])["structured_data"]
    assert data["state@32473"]["measure"] == "queue_disk"
    assert (data["state@32473"]["from"], data["state@32473"]["to"]) == ("ok", "shedding")


def test_more_reasons_for_the_same_state_are_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Each new reason stands in the log, even when the state stays what it is."""

    async def play() -> None:
        levels = ProcessMemoryLevels(warning=1)
        found = supervisor(tmp_path, MonitorSettings(process_memory=levels), "web", "indexer")
        web, indexer = found.children.values()
        await web.start(DEADLINE)
        oversight = Oversight(found, tmp_path / "run")
        await oversight.look()
        await indexer.start(DEADLINE)
        for _ in range(3):
            await oversight.look()
        for child in (web, indexer):
            await child.stop(DEADLINE)

    asyncio.run(play())
    told = [record.getMessage() for record in caplog.records if getattr(record, "msgid", "") == "STATE"]
    assert len(told) == 2
    assert told[0].startswith("the state is warning, was ok: web has ")
    assert told[1].startswith("the state stays warning; and indexer has ")


def test_the_watchdog_hears_nothing_while_a_role_hangs(tmp_path: Path) -> None:
    """A role that hangs is ended and told of; until it is, the service manager gets no sign of life."""

    async def play() -> None:
        soon = MonitorSettings().model_copy(update={"hang_seconds": 2})
        found = supervisor(tmp_path, soon, "web")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(tmp_path / "notify"))
            manager.setblocking(False)
            found.notifier = Notifier(
                {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "1000000"}, os.getpid()
            )
            web = found.children["web"]
            await web.start(DEADLINE)
            oversight = Oversight(found, tmp_path / "run")
            await oversight.look()
            assert b"WATCHDOG=1" in _heard(manager)
            assert web.pid is not None
            os.kill(web.pid, signal.SIGSTOP)
            told = []
            while web.running:
                await oversight.look()
                told.append(b"WATCHDOG=1" in _heard(manager))
                await asyncio.sleep(0.2)
            assert told[0]  # it has been heard of within hang_seconds
            assert not all(told)
            assert await web.ended() == -signal.SIGKILL
            await oversight.look()
            assert b"WATCHDOG=1" in _heard(manager)

    asyncio.run(play())


def _heard(manager: socket.socket) -> list[bytes]:
    found = []
    while True:
        try:
            found.append(manager.recv(4096))
        except BlockingIOError:
            return found
