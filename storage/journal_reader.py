"""Reading journal files while they grow: which frames are whole, what is damaged, records as tables.

Nothing here writes. A reader holds the file open, so that a journal that is archived and removed meanwhile
can still be read to its end; the archive has the same records then, and seq tells them apart.
"""

import os
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final
from zlib import crc32

import pyarrow as pa
import pyarrow.compute as pc

from parsers.batch import BatchError, decode_records
from parsers.schema import ARCHIVE_SCHEMA
from storage.journal_format import (
    FILE_PROLOGUE_OCTETS,
    FRAME_PROLOGUE_OCTETS,
    FormatError,
    Frame,
    JournalHeader,
    VersionError,
    candidates,
    decode_journal_header,
    decode_prologue,
    header_octets,
    possible_salts,
)
from storage.reading import read_through

RESYNC_OCTETS: Final = 1 << 20  # looked through at a time for the next good frame
CHECK_OCTETS: Final = 1 << 18  # read at a time for a checksum: into the same memory, which stays in the cache

_ONE: Final = pa.scalar(1, pa.int64())


@dataclass(frozen=True, slots=True)
class Damage:
    """Something that cannot be read: the file, the octet offset in it (0 for the whole file), and why."""

    path: Path
    offset: int
    reason: str
    octets: int = 0  # how many octets are concerned, where that is known


class DamagedError(Exception):
    """Records that should be here cannot be read; ``damage`` says where and why.

    The other records of the same file may well be readable.
    """

    def __init__(self, damage: Damage) -> None:
        super().__init__(f"{damage.path} at octet {damage.offset}: {damage.reason}")
        self.damage = damage


@dataclass(frozen=True, slots=True)
class Tail:
    """Octets behind the last whole frame that are no whole frame.

    ``is_torn``: a write that was only begun, so that nobody can have acknowledged it. Otherwise it is damage,
    and ``frame`` what its prologue says, when that can be read.
    """

    offset: int
    octets: int
    is_torn: bool
    frame: Frame | None

    def damage(self, path: Path) -> Damage:
        """Give it as damage of the file at ``path``."""
        return Damage(path, self.offset, "the last frame is damaged", self.octets)


