"""An archive of any size for the benchmarks of searching, and the same messages as compressed text.

    python -m tests.benchmarks.archive FOLDER [--messages 10000000] [--set synthetic|real]

The messages take the appliance's own way without its sockets: parsed, journalled, sealed, indexed; received
evenly over DAYS days. FOLDER then has ``var`` (the data folder), ``messages.zst`` (zstd -3) and
``messages.gz`` (gzip -6, both one message a line), and ``built.json``, written last, by which a finished
one is known again.

Some words are planted, so that searches for them have a known answer whatever the message set: once RARE,
five times ADDRESS, three times PHRASE in all, and five times in each million messages FREQUENT.
"""

import argparse
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final

from parsers.batch import BatchHeader, encode_records
from parsers.pipeline import Arrival, parse_frames
from storage.archive import seal
from storage.handoff import check_batch
from storage.indexer import Indexer
from storage.journal import Batch, Journal
from storage.layout import Layout, StreamName
from storage.settings import IndexSettings, StorageSettings
from tests.benchmarks.measure import program
from tests.benchmarks.messages import message_set

DAYS: Final = 5
BATCH: Final = 8192
RARE: Final = "zanzibarneedle"
ADDRESS: Final = "203.0.113.77"
PHRASE: Final = "quarterly key rotation finished"
FREQUENT: Final = "198.51.100.23"
FREQUENT_EVERY: Final = 200_000
_PLANTED: Final = (
    (0.503, RARE),
    *((part, f"seen at {ADDRESS}") for part in (0.101, 0.307, 0.509, 0.701, 0.907)),
    *((part, PHRASE) for part in (0.203, 0.611, 0.811)),
)


def build(folder: Path, count: int, name: str) -> Layout:
    """Build an archive in ``folder``, or take the one that is there when it is of the same kind.

    Args:
        folder: is made.
        count: of messages.
        name: of the message set.

    Raises:
        SystemExit: when another one is there, or part of one.
    """
    layout, about = Layout(folder / "var"), {"messages": count, "set": name, "days": DAYS}
    built = folder / "built.json"
    if built.exists():
        found = json.loads(built.read_text())
        if found != about:
            raise SystemExit(f"{folder} has {found}, not {about}: remove it, or name another folder")
        return layout
    if layout.data.exists():
        raise SystemExit(f"{folder} has a part of an archive: remove it")
    layout.data.mkdir(parents=True)
    began = time.monotonic()
    with ExitStack() as stack:
        texts = [
            stack.enter_context(Compressor(["zstd", "-3", "-q"], folder / "messages.zst")),
            stack.enter_context(Compressor(["gzip", "-6"], folder / "messages.gz")),
        ]
        _store(layout, count, name, texts)
    indexer = Indexer(IndexSettings(), layout)
    indexer.once()
    indexer.once()
    if indexer.pending:
        raise SystemExit(f"{indexer.pending} segments could not be indexed")
    built.write_text(json.dumps(about))
    print(f"built {count:,} messages in {time.monotonic() - began:.0f} s", flush=True)
    return layout


class Compressor:
    """A program that compresses what it is given into a file, while the context lasts."""

    def __init__(self, command: list[str], path: Path) -> None:
        self._command = [program(command[0]), *command[1:], "-c"]
        self._path = path

    def __enter__(self) -> IO[bytes]:
        with self._path.open("wb") as file:
            self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=file)
        assert self._process.stdin is not None
        return self._process.stdin

    def __exit__(self, *_error: object) -> None:
        self._process.communicate()
        if self._process.returncode:
            raise SystemExit(f"{self._command} ended with {self._process.returncode}")


def _messages(count: int, name: str) -> Iterator[bytes]:
    planted = {int(count * part): words for part, words in _PLANTED}
    planted |= dict.fromkeys(range(FREQUENT_EVERY // 2, count, FREQUENT_EVERY), f"seen at {FREQUENT}")
    for number, message in enumerate(message_set(name, count)):
        words = planted.get(number)
        yield message if words is None else b"%b %b" % (message, words.encode())


def _store(layout: Layout, count: int, name: str, texts: list[IO[bytes]]) -> None:
    """Journal and seal the messages, and write them as text."""
    settings, stream = StorageSettings(), StreamName()
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start = int((today - timedelta(days=DAYS)).timestamp()) * 10**9
    step = DAYS * 86_400 * 10**9 // count
    journal = Journal(layout, stream, settings.journal, start / 10**9)
    messages, stored, number = _messages(count, name), 0, 0
    while frames := list(islice(messages, BATCH)):
        lines = b"\n".join(frames) + b"\n"
        for text in texts:
            text.write(lines)
        number += 1
        received = start + stored * step
        journal.append([_batch(frames, number, received, step)], received / 10**9)
        stored += len(frames)
        if journal.is_full(received / 10**9):
            _seal(layout, journal, received / 10**9, settings)
    _seal(layout, journal, start / 10**9 + DAYS * 86_400 - 1, settings)
    journal.close()


def _batch(frames: list[bytes], number: int, received: int, step: int) -> Batch:
    """Make a batch as collector and hand-off do, of messages received ``step`` ns after each other."""
    arrivals = [Arrival(received + place * step, "192.0.2.1", 1) for place in range(len(frames))]
    records = parse_frames(frames, arrivals, listener="tcp", transport="tcp")
    stream = StreamName()
    octets = sum(map(len, frames))
    header = BatchHeader(stream.tenant, stream.stream, "benchmark", number, len(frames), octets)
    payload: Any = encode_records(records)
    return Batch(header, check_batch(header, header.encode(), payload))


def _seal(layout: Layout, journal: Journal, now: float, settings: StorageSettings) -> None:
    journal.roll(now, settings.collector_days)
    for path in journal.finished:
        seal(layout, journal.name, path, settings.compression_level)
    journal.finished = []


def main() -> None:
    """Build one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--messages", type=int, default=10_000_000)
    parser.add_argument("--set", choices=("synthetic", "real"), default="synthetic")
    arguments = parser.parse_args()
    build(arguments.folder, arguments.messages, arguments.set)


if __name__ == "__main__":
    main()
