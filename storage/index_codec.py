"""What the index changes in Whoosh: how postings, filters and files are written and read.

Postings: keys come ready-made and are never scored, so that no field lengths are kept; as it stands, Whoosh's
codec asks the file system for a field's length file at every posting it writes.

Filters: keys that are random more often than not (with digits in them) are not postings. A block's are
folded into a bit map of its own, FILTER_BITS for each distinct key, in which each key sets three bits; it is
kept as a column of the block's document. So a rare address costs 12 bits a block instead of a term, and about
one block in a hundred seems to hold it and does not.

Pickles: storage/index_pickle.py reads them.

Files: every file is read in pages whose CRC-32 storage/index_manifest.py has. A page that is not as it was
written raises IndexDamagedError before anything is believed of it.
"""

import os
import weakref
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from whoosh.codec.whoosh3 import W3Codec
from whoosh.columns import VarBytesColumn
from whoosh.fields import COLUMN, ID, STORED, FieldType, Schema
from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import StructFile
from whoosh.formats import Existence
from whoosh.index import TOC, clean_files
from whoosh.writing import SegmentWriter

from storage import index_pickle
from storage.index_manifest import PAGE_OCTETS, FileSums
from storage.token_hashes import hash_key

FILTER_BITS: Final = 12  # for each key
SMALLEST_FILTER: Final = 128  # octets

_MULTIPLIERS: Final = (1, 0x9E3779B1, 0x85EBCA6B)  # odd, so that each is another permutation of 32 bits
_MIXER: Final = 0xD6E8FEB86659FD93  # odd: hashes of keys that differ in an octet only get far apart
_MASK: Final = 0xFFFFFFFF
_LONG_MASK: Final = 0xFFFFFFFFFFFFFFFF


class IndexDamagedError(Exception):
    """An index file is not as it was written; its blocks are scanned instead."""


class Codec(W3Codec):
    """Whoosh's own codec without field lengths, and without compressing postings of a few octets."""

    length_stats = False

    def __init__(self) -> None:
        super().__init__(compression=0)


