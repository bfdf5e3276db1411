"""The appliance that suffers: started as its operator starts it; its processes are killed and stopped."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from storage.layout import Layout
from supervisor.settings import SupervisorSettings
from supervisor.status import read_report
from tests.machine import alive

LISTENERS: Final = ("udp", "tcp", "tls", "dtls", "relp", "self")
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 90.0
PAUSE: Final = 0.02
_LOWEST_PORT: Final = 10_000  # below those that the kernel gives to connections: a port stays free
_HIGHEST_PORT: Final = 32_000


class StuckError(Exception):
    """Something that must come by itself did not come in time: the fault has found a defect."""


# Small journals, so that sealing, indexing and merging go on all the time; short pauses before a new start.
SETTINGS: Final = """
[supervisor]
restart_seconds = 0.05
restart_seconds_most = 1.0
[collector]
memory_octets = {memory}
answer_seconds = 1.0
{collector}
"""
JOURNAL: Final = "[storage.journal]\nmessages = 4000\nage = 2\n[storage.index]\npoll = 0.2\n"


def quiet_port() -> int:
    """Find a port that is free, and that no connection is given while the appliance is down."""
    for _ in range(1000):
        port = random.randrange(_LOWEST_PORT, _HIGHEST_PORT)
        with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagram, suppress(OSError):
            stream.bind(("127.0.0.1", port))
            datagram.bind(("127.0.0.1", port))
            return port
    raise StuckError("no port is free")


class Site:
    """One appliance in a folder of its own.

    Args:
        folder: configuration and log go there.
        data: the data folder; ``folder``/var without it.
        settings: more TOML: whole tables that are not here.
        listeners: more settings of single listeners, as lines of TOML.
        journal: settings of journal and index.
        collector: more settings of the collector, as lines of TOML.
        memory: octets that a collector may hold.
    """

    def __init__(
        self,
        folder: Path,
        data: Path | None = None,
        settings: str = "",
        listeners: Mapping[str, str] = MappingProxyType({}),
        journal: str = JOURNAL,
        collector: str = "",
        memory: int = 16 << 20,
    ) -> None:
        self.folder, self.data = folder, data or folder / "var"
        self.layout = Layout(self.data)
        self.ports = {name: quiet_port() for name in (*LISTENERS, "web")}
        self.kills = self.starts = 0
        self.environment: dict[str, str] = {}  # what it is started with, beside ours
        self._process: subprocess.Popen[bytes] | None = None
        lines = [
            SETTINGS.format(collector=collector, memory=memory),
            journal,
            "[web]",
            f"port = {self.ports['web']}",
            'sign_in = "off"',
        ]
        for name in LISTENERS:
            lines += [f"[collector.listeners.{name}]", f"port = {self.ports[name]}", 'address = "127.0.0.1"']
            lines.append(listeners.get(name, ""))
        lines += _kept_quiet()
        self.configuration = folder / "sysledger.toml"
        self.configuration.write_text("\n".join([*lines, settings]))
        self.options = ("--config", str(self.configuration), "--data", str(self.data))

    def start(self) -> None:
        """Start it, and wait until it says that it is ready.

        Raises:
            StuckError: when it does not.
        """
        command = [sys.executable, "-m", "sysledger", "run", *self.options]
        banner = self.folder / "banner"
        with banner.open("wb") as output, (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=output, stderr=log, env={**os.environ, **self.environment}
            )
        self.starts += 1
        ready = f"127.0.0.1:{self.ports['web']}"
        self.wait(lambda: ready in banner.read_text() or self._process_ended(), "start", START_SECONDS)
        if self._process_ended():
            raise StuckError(f"the appliance does not start: {self.log()[-3000:]}")

    def _process_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def stop(self) -> int:
        """Stop it as Ctrl-C does, and give its exit code."""
        if self._process is None:
            return 0
        self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired as error:
            self.kill_all()
            raise StuckError(f"no end {STOP_SECONDS} s after SIGINT: {self.log()[-3000:]}") from error

    def processes(self) -> dict[str, int]:
        """Give the process id of each role that runs, and of the supervisor while it does."""
        found = {}
        if self._process is not None and self._process.poll() is None:
            found["supervisor"] = self._process.pid
        data = os.fsencode(self.data.absolute())
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                words = (folder / "cmdline").read_bytes().split(b"\0")
                if data in words and b"--role" in words:
                    found[words[words.index(b"--role") + 1].decode()] = int(folder.name)
        return found

    def await_role(self, role: str, seconds: float = START_SECONDS) -> int:
        """Wait until a role is ready, as its report tells; give its process id."""
        if role == "supervisor":
            return self.processes()[role]

        def pid() -> int | None:
            process = self.processes().get(role)
            return process if process and self.report(role).get("pid") == process else None

        self.wait(pid, f"{role} runs", seconds)
        return pid() or self.await_role(role, seconds)

    def report(self, role: str) -> dict[str, Any]:
        """Give what a role last reported."""
        return read_report(self.layout.run, role)

    def kill(self, role: str) -> None:
        """End a process as the kernel does that runs out of memory; start all again after the supervisor."""
        pid = self.processes().get(role)
        if pid is None:
            return
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            self.kills += 1
        if role == "supervisor" and self._process is not None:
            self._process.wait()
            self.start()
        else:
            self.wait(lambda: not alive(pid), f"the end of {role}", START_SECONDS)

    def kill_all(self) -> None:
        """End all processes at once, as a loss of power does."""
        pids = list(self.processes().values())
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
        self.kills += 1
        self.wait(lambda: not any(map(alive, pids)), "the end of all", START_SECONDS)

    def signal(self, role: str, number: signal.Signals) -> None:
        """Send a signal to a role, or to the supervisor."""
        with suppress(ProcessLookupError, KeyError):
            os.kill(self.processes()[role], number)

    def command(self, *words: str, seconds: float = 300) -> subprocess.CompletedProcess[bytes]:
        """Run one command of the command line on it."""
        command = [sys.executable, "-m", "sysledger", *words, *self.options]
        return subprocess.run(command, capture_output=True, check=False, timeout=seconds)

    def log(self) -> str:
        """Give what stands on stderr."""
        return (self.folder / "log").read_text(errors="replace")

    def wait(self, condition: Any, what: str, seconds: float) -> None:
        """Wait until ``condition()`` holds.

        Raises:
            StuckError: when it does not within ``seconds``.
        """
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > until:
                raise StuckError(f"waited {seconds:g} s in vain: {what}; {self.log()[-3000:]}")
            time.sleep(PAUSE)


def _kept_quiet() -> Sequence[str]:
    """Give the settings that keep other appliances' port free, and our own messages out of what is judged."""
    from commands.settings import settings_model  # noqa: PLC0415 - where all packages are known, when it is needed

    lines = ["[supervisor.status]", "port = 0"] if "status" in SupervisorSettings.model_fields else []
    return [*lines, "[watch]", "canary_seconds = 0"] if "watch" in settings_model().model_fields else lines
