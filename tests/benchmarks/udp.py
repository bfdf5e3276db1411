"""UDP ingest at stepped rates, and what is lost: Sysledger, rsyslogd (imudp; gzipped, plain) and syslog-ng.

    python -m tests.benchmarks.udp [--rates 25000,...,250000] [--collectors ours,gzip,plain,syslog-ng]
        [--seconds 20] [--step-seconds 5] [--set synthetic|real] [--peers 1] [--buffer 16777216] [--runs 5]

A sender of its own (tests/benchmarks/udp_sender.py: sendmmsg, paced by the clock) sends at each rate for
--step-seconds, and at 100,000 a second, which is the goal, for --seconds. Each collector begins anew at each
rate. The machine's cores are shared by the sender, the collector under test and, of ours, storage, index and
web as well. All ask for the same receive buffer of the kernel, of --buffer octets: more than
net.core.rmem_max grants to everybody, but what sysledger.socket gives by its ReceiveBuffer, so this runs as
root.

* lost: what was sent less what was stored. For ours the collector's own count must be the same, exactly, and
  the kernel's for that socket (/proc/net/udp6) as well; for the others the kernel's count is shown.
* CPU: user and system time of every process of the collector, the index apart; for ours also of the role
  collector alone. The sender's is not in it; on loopback most of the kernel's work for a datagram is there.
* peak: resident memory, of the collector's process (ours), of the only process (theirs).

Fails when a message of ours is unaccounted for, or is not one that was sent.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from tests.benchmarks.appliance import Appliance
from tests.benchmarks.measure import machine, median, print_table, wait_until
from tests.benchmarks.messages import message_set
from tests.benchmarks.peers import Peer, Rsyslogd, SyslogNg

BUFFER: Final = 16_777_216
RATES: Final = "25000,50000,75000,100000,125000,150000,200000,250000"
GOAL: Final = 100_000
POOL: Final = 50_000  # messages that are sent over and over
IMUDP: Final = """
module(load="imudp" batchSize="128")
input(type="imudp" address="127.0.0.1" port="{port}" rcvbufSize="16777216" ruleset="out")
"""
SYSLOG_NG_UDP: Final = """
@version: 3.38
options {{ stats-freq(0); flush-lines(1000); frac-digits(6); }};
source in {{
    network(ip("127.0.0.1") port({port}) transport("udp") so-rcvbuf(16777216) log-iw-size(100000)
        log-fetch-limit(1000) flags(syslog-protocol));
}};
destination out {{ file("{file}" flags(syslog-protocol) log-fifo-size(200000)); }};
log {{ source(in); destination(out); flags(flow-control); }};
"""


@dataclass
class Step:
    """What came of one rate."""

    sent: int
    took: float  # seconds of sending
    stored: int
    counted: int  # as lost, by the collector or else by the kernel
    cpu: float
    receiving: float  # CPU seconds of the role collector
    peak: int
    sender: float  # CPU seconds


class Task:
    """What is sent."""

    def __init__(self, folder: Path, name: str, peers: int, buffer: int = BUFFER) -> None:
        self.messages = [one for one in message_set(name, POOL) if b"\n" not in one]
        self.file = folder / "messages"
        self.file.write_bytes(b"\n".join(self.messages))
        self.peers, self.buffer = peers, buffer

    def asked(self, configuration: str) -> str:
        """Give another collector's configuration with the buffer that is asked for."""
        return configuration.replace(str(BUFFER), str(self.buffer))

    def send(self, port: int, rate: int, seconds: float) -> tuple[int, float, float]:
        """Send; give how many, the seconds that it took, and CPU seconds."""
        options = ("--rate", str(rate), "--seconds", str(seconds), "--peers", str(self.peers))
        command = [sys.executable, "-m", "tests.benchmarks.udp_sender", str(port), str(self.file), *options]
        done = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        return int(done["sent"]), float(done["seconds"]), float(done["cpu"])


