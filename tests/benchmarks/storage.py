"""Storage alone: batches from ZeroMQ into the journal, the journal into the archive.

    python -m tests.benchmarks.storage [--set synthetic|real] [--messages 1000000] [--runs 5] [--level 1]
    python -m tests.benchmarks.storage --columns [--set synthetic|real]

The batches are parsed beforehand, as a collector makes them of what four connections send in turns. A round
has three parts, each with a storage worker that is a process of its own and has a fresh data folder:

* journal: until all batches are acknowledged; nothing is sealed meanwhile
* seal: the same journal, until all of it is archived
* both at once, with default settings: CPU until all is archived, wall until all is acknowledged

CPU is user and system time of the worker, in seconds a million messages; the peak is its largest resident
set, idle what it has resident seconds after it is done. ``--columns`` says where the archive's octets are.

Fails when the archive does not give back exactly the octets that were sent, in order.
"""

import argparse
import asyncio
import gzip
import hashlib
import itertools
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import zmq

from parsers.batch import BatchHeader, encode_records
from parsers.pipeline import Arrival, parse_frames
from storage.layout import Layout, StreamName
from storage.octets import day_octets
from storage.settings import JournalSettings, StorageSettings
from storage.worker import run
from supervisor.thrift import LOOK_SECONDS, choose_pool, give_back_at_rest
from tests.benchmarks.measure import (
    cpu_seconds,
    machine,
    median,
    octets_below,
    peak_octets,
    print_table,
    resident_octets,
    wait_until,
)
from tests.benchmarks.messages import message_set

BATCH = 16_384
CONNECTIONS = 4
READS = (200, 1700)  # messages that one read of a connection gives
NAME = StreamName()
IDLE_SECONDS = 2 * LOOK_SECONDS + 2
MIB = 1 << 20
NEVER = {"octets": 4 << 30, "messages": 1 << 20, "batches": 1_000_000, "age": 86_400}
AT_ONCE = {**NEVER, "age": 1}


@dataclass
class Sent:
    """What is sent: encoded batches, and what is known of the messages in them."""

    batches: list[tuple[BatchHeader, bytes]]
    count: int
    gzipped: int
    checksum: str


def batches_of(name: str, count: int) -> Sent:
    """Make the batches that a collector would make of a message set."""
    messages = list(message_set(name, count))
    gzipped = len(gzip.compress(b"\n".join(messages), 6))
    draw = random.Random(1)
    shares = [messages[number::CONNECTIONS] for number in range(CONNECTIONS)]
    batches: list[tuple[BatchHeader, bytes]] = []
    checksum = hashlib.sha256()
    for reads in _batched(_reads(shares, draw)):
        frames = list(itertools.chain.from_iterable(reads))
        now = time.time_ns()
        arrivals = [Arrival(now + 10**6 * place, "127.0.0.1", len(read)) for place, read in enumerate(reads)]
        records = parse_frames(frames, arrivals, listener="tcp", transport="tcp")
        octets = sum(map(len, frames))
        header = BatchHeader(NAME.tenant, NAME.stream, "benchmark", len(batches) + 1, len(frames), octets)
        batches.append((header, bytes(encode_records(records))))
        checksum.update(b"".join(frame + b"\n" for frame in frames))
    return Sent(batches, len(messages), gzipped, checksum.hexdigest())


def _reads(shares: Sequence[list[bytes]], draw: random.Random) -> Iterator[list[bytes]]:
    places = [0] * len(shares)
    while any(place < len(share) for place, share in zip(places, shares, strict=True)):
        for number, share in enumerate(shares):
            end = places[number] + draw.randrange(*READS)
            if read := share[places[number] : end]:
                yield read
            places[number] = end


def _batched(reads: Iterator[list[bytes]]) -> Iterator[list[list[bytes]]]:
    waiting: list[list[bytes]] = []
    for read in reads:
        waiting.append(read)
        if sum(map(len, waiting)) >= BATCH:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


class Worker:
    """A storage worker in a process of its own, and a collector's side of the hand-off."""

    def __init__(self, folder: Path, level: int, limits: dict[str, int]) -> None:
        self.folder = folder
        settings = StorageSettings(
            journal=JournalSettings(**limits), compression_level=level, merge_messages=0
        )
        self._sockets = tempfile.TemporaryDirectory(prefix="sl")
        endpoint = f"ipc://{self._sockets.name}/s"
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.benchmarks.storage",
                "--serve",
                endpoint,
                str(folder),
                settings.model_dump_json(),
            ],
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        self.process.stdout.readline()
        self._began = cpu_seconds([self.process.pid])
        self._socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.DEALER)
        self._socket.connect(endpoint)

    def cpu(self) -> float:
        """Give the CPU seconds since it was ready."""
        return cpu_seconds([self.process.pid]) - self._began

    def send(self, batches: Sequence[tuple[BatchHeader, bytes]]) -> float:
        """Send batches within the window; give the seconds until the last was acknowledged."""
        begin = time.monotonic()
        self._socket.send_multipart([b"HELLO", b"benchmark"])
        _, window = self._socket.recv_multipart()
        waiting, acknowledged = list(reversed(batches)), 0
        sent = 0
        while acknowledged < len(batches):
            while waiting and sent - acknowledged < int(window):
                header, payload = waiting.pop()
                self._socket.send_multipart([b"BATCH", header.encode(), payload], copy=False)
                sent += 1
            answer = self._socket.recv_multipart()
            if answer[0] != b"ACK":
                raise SystemExit(f"the worker answered {answer}")
            acknowledged = int(answer[2])
        return time.monotonic() - begin

    def wait_archived(self) -> None:
        """Wait until the journal holds no message."""
        wait_until(self._is_archived, "everything archived", 90)

    def _is_archived(self) -> bool:
        journals = list(Layout(self.folder).journal(NAME).glob("*.journal"))
        return len(journals) == 1 and journals[0].stat().st_size < 1024  # only the state

    def stop(self) -> None:
        """End it."""
        self._socket.close(0)
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(60):
            raise SystemExit(f"the worker ended with {self.process.returncode}")
        self._sockets.cleanup()