class JournalReader:
    """One journal file, held open; ``scan`` again and again follows its growth.

    ``frames`` are those found whole so far (checksums compared), ``damages`` what lies between them.
    ``end`` is the offset behind the last octet understood; what follows it is not yet, or only partly,
    written.

    Raises:
        FileNotFoundError: when the file is gone (archived meanwhile).
        DamagedError: when nothing of the file can be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self.descriptor)
        self.inode = os.fstat(self.descriptor).st_ino
        self.frames: list[Frame] = []
        self.damages: list[Damage] = []
        self.lock = Lock()
        self.header, self.start = self._read_header()
        self.end = self.start

    def size(self) -> int:
        """Give the file's octets now."""
        return os.fstat(self.descriptor).st_size

    def scan(self) -> None:
        """Take in what was written since the last time."""
        with self.lock:
            size = self.size()
            if size < self.end:  # recovery has cut a torn tail that once looked whole
                del self.frames[:], self.damages[:]
                self.header, self.start = self._read_header()
                self.end = self.start
            while self.end < size:
                frame = self._frame_at(self.end)
                if frame is not None and frame.end > size:
                    return  # still being written, or torn
                if frame is not None and self._is_whole(frame):
                    self.frames.append(frame)
                    self.end = frame.end
                elif not self._resynchronise(frame, size):
                    return

    def tail(self) -> Tail | None:
        """Say what lies behind ``end``; None when the file ends there, or has a whole frame since."""
        rest = self.size() - self.end
        if rest <= 0:
            return None
        frame = self._frame_at(self.end)
        if frame is not None and frame.end <= self.end + rest and self._is_whole(frame):
            return None
        is_torn = rest < FRAME_PROLOGUE_OCTETS or (frame is not None and frame.end > self.end + rest)
        if frame is None and not is_torn:  # a file system may have made the file longer and written nothing
            is_torn = not any(self._read(self.end, rest))
        return Tail(self.end, rest, is_torn, frame)

    def octets(self, offset: int, length: int) -> bytes:
        """Give ``length`` octets of the file from ``offset``, fewer at its end.

        Read, not mapped: a torn tail that is cut under a mapping would end the process.
        """
        return self._read(offset, length)

    def records(self, frame: Frame) -> pa.RecordBatch:
        """Give the records of one frame (BATCH_SCHEMA).

        Raises:
            DamagedError: when they cannot be decoded.
        """
        payload = self._buffer(frame.payload_offset, frame.payload_length)
        return self._decoded(frame, payload)

    def table(self, frames: Sequence[Frame]) -> pa.Table:
        """Give the records of frames that follow each other in the file, with their seq (ARCHIVE_SCHEMA).

        Raises:
            DamagedError: when one of them cannot be decoded.
        """
        if not frames:
            return ARCHIVE_SCHEMA.empty_table()
        start = frames[0].offset
        buffer = self._buffer(start, frames[-1].end - start)
        batches = [
            self._decoded(frame, buffer.slice(frame.payload_offset - start, frame.payload_length))
            for frame in frames
        ]
        numbers = pa.chunked_array([seq_numbers(frame.first_seq, frame.rows) for frame in frames])
        table = pa.Table.from_batches(batches)
        return table.add_column(0, ARCHIVE_SCHEMA.field("seq"), numbers)

    def _read_header(self) -> tuple[JournalHeader, int]:
        """Give the file header, and the offset of the first frame."""
        prologue = self._read(0, FILE_PROLOGUE_OCTETS)
        try:
            length = header_octets(prologue)
            header = decode_journal_header(self._read(0, length))
        except VersionError as error:
            raise DamagedError(Damage(self.path, 0, str(error), self.size())) from error
        except FormatError as error:
            return self._without_header(possible_salts(prologue), str(error))
        place = f"tenant={header.tenant}/stream={header.stream}/{header.first_seq:020d}.journal"
        if not self.path.match(place):
            raise DamagedError(Damage(self.path, 0, f"{place} lies here under a wrong name", self.size()))
        return header, length

    def _without_header(self, salts: Sequence[int], reason: str) -> tuple[JournalHeader, int]:
        """Find the first frame in a file whose header is damaged."""
        for salt in salts:
            self.header = JournalHeader("", "", 0, salt, 0, version=1)  # at worst ``raw`` is looked at again
            found = self._next_whole(FILE_PROLOGUE_OCTETS, self.size())
            if found is not None:
                self.damages.append(Damage(self.path, 0, reason, found))
                return self.header, found
        raise DamagedError(Damage(self.path, 0, reason, self.size()))

    def _read(self, offset: int, length: int) -> bytes:
        """Give octets that are compared with a checksum, or that decide nothing that is kept."""
        return read_through(self.descriptor, offset, length)

    def _buffer(self, offset: int, length: int) -> pa.Buffer:
        """Give octets of the file in Arrow's memory, which is given from one block to the next.

        Raises:
            DamagedError: when the disk does not give them any more.
        """
        buffer = pa.allocate_buffer(length)
        view, filled = memoryview(buffer), 0
        while filled < length:
            try:
                count = os.preadv(self.descriptor, [view[filled:]], offset + filled)
            except OSError as error:
                raise DamagedError(Damage(self.path, offset + filled, str(error), length)) from error
            if not count:
                break
            filled += count
        return buffer.slice(0, filled)

    def _frame_at(self, offset: int) -> Frame | None:
        return decode_prologue(self._read(offset, FRAME_PROLOGUE_OCTETS), offset, self.header.salt)

    def _is_whole(self, frame: Frame) -> bool:
        checksum = self.header.salt
        for place in range(frame.header_offset, frame.end, CHECK_OCTETS):
            checksum = crc32(self._read(place, min(CHECK_OCTETS, frame.end - place)), checksum)
        return checksum == frame.checksum

    def _resynchronise(self, bad: Frame | None, size: int) -> bool:
        """Go on at the next whole frame behind damage; say whether there is one."""
        found = self._next_whole(self.end + 8, size)
        if found is None:
            return False
        reason = "frame damaged" if bad is None else f"records {bad.first_seq} to {bad.last_seq} damaged"
        self.damages.append(Damage(self.path, self.end, reason, found - self.end))
        self.end = found
        return True

    def _next_whole(self, start: int, size: int) -> int | None:
        for chunk in range(start, size, RESYNC_OCTETS):
            # Chunks overlap by one magic, so that none is cut in two.
            for place in candidates(self._read(chunk, RESYNC_OCTETS + 8)):
                frame = self._frame_at(chunk + place)
                if frame is not None and frame.end <= size and self._is_whole(frame):
                    return frame.offset
        return None

    def _decoded(self, frame: Frame, payload: Any) -> pa.RecordBatch:
        try:
            records = decode_records(payload)
        except BatchError as error:
            raise DamagedError(
                Damage(self.path, frame.offset, str(error), frame.end - frame.offset)
            ) from error
        if records.num_rows != frame.rows:
            reason = f"{records.num_rows} records where the frame says {frame.rows}"
            raise DamagedError(Damage(self.path, frame.offset, reason, frame.end - frame.offset))
        return records


def seq_numbers(first: int, rows: int) -> pa.Array:
    """Give the int64 column first, first + 1, … of ``rows`` numbers."""
    return pc.cumulative_sum(pa.repeat(_ONE, rows), start=first - 1)


def runs(frames: Iterable[Frame], rows: int, octets: int) -> list[list[Frame]]:
    """Put frames that follow each other in runs of at most ``rows`` records and ``octets`` octets.

    A frame larger than that is a run of its own. The runs of a growing file stay the same but for the last.
    """
    grouped: list[list[Frame]] = []
    count = size = 0
    end = -1
    for frame in frames:
        length = frame.end - frame.offset
        if frame.offset != end or count + frame.rows > rows or size + length > octets:
            grouped.append([])
            count = size = 0
        grouped[-1].append(frame)
        count += frame.rows
        size += length
        end = frame.end
    return grouped