def ours(task: Task, folder: Path, rate: int, seconds: float) -> Step:
    """Send to an appliance, and account for every message."""
    with Appliance(folder, udp=f"receive_buffer = {task.buffer}") as appliance:
        granted = _listener(appliance)["receive_buffer"]
        if granted < task.buffer:
            raise SystemExit(f"the receive buffer is {granted} octets: run as root, or see net.core.rmem_max")
        sent, took, sender = task.send(appliance.udp, rate, seconds)
        wait_until(lambda: _counted(appliance) == sent, f"{sent} messages accounted for", 60)
        lost = sum(_listener(appliance)["lost"].values())
        appliance.wait_journalled(sent - lost)
        used, peak = appliance.cpu(), appliance.peaks()["collector"]
        errors = _socket(appliance.udp)[1]
        stored = _stored(appliance, set(task.messages))
        if not sent - stored == lost == errors:
            raise SystemExit(f"sent {sent}, stored {stored}, counted as lost {lost}, by the kernel {errors}")
        cpu = sum(used.values()) - used["indexer"]
        return Step(sent, took, stored, lost, cpu, used["collector"], peak, sender)


def _listener(appliance: Appliance) -> dict[str, Any]:
    state = json.loads((appliance.data / "run" / "collector.json").read_text())
    found: dict[str, Any] = state["listeners"]["udp"]
    return found


def _counted(appliance: Appliance) -> int:
    listener = _listener(appliance)
    lost: dict[str, int] = listener["lost"]
    return int(listener["messages"]) + sum(lost.values())


def _stored(appliance: Appliance, known: set[bytes]) -> int:
    """Count what `sysledger cat` gives back, each of which must have been sent."""
    today, count = datetime.now(UTC).date(), 0
    for day in (today - timedelta(days=1), today):
        command = [sys.executable, "-m", "sysledger", "cat", "--date", str(day), *appliance.options]
        with subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=1 << 20) as process:
            assert process.stdout is not None
            for line in process.stdout:
                count += 1
                if line[:-1] not in known:
                    raise SystemExit(f"stored, but never sent: {line!r}")
    return count


def theirs(task: Task, peer: Peer, rate: int, seconds: float) -> Step:
    """Send to another collector; what its queue holds it writes before it ends."""
    with peer:
        sent, took, sender = task.send(peer.port, rate, seconds)
        wait_until(lambda: _socket(peer.port)[0] == 0, f"{peer.name} to have read everything", 60)
        lost = _socket(peer.port)[1]
        _wait_quiet(peer)
    return Step(sent, took, peer.lines(), lost, peer.cpu, peer.cpu, peer.peak, sender)


def _wait_quiet(peer: Peer) -> None:
    """Wait until its file has not grown for a while: not all of them write what is queued when they end."""
    octets = -1
    while (now := peer.octets() if peer.file.exists() else 0) != octets:
        octets = now
        time.sleep(1)


def _socket(port: int) -> tuple[int, int]:
    """Give the octets that wait at a port, and how many datagrams the kernel dropped there."""
    tables = (Path("/proc/net") / name for name in ("udp", "udp6"))
    for line in (line for table in tables for line in table.read_text().splitlines()[1:]):
        columns = line.split()
        if int(columns[1].partition(":")[2], 16) == port:
            return int(columns[4].partition(":")[2], 16), int(columns[12])
    return 0, 0


def _has_socket(port: int) -> bool:
    table = Path("/proc/net/udp").read_text()
    return f":{port:04X} " in table


class RsyslogdUdp(Rsyslogd):
    """rsyslogd with imudp."""

    def is_up(self) -> bool:
        """Whether its socket is there."""
        return _has_socket(self.port)


class SyslogNgUdp(SyslogNg):
    """syslog-ng with a UDP source."""

    def is_up(self) -> bool:
        """Whether its socket is there."""
        return _has_socket(self.port)


