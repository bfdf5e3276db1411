"""Reading archive segments: names, footers, row groups. Nothing here writes.

A segment is named FIRST-LAST.parquet by the seq of its first and last record and never changes.
"""

import json
import re
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from parsers.schema import ARCHIVE_SCHEMA, DICTIONARY
from storage.blocks import day_of
from storage.journal_reader import Damage, DamagedError
from storage.segment_footer import read_metadata

METADATA_KEY: Final = b"sysledger"
FOOTER_OCTETS_KEPT: Final = 8 << 20  # of memory: who reads a block of another segment reads its end anew
COLUMN_OCTETS: Final = 700  # that Arrow takes for a column of a row group, measured
LISTING_TRIES: Final = 20
SETTLED_NANOSECONDS: Final = 2 * 10**9

REPEATED: Final = ("hostname", "app_name", "msg_id")  # few distinct values in a block, nearly always

_ENCODED_SCHEMA: Final = pa.schema(
    [each.with_type(DICTIONARY) if each.name in REPEATED else each for each in ARCHIVE_SCHEMA]
)
_NAME: Final = re.compile(r"(\d{20})-(\d{20})\.parquet")


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """One archive file, by its name, and what tells it from another of that name."""

    first_seq: int
    last_seq: int
    path: Path
    size: int = 0
    modified: int = 0  # ns


@dataclass(frozen=True, slots=True)
class RowGroup:
    """The ranges of one row group (ns and us since the epoch), and where it lies in its file."""

    rows: int
    first_seq: int
    last_seq: int
    received_min: int
    received_max: int
    timestamp_min: int | None
    timestamp_max: int | None
    offset: int


@dataclass(frozen=True, slots=True)
class Footer:
    """What is kept of a segment's end: Parquet's metadata, and the ranges read from it."""

    metadata: Any
    row_groups: tuple[RowGroup, ...]

    @property
    def memory(self) -> int:
        """How many octets of memory it takes, about."""
        columns: int = self.metadata.num_row_groups * self.metadata.num_columns
        return COLUMN_OCTETS * (1 + columns)


def segment_name(first_seq: int, last_seq: int) -> str:
    """Give a segment's file name."""
    return f"{first_seq:020d}-{last_seq:020d}.parquet"


def span_of(file_name: str) -> tuple[int, int] | None:
    """Give the first and the last seq that a segment's file name tells; None when it is no such name."""
    match = _NAME.fullmatch(file_name)
    return None if match is None else (int(match[1]), int(match[2]))


def list_segments(folder: Path) -> list[Segment]:
    """Give the segments in a day's folder by seq, those that are merged into another left out.

    A folder that is not there has none. The folder is listed until it stood still meanwhile, since a merge
    between two reads of a directory could otherwise hide both the old files and the new.
    """
    return without_superseded(_list_all(folder))


def superseded_segments(folder: Path) -> list[Segment]:
    """Give the segments in a day's folder whose records another one has."""
    everything = _list_all(folder)
    return sorted(set(everything) - set(without_superseded(everything)))


def without_superseded(segments: Sequence[Segment]) -> list[Segment]:
    """Give ``segments`` of one day in order of seq, without those that lie within another."""
    kept: list[Segment] = []
    for segment in sorted(segments, key=lambda each: (each.first_seq, -each.last_seq)):
        if not kept or segment.last_seq > kept[-1].last_seq:
            kept.append(segment)
    return kept


def read_footer(path: Path) -> Footer:
    """Read a segment's end.

    Raises:
        FileNotFoundError: when the file is gone.
        DamagedError: when it is not a segment of ours.
    """
    try:
        metadata = read_metadata(path)
        names = column_paths(metadata)
        places = [names.index(name) for name in ("seq", "received_at", "timestamp")] if names else []
        groups = tuple(
            _row_group(metadata.row_group(number), places) for number in range(metadata.num_row_groups)
        )
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError, ValueError, AttributeError) as error:
        raise DamagedError(Damage(path, 0, f"not a readable segment: {error}")) from error
    return Footer(metadata, groups)


def column_paths(metadata: Any) -> list[str]:
    """Give the path of each column in Parquet's metadata, in order; nothing of a file without row groups.

    They are not asked of the metadata's schema, which holds the metadata that holds it: 600 KB a segment that
    stay until Python looks for cyclic garbage, which it does seldom here.
    """
    if not metadata.num_row_groups:
        return []
    group = metadata.row_group(0)
    return [group.column(number).path_in_schema for number in range(metadata.num_columns)]


def segment_metadata(path: Path) -> dict[str, Any]:
    """Give what storage wrote about a segment into its footer, see storage/FORMAT.md.

    Raises:
        FileNotFoundError: when the file is gone.
        DamagedError: when it is not a segment of ours.
    """
    try:
        return _about(path, read_metadata(path))
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DamagedError(Damage(path, 0, f"not a readable segment: {error}")) from error


def _about(path: Path, metadata: Any) -> dict[str, Any]:
    try:
        about: dict[str, Any] = json.loads(metadata.metadata[METADATA_KEY])
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedError(Damage(path, 0, f"not a readable segment: {error}")) from error
    return about


