"""A whole appliance on sockets that others opened: systemd's, and the supervisor's for its collectors."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from collector.settings import CollectorSettings
from tests.end_to_end.appliance import Appliance
from tests.machine import DEADLINE, accepts, await_true, free_port

Tool = Callable[[str], str]
LOOPBACK = "127.0.0.1"

# What systemd does for a service: sockets from descriptor 3 on, and the environment for this very process.
LAUNCHER = """
import os, socket, sys
names, *words = sys.argv[1:]
sockets = []
for number, name in enumerate(names.split(",")):
    name, kind, port = name.split("/")
    opened = socket.socket(socket.AF_INET, getattr(socket, kind))
    opened.bind(("127.0.0.1", int(port)))
    if kind == "SOCK_STREAM":
        opened.listen()
    sockets.append((name, opened))
spare = [os.dup2(opened.fileno(), 100 + number) for number, (_, opened) in enumerate(sockets)]
for number, high in enumerate(spare):
    os.dup2(high, 3 + number)
os.environ |= {
    "LISTEN_FDS": str(len(sockets)),
    "LISTEN_PID": str(os.getpid()),
    "LISTEN_FDNAMES": ":".join(name for name, _ in sockets),
}
os.execv(words[0], words)
"""


def configured(folder: Path, *lines: str) -> Appliance:
    """An appliance by two collector processes, with the listeners of these lines only."""
    web = free_port()
    closed = [
        line
        for name in CollectorSettings().listeners
        if f"[collector.listeners.{name}]" not in lines
        for line in (f"[collector.listeners.{name}]", "enabled = false")
    ]
    text = ["[supervisor.status]", "port = 0", "[web]", f"port = {web}", "[watch]", "canary_seconds = 0"]
    text += ["[collector]", "processes = 2", *closed, *lines]
    (folder / "sysledger.toml").write_text("\n".join(text))
    return Appliance(folder, {}, web)


@contextmanager
def launched(appliance: Appliance, *launcher: str) -> Iterator[subprocess.Popen[bytes]]:
    """The appliance, started by a launcher that becomes it; it has to stop in order."""
    command = [*launcher, sys.executable, "-P", "-m", "sysledger", "run", *appliance.options]
    with (
        (appliance.folder / "log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as process,
    ):
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(DEADLINE)
    assert code == 0, appliance.log()


def send_line(port: int, text: str) -> None:
    """Send one line over a connection of its own."""
    with socket.create_connection((LOOPBACK, port), DEADLINE) as sender:
        sender.sendall(text.encode() + b"\n")


def await_banner(appliance: Appliance) -> None:
    """Wait until everything is up."""
    await_true(lambda: "Ctrl-C stops it" in appliance.log(), "the banner")


def collectors(appliance: Appliance) -> dict[str, int]:
    """The collector processes that are ready."""
    roles = appliance.status()["roles"]
    return {name: role["pid"] for name, role in roles.items() if name.startswith("collector") and role["pid"]}


def test_systemd_socket_activate(tmp_path: Path, tool: Tool) -> None:
    """systemd's own launcher: the first connection starts the appliance, which then receives it."""
    activate = tool("systemd-socket-activate")
    by_name, by_port = free_port(), free_port()
    appliance = configured(
        tmp_path, "[collector.listeners.tcp]", "[collector.listeners.other]",
        'transport = "tcp"', f'address = "{LOOPBACK}"', f"port = {by_port}",
    )  # fmt: skip
    places = ["-l", f"{LOOPBACK}:{by_name}", "-l", f"{LOOPBACK}:{by_port}", "--fdname=tcp:sysledger.socket"]
    with launched(appliance, activate, *places, "-E", "PATH"):
        await_true(lambda: accepts(by_port), "the launcher")
        send_line(by_name, "<13>by name")
        send_line(by_port, "<13>by port")
        await_banner(appliance)
        appliance.await_count("syslog", 2)
        assert sorted(appliance.messages("syslog")) == [b"<13>by name", b"<13>by port"]
        found = appliance.status()["roles"]["collector-1"]["listeners"]
        assert (found["tcp"]["port"], found["other"]["port"]) == (by_name, by_port)


def test_nothing_is_refused_while_collectors_are_away(tmp_path: Path) -> None:
    """The sockets stay open when every collector dies: what is sent meanwhile is received by the next."""
    tcp, udp = free_port(), free_port(socket.SOCK_DGRAM)
    appliance = configured(tmp_path, "[collector.listeners.tcp]", "[collector.listeners.udp]")
    sockets = f"tcp/SOCK_STREAM/{tcp},udp/SOCK_DGRAM/{udp}"
    with launched(appliance, sys.executable, "-c", LAUNCHER, sockets):
        await_true(lambda: accepts(tcp), "the launcher")
        send_line(tcp, "<13>before")
        await_banner(appliance)
        appliance.await_count("syslog", 1)
        for process in collectors(appliance).values():
            os.kill(process, signal.SIGKILL)
        send_line(tcp, "<13>meanwhile by TCP")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"<13>meanwhile by UDP", (LOOPBACK, udp))
        appliance.await_count("syslog", 3)
        assert sorted(appliance.messages("syslog")) == [
            b"<13>before",
            b"<13>meanwhile by TCP",
            b"<13>meanwhile by UDP",
        ]


def test_unix_socket_of_several_collectors(tmp_path: Path, tool: Tool) -> None:
    """Two collector processes share one Unix socket, whose path goes with the appliance."""
    logger, path = tool("logger"), tmp_path / "log.socket"
    appliance = configured(
        tmp_path, "[collector.listeners.local]", 'transport = "unix"', f'path = "{path}"'
    )  # fmt: skip
    with launched(appliance):
        await_banner(appliance)
        for number in range(3):
            subprocess.run([logger, "-u", str(path), "--socket-errors=on", f"message {number}"], check=True)
        appliance.await_count("syslog", 3)
        assert len(collectors(appliance)) == 2
        ends = sorted(message[-len("message 0") :] for message in appliance.messages("syslog"))
        assert ends == [b"message 0", b"message 1", b"message 2"]  # each process takes some
        assert f"UNIX {path}" in (tmp_path / "log").read_text()
    assert not path.exists()


def test_a_socket_without_listener_ends_the_start(tmp_path: Path) -> None:
    """A socket that nobody would read ends the start with what to set."""
    appliance = configured(tmp_path, "[collector.listeners.tcp]")
    command = [sys.executable, "-m", "sysledger", "run", *appliance.options]
    launcher = [sys.executable, "-c", LAUNCHER, f"smtp/SOCK_STREAM/{free_port()}"]
    found = subprocess.run([*launcher, *command], capture_output=True, check=False)
    assert found.returncode == os.EX_UNAVAILABLE
    assert b"set FileDescriptorName= of its socket unit" in found.stderr
