"""Collector and storage as two real processes, which a test may kill, stop and start at any moment."""

import json
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from storage.layout import Layout, StreamName
from storage.octets import day_octets
from tests.machine import DEADLINE, await_true

LOOPBACK = "127.0.0.1"
OPEN = b"relp_version=0\nrelp_software=test\ncommands=syslog"

STORE = """
import asyncio, json, signal, sys
from pathlib import Path
from curve import own_keys
from storage.layout import Layout
from storage.settings import StorageSettings
from storage.worker import run

async def main():
    given = json.loads(sys.argv[1])
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    layout = Layout(Path(given["data"]))
    await run(StorageSettings(**given["settings"]), layout=layout, endpoint=given["endpoint"],
              keys=own_keys(layout.tls), report=lambda state: None,
              ready=lambda: print("ready", flush=True), stop=stop)

asyncio.run(main())
"""
COLLECT = """
import asyncio, json, logging, signal, sys
from pathlib import Path
from collector.run import run
from collector.settings import CollectorSettings

async def main():
    given = json.loads(sys.argv[1])
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    data = Path(given["data"])
    last = {}
    def report(state):
        last.update(state)
        written = json.dumps(state)
        (data / "report.new").write_text(written)
        (data / "report.new").rename(data / "report.json")
    def ready():
        print(json.dumps({name: one["port"] for name, one in last["listeners"].items()}), flush=True)
    await run(CollectorSettings(**given["settings"]), tls_folder=data / "tls", endpoint=given["endpoint"],
              queue=data / "queue" / given["name"], report=report, ready=ready,
              stop=stop, first=given["first"])

asyncio.run(main())
"""


@dataclass
class Process:
    """A process that says one line when it is ready."""

    program: str
    given: dict[str, Any]
    log: Path
    said: str = ""
    process: "subprocess.Popen[str] | None" = None

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        command = [sys.executable, "-c", self.program, json.dumps(self.given)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.process.stdout is not None
        self.said = self.process.stdout.readline()
        assert self.said, self.log.read_text()

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send it a signal and wait for its end; give the exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(number)
        code = self.process.wait(DEADLINE)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None
        return code

    def kill(self) -> None:
        """Kill it as the kernel does when memory runs out."""
        self.end(signal.SIGKILL)

    def hold(self) -> None:
        """Have it do nothing, as one that hangs."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def release(self) -> None:
        """Let it go on."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)


@dataclass
class Site:
    """One collector and one storage (or more), under one folder."""

    folder: Path
    settings: dict[str, Any] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)

    def storage(self, name: str = "storage", **settings: Any) -> Process:
        """Describe a storage process; it is not started."""
        given = {
            "data": str(self.folder / name),
            "endpoint": f"ipc://{self.folder}/{name}.ipc",
            "settings": {"merge_messages": 0, **settings},
        }
        self.processes.append(Process(STORE, given, self.folder / f"{name}.log"))
        return self.processes[-1]

    def collector(self, name: str = "collector", *, first: bool = True, **settings: Any) -> Process:
        """Describe a collector process with a TCP and a RELP listener; it is not started."""
        data = self.folder / "box"
        data.mkdir(exist_ok=True)
        listeners = {
            transport: {"transport": transport, "address": LOOPBACK, "port": 0}
            for transport in ("tcp", "relp")
        }
        given = {
            "data": str(data),
            "endpoint": f"ipc://{self.folder}/storage.ipc",
            "name": name,
            "first": first,
            "settings": {
                "listeners": listeners,
                "shipped_rules": False,
                "spill_seconds": 0.3,
                "answer_seconds": 1.0,
                "queue_free_octets": 0,
                **settings,
            },
        }
        self.processes.append(Process(COLLECT, given, self.folder / f"{name}.log"))
        return self.processes[-1]

    def port(self, collector: Process, transport: Literal["tcp", "relp"]) -> int:
        """The port that a listener got."""
        port: int = json.loads(collector.said)[transport]
        return port

    def handoff(self) -> dict[str, Any]:
        """What the collector last reported of its hand-off."""
        found: dict[str, Any] = json.loads((self.folder / "box" / "report.json").read_text())["handoff"]
        return found

    def stored(self, name: str = "storage") -> list[bytes]:
        """Every message that storage has, in order of seq, read from its files."""
        layout = Layout(self.folder / name)
        today = datetime.now(UTC).date()
        days = (today - timedelta(days=1), today)
        octets = b"".join(
            piece for day in days for piece in day_octets(layout, StreamName(), day, octet_counting=False)
        )
        return octets.splitlines()

    def await_stored(self, count: int, name: str = "storage") -> list[bytes]:
        """Wait until storage has so many messages; give them."""
        await_true(lambda: len(self.stored(name)) >= count, f"{count} messages in {name}")
        return self.stored(name)

    def queued(self) -> int:
        """Octets of queue files on disk."""
        return sum(file.stat().st_size for file in (self.folder / "box" / "queue").rglob("*.queue"))


@contextmanager
def site(folder: Path) -> Iterator[Site]:
    """Give a site; whatever was started ends with the block."""
    made = Site(folder)
    try:
        yield made
    finally:
        for process in made.processes:
            process.kill()


def send_lines(port: int, lines: list[bytes]) -> None:
    """Send lines over one TCP connection."""
    with socket.create_connection((LOOPBACK, port)) as sender:
        sender.sendall(b"".join(line + b"\n" for line in lines))


class RelpSender:
    """Sends numbered messages by RELP, within a window, and keeps those that were not answered.

    After a break it connects again and sends those once more, as RELP's senders do: they may be stored twice.
    """

    def __init__(self, prefix: str, window: int = 64) -> None:
        self.answered: set[bytes] = set()
        self.again: Counter[bytes] = Counter()  # sent more than once
        self.sent = 0
        self._prefix = prefix
        self._window = window
        self._unanswered: dict[int, bytes] = {}
        self._waiting: list[bytes] = []
        self._socket: socket.socket | None = None
        self._received = b""
        self._txnr = 0

    def connect(self, port: int) -> None:
        """Open a session, and send again what was not answered."""
        self.close()
        self._waiting = [*self._unanswered.values(), *self._waiting]
        self.again.update(self._unanswered.values())
        self._unanswered.clear()
        self._socket = socket.create_connection((LOOPBACK, port))
        self._socket.settimeout(DEADLINE)
        self._txnr, self._received = 1, b""
        self._socket.sendall(b"1 open %d %b\n" % (len(OPEN), OPEN))

    def send(self, count: int) -> None:
        """Send so many new messages, and take the answers that the window asks for."""
        first = self.sent + 1
        self.sent += count
        self._waiting += [
            f"<13>Oct 11 22:14:15 host {self._prefix}: {number}".encode()
            for number in range(first, first + count)
        ]
        self._flow(self._window)

    def finish(self) -> None:
        """Wait until everything is answered."""
        self._flow(0)

    def close(self) -> None:
        """Break the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _flow(self, most: int) -> None:
        assert self._socket is not None
        while self._waiting or len(self._unanswered) > most:
            while self._waiting and len(self._unanswered) < self._window:
                message = self._waiting.pop(0)
                self._txnr += 1
                self._unanswered[self._txnr] = message
                self._socket.sendall(b"%d syslog %d %b\n" % (self._txnr, len(message), message))
            self._take()

    def _take(self) -> None:
        assert self._socket is not None
        octets = self._socket.recv(65_536)
        if not octets:
            raise ConnectionError("the collector has ended the connection")
        self._received += octets
        *answers, self._received = self._received.split(b"\n")
        for answer in answers:
            words = answer.split(b" ", 4)
            if len(words) > 3 and words[1] == b"rsp" and words[3].startswith(b"200") and words[0] != b"1":
                self.answered.add(self._unanswered.pop(int(words[0])))


class Relay:
    """Stands between two TCP ends, and can stop forwarding, or break every connection."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listening = socket.create_server((LOOPBACK, 0))
        self.port: int = self._listening.getsockname()[1]
        self._flows = threading.Event()
        self._flows.set()
        self._open: list[socket.socket] = []
        self._ended = False
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """Forward nothing any more, in silence; what was read stays where it is."""
        self._flows.clear()

    def go_on(self) -> None:
        """Forward again."""
        self._flows.set()

    def cut(self) -> None:
        """Break every connection."""
        while self._open:
            one = self._open.pop()
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def close(self) -> None:
        """End it all."""
        self._ended = True
        self._flows.set()
        self.cut()
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                one, _ = self._listening.accept()
                other = socket.create_connection((LOOPBACK, self._target))
            except OSError:
                if self._ended:
                    return
                one.close()
                continue
            self._open += [one, other]
            for source, target in ((one, other), (other, one)):
                threading.Thread(target=self._forward, args=(source, target), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while octets := source.recv(16_384):
                self._flows.wait()
                target.sendall(octets)
        except OSError:
            pass
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
