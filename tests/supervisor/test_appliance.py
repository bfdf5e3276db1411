"""The whole box: which processes there are, and what becomes of an error that ends one."""

import logging
import os
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from collector.errors import ListenerError
from collector.held import HeldSockets
from collector.settings import CollectorSettings, ListenerSettings
from supervisor.appliance import await_earlier, opened_within, own_process, roles
from supervisor.lock import Lock, LockedError
from supervisor.status import lock_path
from tests.machine import await_true


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """Give pytest its own log handlers back."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_storage_is_up_before_anybody_receives() -> None:
    """The roles start side by side, collectors wait for storage, and all find the same files anywhere."""
    found = roles(Path("var"), Path("x.toml"), 1)
    assert [role.name for role in found] == ["storage", "indexer", "collector", "web"]
    assert [role.waits_for for role in found] == [None, None, "storage", None]
    for role in found:
        assert role.command[:4] == (sys.executable, "-P", "-m", "sysledger")
        assert str(Path("var").absolute()) in role.command
        assert str(Path("x.toml").absolute()) in role.command
        assert role.command[-1] == "--lifeline"


def test_several_collectors_are_numbered() -> None:
    """Each of several collector processes has a name of its own, for its lock and its report."""
    names = [role.name for role in roles(Path("var"), None, 2)]
    assert names == ["storage", "indexer", "collector-1", "collector-2", "web"]


def test_an_error_is_logged_and_becomes_an_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    """The error that ends a process stands in its log, and its exit code says of which kind it was."""
    with pytest.raises(SystemExit) as ended, own_process("storage", "info", None):
        raise LockedError("somebody else has it: stop that")
    assert ended.value.code == os.EX_UNAVAILABLE
    assert capsys.readouterr().err.endswith("storage CRITICAL: somebody else has it: stop that\n")


def test_the_roles_of_an_earlier_run_are_waited_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """After kill -9 of the supervisor a new start waits for the old roles, and says for whom."""
    lock = Lock(lock_path(tmp_path, "storage"), "role storage").acquire()
    waiting = threading.Thread(target=await_earlier, args=(tmp_path, ["storage", "web"], 60))
    waiting.start()
    await_true(lambda: f"storage (process {os.getpid()})" in caplog.text, "the line about storage")
    assert waiting.is_alive()
    lock.release()
    waiting.join(10)
    assert not waiting.is_alive()


def test_the_wait_has_a_bound(tmp_path: Path) -> None:
    """A role that somebody runs alone is not waited for without end; it will say itself who has its lock."""
    with Lock(lock_path(tmp_path, "storage"), "role storage"):
        await_earlier(tmp_path, ["storage"], 0)


def test_ports_that_a_killed_run_still_has_are_waited_for() -> None:
    """A port that is taken is tried again within the bound, and told at once where there is none."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port, attempts = taken.getsockname()[1], 0

        def opening() -> Any:
            nonlocal attempts
            attempts += 1
            if attempts == 3:
                taken.close()
            listener = ListenerSettings(transport="tcp", address="127.0.0.1", port=port)
            return HeldSockets(CollectorSettings(listeners={"tcp": listener}), ())

        with pytest.raises(ListenerError, match="is taken by another program"):
            opened_within(0.0, opening)
        opened_within(60.0, opening).close()
    assert attempts == 3
