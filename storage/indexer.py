"""The indexer: keeps the index in step with the archive, in a process of its own.

It looks at what lies in the folders and does the difference, newest day first: segments that are not indexed
are added, those that are gone (merged, expired) are forgotten, a finished day's index is put together once.
It has no state of its own; killed at any moment it goes on where the manifests say.
"""

import asyncio
import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from storage.blocks import NANOSECONDS_A_DAY, Block, day_start, utc_today
from storage.catalogue import Catalogue
from storage.index import IndexBusyError, IndexDamagedError, IndexWriter, octets_of, remove_index
from storage.index_manifest import Manifest, ManifestError, read_manifest
from storage.journal_reader import DamagedError
from storage.layout import Layout, StreamName
from storage.ledger_work import LedgerKeeper
from storage.orders import PAUSED_IN, Obey, obey_nobody
from storage.segments import list_segments
from storage.settings import IndexSettings, StorageSettings

REPORT_SECONDS: Final = 1.0
COMMIT_REPORT_SECONDS: Final = 5.0
PAUSED_SECONDS: Final = 1.0  # between two looks at what waits, while nothing is done about it
RETRY_SECONDS: Final = 60.0  # after a segment or an index could not be read or written
NICENESS: Final = (
    15  # where the processors are short, receiving and storing goes first; it is scanned till then
)
REBUILD_PATIENCE: Final = 30.0  # seconds to wait for the indexer's commit at hand
MAXIMUM_OPTIMISED: Final = 8192  # blocks; Whoosh keeps filters in columns of 2 GiB at most

Report = Callable[[Mapping[str, Any]], None]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """How far a stream's index is: numbers of archive segments, and octets."""

    name: StreamName
    segments: int
    indexed: int
    pending: int
    segment_octets: int
    index_octets: int