@dataclass
class Round:
    """One round's figures: seconds (CPU ones a million messages), octets."""

    journal: float
    seal: float
    both: float
    wall: float
    journal_octets: int
    archive_octets: int
    peak: int
    idle: int


def one_round(sent: Sent, folder: Path, level: int) -> Round:
    """Do the three parts, and verify."""
    million = sent.count / 1_000_000
    worker = Worker(folder / "apart", level, NEVER)
    worker.send(sent.batches)
    journal = worker.cpu() / million
    worker.stop()
    journal_octets = octets_below(folder / "apart" / "journal")
    worker = Worker(folder / "apart", level, AT_ONCE)
    worker.wait_archived()
    seal = worker.cpu() / million
    worker.stop()
    worker = Worker(folder / "both", level, {"age": 3})
    wall = worker.send(sent.batches)
    worker.wait_archived()
    both = worker.cpu() / million
    peak = peak_octets(worker.process.pid)
    time.sleep(IDLE_SECONDS)
    idle = resident_octets(worker.process.pid)
    worker.stop()
    for part in ("apart", "both"):
        if checksum(folder / part) != sent.checksum:
            raise SystemExit(f"{part}: the archive does not give back what was sent")
    archive_octets = octets_below(folder / "both" / "archive")
    return Round(journal, seal, both, wall, journal_octets, archive_octets, peak, idle)


def checksum(folder: Path) -> str:
    """Give the checksum of all messages of the last two days, in order of seq."""
    found = hashlib.sha256()
    today = datetime.now(UTC).date()
    for day in (today - timedelta(days=1), today):
        for octets in day_octets(Layout(folder), NAME, day):
            found.update(octets)
    return found.hexdigest()


def columns(folder: Path) -> dict[str, int]:
    """Give the archive's octets by column, and of what is no column's."""
    octets: Counter[str] = Counter()
    for path in folder.rglob("*.parquet"):
        metadata = pq.read_metadata(path)
        for group in range(metadata.num_row_groups):
            for number in range(metadata.num_columns):
                chunk = metadata.row_group(group).column(number)
                octets[chunk.path_in_schema] += chunk.total_compressed_size
        octets["(headers and footers)"] += path.stat().st_size
    octets["(headers and footers)"] -= sum(octets.values()) - octets["(headers and footers)"]
    return octets


async def serve(endpoint: str, folder: Path, settings: str) -> None:
    """Be the storage worker until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    thrift = asyncio.create_task(give_back_at_rest())
    await run(
        StorageSettings.model_validate_json(settings),
        layout=Layout(folder),
        endpoint=endpoint,
        report=lambda _: None,
        ready=lambda: print("ready", flush=True),
        stop=stop,
    )
    thrift.cancel()


def _row(label: str, values: Sequence[float], form: str) -> tuple[str, ...]:
    return (label, *(format(each, form) for each in (median(values), min(values), max(values))))


def main() -> None:
    """Measure, print, verify."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", choices=("synthetic", "real"), default="synthetic")
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--level", type=int, default=StorageSettings().compression_level)
    parser.add_argument("--columns", action="store_true")
    parser.add_argument("--serve", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        endpoint, folder, settings = options.serve
        asyncio.run(serve(endpoint, Path(folder), settings))
        return
    choose_pool()  # for the workers, as the command line does
    sent = batches_of(options.set, options.messages)
    rounds = []
    for _ in range(1 if options.columns else options.runs):
        folder = Path(tempfile.mkdtemp(prefix="sysledger-benchmark-"))
        try:
            rounds.append(one_round(sent, folder, options.level))
            by_column = columns(folder / "both" / "archive")
        finally:
            shutil.rmtree(folder)
    print(f"{sent.count} messages, set {options.set}; {machine()}")
    if options.columns:
        rows = [(name, f"{octets / sent.count:.3f}") for name, octets in by_column.items()]
        print_table(("column", "octets a message"), rows)
    print_table(
        ("", "median", "lowest", "highest"),
        [
            _row("journal, CPU s a million", [each.journal for each in rounds], ".2f"),
            _row("seal, CPU s a million", [each.seal for each in rounds], ".2f"),
            _row("both at once, CPU s a million", [each.both for each in rounds], ".2f"),
            _row("journalled, messages a second", [sent.count / each.wall for each in rounds], ",.0f"),
            _row("peak, MiB", [each.peak / MIB for each in rounds], ".0f"),
            _row("idle, MiB", [each.idle / MIB for each in rounds], ".0f"),
            _row("journal, octets a message", [each.journal_octets / sent.count for each in rounds], ".1f"),
            _row("archive, octets a message", [each.archive_octets / sent.count for each in rounds], ".2f"),
            _row("archive, of gzip -6", [each.archive_octets / sent.gzipped for each in rounds], ".3f"),
        ],
    )


if __name__ == "__main__":
    main()