class KeyField(FieldType):
    """A field whose value is a collection of keys, each indexed as it is."""

    def __init__(self) -> None:
        super().__init__(Existence(), None)

    def index(self, value: Iterable[str], **_options: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Give the postings."""
        return ((key.encode(), 1, 1.0, b"") for key in value)


class FilterColumn(VarBytesColumn):
    """A column of filters; its reader looks at single bits."""

    class Reader(VarBytesColumn.Reader):
        """Whoosh's reader, and ``holds``."""

        def holds(self, document: int, positions: Sequence[int]) -> bool:
            """Tell whether the document's filter has all bits that a key of these hashes sets."""
            octets = self._lengths[document]
            start = self._basepos + self._offsets[document]
            for number in positions:
                bit = number * octets * 8 >> 32
                if not self._dbfile.get(start + (bit >> 3), 1)[0] >> (bit & 7) & 1:
                    return False
            return True


def hashes(key: str) -> list[int]:
    """Give the numbers of 32 bits that place a key in filters of any size."""
    number = hash_key(key)
    number ^= number >> 32
    number = number * _MIXER & _LONG_MASK
    number = (number ^ number >> 29) >> 32
    return [number * multiplier & _MASK for multiplier in _MULTIPLIERS]


def filter_of(keys: pa.Array) -> bytes:
    """Give the filter of keys, FILTER_BITS for each, as octets with the lowest bit first.

    Args:
        keys: the hashes of storage.token_hashes (uint64), each once.
    """
    octets = max(SMALLEST_FILTER, len(keys) * FILTER_BITS // 8)
    if not len(keys):
        return bytes(octets)
    keys = pc.bit_wise_xor(keys, pc.shift_right(keys, _constant(32)))
    keys = pc.multiply(keys, _constant(_MIXER))
    keys = pc.bit_wise_xor(keys, pc.shift_right(keys, _constant(29)))
    numbers = pc.shift_right(keys, _constant(32)).cast(pa.uint32())
    places = []
    for multiplier in _MULTIPLIERS:
        number = pc.multiply(numbers, pa.scalar(multiplier, pa.uint32())).cast(pa.uint64())
        places.append(pc.shift_right(pc.multiply(number, _constant(octets * 8)), _constant(32)))
    bits = pa.concat_arrays(places).cast(pa.int64())
    # What nothing is scattered to stays null, so that the bit map of validity is the filter.
    marked = pc.scatter(pa.nulls(len(bits), pa.bool_()).fill_null(True), bits, max_index=octets * 8 - 1)
    validity = marked.buffers()[0]
    return bytes(validity)[:octets] if validity is not None else b"\xff" * octets


def _constant(number: int) -> pa.Scalar:
    return pa.scalar(number, pa.uint64())


class CheckedStorage(FileStorage):
    """A folder whose known files are checked page by page as they are read.

    Args:
        folder: the index folder.
        files: what is known of them; others (those being written) are read as they are.
    """

    def __init__(self, folder: Path, files: dict[str, FileSums]) -> None:
        super().__init__(str(folder), supports_mmap=False)
        self._files = files

    def open_file(self, name: str, **options: Any) -> StructFile:
        """Open a file for reading."""
        if name not in self._files:
            return super().open_file(name, **options)
        pages = _Pages(Path(self.folder) / name, self._files[name])
        return _CheckedFile(pages, 0, pages.octets, name)


class _Pages:
    """A file that hands out only octets of pages whose checksum is right. Safe for threads.

    The file is closed with the last object that reads from it.
    """

    def __init__(self, path: Path, sums: FileSums) -> None:
        self._path = path
        self._sums = sums
        self._right = bytearray(len(sums.pages))
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._descriptor)
        self.octets = os.fstat(self._descriptor).st_size
        if self.octets != sums.octets:
            raise IndexDamagedError(f"{path} has {self.octets} octets, {sums.octets} were written")

    def read(self, position: int, length: int) -> bytes:
        """Give octets.

        Raises:
            IndexDamagedError: when a page they are on is not as it was written.
        """
        last = min(position + length, self.octets)
        for page in range(position // PAGE_OCTETS, -(-last // PAGE_OCTETS)):
            if not self._right[page]:
                octets = os.pread(self._descriptor, PAGE_OCTETS, page * PAGE_OCTETS)
                if zlib.crc32(octets) != self._sums.pages[page]:
                    raise IndexDamagedError(f"{self._path}: damaged at octet {page * PAGE_OCTETS}")
                self._right[page] = 1
        return os.pread(self._descriptor, length, position)


class _CheckedFile(StructFile):
    """Whoosh's structured file over a part of checked pages."""

    def __init__(self, pages: _Pages, start: int, length: int, name: str) -> None:
        self._pages = pages
        self._start = start
        self._length = length
        super().__init__(_Window(pages, start, length), name=name)

    def get(self, position: int, length: int) -> bytes:
        """Give octets at a position."""
        length = max(0, min(length, self._length - position))
        return self._pages.read(self._start + position, length) if length else b""

    def subset(self, offset: int, length: int, name: str | None = None) -> "_CheckedFile":
        """Give a part as a file of its own."""
        return _CheckedFile(self._pages, self._start + offset, length, name or self._name)


class _Window:
    """A part of checked pages as a file object, for Whoosh and pickle."""

    def __init__(self, pages: _Pages, start: int, length: int) -> None:
        self._pages = pages
        self._start = start
        self._length = length
        self._position = 0

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._length - self._position)
        size = left if size < 0 else min(size, left)
        octets = self._pages.read(self._start + self._position, size) if size else b""
        self._position += len(octets)
        return octets

    def readline(self) -> bytes:
        before = self._position
        rest = self.read()
        line = rest[: rest.find(b"\n") + 1] or rest
        self._position = before + len(line)
        return line

    def seek(self, position: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._length}[whence]
        self._position = base + position
        return self._position

    def tell(self) -> int:
        return self._position

    def close(self) -> None:
        """Do nothing: the pages are shared."""


class Writer(SegmentWriter):
    """Whoosh's writer, with a word to say between its table of contents and the removal of old files.

    Args:
        index: Whoosh's index.
        settle: is called with the generation when all files of it are written.
        limit: of the memory for postings, in MiB.
    """

    def __init__(self, index: Any, settle: Callable[[int], None], limit: int) -> None:
        super().__init__(index, codec=Codec(), limitmb=limit, _lk=False)
        self._settle = settle

    def _commit_toc(self, segments: list[Any]) -> None:
        TOC(self.schema, segments, self.generation).write(self.storage, self.indexname)
        self._settle(self.generation)
        clean_files(self.storage, self.indexname, self.generation, segments)


# Query fields whose distinct values in a block are indexed as they are, and the columns they come from.
VALUE_FIELDS: Final[Mapping[str, str]] = {
    "host": "hostname", "app": "app_name", "pid": "proc_id", "msgid": "msg_id", "peer": "peer",
    "tls": "tls_identity", "format": "format", "flag": "flags", "listener": "listener",
    "transport": "transport", "severity": "severity", "facility": "facility",
}  # fmt: skip
INDEX_NAME: Final = "MAIN"
SCHEMA: Final = Schema(
    segment=ID(stored=True),  # the archive segment's file name
    number=STORED(),  # the block's number in it
    words=KeyField(),
    stems=KeyField(),
    beyond=KeyField(),
    filter=COLUMN(FilterColumn()),
    **{name: KeyField() for name in VALUE_FIELDS},
)

index_pickle.install()
