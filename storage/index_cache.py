"""Asking the index: which blocks a query need not read, from indexes that are kept open between searches."""

import logging
from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from enum import Enum
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Final

from storage.blocks import Block
from storage.index_manifest import NAME, BlockIdentity, Manifest, has, read_manifest
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


_Known = tuple[list[BlockIdentity], set[int]]  # the blocks of a segment, and the numbers of those asked for
_Answer = tuple[Manifest, dict[str, set[int]]]  # numbers of blocks by segment


class Question:
    """One query, asked of each day's index once."""

    def __init__(self, cache: IndexCache, folder: Path, query: Query, scope: Scope) -> None:
        self._cache = cache
        self._folder = folder
        self._query = query
        self._scope = scope
        self._days: dict[str, _Answer | None] = {}
        self._path: Path | None = None  # of the last block asked for: the next is mostly of the same segment
        self._known: _Known | None = None

    def verdict(self, block: Block) -> Verdict:
        """Say what is known of a block."""
        if not block.sealed:
            return Verdict.UNKNOWN
        if block.path is not self._path:
            self._path, self._known = block.path, self._of(block.path)
        if self._known is None or not has(self._known[0], block):
            return Verdict.UNKNOWN
        return Verdict.MAYBE if block.number in self._known[1] else Verdict.NO

    def _of(self, path: Path) -> "_Known | None":
        """Give what is known of a segment; None when it is not indexed."""
        day = path.parent.name
        if day not in self._days:
            self._days[day] = self._ask(self._folder / day)
        answer = self._days[day]
        if answer is None or path.name not in answer[0].segments:
            return None
        return answer[0].segments[path.name], answer[1].get(path.name, set())

    def _ask(self, folder: Path) -> "_Answer | None":
        choose = partial(documents, self._query)
        try:
            reader = self._cache.day(folder)
            return None if reader is None else (reader.manifest, _by_segment(reader.ask(choose)))
        except Exception as error:  # noqa: BLE001 - Whoosh raises anything on damage, which must hide nothing
            log.warning(
                "the index %s cannot be read: %s; its blocks are scanned until the indexer has "
                "made it anew; sysledger index rebuild does so at once",
                folder,
                error,
            )
            self._scope.damaged_indexes.append(Damage(folder, 0, str(error)))
            return None


def _by_segment(blocks: Iterable[tuple[str, int]]) -> dict[str, set[int]]:
    found: defaultdict[str, set[int]] = defaultdict(set)
    for segment, number in blocks:
        found[segment].add(number)
    return found


def _stamp(path: Path) -> tuple[int, ...]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino
