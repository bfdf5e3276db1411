"""The catalogue: a stream's records as blocks, from the files alone, beside a running service or without.

A *block* is what is read at once: a row group of an archive segment, or a run of journal frames. A snapshot
is complete and free of repetitions whatever the storage worker does meanwhile, by three rules:

1. The journals are listed and held open first, then the archive is listed. A journal that is sealed in
   between is seen twice, never zero times.
2. Records of a journal whose seq lies within a segment of their day are in that segment; they are skipped.
3. A segment whose seq range lies within another segment's of the same day has been merged into it; it is
   skipped.

What cannot be read is reported as Damage and hides nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import RLock
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.schema import ARCHIVE_SCHEMA
from storage.blocks import NANOSECONDS_A_DAY, Block, Snapshot, day_of, day_start
from storage.journal_blocks import JournalBlocks
from storage.journal_reader import Damage, DamagedError, JournalReader
from storage.layout import Layout, StreamName, entries
from storage.segments import Segment, SegmentCache, list_segments, read_row_group

__all__ = ["Block", "Catalogue", "Damage", "DamagedError", "Snapshot"]

BLOCKS_KEPT: Final = 131_072  # some 600 octets each; full ones are two thousand million records
LAST_SEQ: Final = (1 << 63) - 1
SNAPSHOT_TRIES: Final = 20  # a file listed and gone again when opened: each try means another merge


class Catalogue:
    """Finds the blocks of streams under one data folder. Keep one: it remembers footers and frames.

    Safe to use from several threads.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._journals: dict[Path, JournalBlocks] = {}
        self._segments = SegmentCache()
        self._blocks: dict[Segment, list[Block]] = {}
        self._kept = 0  # how many blocks those are
        self._lock = RLock()

    def streams(self) -> list[StreamName]:
        """Every stream that has a journal or an archive, sorted."""
        return self._layout.streams()

    def days(self, name: StreamName) -> list[date]:
        """The UTC days of received_at that have records, in the archive or in a journal, oldest first.

        A frame of more than one day counts for its first and its last.
        """
        journals, _ = self._open_journals(name)
        days = {day for day in self._layout.archived_days(name) if self._listed(name, day)}
        for journal in journals:
            for frame in journal.reader.frames[:]:
                days |= {day_of(frame.statistics.received_min), day_of(frame.statistics.received_max)}
        return sorted(days)

    def snapshot(self, name: StreamName, start_ns: int | None = None, end_ns: int | None = None) -> Snapshot:
        """Give the blocks that may hold records with start_ns ≤ received_at < end_ns (ns since the epoch).

        What is damaged is reported whatever the range.
        """
        start = -(1 << 63) if start_ns is None else start_ns
        end = 1 << 63 if end_ns is None else end_ns
        blocks, damaged = self._collected(name, _Wanted(start, end))
        inside = [block for block in blocks if block.received_max >= start and block.received_min < end]
        inside.sort(key=lambda block: (block.received_max, block.last_seq), reverse=True)
        return Snapshot(inside, len({block.path for block in inside}), damaged)

    def holding(self, name: StreamName, first_seq: int, last_seq: int = LAST_SEQ) -> list[Block]:
        """Give the blocks that hold records of seq ``first_seq`` to ``last_seq``, oldest first.

        Of the archive only files whose names say that they hold some are opened, of however many years.
        """
        blocks, _ = self._collected(name, _Wanted(first_seq=first_seq, last_seq=last_seq))
        inside = [block for block in blocks if block.first_seq <= last_seq and first_seq <= block.last_seq]
        return sorted(inside, key=lambda block: block.first_seq)

    def last_seq(self, name: StreamName) -> int:
        """Give the seq of the newest record; 0 when there is none."""
        journals, _ = self._open_journals(name)
        found = [frame.last_seq for journal in journals for frame in journal.reader.frames[-1:]]
        for day in self._layout.archived_days(name):
            found += [segment.last_seq for segment in self._listed(name, day)[-1:]]
        return max(found, default=0)

    def let_go(self) -> None:
        """Close the journals: one that is removed while it is held open keeps its room on the disk."""
        with self._lock:
            self._journals.clear()

    def _collected(self, name: StreamName, wanted: "_Wanted") -> tuple[list[Block], list[Damage]]:
        for attempt in range(SNAPSHOT_TRIES):
            try:
                return self._collected_once(name, wanted)
            except FileNotFoundError:  # merged or expired since it was listed: list again
                if attempt == SNAPSHOT_TRIES - 1:
                    raise
        raise AssertionError("unreachable: the last try returns or raises")

    def _collected_once(self, name: StreamName, wanted: "_Wanted") -> tuple[list[Block], list[Damage]]:
        journals, damaged = self._open_journals(name)
        segments = {
            day: self._listed(name, day)
            for day in self._layout.archived_days(name)
            if day_start(day) + NANOSECONDS_A_DAY > wanted.start and day_start(day) < wanted.end
        }
        blocks: list[Block] = []
        for journal in journals:
            damaged += journal.reader.damages
            tail = journal.reader.tail()
            if tail is not None and not tail.is_torn:
                damaged.append(tail.damage(journal.reader.path))
            try:
                blocks += journal.blocks(segments)
            except DamagedError as error:
                damaged.append(error.damage)
        for listed in segments.values():
            for segment in filter(wanted.opens, listed):
                try:
                    blocks += self._sealed(segment)
                except DamagedError as error:
                    damaged.append(error.damage)
        return blocks, damaged

    def _listed(self, name: StreamName, day: date) -> list[Segment]:
        return self._segments.listed(self._layout.archive_day(name, day))

    def _open_journals(self, name: StreamName) -> tuple[list[JournalBlocks], list[Damage]]:
        """Open what the journal folder holds, oldest first, and forget what has gone from it."""
        folder = self._layout.journal(name)
        opened: list[JournalBlocks] = []
        damaged: list[Damage] = []
        with self._lock:
            gone = {path for path in self._journals if path.parent == folder}
            for path in entries(folder, "*.journal"):
                gone.discard(path)
                try:
                    opened.append(self._open_journal(path))
                except FileNotFoundError:
                    continue  # sealed since it was listed: the archive, listed later, has its records
                except DamagedError as error:
                    damaged.append(error.damage)
                except OSError as error:
                    damaged.append(Damage(path, 0, str(error)))
            for path in gone:
                del self._journals[path]
        return opened, damaged

    def _open_journal(self, path: Path) -> JournalBlocks:
        journal = self._journals.get(path)
        if journal is None or journal.reader.inode != path.stat().st_ino:
            journal = self._journals[path] = JournalBlocks(JournalReader(path))
        journal.reader.scan()
        return journal

    def _sealed(self, segment: Segment) -> list[Block]:
        kept = self._blocks.get(segment)
        if kept is not None:
            return kept
        source = _Archived(self._segments, segment)
        blocks = [
            Block(
                path=segment.path,
                number=number,
                rows=found.rows,
                first_seq=found.first_seq,
                last_seq=found.last_seq,
                received_min=found.received_min,
                received_max=found.received_max,
                timestamp_min=found.timestamp_min,
                timestamp_max=found.timestamp_max,
                sealed=True,
                source=source,
            )
            for number, found in enumerate(self._segments.footer(segment).row_groups)
        ]
        with self._lock:
            if self._kept + len(blocks) > BLOCKS_KEPT:
                self._blocks.clear()
                self._kept = 0
            if segment not in self._blocks:
                self._blocks[segment] = blocks
                self._kept += len(blocks)
        return blocks


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which records are looked for: start ≤ received_at < end (ns), first_seq ≤ seq ≤ last_seq."""

    start: int = -(1 << 63)
    end: int = 1 << 63
    first_seq: int = 0
    last_seq: int = LAST_SEQ

    def opens(self, segment: Segment) -> bool:
        """Say whether a segment's name allows it to hold some."""
        return segment.first_seq <= self.last_seq and self.first_seq <= segment.last_seq


