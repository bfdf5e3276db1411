"""Journal files as blocks: frames put together to runs, and left out what the archive has already."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from threading import Lock
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from storage.blocks import BLOCK_OCTETS, BLOCK_ROWS, NANOSECONDS_A_DAY, Block, day_of, day_start
from storage.journal_format import Frame
from storage.journal_reader import JournalReader, runs
from storage.segments import Segment

MANY_FRAMES: Final = 32  # in one block; from here on decoding again costs more than keeping the table

Segments = Mapping[date, Sequence[Segment]]


class JournalBlocks:
    """The blocks of one journal file. Safe for threads.

    A block's place in the file (its ``number``) stays; only the last one grows.
    """

    def __init__(self, reader: JournalReader) -> None:
        self.reader = reader
        self._decoded: dict[int, tuple[int, pa.Table]] = {}
        self._lock = Lock()

    def blocks(self, archived: Segments) -> Iterator[Block]:
        """Give the file's blocks without the records that ``archived`` (segments by day) holds.

        Raises:
            DamagedError: when a block must be read to tell, and cannot be.
        """
        frames = self.reader.frames[:]
        for number, run in enumerate(runs(frames, BLOCK_ROWS, BLOCK_OCTETS)):
            block = _block(number, run, self)
            first, last = day_of(block.received_min), day_of(block.received_max)
            overlapping = {
                day: [each for each in segments if _overlap(each, block)]
                for day, segments in archived.items()
                if first <= day <= last
            }
            if not any(overlapping.values()):
                yield block
            elif first != last:
                yield from _reduced(block, overlapping)

    def read(self, block: Block, columns: Sequence[str] | None, *, encoded: bool = False) -> pa.Table:  # noqa: ARG002 - nothing is encoded here
        """Give the records of a block's frames."""
        inside = [
            frame for frame in self.reader.frames[:]
            if block.first_seq <= frame.first_seq and frame.last_seq <= block.last_seq
        ]  # fmt: skip
        table = self._kept(block.number, inside) if len(inside) >= MANY_FRAMES else self.reader.table(inside)
        return table if columns is None else table.select(list(columns))

    def _kept(self, number: int, inside: Sequence[Frame]) -> pa.Table:
        with self._lock:
            count, kept = self._decoded.get(number, (0, None))
        if kept is None or count > len(inside):
            count, kept = 0, self.reader.table([])
        if count < len(inside):
            kept = pa.concat_tables([kept, self.reader.table(inside[count:])])
            kept = kept.unify_dictionaries().combine_chunks()
            with self._lock:
                self._decoded[number] = (len(inside), kept)
        return kept


class _Held:
    """Records already read: what is left of a block of which the archive has a part."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def read(self, _block: Block, columns: Sequence[str] | None, *, encoded: bool = False) -> pa.Table:  # noqa: ARG002 - nothing is encoded here
        return self._table if columns is None else self._table.select(list(columns))


def _block(number: int, run: Sequence[Frame], source: JournalBlocks) -> Block:
    ranges = [frame.statistics for frame in run]
    return Block(
        path=source.reader.path,
        number=number,
        rows=sum(frame.rows for frame in run),
        first_seq=run[0].first_seq,
        last_seq=run[-1].last_seq,
        received_min=min(found.received_min for found in ranges),
        received_max=max(found.received_max for found in ranges),
        timestamp_min=min(
            (each.timestamp_min for each in ranges if each.timestamp_min is not None), default=None
        ),
        timestamp_max=max(
            (each.timestamp_max for each in ranges if each.timestamp_max is not None), default=None
        ),
        sealed=False,
        source=source,
    )


def _overlap(segment: Segment, block: Block) -> bool:
    """Say whether a segment has seqs of this range.

    A segment holds all of its day between its first and last seq, and is made from whole journal files:
    for a block of a single day this means that the segment has all of the block.
    """
    return segment.first_seq <= block.last_seq and block.first_seq <= segment.last_seq


def _reduced(block: Block, archived: Segments) -> Iterator[Block]:
    """Give what the archive has not of a block that reaches over midnight."""
    table = block.read()
    seq, received = table["seq"], table["received_at"].cast(pa.int64())
    left = pc.is_valid(seq)
    for day, segments in archived.items():
        start = day_start(day)
        of_day = pc.and_(pc.greater_equal(received, start), pc.less(received, start + NANOSECONDS_A_DAY))
        for segment in segments:
            inside = pc.and_(pc.greater_equal(seq, segment.first_seq), pc.less_equal(seq, segment.last_seq))
            left = pc.and_not(left, pc.and_(of_day, inside))
    table = table.filter(left)
    if table.num_rows:
        yield _held(block, table)


def _held(block: Block, table: pa.Table) -> Block:
    seq = pc.min_max(table["seq"]).as_py()
    received = pc.min_max(table["received_at"].cast(pa.int64())).as_py()
    timestamp = pc.min_max(table["timestamp"].cast(pa.int64())).as_py()
    return Block(
        path=block.path,
        number=block.number,
        rows=table.num_rows,
        first_seq=seq["min"],
        last_seq=seq["max"],
        received_min=received["min"],
        received_max=received["max"],
        timestamp_min=timestamp["min"],
        timestamp_max=timestamp["max"],
        sealed=False,
        source=_Held(table),
    )