Receive = Callable[[Task, Path, int, float], Step]
COLLECTORS: Final[dict[str, tuple[str, Receive]]] = {
    "ours": ("Sysledger", ours),
    "gzip": (
        "rsyslogd, gzip -6",
        lambda task, folder, *rest: theirs(
            task, RsyslogdUdp(folder, "rsyslogd", 6, task.asked(IMUDP)), *rest
        ),
    ),
    "plain": (
        "rsyslogd, plain",
        lambda task, folder, *rest: theirs(
            task, RsyslogdUdp(folder, "rsyslogd", inputs=task.asked(IMUDP)), *rest
        ),
    ),
    "syslog-ng": (
        "syslog-ng, plain",
        lambda task, folder, *rest: theirs(
            task, SyslogNgUdp(folder, source=task.asked(SYSLOG_NG_UDP)), *rest
        ),
    ),
}


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rates", default=RATES, help="datagrams a second, with commas between")
    parser.add_argument("--collectors", default=",".join(COLLECTORS))
    parser.add_argument("--seconds", type=float, default=20, help=f"at {GOAL} a second")
    parser.add_argument("--step-seconds", type=float, default=5, help="at all other rates")
    parser.add_argument("--set", choices=("synthetic", "real"), default="synthetic")
    parser.add_argument("--peers", type=int, default=1, help="addresses that it comes from, in turn")
    parser.add_argument("--buffer", type=int, default=BUFFER, help="of the kernel, octets")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    steps: dict[tuple[str, int], list[Step]] = {}
    with tempfile.TemporaryDirectory(prefix="sysledger-udp-") as place:
        task = Task(Path(place), arguments.set, arguments.peers, arguments.buffer)
        for _ in range(arguments.runs):
            for rate in map(int, arguments.rates.split(",")):
                for name in arguments.collectors.split(","):
                    seconds = arguments.seconds if rate == GOAL else arguments.step_seconds
                    step = measured(name, task, rate, seconds)
                    print(f"{name} at {rate}: {step}", file=sys.stderr, flush=True)
                    steps.setdefault((name, rate), []).append(step)
    report(steps, arguments)


def measured(name: str, task: Task, rate: int, seconds: float) -> Step:
    """Have one collector begin anew, and measure it at one rate."""
    folder = Path(tempfile.mkdtemp(prefix="sysledger-udp-"))
    try:
        return COLLECTORS[name][1](task, folder, rate, seconds)
    finally:
        shutil.rmtree(folder)


def report(steps: dict[tuple[str, int], list[Step]], arguments: argparse.Namespace) -> None:
    """Print the medians, of losses the worst, and the highest rate of each that lost nothing in any run."""
    print(machine())
    print(
        f"{arguments.set} set, {arguments.peers} peer(s), {arguments.runs} run(s), "
        f"{arguments.buffer:,} octets of buffer"
    )
    head = ["collector", "rate", "s", "sent", "lost", "counted", "lost %", "CPU s/million", "receiving"]
    rows = [_row(*key, several) for key, several in steps.items()]
    print_table([*head, "peak MB", "sender CPU s"], sorted(rows, key=lambda row: str(row[0])))
    for name, (title, _) in COLLECTORS.items():
        if rates := [rate for one, rate in steps if one == name]:
            losing = {rate for rate in rates if any(step.sent > step.stored for step in steps[name, rate])}
            best = max((rate for rate in rates if rate < min(losing, default=rate + 1)), default=0)
            print(f"{title}: nothing lost up to {best:,} messages a second")


def _row(name: str, rate: int, several: Sequence[Step]) -> list[object]:
    worst = max(several, key=lambda step: step.sent - step.stored)
    lost = worst.sent - worst.stored
    return [
        COLLECTORS[name][0],
        f"{rate:,}",
        f"{median(step.took for step in several):.1f}",
        f"{worst.sent:,}",
        f"{lost:,}",
        f"{worst.counted:,}",
        f"{100 * lost / worst.sent:.2f}",
        f"{median(step.cpu / step.stored * 1e6 for step in several):.2f}",
        f"{median(step.receiving / step.stored * 1e6 for step in several):.2f}",
        f"{max(step.peak for step in several) / 1e6:.0f}",
        f"{median(step.sender for step in several):.1f}",
    ]


if __name__ == "__main__":
    main()
