"""Writing one archive segment: encodings, row groups, the footer's words, and the comparison afterwards.

A record's state here is *archived* once the segment has its own name. Until then its file has a temporary
name, which readers and Parquet engines pass over, and the journal (or the segments to be merged) still has
the records.
"""

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

import durable
from parsers.schema import ARCHIVE_SCHEMA, SCHEMA_VERSION
from storage.blocks import BLOCK_OCTETS, BLOCK_ROWS
from storage.journal_reader import DamagedError
from storage.layout import StreamName
from storage.segment_footer import write_seal
from storage.segments import METADATA_KEY, Segment, read_footer, read_row_group, segment_name

# Measured, octets a message with random and with real messages: proc_id by dictionary 4.0 and 0.29, by
# lengths 2.6 and 0.27; timestamp plain 1.4 and 0.73, by deltas 0.9 and 0.75. Deltas of texts do not pay.
DICTIONARIES: Final = [
    "timestamp_form", "facility", "severity", "hostname", "app_name", "msg_id", "structured_data",
    "message_form", "format", "flags.list.element", "peer", "listener", "transport", "tls_identity",
]  # fmt: skip
ENCODINGS: Final = {
    "seq": "DELTA_BINARY_PACKED",
    "received_at": "DELTA_BINARY_PACKED",
    "timestamp": "DELTA_BINARY_PACKED",
    "proc_id": "DELTA_LENGTH_BYTE_ARRAY",
}
# What is set by level. All else has Arrow's own, 1: more of it makes these no smaller to speak of.
TEXTS: Final = ["message", "raw", "fields.key_value.value"]
PAGE_OCTETS: Final = (
    4 << 20
)  # what can be referred back to. Measured, of real messages: 1 MiB 23.3, 4 MiB 21.1
LOWEST_LEVEL: Final = 1
STATISTICS: Final = ["seq", "received_at", "timestamp", "severity", "facility"]


class SealError(Exception):
    """A segment does not give back what was written into it; the journal, or the old segments, are kept."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What a segment's footer says about where it comes from, see storage/FORMAT.md.

    ``journal_checksum`` is the CRC-32 over the checksums of the journal's frames, ``collectors`` the last
    batch number (and when it came) of each collector at the journal's end.
    """

    journals: list[str]
    journal_octets: int
    journal_checksum: int
    collectors: Mapping[str, list[int]]


class SegmentWriter:
    """Writes one segment under a temporary name; ``publish`` gives it its own.

    Args:
        folder: the day's.
        key: what the temporary name is made from; the same for every attempt, so that none is left behind.
        level: of Zstandard for the messages' text, the highest that is tried; all else has level 1.
    """

    def __init__(self, folder: Path, key: str, level: int) -> None:
        durable.make_folder(folder)
        self._folder = folder
        self.temporary = durable.temporary_name(folder / key)
        self.messages = 0
        self.first_seq = 0
        self.last_seq = 0
        self._level = level
        self._writer: Any = None

    def write(self, block: pa.Table) -> None:
        """Write one row group: at most BLOCK_ROWS records of ARCHIVE_SCHEMA, behind all before in seq."""
        self.first_seq = self.first_seq or block["seq"][0].as_py()
        self.last_seq = block["seq"][-1].as_py()
        self.messages += block.num_rows
        if self._writer is None:
            self._writer = self._begun(best_level(block, self._level))
        self._writer.write_table(block, row_group_size=BLOCK_ROWS)

    def _begun(self, level: int) -> Any:
        return pq.ParquetWriter(
            self.temporary,
            ARCHIVE_SCHEMA,
            compression="zstd",
            compression_level=dict.fromkeys(TEXTS, level),
            data_page_size=PAGE_OCTETS,
            use_dictionary=DICTIONARIES,
            column_encoding=ENCODINGS,
            write_statistics=STATISTICS,
            write_page_checksum=True,
        )

    def finish(self, name: StreamName, origin: Origin) -> None:
        """Write the footer, and its checksum."""
        about = {
            "version": SCHEMA_VERSION,
            "writer": f"sysledger {_release()}",
            "tenant": name.tenant,
            "stream": name.stream,
            "first_seq": self.first_seq,
            "last_seq": self.last_seq,
            "messages": self.messages,
            **asdict(origin),
        }
        self._writer.add_key_value_metadata({METADATA_KEY: json.dumps(about, separators=(",", ":"))})
        self._writer.close()
        write_seal(self.temporary)

    def blocks(self) -> Iterator[pa.Table]:
        """Read the finished file back, a row group at a time.

        Raises:
            SealError: when it cannot be read.
        """
        try:
            footer = read_footer(self.temporary)
            for number in range(len(footer.row_groups)):
                yield read_row_group(self.temporary, footer.metadata, number, None)
        except DamagedError as error:
            raise SealError(f"cannot be read back: {error}; what it was made from is kept") from error

    def publish(self) -> Segment:
        """Give the file its name; afterwards the records are archived."""
        path = self._folder / segment_name(self.first_seq, self.last_seq)
        durable.publish(self.temporary, path)
        status = path.stat()
        return Segment(self.first_seq, self.last_seq, path, status.st_size, status.st_mtime_ns)

    def abandon(self) -> None:
        """Remove the temporary file."""
        with contextlib.suppress(OSError, pa.ArrowException):  # a full disk fails here a second time
            if self._writer is not None:
                self._writer.close()
        durable.unlink(self.temporary)


