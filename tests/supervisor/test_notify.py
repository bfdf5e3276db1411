"""What the service manager is told, over a real datagram socket as systemd has it."""

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from supervisor.notify import Notifier


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    """A manager's socket, with what NOTIFY_SOCKET says of it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.settimeout(10)
        if request.param == "path":
            name = str(tmp_path / "notify")
            bound.bind(name)
        else:
            name = f"@sysledger-test-{os.getpid()}"
            bound.bind("\0" + name[1:])
        yield name, bound


def test_each_message_is_a_datagram(manager: tuple[str, socket.socket]) -> None:
    """READY, STATUS, WATCHDOG, RELOADING with the clock, STOPPING; at a path or an abstract name."""
    name, bound = manager
    environment = {"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "7", "HOME": "/"}
    notifier = Notifier(environment, 7)
    assert environment == {"HOME": "/"}  # no role may speak for us
    assert notifier.watchdog_seconds == 3
    notifier.ready()
    notifier.status("ok")
    notifier.status("ok")
    notifier.status("warning: two\nlines")
    notifier.alive()
    notifier.reloading()
    notifier.stopping()
    told = [bound.recv(4096).decode() for _ in range(6)]
    reloading, microseconds = told[4].split("\nMONOTONIC_USEC=")
    assert told[:4] == ["READY=1", "STATUS=ok", "STATUS=warning: two lines", "WATCHDOG=1"]
    assert reloading == "RELOADING=1"
    assert 0 <= time.monotonic() - int(microseconds) / 1_000_000 < 60
    assert told[5] == "STOPPING=1"


def test_another_process_watchdog_is_not_ours(manager: tuple[str, socket.socket]) -> None:
    """WATCHDOG_PID names who is meant; without a watchdog nothing is sent for one."""
    name, bound = manager
    for environment in ({"WATCHDOG_USEC": "1", "WATCHDOG_PID": "8"}, {}, {"WATCHDOG_USEC": "soon"}):
        notifier = Notifier({**environment, "NOTIFY_SOCKET": name}, 7)
        assert notifier.watchdog_seconds is None
        notifier.alive()
        notifier.stopping()
        assert bound.recv(4096) == b"STOPPING=1"


def test_without_a_manager_nothing_is_different(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    """Without NOTIFY_SOCKET nobody is told; one that is gone is a line in the log, and no error."""
    Notifier({}, 7).ready()
    assert caplog.text == ""
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}, 7).ready()
    assert "was not told 'READY=1'" in caplog.text
