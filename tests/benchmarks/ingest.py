"""TCP ingest: Sysledger against rsyslogd (gzipped, plain) and syslog-ng (plain), the same messages for all.

    python -m tests.benchmarks.ingest [--set synthetic|real] [--messages 1000000] [--runs 5] [--counted]

Four connections send ready-made octets to each collector in turn, as fast as it reads. A round has all of
them; the table gives the medians of the rounds.

* CPU: seconds of user and system time of every process of the collector, from ready until all messages are in
  their final file: for Sysledger the supervisor, collector, storage and web processes until the last message
  is archived (parsed, journalled and synced, sealed, compared octet by octet); the index has a line of its
  own. For the others until they have written everything and ended.
* wall: from the first octet until all messages are journalled and synced (Sysledger), or written (others).
* octets: archive segments, or the file.

Fails when a message is missing: Sysledger must give back exactly the octets that were sent, the others as
many lines.
"""

import argparse
import gzip
import hashlib
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.benchmarks.appliance import Appliance
from tests.benchmarks.measure import machine, median, print_table
from tests.benchmarks.messages import message_set
from tests.benchmarks.peers import Peer, Rsyslogd, SyslogNg
from tests.benchmarks.senders import framed, send

OURS = "Sysledger"
GZIP = "rsyslogd, gzip -6"
PLAIN = "rsyslogd, plain"


@dataclass
class Round:
    """What one collector needed for all messages once."""

    cpu: float
    wall: float
    octets: int
    peak: int  # of its largest process
    notes: dict[str, float]


class Task:
    """What every collector is given."""

    def __init__(self, name: str, count: int, *, counted: bool) -> None:
        messages = list(message_set(name, count))
        self.count = count
        self.octets = sum(map(len, messages))
        self.gzipped = len(gzip.compress(b"\n".join(messages), 6))
        self.shares = framed(messages, counted=counted)
        self.checksum = checksum(messages)


def checksum(messages: list[bytes]) -> str:
    """Give one checksum over the messages, whatever their order."""
    messages.sort()
    return hashlib.sha256(b"\n".join(messages)).hexdigest()


def returned(appliance: Appliance) -> list[bytes]:
    """Give every message of the last two days, exact octets."""
    today = datetime.now(UTC).date()
    days = (today - timedelta(days=1), today)
    return [line for day in days for line in appliance.command("cat", "--date", str(day)).split(b"\n")[:-1]]


def ours(task: Task, folder: Path) -> Round:
    """Send everything to an appliance."""
    with Appliance(folder) as appliance:
        began = time.monotonic()
        send(appliance.tcp, task.shares)
        appliance.wait_journalled(task.count)
        wall = time.monotonic() - began
        journalled = appliance.cpu()
        appliance.wait_archived()
        archived = appliance.cpu()
        octets = appliance.archive_octets()
        appliance.wait_indexed()
        peaks, indexed = appliance.peaks(), appliance.cpu()
        if checksum(returned(appliance)) != task.checksum:
            raise SystemExit("cat does not give back what was sent")
        notes = {
            "until journalled, CPU s": sum(journalled.values()) - journalled["indexer"],
            **{f"{role}, CPU s": indexed[role] for role in ("collector", "storage", "indexer")},
            **{f"{role}, peak MB": peak / 1e6 for role, peak in peaks.items()},
            "index, octets a message": appliance.index_octets() / task.count,
        }
        return Round(sum(archived.values()) - archived["indexer"], wall, octets, max(peaks.values()), notes)


def theirs(task: Task, peer: Peer) -> Round:
    """Send everything to another collector."""
    with peer:
        send(peer.port, task.shares)
    if peer.lines() != task.count:
        raise SystemExit(f"{peer.name} has written {peer.lines()} of {task.count} messages")
    return Round(peer.cpu, peer.seconds, peer.octets(), peer.peak, {})


def collectors() -> dict[str, Callable[[Task, Path], Round]]:
    """Give all that take part."""
    return {
        OURS: ours,
        GZIP: lambda task, folder: theirs(task, Rsyslogd(folder, GZIP, 6)),
        PLAIN: lambda task, folder: theirs(task, Rsyslogd(folder, PLAIN)),
        "syslog-ng, plain": lambda task, folder: theirs(task, SyslogNg(folder, "syslog-ng, plain")),
    }


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--set", choices=("synthetic", "real"), default="synthetic")
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--counted", action="store_true", help="octet counting; else LF")
    arguments = parser.parse_args()
    task = Task(arguments.set, arguments.messages, counted=arguments.counted)
    rounds: dict[str, list[Round]] = {name: [] for name in collectors()}
    for number in range(arguments.runs):
        for name, receive in collectors().items():
            folder = Path(tempfile.mkdtemp(prefix="sysledger-ingest-"))
            rounds[name].append(receive(task, folder))
            shutil.rmtree(folder)
            print(f"run {number + 1}, {name}: {rounds[name][-1]}", file=sys.stderr)
    report(task, rounds, arguments)


def report(task: Task, rounds: dict[str, list[Round]], arguments: argparse.Namespace) -> None:
    """Print the medians."""
    base = rounds[GZIP]
    print(machine())
    print(Rsyslogd(Path()).release(), "|", SyslogNg(Path()).release())
    print(
        f"{task.count:,} messages of the {arguments.set} set, {task.octets / task.count:.0f} octets each, "
        f"{'octet counting' if arguments.counted else 'LF'}, {arguments.runs} runs"
    )
    head = ["collector", "CPU s", "of rsyslogd gzip", "wall s", "messages/s", "throughput", "peak MB"]
    rows = []
    for name, several in rounds.items():
        cpu, wall = median(one.cpu for one in several), median(one.wall for one in several)
        octets = median(one.octets for one in several)
        rows.append(
            [
                name,
                f"{cpu:.2f}",
                f"{cpu / median(one.cpu for one in base):.2f}",
                f"{wall:.2f}",
                f"{task.count / wall:,.0f}",
                f"{median(one.wall for one in base) / wall:.2f}",
                f"{median(one.peak for one in several) / 1e6:.0f}",
                f"{octets / task.count:.1f}",
                f"{octets / median(one.octets for one in base):.2f}",
                f"{octets / task.gzipped:.2f}",
            ]
        )
    print_table([*head, "octets/message", "of rsyslogd gzip", "of gzip -6"], rows)
    names = rounds[OURS][0].notes
    print_table(
        [OURS, "median"],
        [[name, f"{median(one.notes[name] for one in rounds[OURS]):.2f}"] for name in names],
    )


if __name__ == "__main__":
    main()
