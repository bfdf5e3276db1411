"""A whole appliance for benchmarks: ``sysledger run`` on free ports and a fresh data folder."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from storage.catalogue import Catalogue
from storage.layout import Layout, StreamName
from tests.benchmarks.measure import cpu_seconds, octets_below, peak_octets, tree, wait_until
from tests.machine import accepts, free_port

STREAM: Final = StreamName()
ROLES: Final = ("collector", "storage", "indexer", "web")


class Appliance:
    """Runs while the context lasts.

    Args:
        folder: its configuration, log and data (``data``) go there.
        settings: more TOML, of tables that are not named below.
        seal_age: seconds after which a journal is archived though it is not full: the default of an hour is
            longer than anybody wants to wait for a benchmark.
        udp: more settings of the UDP listener.
    """

    def __init__(self, folder: Path, settings: str = "", *, seal_age: float = 3, udp: str = "") -> None:
        self.folder, self.data = folder, folder / "var"
        self.tcp, self.tls, self.relp, self.web = (free_port() for _ in range(4))
        self.udp, self.dtls, own = (free_port(socket.SOCK_DGRAM) for _ in range(3))
        ports = {"udp": self.udp, "tcp": self.tcp, "tls": self.tls, "dtls": self.dtls, "relp": self.relp}
        lines = [
            f"[collector.listeners.{name}]\nport = {port}" for name, port in {**ports, "self": own}.items()
        ]
        lines.insert(1, udp)
        lines += [
            "[supervisor.status]\nport = 0",
            f'[web]\nport = {self.web}\nsign_in = "off"',
            f"[storage.journal]\nage = {seal_age}",
            settings,
            "" if "[watch]" in settings else "[watch]\ncanary_seconds = 0",  # benchmarks count messages
        ]
        self._configuration = folder / "sysledger.toml"
        self._configuration.write_text("\n".join(lines))
        self.options = ("--config", str(self._configuration), "--data", str(self.data))
        self._before: dict[str, float] = {}

    def __enter__(self) -> Self:
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "sysledger", "run", *self.options], stdout=log, stderr=log
            )
        self._catalogue = Catalogue(Layout(self.data))
        wait_until(self._is_up, "the appliance's start", 60)
        self._before = self._cpu()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.send_signal(signal.SIGINT)
        if self.process.wait(60):
            raise SystemExit(f"the appliance ended with {self.process.returncode}: {self.log()[-2000:]}")

    def _is_up(self) -> bool:
        if self.process.poll() is not None:
            raise SystemExit(f"the appliance does not start: {self.log()[-2000:]}")
        ready = all((self.data / "run" / f"{role}.json").exists() for role in ROLES[:3])
        return ready and all(map(accepts, (self.tcp, self.tls, self.web)))

    def log(self) -> str:
        """Give what stands on its standard output and error."""
        return (self.folder / "log").read_text()

    def roles(self) -> dict[str, int]:
        """Give the process id of each role, and of the supervisor."""
        found = {"supervisor": self.process.pid}
        for process in tree(self.process.pid)[1:]:
            words = Path(f"/proc/{process}/cmdline").read_bytes().decode().split("\0")
            if "--role" in words:
                found[words[words.index("--role") + 1]] = process
        return found

    def _cpu(self) -> dict[str, float]:
        return {role: cpu_seconds([process]) for role, process in self.roles().items()}

    def cpu(self) -> dict[str, float]:
        """Give the CPU seconds, user and system, of each role since it was up."""
        return {role: seconds - self._before.get(role, 0.0) for role, seconds in self._cpu().items()}

    def peaks(self) -> dict[str, int]:
        """Give the most octets that each role had resident."""
        return {role: peak_octets(process) for role, process in self.roles().items()}

    def command(self, *words: str) -> bytes:
        """Run one command of the command line on it, and give what it printed."""
        command = [sys.executable, "-m", "sysledger", *words, *self.options]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout

    def status(self) -> dict[str, Any]:
        """Give its status as a program reads it."""
        found: dict[str, Any] = json.loads(self.command("status", "--output", "json"))
        return found

    def journalled(self) -> int:
        """Give how many messages of the stream syslog are durable, as the files say."""
        return self._catalogue.last_seq(STREAM)

    def wait_journalled(self, count: int, seconds: float = 300) -> float:
        """Wait until ``count`` messages are durable; give the seconds it took."""
        return wait_until(lambda: self.journalled() >= count, f"{count} messages journalled", seconds)

    def wait_archived(self, seconds: float = 300) -> None:
        """Wait until no message is in a journal."""
        wait_until(lambda: self._stream("journal_messages") == 0, "everything archived", seconds)

    def wait_indexed(self, seconds: float = 900) -> None:
        """Wait until everything is archived and indexed."""
        self.wait_archived(seconds)
        wait_until(lambda: self.status()["index_pending"] == 0, "everything indexed", seconds)

    def _stream(self, name: str) -> Any:
        streams = self.status()["streams"]
        return next((stream[name] for stream in streams if stream["stream"] == STREAM.stream), None)

    def archive_octets(self) -> int:
        """Add up the archive's files of the stream syslog."""
        return octets_below(self._below("archive"))

    def index_octets(self) -> int:
        """Add up the index' files of the stream syslog."""
        return octets_below(self._below("index"))

    def _below(self, name: str) -> Path:
        return self.data / name / f"tenant={STREAM.tenant}" / f"stream={STREAM.stream}"
