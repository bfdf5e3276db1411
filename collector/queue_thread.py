"""The disk queue's thread: the folder's work beside the event loop, one command after the other.

    → write, batches                ← Wrote, their places, or WriteFailed
    → read, place and octets        ← Read, batches and where the next lies
    → release, number of a file
                                    ← Counted, messages that an earlier process left
                                    ← Found, where batches lie that another process left

What happened is given to ``heard``, in this thread. While it syncs, the next group of batches gathers at
whoever writes: so the groups grow with the load.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from collector.queue_folder import Figures, Loaded, Place, QueueFolder, QueueFullError, QueueLimits, Written

_ADOPT_SECONDS: Final = 30.0  # between two looks for the queues of processes that are gone
_STOP_SECONDS: Final = 10.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wrote:
    """The batches of the last write are on disk."""

    places: Sequence[Place]


@dataclass(frozen=True, slots=True)
class WriteFailed:
    """No batch of the last write is on disk."""

    reason: str
    full: bool


@dataclass(frozen=True, slots=True)
class Read:
    """What lay at a place, and where the next batch lies."""

    batches: Sequence[Loaded]
    next: Place | None


@dataclass(frozen=True, slots=True)
class Counted:
    """So many messages more were found in files that an earlier process left."""

    messages: int


@dataclass(frozen=True, slots=True)
class Found:
    """Batches of another process were taken over."""

    first: Place


Event = Wrote | WriteFailed | Read | Counted | Found
_Work = Callable[[], Event | None]


class DiskQueue:
    """A ``QueueFolder`` with a thread of its own. Its figures may be read at any time.

    Args:
        folder: of this process.
        limits: how much of the disk the queue may take.
        heard: is called in the thread with what happened.
        orphans: gives the folders of processes that are gone; of them what is left is sent, too.

    Raises:
        QueueLockedError: when another process has the folder.
        OSError: when the folder cannot be made or read.
    """

    def __init__(
        self,
        folder: Path,
        limits: QueueLimits,
        heard: Callable[[Event], None],
        orphans: Callable[[], Sequence[Path]] = tuple,
    ) -> None:
        self._folder = QueueFolder(folder, limits)
        self._heard = heard
        self._orphans = orphans
        self._work: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._told: set[Path] = set()  # folders that could not be taken over
        self._take_over()
        first = self._folder.first()
        self._uncounted = self._folder.messages(first) if first is not None else None
        self._adopt_at = time.monotonic() + _ADOPT_SECONDS
        self._thread = threading.Thread(target=self._serve, name="disk queue", daemon=True)

    @property
    def figures(self) -> Figures:
        """What lies on disk."""
        return self._folder.figures

    @property
    def first(self) -> Place | None:
        """Where the oldest batch lies; to be asked before ``start``."""
        return self._folder.first()

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def change(self, limits: QueueLimits, orphans: Callable[[], Sequence[Path]]) -> None:
        """Go by other limits, and take over other folders, from the next write and the next look on."""
        self._folder.limits = limits
        self._orphans = orphans

    def write(self, batches: Sequence[Written]) -> None:
        """Have batches put behind all others."""
        self._work.put(lambda: self._write(batches))

    def read(self, start: Place, octets: int) -> None:
        """Have batches read."""
        self._work.put(lambda: self._read(start, octets))

    def release(self, needed: int | None) -> None:
        """Have files removed; see ``QueueFolder.release``."""
        self._work.put(lambda: self._folder.release(needed))

    def close(self) -> None:
        """Do what was asked for, then end the thread and let the folder go."""
        self._work.put(None)
        if self._thread.ident is not None:
            self._thread.join(_STOP_SECONDS)
            if self._thread.is_alive():
                log.error("the disk of the queue does not answer; see to it")
                return
        self._folder.close()

    def _write(self, batches: Sequence[Written]) -> Event:
        try:
            return Wrote(self._folder.append(batches))
        except OSError as error:
            return WriteFailed(str(error), full=isinstance(error, QueueFullError))
        except Exception as error:
            log.exception("the disk queue made a mistake when it wrote; report this")
            return WriteFailed(repr(error), full=False)

    def _read(self, start: Place, octets: int) -> Event:
        try:
            return Read(*self._folder.read(start, octets))
        except Exception:
            log.exception("the disk queue made a mistake when it read %s; report this", start)
            return Read((), self._folder.after(start.file))

    def _serve(self) -> None:
        while True:
            try:
                work = self._work.get(timeout=self._pause())
            except queue.Empty:
                work = self._adopt if self._uncounted is None else self._count
            if work is None:
                return
            try:
                event = work()
            except Exception:
                log.exception("the disk queue made a mistake; report this")
                continue
            if event is not None:
                with suppress(RuntimeError):  # the event loop has ended
                    self._heard(event)

    def _pause(self) -> float:
        return 0.001 if self._uncounted is not None else max(0.01, self._adopt_at - time.monotonic())

    def _count(self) -> Event | None:
        messages = next(self._uncounted, None) if self._uncounted is not None else None
        if messages is None:
            self._uncounted = None
            return None
        return Counted(messages)

    def _adopt(self) -> Event | None:
        self._adopt_at = time.monotonic() + _ADOPT_SECONDS
        places = self._take_over()
        if not places:
            return None
        self._uncounted = self._folder.messages(places[0])
        return Found(places[0])

    def _take_over(self) -> list[Place]:
        """Take over what others have left, and give where that begins. One that cannot be had is told of."""
        places = []
        for orphan in self._orphans():
            try:
                place = self._folder.adopt(orphan)
            except OSError as error:
                if orphan not in self._told:
                    self._told.add(orphan)
                    log.error(  # noqa: TRY400 - the sentence says all
                        "the queue %s of a process that is gone cannot be taken over: %s; its messages are "
                        "not sent: see to the folder's mode and owner",
                        orphan,
                        error,
                    )
            else:
                places += [] if place is None else [place]
        return places
