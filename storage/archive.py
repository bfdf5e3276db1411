"""Sealing: a finished journal file becomes archive segments, one for each UTC day of received_at.

The steps, each of which may be the last before a crash; running them all again is always right:

1. write each day's records under a temporary name
2. read every block back and compare every column with the journal's: a message's octets are a function of
   its columns, and were compared with what was received before it was journalled (storage/handoff.py)
3. sync, give the segments their names, sync the folders
4. remove the journal file

Readers see the records in the journal until 4, and skip them there from 3 on (storage/catalogue.py).
"""

import logging
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

import durable
from parsers.rebuild import slimmed
from storage.blocks import BLOCK_OCTETS, BLOCK_ROWS, NANOSECONDS_A_DAY, day_of
from storage.journal_format import WITH_ALL_RAW
from storage.journal_reader import Damage, JournalReader, runs
from storage.layout import Layout, StreamName
from storage.recovery import keep_damage, last_batches
from storage.segment_writer import Origin, Reblocker, SealError, SegmentWriter, difference
from storage.segments import Segment

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sealed:
    """What became of a journal file."""

    segments: list[Segment]
    messages: int
    journal_octets: int

    @property
    def archive_octets(self) -> int:
        """The segments' size."""
        return sum(segment.size for segment in self.segments)


def seal(layout: Layout, name: StreamName, path: Path, level: int) -> Sealed:
    """Make a journal file that nobody appends to any more part of the archive, and remove it.

    Damaged frames go to the quarantine. A file that is gone has been sealed already.

    Args:
        layout: the data folder's.
        name: the stream.
        path: the journal file.
        level: of Zstandard.

    Raises:
        SealError: when what was read back is not what is in the journal, which stays.
        DamagedError: when nothing of the journal can be read; it stays.
        OSError: when a file cannot be written; the journal stays.
    """
    try:
        reader = JournalReader(path)
    except FileNotFoundError:
        return Sealed([], 0, 0)
    reader.scan()
    for damage in _damages(reader):
        keep_damage(layout, name, damage)
    writers: dict[date, SegmentWriter] = {}
    try:
        for day, block in _day_blocks(reader):
            if day not in writers:
                writers[day] = SegmentWriter(layout.archive_day(name, day), path.stem, level)
            writers[day].write(block)
        origin = _origin(reader)
        for writer in writers.values():
            writer.finish(name, origin)
        _verify(reader, writers)
    except BaseException:
        for writer in writers.values():
            writer.abandon()
        raise
    segments = [writer.publish() for _, writer in sorted(writers.items())]
    durable.unlink(path)
    return Sealed(segments, sum(writer.messages for writer in writers.values()), reader.size())


def _damages(reader: JournalReader) -> list[Damage]:
    """Give all octets of a finished journal that are in no frame."""
    tail = reader.tail()
    return reader.damages if tail is None else [*reader.damages, tail.damage(reader.path)]


def _day_blocks(reader: JournalReader) -> Iterator[tuple[date, pa.Table]]:
    """Give a journal's records as blocks of one day, in order of seq within the day; the same every time."""
    days: dict[date, Reblocker] = {}
    for run in runs(reader.frames, BLOCK_ROWS, BLOCK_OCTETS):
        octets = run[-1].end - run[0].offset
        table = reader.table(run)
        if reader.header.version == WITH_ALL_RAW:
            table = _slimmed(table)
        for day, part in days_of(table):
            for block in days.setdefault(day, Reblocker()).add(part, octets):
                yield day, block
    for day, blocks in days.items():
        for block in blocks.rest():
            yield day, block


def days_of(table: pa.Table) -> Iterator[tuple[date, pa.Table]]:
    """Give a table's records by UTC day of received_at; nearly always there is one."""
    days = pc.divide(table["received_at"].cast(pa.int64()), NANOSECONDS_A_DAY)
    found = pc.unique(days).to_pylist()
    for number in sorted(found):
        of_day = table if len(found) == 1 else table.filter(pc.equal(days, number))
        yield day_of(number * NANOSECONDS_A_DAY), of_day


def _slimmed(table: pa.Table) -> pa.Table:
    """Give records with ``raw`` only where the other columns do not give the octets back."""
    try:
        return slimmed(table)
    except Exception:  # a mistake of ours there must cost room, not records
        log.exception("cannot rebuild messages %s: kept whole", _range(table))
        return table


def _verify(reader: JournalReader, writers: dict[date, SegmentWriter]) -> None:
    """Compare the finished files with the journal, block by block."""
    read = {day: writer.blocks() for day, writer in writers.items()}
    for day, block in _day_blocks(reader):
        archived = next(read[day], None)
        if archived is None:
            raise SealError(f"{writers[day].temporary}: a block is missing; the journal is kept")
        found = difference(block, archived)
        if found is not None:
            raise SealError(f"{writers[day].temporary}, {_range(block)}: {found}; the journal is kept")
    for day, left in read.items():
        if next(left, None) is not None:
            raise SealError(f"{writers[day].temporary}: more blocks than were written; the journal is kept")


def _origin(reader: JournalReader) -> Origin:
    checksum = 0
    for frame in reader.frames:
        checksum = zlib.crc32(frame.checksum.to_bytes(4, "little"), checksum)
    collectors = {name: [last.number, last.seen] for name, last in last_batches(reader).items()}
    return Origin([reader.path.name], reader.size(), checksum, collectors)


def _range(block: pa.Table) -> str:
    return f"records {block['seq'][0]} to {block['seq'][-1]}"
