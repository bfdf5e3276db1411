"""The folder of a disk queue: files that are appended to, read from their front, and removed when done with.

    queue/PROCESS/lock                            held while a collector has the folder
    queue/PROCESS/00000000000000000007.queue      see collector/queue_format.py; read in order of their names
    queue/PROCESS/quarantine/FILE-OFFSET.octets   damaged octets, for people; nothing reads them

What an earlier process left is read first, and never appended to. After a failed write a file is not appended
to again. Which files are done with says whoever reads (``release``): a frame is needed until storage has
answered it. Nothing here waits for anybody, and one thread uses it.
"""

import fcntl
import logging
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import durable
from collector.queue_file import FileReader, QueueFile
from collector.queue_format import (
    FILE_HEADER_OCTETS,
    Damage,
    Frame,
    QueueFormatError,
    encode_file_header,
    encode_frame,
)

FILE_OCTETS: Final = 64 << 20  # after which a new file is begun
LOCK_NAME: Final = "lock"
QUARANTINE: Final = "quarantine"
QUARANTINE_FILES: Final = 1000  # a fault that repeats must not fill the disk
QUARANTINE_OCTETS: Final = 64 << 20  # of one entry
_SUFFIX: Final = ".queue"
_SMALL_OCTETS: Final = 16_384  # pieces smaller than this on average are copied together: fewer to write

log = logging.getLogger(__name__)


class QueueLockedError(Exception):
    """Another collector has this queue; the message says what to do."""

    exit_code = os.EX_UNAVAILABLE


class QueueFullError(OSError):
    """The queue has its bound, or the disk has; the message says what to do."""


class Place(NamedTuple):
    """Where a batch lies: the number of the file, in the order of reading, and the offset in it."""

    file: int
    offset: int


@dataclass(frozen=True, slots=True)
class Written:
    """What is to be put into the queue: a batch as it goes to storage."""

    header: bytes
    payload: Any
    messages: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """A batch that was read out of the queue."""

    place: Place
    header: bytes
    payload: Any
    messages: int
    written: float  # seconds since the epoch
    size: int


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """How much the queue may take of the disk, in octets: the sum of its files, and what stays free."""

    octets: int
    free_octets: int
    file_octets: int = FILE_OCTETS


@dataclass(slots=True)
class Figures:
    """What lies in the folder. ``damaged`` are places since the start, with the messages known of them."""

    octets: int = 0
    files: int = 0
    damaged: int = 0
    damaged_messages: int = 0


