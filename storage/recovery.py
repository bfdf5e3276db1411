"""What a stream's files say at start: the next seq, every collector's last batch, what is torn or damaged.

A torn tail is what a crash left of a write that nobody acknowledged: it is cut. Octets that were whole once
and are not any more are damage: they are copied to the quarantine and reported with file and offset, the
frames around them stay readable, and nothing is appended to their file any more.
"""

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import durable
from parsers.batch import BatchError, BatchHeader
from storage import quarantine
from storage.journal_format import LastBatch
from storage.journal_reader import Damage, DamagedError, JournalReader
from storage.layout import Layout, StreamName, entries
from storage.reading import read_through
from storage.segments import list_segments, segment_metadata

NANOSECONDS: Final = 10**9
UNREADABLE_SEQS: Final = 1 << 21  # more than a journal file holds: none of its seqs is given twice

log = logging.getLogger(__name__)


@dataclass(slots=True)
class StreamState:
    """What a stream goes on from."""

    next_seq: int = 1
    collectors: dict[str, LastBatch] = field(default_factory=dict)

    def learn(self, collector: str, last: LastBatch) -> None:
        """Take in that this batch of a collector is stored."""
        known = self.collectors.get(collector)
        if known is None or known.number < last.number:
            self.collectors[collector] = last


@dataclass(slots=True)
class Recovered:
    """A stream at start.

    ``files`` are its journals, oldest first, ``newest`` is the last of them when it is in order and can be
    appended to, ``damages`` is what was found in all of them, ``began`` when the first message of each came
    (seconds, epoch).
    """

    layout: Layout
    name: StreamName
    state: StreamState
    files: list[Path] = field(default_factory=list)
    damages: list[Damage] = field(default_factory=list)
    newest: JournalReader | None = None
    began: dict[Path, float] = field(default_factory=dict)


def recover(layout: Layout, name: StreamName) -> Recovered:
    """Read a stream's files, cut torn tails, put damage in quarantine. Running it twice changes nothing.

    Raises:
        OSError: when a file cannot be read or cut.
    """
    recovered = Recovered(layout, name, _archived_state(layout, name))
    for path in entries(layout.journal(name), "*.journal"):
        recovered.files.append(path)
        recovered.newest = None
        try:
            reader = JournalReader(path)
        except DamagedError as error:
            _report(recovered, error.damage)
            first = int(path.stem) if path.stem.isdigit() else 0
            recovered.state.next_seq = max(recovered.state.next_seq, first + UNREADABLE_SEQS)
            continue
        reader.scan()
        _learn(recovered.state, reader)
        if reader.frames:
            recovered.began[path] = reader.frames[0].statistics.received_min / NANOSECONDS
        for damage in reader.damages:
            _report(recovered, damage)
        if _has_good_end(reader, recovered) and not reader.damages:
            recovered.newest = reader
    return recovered


def last_batches(reader: JournalReader) -> dict[str, LastBatch]:
    """Give every collector's last batch as a scanned journal file tells, at its end."""
    state = StreamState()
    _learn(state, reader)
    return state.collectors


def keep_damage(layout: Layout, name: StreamName, damage: Damage) -> None:
    """Copy damaged octets to the quarantine and say so in the log."""
    with damage.path.open("rb") as file:
        length = min(damage.octets, quarantine.OCTETS) if damage.octets else quarantine.OCTETS
        octets = read_through(file.fileno(), damage.offset, length)
    key = f"{damage.path.name}-{damage.offset}"
    kept = quarantine.keep(quarantine.folder_of(layout, name), key, octets, damage.reason)
    log.error(
        "%s is damaged at octet %d (%d octets): %s; copied to %s. See to the disk's health",
        damage.path, damage.offset, damage.octets, damage.reason, kept,
    )  # fmt: skip


def _report(recovered: Recovered, damage: Damage) -> None:
    recovered.damages.append(damage)
    keep_damage(recovered.layout, recovered.name, damage)


def _learn(state: StreamState, reader: JournalReader) -> None:
    state.next_seq = max(state.next_seq, reader.header.first_seq)
    for collector, last in reader.header.collectors.items():
        state.learn(collector, last)
    for frame in reader.frames:
        state.next_seq = max(state.next_seq, frame.last_seq + 1)
        try:
            header = BatchHeader.decode(reader.octets(frame.header_offset, frame.header_length))
        except BatchError:
            log.exception("%s at octet %d: whole, but its batch header is not", reader.path, frame.offset)
            continue
        state.learn(header.collector, LastBatch(header.number, frame.statistics.received_max // NANOSECONDS))


def _has_good_end(reader: JournalReader, recovered: Recovered) -> bool:
    """Cut a torn tail. One that may have been whole once is damage: it goes to the quarantine, and stays."""
    tail = reader.tail()
    if tail is None:
        return True
    if tail.is_torn:
        log.warning(
            "%s: cut a torn tail of %d octets at octet %d; nothing in it had been acknowledged",
            reader.path, tail.octets, tail.offset,
        )  # fmt: skip
        durable.cut(reader.path, tail.offset)
        return True
    _report(recovered, tail.damage(reader.path))
    # Readers may have seen these seqs: they are not given again.
    if tail.frame is not None and tail.frame.end == tail.offset + tail.octets:
        after = tail.frame.last_seq + 1
    else:
        after = (reader.frames[-1].last_seq if reader.frames else reader.header.first_seq) + UNREADABLE_SEQS
    recovered.state.next_seq = max(recovered.state.next_seq, after)
    return False


def _archived_state(layout: Layout, name: StreamName) -> StreamState:
    """Give what the archive knows: enough to go on when the journals have been lost."""
    state = StreamState()
    segments = [
        segment
        for day in layout.archived_days(name)
        for segment in list_segments(layout.archive_day(name, day))
    ]
    if not segments:
        return state
    newest = max(segments, key=lambda segment: segment.last_seq)
    state.next_seq = newest.last_seq + 1
    try:
        about = segment_metadata(newest.path)
        for collector, (number, seen) in about["collectors"].items():
            state.learn(collector, LastBatch(number, seen))
    except (DamagedError, KeyError, TypeError, ValueError):
        log.exception("%s: cannot read what it says of collectors; see to the disk's health", newest.path)
    return state
