"""Asking the index: which blocks a query need not read, from indexes that are kept open between searches."""

import logging
from collections import OrderedDict
from enum import Enum
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Final

from storage.blocks import Block
from storage.index_manifest import NAME, Manifest, read_manifest
from storage.index_query import documents
from storage.index_reader import DayReader
from storage.journal_reader import Damage
from storage.layout import Layout, StreamName
from storage.query import Query
from storage.results import Scope

DAYS_OPEN: Final = 64  # indexes kept open by a reader, each with a file or two
OPEN_TRIES: Final = 5  # a commit may take the files away between manifest and opening

log = logging.getLogger(__name__)


class Verdict(Enum):
    """What the index says of a block."""

    NO = "no"  # no record in it matches
    MAYBE = "maybe"
    UNKNOWN = "unknown"  # not indexed, or the index cannot be read


class IndexCache:
    """The indexes under one data folder, kept open between searches. Safe to use from several threads."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._days: OrderedDict[Path, DayReader] = OrderedDict()
        self._lock = Lock()

    def question(self, name: StreamName, query: Query, scope: Scope) -> "Question":
        """Give what answers one query about blocks of one stream; damage goes into ``scope``."""
        return Question(self, self._layout.index(name), query, scope)

    def day(self, folder: Path) -> DayReader | None:
        """Give a day's index as it is now; None when there is none.

        Raises:
            ManifestError, IndexDamagedError, OSError: when it cannot be read; Whoosh may raise others.
        """
        for attempt in range(OPEN_TRIES):
            try:
                stamp = _stamp(folder / NAME)
                return self._kept(folder, stamp) or self._open(folder, stamp)
            except FileNotFoundError:
                if not (folder / NAME).exists():
                    return None
                if attempt == OPEN_TRIES - 1:
                    raise
        return None

    def _kept(self, folder: Path, stamp: tuple[int, ...]) -> DayReader | None:
        with self._lock:
            kept = self._days.get(folder)
            if kept is None or kept.stamp != stamp:
                return None
            self._days.move_to_end(folder)
            return kept

    def _open(self, folder: Path, stamp: tuple[int, ...]) -> DayReader | None:
        manifest = read_manifest(folder)
        if manifest is None:
            return None
        opened = DayReader(folder, manifest, stamp)
        with self._lock:
            self._days[folder] = opened  # what it replaces closes its files when nobody asks it
            while len(self._days) > DAYS_OPEN:
                self._days.popitem(last=False)
        return opened


class Question:
    """One query, asked of each day's index once."""

    def __init__(self, cache: IndexCache, folder: Path, query: Query, scope: Scope) -> None:
        self._cache = cache
        self._folder = folder
        self._query = query
        self._scope = scope
        self._days: dict[str, tuple[Manifest, set[tuple[str, int]]] | None] = {}

    def verdict(self, block: Block) -> Verdict:
        """Say what is known of a block."""
        if not block.sealed:
            return Verdict.UNKNOWN
        day = block.path.parent.name
        if day not in self._days:
            self._days[day] = self._ask(self._folder / day)
        answer = self._days[day]
        if answer is None or not answer[0].has(block):
            return Verdict.UNKNOWN
        return Verdict.MAYBE if (block.path.name, block.number) in answer[1] else Verdict.NO

    def _ask(self, folder: Path) -> tuple[Manifest, set[tuple[str, int]]] | None:
        try:
            reader = self._cache.day(folder)
            return None if reader is None else (reader.manifest, reader.ask(partial(documents, self._query)))
        except Exception as error:  # noqa: BLE001 - Whoosh raises anything on damage, which must hide nothing
            log.warning(
                "the index %s cannot be read: %s; its blocks are scanned until sysledger index rebuild",
                folder,
                error,
            )
            self._scope.damaged_indexes.append(Damage(folder, 0, str(error)))
            return None


def _stamp(path: Path) -> tuple[int, ...]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino
