"""Start: how long until commands answer, until every port listens, and until the first message is found.

    python -m tests.benchmarks.start [--runs 5]

* commands: wall seconds of ``--help`` of the whole and of each command, ``version``, ``check-config``, and of
  a search for a word on the command line, over the few messages that the runs below have left.
* ``sysledger run`` on a fresh data folder (a key and a certificate are made) and again on the same one: wall
  seconds until TCP, TLS, RELP and the page accept connections and the UDP ports are bound, until everything
  is ready, and until a message sent by then is found by the page; CPU seconds of all processes until ready.
* rsyslogd and syslog-ng with a TCP and a UDP port (they have no index, and make no certificate): wall seconds
  until both are there, and CPU seconds.

Prints medians. Fails when a message is not found, when help takes 0.3 s, or listening 2 s.
"""

import argparse
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.benchmarks.appliance import Appliance
from tests.benchmarks.measure import cpu_seconds, machine, median, print_table, tree, wait_until
from tests.benchmarks.peers import RSYSLOG_TCP, SYSLOG_NG, Peer, Rsyslogd, SyslogNg
from tests.machine import accepts, free_port

WORD: Final = "needle-7f3a9c51"
HELP_SECONDS: Final = 0.3
LISTENING_SECONDS: Final = 2.0
COMMANDS: Final = (
    "run", "check-config", "parse", "explain", "search", "tail", "cat", "status", "retention", "version",
    "index", "index status", "index rebuild", "tls", "tls show", "tls issue", "rules", "rules check",
)  # fmt: skip
LISTENING: Final = "every port listens"
READY: Final = "ready"
FOUND: Final = "first message found"
CPU: Final = "CPU s until ready"
RSYSLOG_UDP: Final = 'module(load="imudp") input(type="imudp" address="127.0.0.1" port="{udp}" ruleset="out")'

Moments = dict[str, float]


def seconds(*command: str) -> float:
    """Give the wall seconds of a command."""
    began = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    return time.monotonic() - began


def sysledger(*words: str) -> float:
    """Give the wall seconds of one of our commands."""
    return seconds(sys.executable, "-m", "sysledger", *words)


def bound(port: int) -> bool:
    """Whether a UDP port is taken."""
    tables = (Path(f"/proc/net/{name}").read_text() for name in ("udp", "udp6"))
    return any(re.search(rf":{port:04X} [0-9A-F]+:0000 ", table) is not None for table in tables)


class TimedAppliance(Appliance):
    """An appliance whose start is timed."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.moments: Moments = {}
        self._began = time.monotonic()

    def _is_up(self) -> bool:
        if self.process.poll() is not None:
            raise SystemExit(f"the appliance does not start: {self.log()[-2000:]}")
        passed = time.monotonic() - self._began
        streams, datagrams = (self.tcp, self.tls, self.relp, self.web), (self.udp, self.dtls)
        if LISTENING not in self.moments and all(map(accepts, streams)) and all(map(bound, datagrams)):
            self.moments[LISTENING] = time.monotonic() - self._began
        if READY not in self.moments and "is running on data folder" in self.log():
            self.moments[READY] = passed
            self.moments[CPU] = cpu_seconds(tree(self.process.pid))
        return len(self.moments) == len((LISTENING, READY, CPU))


def ours(folder: Path) -> tuple[Moments, float]:
    """Start an appliance, send a message and find it; give the moments, and the seconds of a search."""
    with TimedAppliance(folder) as appliance:
        moments = appliance.moments
        word = f"{WORD}-{time.monotonic_ns()}"
        with socket.create_connection(("127.0.0.1", appliance.tcp)) as connection:
            connection.sendall(f"<13>1 - host app - - - {word}\n".encode())
        url = f"http://127.0.0.1:{appliance.web}/search?q={word}"
        wait_until(lambda: urllib.request.urlopen(url).read().count(word.encode()) > 1, "the message", 30)
        moments[FOUND] = time.monotonic() - appliance._began  # noqa: SLF001 - of the class above
        searched = sysledger("search", word, *appliance.options)
    return moments, searched


def theirs(peer: Peer, udp: int) -> Moments:
    """Start another collector."""
    began = time.monotonic()
    with peer:
        wait_until(lambda: bound(udp), f"UDP port of {peer.name}", 30)
        return {LISTENING: time.monotonic() - began, CPU: cpu_seconds([peer._process.pid])}  # noqa: SLF001


def rsyslogd(folder: Path) -> Moments:
    """Start rsyslogd with both ports."""
    udp = free_port(socket.SOCK_DGRAM)
    inputs = RSYSLOG_TCP + "\n" + RSYSLOG_UDP.replace("{udp}", str(udp))
    return theirs(Rsyslogd(folder, inputs=inputs), udp)


def syslog_ng(folder: Path) -> Moments:
    """Start syslog-ng with both ports."""
    udp = free_port(socket.SOCK_DGRAM)
    datagrams = f'network(ip("127.0.0.1") port({udp}) transport("udp"));'
    source = SYSLOG_NG.replace("source in {{", "source in {{\n    " + datagrams)
    return theirs(SyslogNg(folder, source=source), udp)


def with_folder(measure: Callable[[Path], Moments]) -> Moments:
    """Measure in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="sysledger-start-"))
    found = measure(folder)
    shutil.rmtree(folder)
    return found


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    starts: dict[str, list[Moments]] = {}
    searches = []
    for _ in range(runs):
        folder = Path(tempfile.mkdtemp(prefix="sysledger-start-"))
        for name in ("sysledger run, fresh", "sysledger run, again"):
            moments, searched = ours(folder)
            starts.setdefault(name, []).append(moments)
            searches.append(searched)
        shutil.rmtree(folder)
        starts.setdefault("rsyslogd", []).append(with_folder(rsyslogd))
        starts.setdefault("syslog-ng", []).append(with_folder(syslog_ng))
    helps = {
        words: median(sysledger(*words.split(), "--help") for _ in range(runs)) for words in ("", *COMMANDS)
    }
    print(machine())
    print(Rsyslogd(Path()).release(), "|", SyslogNg(Path()).release())
    print(f"{runs} runs, medians in seconds")
    commands = [
        ["--help", f"{helps['']:.2f}"],
        ["the slowest COMMAND --help", f"{max(helps.values()):.2f}"],
        ["version", f"{median(sysledger('version') for _ in range(runs)):.2f}"],
        ["check-config", f"{median(sysledger('check-config') for _ in range(runs)):.2f}"],
        ["search WORD", f"{median(searches):.2f}"],
    ]
    print_table(["sysledger", "wall s"], commands)
    moments_ = (LISTENING, READY, FOUND, CPU)
    medians = {
        name: {moment: median(one[moment] for one in found) for moment in moments_ if moment in found[0]}
        for name, found in starts.items()
    }
    print_table(
        ["start", *moments_],
        [
            [name, *(f"{of[moment]:.2f}" if moment in of else "-" for moment in moments_)]
            for name, of in medians.items()
        ],
    )
    slow = [
        of[LISTENING]
        for name, of in medians.items()
        if name.startswith("sysledger") and of[LISTENING] > LISTENING_SECONDS
    ]
    sys.exit(bool(slow) or max(helps.values()) > HELP_SECONDS)


if __name__ == "__main__":
    main()
