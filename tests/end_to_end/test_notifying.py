"""A whole appliance under a service manager: what it says from its start to its end."""

import os
import signal
import socket
from pathlib import Path

import pytest

from tests.end_to_end.appliance import running
from tests.machine import DEADLINE


def test_the_service_manager_is_told_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """READY once all roles are, WATCHDOG and STATUS each second, RELOADING with READY after it, STOPPING.

    While a role hangs there is no WATCHDOG, until that role has been ended.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(DEADLINE)

        def hear(wanted: str) -> list[str]:
            """Everything that is told until a message begins so."""
            told = [manager.recv(4096).decode()]
            while not told[-1].startswith(wanted):
                told.append(manager.recv(4096).decode())
            return told

        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "3000000")
        with running(tmp_path, {}) as appliance:
            assert hear("READY=1") == ["READY=1"]
            assert set(hear("WATCHDOG=1")) <= {"STATUS=ok", "WATCHDOG=1"}
            os.kill(appliance.process, signal.SIGHUP)
            hear("RELOADING=1\nMONOTONIC_USEC=")
            hear("READY=1")
            hear("WATCHDOG=1")
        hear("STOPPING=1")