async def run(  # noqa: PLR0913 - what every role is given
    settings: StorageSettings,
    *,
    layout: Layout,
    report: Report,
    ready: Callable[[], None],
    stop: asyncio.Event,
    obey: Obey = obey_nobody,
) -> None:
    """Be the indexer role until ``stop`` is set. The work is done in a thread; a block at hand is finished.

    What goes wrong is logged and tried again: the index is never needed, only quicker.
    """
    loop = asyncio.get_running_loop()
    indexer = Indexer(settings.index, layout)
    keeper = LedgerKeeper(layout, is_wanted=settings.ledger, poll=settings.index.poll)

    def hear(state: str) -> None:
        indexer.hear(state)
        keeper.hear(state)

    def told(state: Mapping[str, Any]) -> None:
        _call(loop, report, {**state, **keeper.state()})

    obey(state=hear, reload=partial(_reload, indexer, keeper))
    ready()
    work = asyncio.create_task(asyncio.to_thread(indexer.serve, told))
    ledgers = asyncio.create_task(asyncio.to_thread(keeper.serve))
    beside = asyncio.create_task(_tell_of_commits(indexer, lambda state: report({**state, **keeper.state()})))
    asked = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({work, ledgers, asked}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        asked.cancel()
        beside.cancel()
        indexer.stop()
        keeper.stop()
        await asyncio.gather(work, ledgers)


async def _tell_of_commits(indexer: "Indexer", report: Report) -> None:
    """Report while a large index is written or put together, which takes minutes and says nothing."""
    while True:
        await asyncio.sleep(COMMIT_REPORT_SECONDS)
        if indexer.is_committing:
            report(indexer.state())


def _nobody(_state: Mapping[str, Any]) -> None:
    """Hear no report."""


async def _reload(
    indexer: "Indexer", keeper: LedgerKeeper, settings: StorageSettings, _sockets: Sequence[tuple[str, int]]
) -> None:
    indexer.change(settings.index)
    keeper.change(is_wanted=settings.ledger, poll=settings.index.poll)


def _call(loop: asyncio.AbstractEventLoop, function: Callable[..., None], *arguments: Any) -> None:
    loop.call_soon_threadsafe(function, *arguments)


class Indexer:
    """Does the difference between archive and index, again and again."""

    def __init__(self, settings: IndexSettings, layout: Layout) -> None:
        self._settings = settings
        self._layout = layout
        self._catalogue = Catalogue(layout)
        self._stopping = threading.Event()
        self._seen: dict[
            tuple[StreamName, date], tuple[int, int]
        ] = {}  # folders as they were when all was done
        self._not_before: dict[tuple[StreamName, date], float] = {}
        self._paused = threading.Event()
        self._waiting: dict[tuple[StreamName, date], list[float]] = {}  # when what is to do was archived
        self._tell_at = 0.0
        self.report: Report = _nobody
        self.is_committing = False
        self._is_refused = False  # by the disk, the last time that an index was to be written
        self._counts = {"segments_indexed": 0, "messages_indexed": 0, "errors": 0}

    def stop(self) -> None:
        """Ask ``serve`` to end; from any thread."""
        self._stopping.set()

    def hear(self, state: str) -> None:
        """Go by this state of the appliance: pause in shedding and panic; from any thread."""
        (self._paused.set if state in PAUSED_IN else self._paused.clear)()

    def change(self, settings: IndexSettings) -> None:
        """Go by other settings from the next look on; from any thread."""
        self._settings = settings

    def serve(self, report: Report) -> None:
        """Work until ``stop`` is called, in a thread of its own, whose priority this lowers for good."""
        self.report = report
        with contextlib.suppress(OSError):
            os.nice(NICENESS)  # of this thread and those that Arrow starts from it, says Linux
        while not self._stopping.is_set():
            self.once()
            report(self.state())
            self._stopping.wait(max(self._settings.poll, PAUSED_SECONDS if self._paused.is_set() else 0))

    @property
    def pending(self) -> int:
        """Archive segments that are not indexed yet."""
        return sum(map(len, list(self._waiting.values())))

    def state(self) -> dict[str, Any]:
        """Give what is reported: counts, what waits, and for how long the oldest of it has."""
        waiting = [since for times in list(self._waiting.values()) for since in times]
        lag = max(0.0, time.time() - min(waiting)) if waiting else 0.0
        is_paused = self._paused.is_set()
        return {**self._counts, "pending": len(waiting), "lag_seconds": round(lag, 3), "is_paused": is_paused}

    def once(self) -> None:
        """Bring every stream's index in step with its archive, as it is now; while paused, only look."""
        days = list(self._days())
        self._waiting = {
            (name, day): waiting
            for name, day, archived in days
            if archived and (waiting := self._wait(name, day))
        }
        for name, day, archived in days:
            if self._stopping.is_set():
                return
            self._tell()
            if self._day(name, day, archived=archived):
                self._waiting.pop((name, day), None)
            elif archived:
                self._waiting[name, day] = self._wait(name, day)

    def _days(self) -> Iterator[tuple[StreamName, date, bool]]:
        """Give every stream's days, the newest first, and whether they are in the archive."""
        for name in self._layout.streams():
            archived = set(self._layout.archived_days(name))
            for day in sorted(archived | set(self._layout.indexed_days(name)), reverse=True):
                yield name, day, day in archived

    def _wait(self, name: StreamName, day: date) -> list[float]:
        """Give when the segments of a day were archived that are not indexed (seconds since the epoch)."""
        if self._seen.get((name, day)) == self._stamp(name, day):
            return []
        folder = self._layout.archive_day(name, day)
        return [_modified(folder / file) / 10**9 for file in _difference(self._layout, name, day).pending]

    def _tell(self) -> None:
        """Report, so that whoever watches sees that work goes on."""
        if time.monotonic() >= self._tell_at:
            self._tell_at = time.monotonic() + REPORT_SECONDS
            self.report(self.state())

    def _day(self, name: StreamName, day: date, *, archived: bool) -> bool:
        """Bring a day in step, unless it failed a short while ago; say whether it is."""
        key = (name, day)
        if time.monotonic() < self._not_before.get(key, 0.0):
            return False
        try:
            if not archived:
                remove_index(self._layout, name, day)
                return True
            stamp, errors = self._stamp(name, day), self._counts["errors"]
            if self._seen.get(key) == stamp:
                return True
            if self._paused.is_set():
                return False
            if self._mended_or_in_step(name, day):
                self._seen[key] = (stamp[0], self._stamp(name, day)[1])
            if self._counts["errors"] > errors:
                self._put_off(key)
        except IndexBusyError as error:
            log.info("%s", error)
            self._put_off(key)
        except OSError as error:  # a disk that is full, read-only or broken: the next minute may be better
            self._refused(name, day, error)
            self._put_off(key)
        except Exception:  # whatever one day has, the others are indexed, and this one is scanned
            log.exception("%s of %s is not indexed; it is scanned, and tried again", day, name.folder)
            self._counts["errors"] += 1
            self._put_off(key)
        return False

    def _refused(self, name: StreamName, day: date, error: OSError) -> None:
        """Take in that the disk refuses a day's index; told once, until an index is written again."""
        self._counts["errors"] += 1
        if not self._is_refused:
            log.error(
                "%s of %s is not indexed: %s; it is scanned. See to the space, the mode and the health of "
                "the disk of %s: it is tried again each minute, and told of again when it works",
                day, name.folder, error, self._layout.data,
            )  # fmt: skip
        self._is_refused = True

    def _written(self) -> None:
        """Take in that an index was written."""
        if self._is_refused:
            log.info("the index is written again")
        self._is_refused = False

    def _put_off(self, key: tuple[StreamName, date]) -> None:
        self._not_before[key] = time.monotonic() + RETRY_SECONDS

    def _stamp(self, name: StreamName, day: date) -> tuple[int, int]:
        """Give what changes with a day's archive folder and its index, and when the day is over."""
        archive, index = self._layout.archive_day(name, day), self._layout.index_day(name, day)
        return _modified(archive) * 2 + (day < utc_today()), _modified(index)

    def _mended_or_in_step(self, name: StreamName, day: date) -> bool:
        """Bring a day in step; an index that is damaged is thrown away, for the next look to make anew."""
        try:
            return self._bring_in_step(name, day)
        except IndexDamagedError as error:
            log.warning("%s; %s of %s is indexed anew", error, day, name.folder)
            with IndexWriter(self._layout, name, day) as writer:
                writer.clear()
            return False

    def _bring_in_step(self, name: StreamName, day: date) -> bool:
        """Add and remove what differs; say whether all of it was done."""
        difference = _difference(self._layout, name, day)
        finished = day < utc_today()
        if not (difference.gone or difference.pending or (finished and difference.loose)):
            return True
        for part in self._portions(name, day, difference.pending):
            with IndexWriter(self._layout, name, day) as writer:
                writer.remove(difference.gone & writer.manifest.segments.keys())
                self._add(writer, part)
                self._commit(writer)
            if self._stopping.is_set() or self._paused.is_set():
                return False
        difference = _difference(self._layout, name, day)
        if difference.gone or (finished and difference.loose):
            with IndexWriter(self._layout, name, day) as writer:
                writer.remove(difference.gone & writer.manifest.segments.keys())
                blocks = sum(map(len, writer.manifest.segments.values()))
                self._commit(writer, optimise=finished and blocks <= MAXIMUM_OPTIMISED)
        return not difference.pending

    def _commit(self, writer: IndexWriter, *, optimise: bool = False) -> None:
        self.is_committing = True
        try:
            writer.commit(optimise=optimise)
        finally:
            self.is_committing = False
        self._written()

    def _portions(self, name: StreamName, day: date, pending: Iterable[str]) -> Iterator[list[list[Block]]]:
        """Give the blocks to add, those of a segment together, as many at a time as are to be held."""
        portion: list[list[Block]] = []
        for blocks in segment_blocks(self._catalogue, name, day, set(pending)):
            if portion and sum(map(len, portion)) + len(blocks) > self._settings.commit_blocks:
                yield portion
                portion = []
            portion.append(blocks)
        if portion:
            yield portion

    def _add(self, writer: IndexWriter, portion: list[list[Block]]) -> None:
        for blocks in portion:
            if self._stopping.is_set() or self._paused.is_set():
                return
            try:
                writer.add(blocks)
            except DamagedError as error:
                log.error("%s is not indexed: %s; restore it", error.damage.path, error.damage.reason)  # noqa: TRY400 - the reason is all there is
                self._counts["errors"] += 1
                continue
            self._tell()
            self._counts["segments_indexed"] += 1
            self._counts["messages_indexed"] += sum(block.rows for block in blocks)


def rebuild(
    layout: Layout,
    name: StreamName,
    days: Iterable[date] | None = None,
    progress: Callable[[date, int, int], None] | None = None,
) -> int:
    """Throw a stream's index away and make it anew from the archive; give the number of messages indexed.

    Args:
        layout: the data folder's.
        name: the stream.
        days: which; all when None.
        progress: is called with day, segments done and segments to do.

    Raises:
        IndexBusyError: when a running indexer does not let go of a day.
        DamagedError: when a segment cannot be read.
        OSError: when the index cannot be written.
    """
    catalogue = Catalogue(layout)
    messages = 0
    for day in sorted(set(layout.archived_days(name)) if days is None else set(days), reverse=True):
        names = {segment.path.name for segment in list_segments(layout.archive_day(name, day))}
        with IndexWriter(layout, name, day, REBUILD_PATIENCE) as writer:
            writer.clear()
            for done, blocks in enumerate(segment_blocks(catalogue, name, day, names), 1):
                writer.add(blocks)
                writer.commit()
                messages += sum(block.rows for block in blocks)
                if progress is not None:
                    progress(day, done, len(names))
            writer.commit(optimise=True)
    return messages


def status(layout: Layout) -> list[IndexStatus]:
    """Tell how far the index of each stream is. Reads manifests and folders only."""
    found = []
    for name in layout.streams():
        segments = indexed = octets = index_octets = 0
        for day in layout.archived_days(name):
            listed = list_segments(layout.archive_day(name, day))
            manifest = _manifest(layout.index_day(name, day))
            segments += len(listed)
            indexed += sum(segment.path.name in manifest.segments for segment in listed)
            octets += sum(segment.size for segment in listed)
            index_octets += octets_of(layout.index_day(name, day))
        found.append(IndexStatus(name, segments, indexed, segments - indexed, octets, index_octets))
    return found


@dataclass(frozen=True, slots=True)
class _Difference:
    """What a day's index lacks, and what it has too much, by the segments' file names."""

    pending: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    loose: bool = False  # it lies in more than one of Whoosh's segments


def _difference(layout: Layout, name: StreamName, day: date) -> _Difference:
    listed = {segment.path.name for segment in list_segments(layout.archive_day(name, day))}
    manifest = _manifest(layout.index_day(name, day))
    loose = sum(file.endswith(".seg") for file in manifest.files) > 1
    return _Difference(listed - manifest.segments.keys(), manifest.segments.keys() - listed, loose)


def _manifest(folder: Path) -> Manifest:
    with contextlib.suppress(ManifestError):
        return read_manifest(folder) or Manifest(0)
    return Manifest(0)


def segment_blocks(
    catalogue: Catalogue, name: StreamName, day: date, wanted: set[str]
) -> Iterator[list[Block]]:
    """Give the blocks of a day's archive segments, those of each segment together and in order."""
    start = day_start(day)
    blocks = [
        block for block in catalogue.snapshot(name, start, start + NANOSECONDS_A_DAY).blocks
        if block.sealed and block.path.name in wanted
    ]  # fmt: skip
    blocks.sort(key=lambda block: (block.path, block.number))
    for _, found in groupby(blocks, key=lambda block: block.path):
        yield list(found)


def _modified(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
