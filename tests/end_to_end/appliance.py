"""A whole appliance, started as its users start it, and what stands between a real sender and it."""

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.machine import DEADLINE, await_true, free_port

# Each test has a listener with a stream of its own, so that it sees its own messages only.
LISTENERS = {
    "udp": [
        "logger-udp", "logger-udp-bsd", "handler-udp", "rsyslog-udp", "loggen-udp", "sizes", "page",
        "syslogng-udp", "haproxy-udp", "haproxy-bsd", "nginx-udp", "busybox-udp", "socat-udp",
        "perl-udp", "winston-udp", "syslogclient-udp", "log4j-udp",
    ],
    "tcp": [
        "logger-tcp", "logger-count", "handler-tcp", "handler-count", "rsyslog-lf", "rsyslog-count",
        "loggen-tcp", "loggen-count", "mixed", "cli", "followed",
        "syslogng-tcp", "syslogng-count", "haproxy-count", "socat-tcp",
        "perl-tcp", "winston-tcp", "syslogclient-tcp", "log4j-tcp",
    ],
    "tls": [
        "rsyslog-tls", "loggen-tls", "openssl", "syslogng-tls", "socat-tls", "winston-tls", "log4j-tls",
    ],
}  # fmt: skip


@dataclass
class Appliance:
    """A running appliance and its command line."""

    folder: Path
    ports: dict[str, int]
    web: int
    process: int = 0
    banner: str = ""

    @property
    def options(self) -> tuple[str, ...]:
        """What every command needs to find this appliance."""
        return ("--config", str(self.folder / "sysledger.toml"), "--data", str(self.folder / "var"))

    def run(self, *words: str) -> bytes:
        """Run one command and give what it printed."""
        command = [sys.executable, "-m", "sysledger", *words, *self.options]
        result = subprocess.run(command, capture_output=True, check=False)
        assert result.returncode == 0, result.stderr.decode()
        return result.stdout

    def printed(self, *words: str) -> str:
        """Run one command and give what it printed, as text."""
        return self.run(*words).decode()

    def status(self) -> dict[str, Any]:
        """The status as a program reads it."""
        found: dict[str, Any] = json.loads(self.run("status", "--output", "json"))
        return found

    def log(self) -> str:
        """What stands on stderr."""
        return (self.folder / "log").read_text()

    def count(self, stream: str, query: str = "") -> int:
        """How many messages of ``stream`` match."""
        return int(self.run("search", query, "--stream", stream, "--count"))

    def await_count(self, stream: str, count: int) -> None:
        """Wait until ``stream`` holds ``count`` messages."""
        await_true(lambda: self.count(stream) >= count, f"{count} messages in {stream}")

    def counted(self, stream: str) -> bytes:
        """Every message of ``stream``, octet-counted, in order of seq."""
        today = datetime.now(UTC).date()
        days = (today - timedelta(days=1), today)
        command = ("cat", "--stream", stream, "--framing", "octet", "--date")
        return b"".join(self.run(*command, str(day)) for day in days)

    def messages(self, stream: str) -> list[bytes]:
        """Every message of ``stream``, exact octets, in order of seq."""
        octets, found, begin = self.counted(stream), [], 0
        while begin < len(octets):
            space = octets.index(b" ", begin)
            end = space + 1 + int(octets[begin:space])
            found.append(octets[space + 1 : end])
            begin = end
        return found


@contextmanager
def running(
    folder: Path, listeners: dict[str, list[str]], settings: str = "", *, sign_in: str = "off"
) -> Iterator[Appliance]:
    """Start ``sysledger run``; stop it with SIGINT, as Ctrl-C does, and expect a clean exit."""
    ports, lines = {}, []
    for transport, names in listeners.items():
        for name in names:
            ports[name] = free_port(socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM)
            lines += [f"[collector.listeners.{name}]", f'transport = "{transport}"', f"port = {ports[name]}"]
            lines += [f'stream = "{name}"', 'address = "127.0.0.1"']
    for name in ("udp", "tcp", "tls", "dtls", "relp", "self"):
        ports[name] = free_port(socket.SOCK_DGRAM if name in {"udp", "dtls", "self"} else socket.SOCK_STREAM)
        lines += [f"[collector.listeners.{name}]", f"port = {ports[name]}"]
    web = free_port()
    lines += ["[supervisor.status]", "port = 0", "[web]", f"port = {web}", f'sign_in = "{sign_in}"', settings]
    if "[watch]" not in settings:
        lines += ["[watch]", "canary_seconds = 0"]  # a canary is a message, and tests count those
    (folder / "sysledger.toml").write_text("\n".join(lines))
    appliance = Appliance(folder, ports, web)
    command = [sys.executable, "-m", "sysledger", "run", *appliance.options]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        appliance.process = process.pid
        assert process.stdout is not None
        for line in process.stdout:
            appliance.banner += line
            if f"127.0.0.1:{web}" in line:
                break
        else:
            raise AssertionError(appliance.banner + appliance.log())
        drain = threading.Thread(target=process.stdout.read)
        drain.start()
        try:
            yield appliance
        finally:
            process.send_signal(signal.SIGINT)
            code = process.wait(DEADLINE)
            drain.join()
    assert code == 0, appliance.log()


class Recorder:
    """Stands between a sender and a listener: forwards all octets and remembers them."""

    def __init__(self, port: int, kind: socket.SocketKind) -> None:
        self._target = ("127.0.0.1", port)
        self._socket = socket.socket(socket.AF_INET, kind)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.datagrams: list[bytes] = []
        self.connections: list[bytes] = []
        self.accepted = 0
        work = self._relay_datagrams
        if kind == socket.SOCK_STREAM:
            self._socket.listen()
            work = self._relay_connections
        self._thread = threading.Thread(target=work, daemon=True)
        self._thread.start()

    def _relay_datagrams(self) -> None:
        while (datagram := self._socket.recv(65536)) != b"stop":  # some senders' first datagram is empty
            self.datagrams.append(datagram)
            self._socket.sendto(datagram, self._target)

    def _relay_connections(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            received = b""
            self.accepted += 1
            with connection, socket.create_connection(self._target) as onward:
                while octets := connection.recv(65536):
                    received += octets
                    onward.sendall(octets)
            if not received:
                return
            self.connections.append(received)

    def closed(self) -> list[bytes]:
        """Wait until every connection so far has ended; give what each carried."""
        await_true(lambda: len(self.connections) == self.accepted, "the senders' connections end")
        return self.connections

    def close(self) -> None:
        """End the relay's thread and close its socket."""
        if self._socket.type == socket.SOCK_DGRAM:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"stop", ("127.0.0.1", self.port))
        else:
            socket.create_connection(("127.0.0.1", self.port)).close()
        self._thread.join(DEADLINE)
        self._socket.close()