def footer_of(segment: Segment) -> Footer:
    """Read a segment's end, and compare what it says with where the segment lies.

    Raises:
        FileNotFoundError: when the file is gone.
        DamagedError: when it is not a segment of ours, or one that belongs elsewhere.
    """
    footer = read_footer(segment.path)
    about = _about(segment.path, footer.metadata)
    first, last = (about.get(name) for name in ("first_seq", "last_seq"))
    day = day_of(footer.row_groups[0].received_min).isoformat() if footer.row_groups else ""
    place = f"tenant={about.get('tenant')}/stream={about.get('stream')}/date={day}"
    if (first, last) != (segment.first_seq, segment.last_seq) or not segment.path.parent.match(place):
        reason = f"a segment of {place} with records {first} to {last} lies here under a wrong name"
        raise DamagedError(Damage(segment.path, 0, reason))
    return footer


class SegmentCache:
    """Listings by folder, kept while it is unchanged, and the footers used last. Safe for threads."""

    def __init__(self, footer_octets: int = FOOTER_OCTETS_KEPT) -> None:
        self._footers: OrderedDict[tuple[Path, int, int], Footer] = OrderedDict()
        self._room = footer_octets
        self._listings: dict[Path, tuple[int, list[Segment]]] = {}
        self._lock = Lock()

    def listed(self, folder: Path) -> list[Segment]:
        """Give what list_segments gives; a folder that has not changed since is not listed again."""
        try:
            modified = folder.stat().st_mtime_ns
        except FileNotFoundError:
            self._listings.pop(folder, None)
            return []
        then, listing = self._listings.get(folder, (0, []))
        if then == modified:
            return listing
        listing = list_segments(folder)
        # A folder's time has the clock's steps: one that changed just now may change again within the step.
        if time.time_ns() - modified > SETTLED_NANOSECONDS:
            self._listings[folder] = (modified, listing)
        return listing

    def footer(self, segment: Segment) -> Footer:
        """Give a segment's footer, read when it is not one of those used last. Raises as footer_of."""
        key = (segment.path, segment.size, segment.modified)
        with self._lock:
            kept = self._footers.get(key)
            if kept is not None:
                self._footers.move_to_end(key)
                return kept
        footer = footer_of(segment)
        with self._lock:
            if key not in self._footers:  # nor did another thread read it meanwhile
                self._footers[key] = footer
                self._room -= footer.memory
            while self._room < 0:
                self._room += self._footers.popitem(last=False)[1].memory
        return footer


def read_row_group(
    path: Path, metadata: Any, number: int, columns: Sequence[str] | None, *, encoded: bool = False
) -> pa.Table:
    """Give a row group's records, with ARCHIVE_SCHEMA's columns and types or those in ``columns``.

    With ``encoded`` the columns REPEATED are dictionaries of strings, as which they lie in the file.

    Raises:
        FileNotFoundError: when the file is gone.
        DamagedError: when the row group cannot be read.
    """
    names = ARCHIVE_SCHEMA.names if columns is None else list(columns)
    try:
        repeated = [name for name in names if name in REPEATED] if encoded else None
        with pa.OSFile(str(path)) as opened:  # by its name Arrow would look for a file system first
            file = pq.ParquetFile(
                opened, metadata=metadata, page_checksum_verification=True, read_dictionary=repeated
            )
            table = file.read_row_group(number, columns=names, use_threads=False)
        schema = _ENCODED_SCHEMA if encoded else ARCHIVE_SCHEMA
        schema = pa.schema([schema.field(name) for name in names])
        table = table.select(names).cast(schema)
        _check(table)
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError, KeyError) as error:
        offset = metadata.row_group(number).column(0).data_page_offset
        raise DamagedError(Damage(path, offset, f"row group {number} is not readable: {error}")) from error
    return table


def _check(table: pa.Table) -> None:
    """Look for what a damaged page header makes of a column: pages have checksums, their headers have none.

    Raises:
        ArrowInvalid: when there are indices without a value, or nulls that must not be.
    """
    table.validate(full=True)
    for field, column in zip(table.schema, table.columns, strict=True):
        if not field.nullable and column.null_count:
            raise pa.ArrowInvalid(f"{field.name} is missing in {column.null_count} records")


def _list_all(folder: Path) -> list[Segment]:
    found: list[Segment] = []
    for _ in range(LISTING_TRIES):
        try:
            before = folder.stat().st_mtime_ns
            found = _listed(folder)
            if folder.stat().st_mtime_ns == before:
                break
        except FileNotFoundError:
            if not folder.exists():
                return []
    return found


def _listed(folder: Path) -> list[Segment]:
    found = []
    for path in folder.iterdir():
        if match := _NAME.fullmatch(path.name):
            status = path.stat()
            found.append(Segment(int(match[1]), int(match[2]), path, status.st_size, status.st_mtime_ns))
    return found


def _row_group(group: Any, places: list[int]) -> RowGroup:
    seq, received, timestamp = (group.column(place).statistics for place in places)
    has_time = timestamp is not None and timestamp.has_min_max
    return RowGroup(
        rows=group.num_rows,
        first_seq=seq.min_raw,
        last_seq=seq.max_raw,
        received_min=received.min_raw,
        received_max=received.max_raw,
        timestamp_min=timestamp.min_raw if has_time else None,
        timestamp_max=timestamp.max_raw if has_time else None,
        offset=group.column(0).data_page_offset,
    )
