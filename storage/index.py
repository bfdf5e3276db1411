"""The index: one of Whoosh's a stream and day, one document a block, which says what blocks need not be read.

A document holds the block's words, the values of its header fields, and a filter of all its other keys
(storage/tokens.py says what keys are, storage/index_codec.py how they are kept). Asked with a query it gives
the blocks in which a record may match: all that do, and a few that do not, which the columns weed out.

The index is trusted for nothing but speed, as long as nobody means harm: without it, or where it is damaged,
blocks are scanned. Who may write to the index folder can make it lie, and hide messages from searches until
it is rebuilt, but run no code (storage/index_pickle.py).
"""

import contextlib
import logging
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC, FileIndex
from whoosh.util.filelock import try_for

import durable
from storage.blocks import Block
from storage.index_codec import INDEX_NAME, SCHEMA, CheckedStorage, IndexDamagedError, Writer
from storage.index_keys import COLUMNS, block_keys
from storage.index_manifest import (
    NAME,
    FileSums,
    Manifest,
    ManifestError,
    identity,
    read_manifest,
    sums_of,
    write_manifest,
)
from storage.layout import Layout, StreamName

__all__ = ["IndexBusyError", "IndexDamagedError", "IndexWriter", "octets_of", "remove_index"]

LOCK_NAME: Final = "index.lock"
POSTINGS_MEBIOCTETS: Final = 32  # held in memory while a commit is prepared; more goes through a file
log = logging.getLogger(__name__)


class IndexBusyError(Exception):
    """Another process writes this index; try again when it is done, or stop it."""


class IndexWriter:
    """Changes one day's index; a context manager that holds the index's lock.

    Nothing that was added or removed is there before ``commit``, and all of it afterwards.

    Raises:
        IndexBusyError: on entering, when another process has the lock for longer than ``patience`` seconds.
    """

    def __init__(self, layout: Layout, name: StreamName, day: date, patience: float = 0.0) -> None:
        self._folder = layout.index_day(name, day)
        self._patience = patience
        self._lock: Any = None
        self._writer: Writer | None = None
        self.manifest = Manifest(0)

    def __enter__(self) -> Self:
        durable.make_folder(self._folder)
        self._lock = FileStorage(str(self._folder)).lock(LOCK_NAME)
        if not try_for(self._lock.acquire, timeout=self._patience, delay=0.1):
            self._lock = None
            raise IndexBusyError(f"{self._folder} is being written: wait for the indexer, or stop it first")
        try:
            self.manifest = self._recovered()
        except BaseException:
            self._release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._cancel()
        finally:
            self._release()

    def add(self, blocks: list[Block]) -> None:
        """Index an archive segment: all its blocks, in order.

        Raises:
            DamagedError: when a block cannot be read; the segment is as good as not added.
        """
        documents_of = [self._document(block) for block in blocks]
        writer = self._opened()
        for document in documents_of:
            writer.add_document(**document)
        self.manifest.segments[blocks[0].path.name] = [identity(block) for block in blocks]

    def remove(self, segments: Iterable[str]) -> None:
        """Forget archive segments, by file name."""
        for segment in segments:
            self.manifest.segments.pop(segment, None)
            self._opened().delete_by_term("segment", segment)

    def commit(self, *, optimise: bool = False) -> None:
        """Make the changes be there. With ``optimise`` the index is put together to one file.

        After an error this writer is of no more use; the next one finds out how far it came.

        Raises:
            IndexDamagedError: when what is to be put together is not as it was written.
            OSError: when a file cannot be written.
        """
        writer = self._opened()
        self._writer = None
        writer.commit(optimize=optimise)

    def clear(self) -> None:
        """Throw the index away; the blocks are scanned until they are indexed again."""
        self._cancel()
        durable.unlink(self._folder / NAME)
        self.manifest = Manifest(0)
        self._clear_uncommitted()

    @staticmethod
    def _document(block: Block) -> dict[str, Any]:
        keys = block_keys(block.read(COLUMNS))
        return {
            "segment": block.path.name,
            "number": block.number,
            "words": keys.words,
            "stems": keys.stems,
            "beyond": keys.beyond,
            "filter": keys.filter,
            **keys.values,
        }

    def _recovered(self) -> Manifest:
        """Read the manifest and remove what it does not name: the rest of a commit that did not happen."""
        try:
            manifest = read_manifest(self._folder) or Manifest(0)
            _check_sizes(self._folder, manifest)
        except (ManifestError, IndexDamagedError) as error:
            log.warning("%s; the day is indexed anew", error)
            durable.unlink(self._folder / NAME)
            manifest = Manifest(0)
        self.manifest = manifest
        self._clear_uncommitted()
        return manifest

    def _clear_uncommitted(self) -> None:
        for path in list(self._folder.iterdir()):
            if path.name not in {NAME, LOCK_NAME, *self.manifest.files}:
                _remove(path)

    def _opened(self) -> Writer:
        if self._writer is None:
            storage = CheckedStorage(self._folder, self.manifest.files)
            if not self.manifest.files:
                TOC.create(storage, SCHEMA, INDEX_NAME)
            index = FileIndex(storage, SCHEMA, INDEX_NAME)
            self._writer = Writer(index, self._settle, POSTINGS_MEBIOCTETS)
        return self._writer

    def _settle(self, generation: int) -> None:
        """Write the manifest of what Whoosh has just written."""
        written = TOC.read(FileStorage(str(self._folder)), INDEX_NAME, gen=generation, schema=SCHEMA)
        names = {segment.make_filename(segment.COMPOUND_EXT) for segment in written.segments}
        known = {name: sums for name, sums in self.manifest.files.items() if name in names}
        fresh = (names | {TOC._filename(INDEX_NAME, generation)}) - known.keys()  # noqa: SLF001 - it has no other name
        files: dict[str, FileSums] = known | {name: sums_of(self._folder / name) for name in fresh}
        manifest = Manifest(generation, files, self.manifest.segments)
        write_manifest(self._folder, manifest)
        self.manifest = manifest

    def _cancel(self) -> None:
        if self._writer is not None:
            writer, self._writer = self._writer, None
            writer.cancel()

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def _check_sizes(folder: Path, manifest: Manifest) -> None:
    """Compare the files' sizes with the manifest's; the pages are compared as they are read."""
    for name, sums in manifest.files.items():
        path = folder / name
        octets = path.stat().st_size if path.exists() else -1
        if octets != sums.octets:
            raise IndexDamagedError(f"{path} has {octets} octets, {sums.octets} were written")


def _remove(path: Path) -> None:
    if path.is_dir():
        for inner in path.iterdir():
            _remove(inner)
        path.rmdir()
    else:
        path.unlink(missing_ok=True)


def remove_index(layout: Layout, name: StreamName, day: date) -> None:
    """Remove the index of a day that is not in the archive any more.

    Raises:
        IndexBusyError: when another process writes it.
    """
    with IndexWriter(layout, name, day) as writer:
        writer.clear()
    folder = layout.index_day(name, day)
    with contextlib.suppress(FileNotFoundError):
        (folder / LOCK_NAME).unlink()
        folder.rmdir()


def octets_of(folder: Path) -> int:
    """Add up the sizes of an index folder's files."""
    return sum(path.stat().st_size for path in _files(folder))


def _files(folder: Path) -> Iterator[Path]:
    with contextlib.suppress(FileNotFoundError):
        yield from (path for path in folder.iterdir() if path.is_file())
