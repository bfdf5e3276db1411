"""The streams that a storage worker writes: their locks, their journals, and the keeper who seals these.

A full or read-only disk (NotWrittenError) leaves everything here as it was, so that each step can be tried
again: what could not be opened is opened later, a journal that could not be rolled is appended to.
"""

import logging
import time
from collections.abc import Callable
from typing import Final

from durable import NotWrittenError
from parsers.batch import BatchError
from storage.journal import Journal
from storage.keeper import Keeper
from storage.layout import Layout, StreamName
from storage.lock import FolderLock
from storage.orders import EARLY
from storage.settings import StorageSettings

STREAMS: Final = 1024  # written by one worker: each has a file open
STOP_SECONDS: Final = 30.0  # for the seal at hand; what it does not finish it begins anew at the next start
ROLL_RETRY_SECONDS: Final = 10.0  # after the disk took no new journal file

log = logging.getLogger(__name__)


class Streams:
    """Every stream's journal under one data folder, and the care for its archive.

    Args:
        layout: the data folder's.
        settings: those of storage.
        clock: gives the time, in seconds since the epoch; it may be wrong, and step back and forth.
    """

    def __init__(self, layout: Layout, settings: StorageSettings, clock: Callable[[], float]) -> None:
        self.journals: dict[StreamName, Journal] = {}
        self.keeper = Keeper(layout, settings)
        self._layout = layout
        self._settings = settings
        self._clock = clock
        self._locks: dict[StreamName, FolderLock] = {}
        self._unopened: list[StreamName] | None = None
        self._roll_at = 0.0  # not before, by the monotonic clock

    def open_all(self) -> None:
        """Lock and recover every stream that is there; after a refusal it goes on where it stopped.

        Raises:
            StreamLockedError: when another worker writes one of them.
            NotWrittenError: when the disk takes nothing.
            OSError: when a file cannot be read, or made durable.
        """
        if self._unopened is None:
            self._unopened = self._layout.streams()
        while self._unopened:
            if self._unopened[0] not in self.journals:
                self._open(self._unopened[0])
            del self._unopened[0]

    def journal(self, name: StreamName) -> Journal:
        """Give a stream's journal, a new one when it is the first time.

        Raises:
            BatchError: when there are too many streams.
            OSError: as open_all.
        """
        if name not in self.journals:
            if len(self.journals) >= STREAMS:
                raise BatchError(f"more than {STREAMS} streams; send to fewer")
            self._open(name)
        return self.journals[name]

    def roll(self, *, early: bool = False, at_once: bool = False) -> None:
        """Give the keeper every journal file that is full.

        Args:
            early: a part of the limits counts for full.
            at_once: every file that holds anything is.
        """
        if time.monotonic() < self._roll_at:
            return
        now = self._clock()
        part = 0.0 if at_once else EARLY if early else 1.0
        for journal in self.journals.values():
            if not journal.is_full(now, part):
                continue
            try:
                journal.roll(now, self._settings.collector_days)
            except NotWrittenError as error:
                log.warning("%s: no new journal file, %s; the present one goes on", journal.path, error)
                self._roll_at = time.monotonic() + ROLL_RETRY_SECONDS
                return
            self._give(journal)

    def oldest_seconds(self) -> float:
        """Give the age of the oldest message that is in no segment yet; 0 when all are."""
        began = [journal.oldest() for journal in self.journals.values()] + [self.keeper.oldest()]
        known = [each for each in began if each is not None]
        return max(0.0, self._clock() - min(known)) if known else 0.0

    def change(self, settings: StorageSettings) -> None:
        """Go by other settings from now on."""
        self._settings = settings
        self.keeper.change(settings)
        for journal in self.journals.values():
            journal.change(settings.journal)

    def close(self) -> None:
        """Let the seal at hand end, and let go of files and locks."""
        if not self.keeper.stop(STOP_SECONDS):
            log.warning("a seal is still at work; it is begun anew at the next start")
        for journal in self.journals.values():
            journal.close()
        for lock in self._locks.values():
            lock.release()

    def _open(self, name: StreamName) -> None:
        if name not in self._locks:
            folder = self._layout.journal(name)
            self._locks[name] = FolderLock(folder, f"stream {name.tenant}/{name.stream}")
        journal = Journal(self._layout, name, self._settings.journal, self._clock())
        self.journals[name] = journal
        self._give(journal)

    def _give(self, journal: Journal) -> None:
        self.keeper.give(journal.name, journal.finished, journal.began)
        journal.finished, journal.began = [], {}