class Reblocker:
    """Puts tables together to blocks of BLOCK_ROWS records, or fewer when they are large."""

    def __init__(self) -> None:
        self._waiting: list[pa.Table] = []
        self._rows = 0
        self._octets = 0

    def add(self, table: pa.Table, octets: int) -> Iterator[pa.Table]:
        """Take a table, and about how large it is; give the blocks that are full."""
        self._waiting.append(table)
        self._rows += table.num_rows
        self._octets += octets
        while self._rows >= BLOCK_ROWS or (self._rows and self._octets >= BLOCK_OCTETS):
            yield self._take()

    def rest(self) -> Iterator[pa.Table]:
        """Give what is left, at the end."""
        while self._rows:
            yield self._take()

    def _take(self) -> pa.Table:
        table = pa.concat_tables(self._waiting)
        block, left = table.slice(0, BLOCK_ROWS), table.slice(BLOCK_ROWS)
        self._waiting = [left] if left.num_rows else []
        self._octets = self._octets * left.num_rows // self._rows
        self._rows = left.num_rows
        return block.unify_dictionaries().combine_chunks()


def reblocked(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Give the same records in the same order, in blocks."""
    blocks = Reblocker()
    for table in tables:
        yield from blocks.add(table, table.nbytes)
    yield from blocks.rest()


def best_level(block: pa.Table, level: int) -> int:
    """Give ``level``, or 1 where that makes the messages' text smaller.

    Higher levels find short repetitions. Between numbers, addresses and ids at random these cost more than
    they save; real logs are a quarter smaller at level 3.
    """
    if level == LOWEST_LEVEL:
        return level
    return min(LOWEST_LEVEL, level, key=lambda each: _text_octets(block, each))


def _text_octets(block: pa.Table, level: int) -> int:
    sink = pa.BufferOutputStream()
    pq.write_table(
        block.select(["message"]),
        sink,
        compression="zstd",
        compression_level=level,
        data_page_size=PAGE_OCTETS,
        use_dictionary=False,
    )
    size: int = sink.tell()
    return size


def difference(written: pa.Table, read: pa.Table) -> str | None:
    """Give the first column in which two tables of ARCHIVE_SCHEMA differ; None when they hold the same."""
    if written.num_rows != read.num_rows:
        return f"{read.num_rows} records where {written.num_rows} were written"
    for name in ARCHIVE_SCHEMA.names:
        one, other = written[name], read[name]
        if not one.equals(other) and not _plain(one).equals(_plain(other)):
            return f"column {name} differs"
    return None


def _plain(column: Any) -> Any:
    """Give a column with its dictionaries resolved: two dictionaries may list the same values differently."""
    if pa.types.is_dictionary(column.type):
        return column.cast(pa.string())
    if pa.types.is_list(column.type):
        return column.cast(pa.list_(pa.string()))
    return column


def _release() -> str:
    try:
        return version("sysledger")
    except PackageNotFoundError:
        return "unknown"