class _Archived:
    """The row groups of one segment, also when a merge has put them elsewhere since."""

    def __init__(self, segments: SegmentCache, segment: Segment) -> None:
        self._segments = segments
        self._segment = segment

    def read(self, block: Block, columns: Sequence[str] | None, *, encoded: bool = False) -> pa.Table:
        metadata = self._segments.footer(self._segment).metadata
        for _ in range(SNAPSHOT_TRIES):
            try:
                return read_row_group(block.path, metadata, block.number, columns, encoded=encoded)
            except FileNotFoundError:
                pass
            try:
                return self._from_successor(block, columns)
            except FileNotFoundError:  # merged again
                pass
        raise DamagedError(Damage(block.path, 0, "the file is gone, and no other has its records"))

    def _from_successor(self, block: Block, columns: Sequence[str] | None) -> pa.Table:
        """Read the block's records from the segment that a merge made; none when the day has expired."""
        names = ARCHIVE_SCHEMA.names if columns is None else list(columns)
        parts = [pa.schema([ARCHIVE_SCHEMA.field(name) for name in names]).empty_table()]
        for segment in list_segments(block.path.parent):
            footer = self._segments.footer(segment)
            for number, found in enumerate(footer.row_groups):
                if found.first_seq <= block.last_seq and block.first_seq <= found.last_seq:
                    with_seq = [*names, *({"seq"} - set(names))]
                    table = read_row_group(segment.path, footer.metadata, number, with_seq)
                    after = pc.greater_equal(table["seq"], block.first_seq)
                    before = pc.less_equal(table["seq"], block.last_seq)
                    parts.append(table.filter(pc.and_(after, before)).select(names))
        return pa.concat_tables(parts)
