"""One appliance's stream goes on to another, which is killed meanwhile."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.appliance import Appliance, running
from tests.machine import DEADLINE, alive, await_true, free_port

MESSAGES = [
    b"<13>1 2026-11-20T12:00:00Z h app - - - number %d %b" % (number, bytes(range(256)).replace(b"\n", b""))
    for number in range(4_000)
]


class Site:
    """The other appliance: it can be killed and started again, with the same ports and data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.web = free_port(), free_port()
        self._process: subprocess.Popen[str] | None = None
        lines = ["[collector.listeners.relp]", f"port = {self.port}", 'address = "127.0.0.1"']
        for name in ("udp", "tcp", "tls", "dtls"):
            lines += [f"[collector.listeners.{name}]", "enabled = false"]
        lines += ["[collector.listeners.self]", f"port = {free_port(socket.SOCK_DGRAM)}"]
        lines += [
            "[supervisor.status]",
            "port = 0",
            "[web]",
            f"port = {self.web}",
            'sign_in = "off"',
            "[watch]",
            "canary_seconds = 0",
        ]
        (folder / "sysledger.toml").write_text("\n".join(lines))

    @property
    def appliance(self) -> Appliance:
        """Its command line."""
        return Appliance(self.folder, {"relp": self.port}, self.web)

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        command = [sys.executable, "-m", "sysledger", "run", *self.appliance.options]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if f"127.0.0.1:{self.web}" in line:
                threading.Thread(target=self._process.stdout.read).start()
                return
        raise AssertionError((self.folder / "log").read_text())

    def kill(self) -> None:
        """Kill all of its processes at once, as a power failure would."""
        assert self._process is not None
        pids = [self._process.pid, *(role["pid"] for role in self.appliance.status()["roles"].values())]
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(DEADLINE)
        await_true(lambda: not any(map(alive, pids)), "all processes have gone")

    def stop(self) -> None:
        """Stop it as Ctrl-C does."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        self._process.wait(DEADLINE)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Site]:
    """The other appliance, running."""
    (tmp_path / "other").mkdir()
    site = Site(tmp_path / "other")
    site.start()
    yield site
    site.stop()


@contextmanager
def forwarding(folder: Path, port: int) -> Iterator[Appliance]:
    """An appliance whose stream "web" goes on to a RELP listener."""
    settings = (
        f'[relay.destinations.other]\nhost = "127.0.0.1"\nport = {port}\nstream = "web"\nstart = "first"'
    )
    folder.mkdir()
    with running(folder, {"tcp": ["web"]}, f"{settings}\nretry_seconds = 1") as appliance:
        yield appliance


def destination(appliance: Appliance) -> Any:
    """The destination's state."""
    return appliance.status()["roles"].get("relay", {}).get("destinations", {}).get("other", {})


def send(appliance: Appliance, messages: list[bytes]) -> None:
    """Send messages to the stream that goes on."""
    with socket.create_connection(("127.0.0.1", appliance.ports["web"])) as sender:
        sender.sendall(b"".join(b"%d %b" % (len(message), message) for message in messages))


def test_a_stream_goes_on_whatever_happens_to_its_destination(tmp_path: Path, other: Site) -> None:
    """Every octet arrives, also of what was sent while the other appliance lost its power; status tells."""
    with forwarding(tmp_path / "here", other.port) as here:
        send(here, MESSAGES[:1_000])
        await_true(lambda: destination(here).get("messages", 0) >= 1, "the first messages")
        feeding = threading.Thread(target=send, args=[here, MESSAGES[1_000:3_000]])
        feeding.start()
        other.kill()
        feeding.join()
        send(here, MESSAGES[3_000:])
        await_true(lambda: destination(here).get("connected") is False, "the status without the other")
        assert "NOT CONNECTED to other" in here.printed("status")
        other.start()
        await_true(lambda: destination(here).get("delivered_seq") == len(MESSAGES), "all messages")
        shown = here.printed("status")
        assert f"relp 127.0.0.1:{other.port}" in shown
        assert "NOT CONNECTED" not in shown
        there = other.appliance.messages("syslog")
        assert json.loads((here.folder / "var" / "relay" / "other.json").read_text())["seq"] <= len(MESSAGES)
    assert list(dict.fromkeys(there)) == MESSAGES
    assert len(there) - len(MESSAGES) <= 128  # sent again: what lay in the window
    assert here.log().count("Traceback") == 0
