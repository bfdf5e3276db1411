"""The keeper of the archive: seals and merges in a thread of its own while the worker goes on journalling.

Arrow lets other threads run while it compresses and compares, so that journalling hardly notices.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from storage.archive import seal
from storage.blocks import utc_today
from storage.journal_reader import DamagedError
from storage.layout import Layout, StreamName
from storage.merge import merge
from storage.settings import StorageSettings

RETRY_SECONDS: Final = 60.0  # after a journal could not be sealed; it is searchable meanwhile
MERGE_SECONDS: Final = 3600.0  # between two looks for small segments of finished days

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Kept:
    """What the keeper has done since it began, for the worker's report."""

    journals_sealed: int = 0
    messages_archived: int = 0
    journal_octets: int = 0
    archive_octets: int = 0
    seal_errors: int = 0
    seal_fails: str = ""  # why the last seal failed; nothing when it did not
    segments_merged: int = 0
    merge_errors: int = 0


@dataclass(slots=True)
class _Stream:
    waiting: list[Path] = field(default_factory=list)  # oldest first
    began: dict[Path, float] = field(default_factory=dict)  # when their first message came (seconds, epoch)
    not_before: float = 0.0
    merge_at: float = 0.0
    merged: dict[date, int] = field(default_factory=dict)  # a day's folder as looked at: changed when (ns)


class Keeper:
    """Seals the journals it is given, those of a stream in their order, and merges what has become small.

    A journal that cannot be sealed holds back those behind it, since the catalogue relies on the order; it is
    tried again after RETRY_SECONDS. One that cannot be read at all is passed over and stays where it is.
    """

    def __init__(self, layout: Layout, settings: StorageSettings) -> None:
        self.kept = Kept()
        self._layout = layout
        self._settings = settings
        self._streams: dict[StreamName, _Stream] = {}
        self._condition = threading.Condition()
        self._stopping = False
        self._is_merging_paused = False
        self._thread = threading.Thread(target=self._work, name="keeper", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def give(self, name: StreamName, finished: list[Path], began: Mapping[Path, float] | None = None) -> None:
        """Take over a stream's finished journal files, oldest first, and the care for its archive.

        ``began`` is when the first message of each came, where that is known (seconds since the epoch).
        """
        with self._condition:
            stream = self._streams.setdefault(name, _Stream())
            stream.waiting += finished
            stream.began |= began or {}
            self._condition.notify()

    def pause_merging(self, *, paused: bool) -> None:
        """Leave merging for later, or go on with it. Sealing goes on in any case: it makes room."""
        with self._condition:
            self._is_merging_paused = paused
            self._condition.notify()

    def change(self, settings: StorageSettings) -> None:
        """Go by other settings from the next step on."""
        self._settings = settings

    def oldest(self) -> float | None:
        """Give when the oldest message came that waits to be sealed (seconds, epoch); None: none waits."""
        with self._condition:
            began = [
                stream.began[path] for stream in self._streams.values() for path in stream.waiting
                if path in stream.began
            ]  # fmt: skip
        return min(began, default=None)

    def waiting(self) -> int:
        """Give the number of journals that wait to be sealed."""
        with self._condition:
            return sum(len(stream.waiting) for stream in self._streams.values())

    def stop(self, timeout: float) -> bool:
        """End after the step at hand; say whether that was within ``timeout`` seconds."""
        if self._thread.ident is None:
            return True
        with self._condition:
            self._stopping = True
            self._condition.notify()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while True:
            with self._condition:
                step = self._next_step()
                if self._stopping:
                    return
                if step is None:
                    self._condition.wait(1.0)
                    continue
            step()

    def _next_step(self) -> Callable[[], None] | None:
        now = time.monotonic()
        for name, stream in self._streams.items():
            if stream.waiting and now >= stream.not_before:
                return lambda name=name, stream=stream: self._seal(name, stream)  # type: ignore[misc]
        is_merging = self._settings.merge_messages and not self._is_merging_paused
        for name, stream in self._streams.items() if is_merging else ():
            if not stream.waiting and now >= stream.merge_at:
                return lambda name=name, stream=stream: self._merge(name, stream)  # type: ignore[misc]
        return None

    def _seal(self, name: StreamName, stream: _Stream) -> None:
        path = stream.waiting[0]
        try:
            sealed = seal(self._layout, name, path, self._settings.compression_level)
        except DamagedError as error:
            log.exception("%s cannot be read; it stays where it is. See to the disk's health", path)
            self._failed(error)
        except Exception as error:  # whatever it is, the thread goes on, and the journal stays
            log.exception("%s was not sealed; it stays searchable and is tried again in a minute", path)
            self._failed(error)
            stream.not_before = time.monotonic() + RETRY_SECONDS
            return
        else:
            self.kept.seal_fails = ""
            self.kept.journals_sealed += 1
            self.kept.messages_archived += sealed.messages
            self.kept.journal_octets += sealed.journal_octets
            self.kept.archive_octets += sealed.archive_octets
        with self._condition:
            stream.waiting.remove(path)
            stream.began.pop(path, None)
            self._streams[name] = self._streams.pop(name)  # the next one's turn

    def _failed(self, error: Exception) -> None:
        self.kept.seal_errors += 1
        self.kept.seal_fails = str(error)

    def _merge(self, name: StreamName, stream: _Stream) -> None:
        stream.merge_at = time.monotonic() + MERGE_SECONDS
        if len(list(self._layout.journal(name).glob("*.journal"))) > 1:
            return  # one that could not be sealed: a merged segment must not reach over its seqs
        for day in self._layout.archived_days(name):
            if day >= utc_today() or self._stopping or self._is_merging_paused:
                return
            folder = self._layout.archive_day(name, day)
            try:
                if stream.merged.get(day) == folder.stat().st_mtime_ns:
                    continue  # years of finished days: their footers need not be read every hour
                made = merge(
                    self._layout, name, day,
                    small=self._settings.merge_messages, level=self._settings.compression_level,
                )  # fmt: skip
                self.kept.segments_merged += len(made)
                stream.merged[day] = folder.stat().st_mtime_ns
            except FileNotFoundError:
                log.info("%s of %s expired while it was merged", day, name.folder)
            except Exception:  # as in _seal
                self.kept.merge_errors += 1
                log.exception("%s of %s was not merged; its segments stay as they are", day, name.folder)
