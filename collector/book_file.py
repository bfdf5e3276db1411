"""A book's file: numbers under names, kept in memory that the kernel writes to a file.

A number is changed where it stands, in pages that are the kernel's: the end of the process at any instruction
loses none of them. A loss of power may lose the last seconds (``collector/run.py`` has the file synced each
second). No number needs a system call.

The file is an array of words of 8 octets, in the machine's own order, since a book stays on its machine. It
grows by pieces of PIECE_OCTETS, each reserved on the disk before it is mapped: a disk that is full must not
end the process by a signal.

    words
     0        magic
     1        version
     2        changes: goes up by one when a change of several numbers begins, and again when it is done
     3        numbers in the redo list; not 0 while the change in it may be done in part only
     4        closed_at, ns since 1970: 0 while its process runs, and for ever when that was killed
     5        touched_at, ns: the process was alive then
     6        octets of what it is about, and their CRC-32 in the upper half
     7        what was counted and had no room for a record of its own: a disk was full
     8 …      what it is about: JSON
   512 …      redo list: pairs of a word's place and the number that is to stand there
 after PIECE_OCTETS, records one after the other; a word 0 ends a piece's records:
              octets of the key (1 to LONGEST_KEY) and their CRC-32 in the upper half; written last
              the number
              the key, filled up with zeros to a whole word
    or
              SLOT
              messages (0: the slot is free), a batch number, the place of a record whose key tells of what

A change of several numbers is written to the redo list first. Who reads a file whose process is gone does it
to the end; so all of the numbers have changed, or none.
"""

import fcntl
import json
import mmap
import os
import struct
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import durable

MAGIC: Final = int.from_bytes(b"SLbook\r\n", "little")
VERSION: Final = 1
PIECE_OCTETS: Final = 1 << 18
LONGEST_KEY: Final = 2048
SLOT: Final = 0xFFFF
UNPLACED: Final = 7  # the place for amounts whose record has no room

_WORD: Final = 8
_PIECE_WORDS: Final = PIECE_OCTETS // _WORD
_CHANGES, _REDO, _CLOSED, _TOUCHED, _ABOUT_MARK = 2, 3, 4, 5, 6
_ABOUT: Final = 8 * _WORD
_REDO_LIST: Final = 4096
MOST_CHANGES: Final = (PIECE_OCTETS - _REDO_LIST) // (2 * _WORD)
_SLOT_WORDS: Final = 4
_UPPER: Final = 32
_LOWER_HALF: Final = (1 << _UPPER) - 1
_READ_TRIES: Final = 200  # of a file that is being changed; a change takes some microseconds


class BookError(Exception):
    """A file that is no book, or one of another version."""


class BookFile:
    """The writing end of a book; one process has it, and holds a lock on the file for as long.

    Args:
        path: a new file; without it the book is in memory only, and nobody else sees it.
        about: what it is about, of JSON's types.

    Raises:
        OSError: when the file cannot be made.
    """

    def __init__(self, path: Path | None, about: Mapping[str, Any]) -> None:
        self.path = path
        self._descriptor = -1
        self._maps: list[mmap.mmap] = []
        self._pieces: list[memoryview] = []
        text = json.dumps(about, separators=(",", ":")).encode()
        if len(text) > _REDO_LIST - _ABOUT:
            raise BookError(f"what a book is about has {len(text)} octets: {_REDO_LIST - _ABOUT} at most")
        if path is not None:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
        try:
            if path is not None:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            self._add_piece()
            self._add_piece()
        except OSError:
            if path is not None:
                os.close(self._descriptor)
                path.unlink(missing_ok=True)
            raise
        self._head = self._pieces[0]
        self._next = _PIECE_WORDS
        self._maps[0][_ABOUT : _ABOUT + len(text)] = text
        struct.pack_into("=Q", self._maps[0], _ABOUT_MARK * _WORD, _mark(text))
        self._head[1] = VERSION
        self._head[0] = MAGIC
        if path is not None:
            durable.sync_folder(path.parent)

    @property
    def descriptor(self) -> int:
        """The file's, to be synced; -1 when it is in memory only."""
        return self._descriptor

    def new(self, key: bytes) -> int:
        """Make a record with the number 0; give its place.

        Raises:
            OSError: when the file cannot grow.
        """
        size = 2 + -(-len(key) // _WORD)
        place = self._room(size)
        memory, offset = self._maps[place // _PIECE_WORDS], place % _PIECE_WORDS * _WORD
        memory[offset + 2 * _WORD : offset + 2 * _WORD + len(key)] = key
        struct.pack_into("=Q", memory, offset, _mark(key))
        return place + 1

    def new_slot(self) -> int:
        """Make a free slot; give its place.

        Raises:
            OSError: when the file cannot grow.
        """
        place = self._room(_SLOT_WORDS)
        self._pieces[place // _PIECE_WORDS][place % _PIECE_WORDS] = SLOT
        return place + 1

    def add(self, place: int, amount: int) -> None:
        """Add to one number."""
        self._pieces[place // _PIECE_WORDS][place % _PIECE_WORDS] += amount

    def value(self, place: int) -> int:
        """Give one number."""
        return self._pieces[place // _PIECE_WORDS][place % _PIECE_WORDS]

    def change(self, changes: Sequence[tuple[int, int]]) -> None:
        """Let new numbers stand at several places: all of them, or when the process ends just now, none.

        More than MOST_CHANGES are done in parts.
        """
        for begin in range(0, len(changes), MOST_CHANGES):
            part = changes[begin : begin + MOST_CHANGES]
            flat = [word for pair in part for word in pair]
            self._head[_CHANGES] += 1
            struct.pack_into(f"={len(flat)}q", self._maps[0], _REDO_LIST, *flat)
            self._head[_REDO] = len(part)
            for place, number in part:
                self._pieces[place // _PIECE_WORDS][place % _PIECE_WORDS] = number
            self._head[_REDO] = 0
            self._head[_CHANGES] += 1

    def touch(self, now: int) -> None:
        """Say that the process is alive (ns since 1970)."""
        self._head[_TOUCHED] = now

    def close(self, now: int) -> None:
        """Say that the process ends in order (ns since 1970), and let go of the file."""
        self.touch(now)
        self._head[_CLOSED] = now
        if self._descriptor >= 0:
            with suppress(OSError):  # the page cache has it all
                durable.sync_data(self._descriptor)
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)  # the mappings have descriptors of their own
            os.close(self._descriptor)
            self._descriptor = -1

    def _room(self, words: int) -> int:
        if self._next % _PIECE_WORDS + words > _PIECE_WORDS or self._next // _PIECE_WORDS >= len(
            self._pieces
        ):
            number = -(-self._next // _PIECE_WORDS)
            if number >= len(self._pieces):
                self._add_piece()
            self._next = number * _PIECE_WORDS
        place = self._next
        self._next += words
        return place

    def _add_piece(self) -> None:
        offset = len(self._pieces) * PIECE_OCTETS
        if self._descriptor < 0:
            self._maps.append(mmap.mmap(-1, PIECE_OCTETS))
        else:
            os.posix_fallocate(self._descriptor, offset, PIECE_OCTETS)
            self._maps.append(mmap.mmap(self._descriptor, PIECE_OCTETS, offset=offset))
        self._pieces.append(memoryview(self._maps[-1]).cast("q"))


@dataclass(frozen=True, slots=True)
class BookContent:
    """What a book says.

    Attributes:
        about: what it is about.
        numbers: by key.
        slots: the key of what they are, batch number and messages, of every slot that is not free.
        closed_at: ns since 1970, when its process ended in order; else 0.
        touched_at: ns since 1970, when its process was last known to be alive.
        running: whether its process runs.
        unplaced: not 0 when something was counted that had no room.
    """

    about: dict[str, Any]
    numbers: dict[bytes, int]
    slots: list[tuple[bytes, int, int]]
    closed_at: int
    touched_at: int
    running: bool
    unplaced: int


def read_book(path: Path) -> BookContent:
    """Read a book, of a process that runs or of one that is gone.

    Raises:
        FileNotFoundError: when it is gone: another process has added it to the sums.
        OSError: when it cannot be read.
        BookError: when it is no book, or damaged.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        running = is_locked(descriptor)
        octets = _settled(descriptor, running=running)
    finally:
        os.close(descriptor)
    return _content(path, octets, running=running)


def is_locked(descriptor: int) -> bool:
    """Whether another process holds a book, that is: its process runs."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return False


def _settled(descriptor: int, *, running: bool) -> bytearray:
    """Read all octets, at a moment when no change is half done; finish what a killed process began."""
    octets = b""
    for _ in range(_READ_TRIES if running else 1):
        octets = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
        changes = octets[_CHANGES * _WORD : (_CHANGES + 1) * _WORD]
        if not int.from_bytes(changes, sys.byteorder) % 2 and changes == os.pread(
            descriptor, _WORD, _CHANGES * _WORD
        ):
            break
    return _redone(bytearray(octets))


def _redone(octets: bytearray) -> bytearray:
    if len(octets) < 2 * PIECE_OCTETS:
        return octets
    count = struct.unpack_from("=q", octets, _REDO * _WORD)[0]
    if 0 < count <= MOST_CHANGES:
        for place, number in struct.iter_unpack("=qq", octets[_REDO_LIST : _REDO_LIST + 2 * _WORD * count]):
            if 0 <= place < len(octets) // _WORD:
                struct.pack_into("=q", octets, place * _WORD, number)
    return octets


def _content(path: Path, octets: bytearray, *, running: bool) -> BookContent:
    if len(octets) < 2 * PIECE_OCTETS:
        raise BookError(f"{path}: too short for a book; its process ended while it was made")
    head = struct.unpack_from("=8q", octets)
    if head[0] != MAGIC or head[1] != VERSION:
        raise BookError(f"{path}: no book of version {VERSION}")
    text = bytes(octets[_ABOUT : _ABOUT + (head[_ABOUT_MARK] & _LOWER_HALF) % _REDO_LIST])
    if _mark(text) != struct.unpack_from("=Q", octets, _ABOUT_MARK * _WORD)[0]:
        raise BookError(f"{path}: what it is about is damaged")
    numbers: dict[bytes, int] = {}
    keys: dict[int, bytes] = {}
    slots: list[tuple[int, int, int]] = []
    for place, key, found in _records(path, octets):
        if key is None:
            slots.append(found)
        else:
            numbers[key] = numbers.get(key, 0) + found[0]
            keys[place] = key
    held = [
        (keys[where], number, messages) for messages, number, where in slots if messages and where in keys
    ]
    return BookContent(
        json.loads(text), numbers, held, head[_CLOSED], head[_TOUCHED], running, head[UNPLACED]
    )


def _records(path: Path, octets: bytearray) -> Iterator[tuple[int, bytes | None, tuple[int, int, int]]]:
    """Give place, key and number of every record; for slots no key, but messages, number and place."""
    for begin in range(PIECE_OCTETS, len(octets), PIECE_OCTETS):
        offset, end = begin, min(begin + PIECE_OCTETS, len(octets))
        while offset + 2 * _WORD <= end:
            mark, number = struct.unpack_from("=Qq", octets, offset)
            if mark == SLOT:
                yield offset // _WORD + 1, None, struct.unpack_from("=3q", octets, offset + _WORD)
                offset += _SLOT_WORDS * _WORD
                continue
            length = mark & _LOWER_HALF
            if not length:
                break
            key = bytes(octets[offset + 2 * _WORD : offset + 2 * _WORD + length])
            if length > LONGEST_KEY or _mark(key) != mark:
                raise BookError(f"{path}: damaged at octet {offset}")
            yield offset // _WORD + 1, key, (number, 0, 0)
            offset += (2 + -(-length // _WORD)) * _WORD


def _mark(octets: bytes) -> int:
    return len(octets) | crc32(octets) << _UPPER
