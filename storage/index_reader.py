"""Reading one day's index: what Whoosh's segments say of keys and values."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import pyarrow as pa
from whoosh.index import TOC, FileIndex
from whoosh.reading import TermNotFound

from storage.index_codec import INDEX_NAME, SCHEMA, CheckedStorage, hashes
from storage.index_keys import BEYOND
from storage.index_manifest import Manifest

Documents = set[int]


class Leaf:
    """One of Whoosh's segments, with what we ask of it."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        self._values: dict[str, list[str]] = {}

    @cached_property
    def everything(self) -> Documents:
        """All documents."""
        return set(self._reader.all_doc_ids())

    @cached_property
    def _filter(self) -> Any:
        return self._reader.column_reader("filter", translate=False)

    def block(self, document: int) -> tuple[str, int]:
        """Give a document's block: its segment's file name, and its number in it."""
        stored = self._reader.stored_fields(document)
        return stored["segment"], stored["number"]

    def with_key(self, field: str, key: str) -> Documents:
        """Give the documents that have exactly this key."""
        try:
            return set(self._reader.postings(field, key.encode()).all_ids()) & self.everything
        except TermNotFound:
            return set()

    def with_prefix(self, field: str, prefix: str) -> Documents:
        """Give the documents that have a key with this beginning."""
        return self._union(field, self._reader.expand_prefix(field, prefix.encode()))

    def with_values(self, field: str, test: Callable[[pa.Array], pa.BooleanArray]) -> Documents:
        """Give the documents that have a value in a header field for which ``test`` is true."""
        if field not in self._values:
            self._values[field] = [bytes(value).decode() for value in self._reader.lexicon(field)]
        values = pa.array(self._values[field], pa.string())
        return self._union(field, values.filter(test(values)).to_pylist() if len(values) else ())

    def in_filter(self, keys: AbstractSet[str], documents: Documents) -> Documents:
        """Give those of ``documents`` whose filter has all keys; the longest say most and are asked first."""
        for key in sorted(keys, key=len, reverse=True):
            positions = hashes(key)
            documents = {document for document in documents if self._filter.holds(document, positions)}
            if not documents:
                break
        return documents

    def beyond(self, field: str) -> Documents:
        """Give the documents that do not list this field's keys, as they have too many."""
        return self.with_key("beyond", field + BEYOND)

    def _union(self, field: str, keys: Any) -> Documents:
        found: Documents = set()
        for key in keys:
            found |= self.with_key(field, key if isinstance(key, str) else bytes(key).decode())
        return found


class DayReader:
    """One day's index as it was at a commit."""

    def __init__(self, folder: Path, manifest: Manifest, stamp: tuple[int, ...]) -> None:
        self.manifest = manifest
        self.stamp = stamp
        self._lock = Lock()
        storage = CheckedStorage(folder, manifest.files)
        toc = TOC.read(storage, INDEX_NAME, gen=manifest.generation, schema=SCHEMA)
        self._reader = FileIndex._reader(storage, SCHEMA, toc.segments, manifest.generation)  # noqa: SLF001
        self._leaves = [Leaf(reader) for reader, _ in self._reader.leaf_readers()] if toc.segments else []

    def documents(self) -> dict[tuple[str, int], tuple[Leaf, int]]:
        """Give the document of every block, by its segment's file name and its number in it."""
        with self._lock:
            return {leaf.block(number): (leaf, number) for leaf in self._leaves for number in leaf.everything}

    def ask(self, choose: Callable[[Leaf], Documents]) -> set[tuple[str, int]]:
        """Give the blocks, as file name and number, of the documents that ``choose`` gives of each leaf."""
        with self._lock:
            return {leaf.block(number) for leaf in self._leaves for number in choose(leaf)}