class QueueFolder:
    """The files of one process's disk queue.

    Args:
        folder: made when it is missing.
        limits: how much of the disk it may take.

    Raises:
        QueueLockedError: when another process has it.
        OSError: when the folder cannot be made or read.
    """

    def __init__(self, folder: Path, limits: QueueLimits) -> None:
        self.figures = Figures()
        self._folder = folder
        self.limits = limits
        self._files: dict[int, QueueFile] = {}  # in order of reading
        self._next = 1  # the next file's number
        self._writing: tuple[int, int] | None = None  # number and descriptor of the file appended to
        self._reader: tuple[int, int, FileReader] | None = None  # number and size of the file being read
        self._locks: list[int] = []
        self._told: set[Place] = set()  # damage that was told
        self._unheard: int | None = None  # the first file of an adopted folder, until it was asked for
        if not self._lock(folder):
            raise QueueLockedError(
                f"another collector has the queue {folder}: stop that process first, or give this one "
                "another folder with --data"
            )
        try:
            self._take_files(folder)
        except OSError:
            self.close()  # else nobody could have it later
            raise

    def adopt(self, folder: Path) -> Place | None:
        """Take over what lies in a folder that no process has any more; give where that begins, if anything.

        It is read behind all that is there already.
        """
        taken = {file.path.parent for file in self._files.values()}
        if folder in taken or not any(folder.glob(f"*{_SUFFIX}")) or not self._lock(folder):
            return None
        self._end_file()
        first = self._next
        self._take_files(folder)
        self._unheard = first if self._unheard is None else self._unheard
        return Place(first, 0)

    def first(self) -> Place | None:
        """Give where the oldest batch lies; None when there is none."""
        return Place(next(iter(self._files)), 0) if self._files else None

    def append(self, batches: Sequence[Written]) -> list[Place]:
        """Put batches behind all others, and give where they lie once they are on disk: all, or none.

        Raises:
            QueueFullError: when there is no room for them.
            OSError: when they could not be made durable.
        """
        if self._writing is None or self._files[self._writing[0]].size >= self.limits.file_octets:
            self._end_file()
            self._begin_file()
        assert self._writing is not None  # noqa: S101 - for the type checker
        number, descriptor = self._writing
        file, now = self._files[number], time.time()
        at, places, pieces = file.size, [], []
        for batch in batches:
            places.append(Place(number, at))
            frame = encode_frame(batch.header, batch.payload, batch.messages, now, file.salt or 0)
            pieces += frame
            at += sum(memoryview(piece).nbytes for piece in frame)
        self._check_room(at - file.size)
        if at - file.size < len(pieces) * _SMALL_OCTETS:
            pieces = [b"".join(pieces)]
        try:
            durable.append(descriptor, pieces)
        except OSError:
            self._end_file()
            if file.size == FILE_HEADER_OCTETS:  # a disk that fails each time would be given a file each time
                self._remove(number)
            raise
        self.figures.octets += at - file.size
        file.size = at
        return places

    def read(self, start: Place, octets: int) -> tuple[list[Loaded], Place | None]:
        """Read batches from ``start`` on until they have so many octets, and say where the next lies.

        Damage is passed over, put into quarantine, counted and told.
        """
        found: list[Loaded] = []
        place: Place | None = start
        while place is not None and octets > 0:
            one, place = self._read_one(place)
            if one is not None:
                found.append(one)
                octets -= one.size
        if self._unheard is not None and (place is None or place.file >= self._unheard):
            self._unheard = None
        return found, place

    def release(self, needed: int | None) -> None:
        """Remove the files before number ``needed``; None: all of them that the caller can know of."""
        if needed is None:
            self._end_file()
            needed = self._unheard
        for number in [number for number in self._files if needed is None or number < needed]:
            self._remove(number)

    def _remove(self, number: int) -> None:
        """Remove a file of which nothing is needed."""
        file = self._files.pop(number)
        if self._reader is not None and self._reader[0] == number:
            self._close_reader()
        self.figures.octets -= file.size
        self.figures.files = len(self._files)
        try:
            durable.unlink(file.path)
        except OSError as error:
            log.error(  # noqa: TRY400 - the sentence says all
                "the queue's file %s cannot be removed: %s; nothing of it is needed: remove it",
                file.path,
                error,
            )

    def messages(self, begin: Place) -> Iterator[int]:
        """Count the messages of the files that an earlier process left, file by file, from ``begin`` on."""
        for file in [file for number, file in self._files.items() if number >= begin.file]:
            try:
                reader = FileReader(file)
            except (OSError, QueueFormatError):
                continue
            try:
                yield sum(frame.messages for frame in reader.frames() if isinstance(frame, Frame))
            except OSError:
                continue
            finally:
                reader.close()

    def close(self) -> None:
        """Let go of every file and of the locks. What is in the queue stays there."""
        self._end_file()
        self._close_reader()
        while self._locks:
            os.close(self._locks.pop())

    def _lock(self, folder: Path) -> bool:
        durable.make_folder(folder)
        descriptor = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            if isinstance(error, BlockingIOError):
                return False
            raise
        self._locks.append(descriptor)
        return True

    def _take_files(self, folder: Path) -> None:
        for path in sorted(folder.glob(f"*{_SUFFIX}")):
            file = QueueFile(path, path.stat().st_size)
            self._files[self._next] = file
            self._next += 1
            self.figures.octets += file.size
        self.figures.files = len(self._files)

    def _begin_file(self) -> None:
        self._check_room(FILE_HEADER_OCTETS)
        last = max(
            (int(path.stem) for path in self._folder.glob(f"*{_SUFFIX}") if path.stem.isdigit()), default=0
        )
        path = self._folder / f"{last + 1:020}{_SUFFIX}"
        salt = secrets.randbits(32)
        durable.write_file(path, encode_file_header(salt, time.time()))
        self._writing = self._next, durable.open_for_append(path)
        self._files[self._next] = QueueFile(path, FILE_HEADER_OCTETS, salt)
        self._next += 1
        self.figures.octets += FILE_HEADER_OCTETS
        self.figures.files = len(self._files)

    def _end_file(self) -> None:
        if self._writing is not None:
            os.close(self._writing[1])
            self._writing = None

    def _check_room(self, octets: int) -> None:
        if self.figures.octets + octets > self.limits.octets:
            raise QueueFullError(
                f"it holds {self.figures.octets:,} octets and may hold {self.limits.octets:,}: "
                "see why storage does not take them, or raise collector.queue_octets"
            )
        disk = os.statvfs(self._folder)
        free = disk.f_bavail * disk.f_frsize
        if free - octets < self.limits.free_octets:
            raise QueueFullError(
                f"{free:,} octets are free on its disk, and {self.limits.free_octets:,} are to stay free: "
                "make room, or lower collector.queue_free_octets"
            )

    def _read_one(self, place: Place) -> tuple[Loaded | None, Place | None]:
        if place.file not in self._files:
            return None, self.after(place.file)
        try:
            content = self._open(place.file).content_at(place.offset)
        except (OSError, QueueFormatError) as error:
            self._tell_unreadable(place, error)
            return None, self.after(place.file)
        if content is None:
            return None, self.after(place.file)
        if isinstance(content, Damage):
            self._tell_damage(Place(place.file, content.offset), content)
            return None, Place(place.file, content.end)
        frame = content.frame
        at = Place(place.file, frame.offset)
        size = frame.header_length + frame.payload_length
        loaded = Loaded(at, content.header, content.payload, frame.messages, frame.written, size)
        behind = Place(place.file, frame.end)
        return loaded, behind if frame.end < self._files[place.file].size else self.after(place.file)

    def _open(self, number: int) -> FileReader:
        file = self._files[number]
        if self._reader is None or self._reader[:2] != (number, file.size):
            self._close_reader()
            self._reader = number, file.size, FileReader(file)
        return self._reader[2]

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader[2].close()
            self._reader = None

    def after(self, number: int) -> Place | None:
        """Give where the file behind number ``number`` begins; None when there is none."""
        return next((Place(other, 0) for other in self._files if other > number), None)

    def _tell_unreadable(self, place: Place, error: Exception) -> None:
        """Tell of a file that cannot be read on; it is put aside, since nobody may remove it unread."""
        if place in self._told:
            return
        self._told.add(place)
        path = self._files[place.file].path
        self.figures.damaged += 1
        kept = _put_aside(path)
        log.error(
            "the queue's file %s cannot be read from offset %d on: %s; the messages in the rest of it are "
            "not sent; it is kept as %s: see to the disk",
            path,
            place.offset,
            error,
            kept,
        )

    def _tell_damage(self, place: Place, damage: Damage) -> None:
        if place in self._told:
            return
        self._told.add(place)
        path = self._files[place.file].path
        if damage.torn:
            log.warning(
                "the queue's file %s ends at offset %d within a batch, as a crash leaves it: "
                "no sender was told that it is safe, %d messages",
                path,
                damage.offset,
                damage.messages,
            )
            return
        self.figures.damaged += 1
        self.figures.damaged_messages += damage.messages
        log.error(
            "the queue's file %s is damaged at offset %d: %s; %d octets with %s messages are left out and "
            "lie in %s, the rest is sent: see to the disk",
            path,
            damage.offset,
            damage.reason,
            damage.length,
            damage.messages or "unknown",
            self._keep(place, damage),
        )

    def _keep(self, place: Place, damage: Damage) -> Path | str:
        file = self._files[place.file]
        folder = self._folder / QUARANTINE
        path = folder / f"{file.path.parent.name}-{file.path.stem}-{damage.offset}.octets"
        try:
            durable.make_folder(folder)
            if sum(1 for _ in folder.glob("*.octets")) >= QUARANTINE_FILES:
                return f"no file, since {folder} has {QUARANTINE_FILES}"
            durable.write_file(path, self._open(place.file).octets(damage, QUARANTINE_OCTETS))
        except OSError as error:
            return f"no file ({error})"
        return path


def _put_aside(path: Path) -> Path:
    """Give a file that cannot be read a second name, under which it outlives the queue."""
    folder = path.parent / QUARANTINE
    kept = folder / path.name
    try:
        durable.make_folder(folder)
        os.link(path, kept)
        durable.sync_folder(folder)
    except OSError as error:
        log.warning("%s cannot be kept: %s", path, error)
        return path
    return kept
