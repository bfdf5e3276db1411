"""An export's rows beside what is proven of its messages: whether they say the same.

Number, time of receipt, senders and octets are compared with what the ledger proves. What a row says that was
read from the octets (HOSTNAME, MSG, …) is compared with what is read from the proven octets now. The settings
of its source are not known here, so every format is tried, and a time without a zone may be in any zone; the
flags, and the fields that payloads and rule files gave, are not compared.
"""

import csv
import io
import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import IO, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from parsers.dialects import FORMATS
from parsers.pipeline import Arrival, parse_frames
from parsers.render import records_to_json
from parsers.schema import ARCHIVE_SCHEMA, Flag
from parsers.source import UNKNOWN_SOURCE, Source
from storage.ledger_proof import SENDER
from storage.ledger_proven import ProvenRecord, each_once
from storage.output import CSV_COLUMNS, ROWS_AT_ONCE, cell

PROVEN: Final = ("seq", "received_at", *SENDER)
READ: Final = (
    "timestamp", "facility", "severity", "hostname", "app_name", "proc_id", "msg_id", "structured_data",
    "message", "format",
)  # fmt: skip
ELEMENTS: Final = "structured_data_elements"  # only in JSON
LARGEST_ROW: Final = 1 << 27  # octets; a message has 64 KiB, or what the settings allow
_CHARSETS: Final = ("utf-8", "cp1252", "latin-1")
_ZONES: Final = 15 * 3600, 900  # no zone is further from UTC than this, in seconds; all go by quarters

Row = Mapping[str, Any]


class RowsError(Exception):
    """The file of the messages cannot be read as what it should be."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What of a row is not as it should be.

    Attributes:
        seq: of the proven message.
        columns: which.
        is_proven: they contradict the ledger; else only what is read from the octets now.
    """

    seq: int
    columns: tuple[str, ...]
    is_proven: bool


def rows_of(file: IO[bytes], how: str) -> Iterator[Row]:
    """Give the rows of an export's file of messages, by the names of JSON's columns.

    Args:
        file: Parquet's must be seekable.
        how: csv, json or parquet.

    Raises:
        RowsError: when it is no such file.
    """
    try:
        yield from {"csv": _csv_rows, "json": _json_rows, "parquet": _parquet_rows}[how](file)
    except (ValueError, RecursionError, csv.Error, pa.ArrowException, OSError) as error:
        raise RowsError(f"the file of the messages cannot be read: {error}") from error


def _csv_rows(file: IO[bytes]) -> Iterator[Row]:
    csv.field_size_limit(LARGEST_ROW)
    text = io.TextIOWrapper(file, "utf-8", newline="")
    reader = csv.reader(iter(lambda: text.readline(LARGEST_ROW), ""), strict=True)
    if tuple(next(reader, ())) != CSV_COLUMNS:
        raise RowsError("its first line does not name the columns of an export")
    for cells in reader:
        yield dict(zip(CSV_COLUMNS, cells, strict=True))


def _json_rows(file: IO[bytes]) -> Iterator[Row]:
    while line := file.readline(LARGEST_ROW):
        row = json.loads(line, object_pairs_hook=each_once)
        if not isinstance(row, dict):
            raise RowsError("a line of the file of the messages is no object")
        yield row


def _parquet_rows(file: IO[bytes]) -> Iterator[Row]:
    opened = pq.ParquetFile(file, page_checksum_verification=True)
    if opened.schema_arrow.names != ARCHIVE_SCHEMA.names:
        raise RowsError("its columns are not those of an export")
    for batch in opened.iter_batches(ROWS_AT_ONCE, use_threads=False):
        yield from records_to_json(batch.cast(ARCHIVE_SCHEMA))


def differences(rows: Sequence[Row], records: Sequence[ProvenRecord], how: str) -> list[Difference]:
    """Compare rows with what is proven of their messages, one by one.

    Args:
        rows: of ``rows_of``.
        records: as many.
        how: the file's format.
    """
    found: list[Difference] = []
    doubted: list[int] = []
    for place, (row, record, read) in enumerate(
        zip(rows, records, _read(records, UNKNOWN_SOURCE), strict=True)
    ):
        wrong = _contradictions(row, record, read, how)
        if wrong:
            found.append(Difference(record.seq, wrong, is_proven=True))
        elif _misread(row, read, how):
            doubted.append(place)
    if doubted:
        found += _doubts([rows[place] for place in doubted], [records[place] for place in doubted], how)
    return found


def _contradictions(row: Row, record: ProvenRecord, read: Row, how: str) -> tuple[str, ...]:
    proven = {name: getattr(record, name) for name in ("seq", *SENDER)} | {"received_at": read["received_at"]}
    wrong = tuple(name for name in PROVEN if not _same(row.get(name), proven[name], how))
    raw = row.get("raw_base64")
    return wrong if not raw or raw == b64encode(record.octets).decode() else (*wrong, "raw_base64")


def _doubts(rows: Sequence[Row], records: Sequence[ProvenRecord], how: str) -> list[Difference]:
    """Read messages in every other way; what no way gives is doubtful."""
    least = [_misread(row, read, how) for row, read in zip(rows, _read(records, UNKNOWN_SOURCE), strict=True)]
    for form, charset, order in product(FORMATS, _CHARSETS, (None, "day_first", "month_first")):
        if not any(least):
            break
        source = Source(format=form, charset=charset, date_order=order)  # type: ignore[arg-type]
        for place, read in enumerate(_read(records, source)):
            least[place] = min(least[place], _misread(rows[place], read, how), key=len)
    return [
        Difference(record.seq, wrong, is_proven=False)
        for record, wrong in zip(records, least, strict=True)
        if wrong
    ]


def _misread(row: Row, read: Row, how: str) -> tuple[str, ...]:
    return tuple(
        name
        for name in (*READ, *((ELEMENTS,) if how == "json" else ()))
        if not _same(row.get(name), read[name], how)
        and not (name == "timestamp" and _same_but_zone(row, read))
    )


def _read(records: Sequence[ProvenRecord], source: Source) -> Iterator[Row]:
    """Read messages from their octets."""
    arrivals = [Arrival(record.received_at, record.peer or "", 1, record.tls_identity) for record in records]
    batch = parse_frames(
        [record.octets for record in records], arrivals, listener="", transport="", source=source
    )
    return records_to_json(batch.select(["received_at", "flags", *READ]))


def _same(given: Any, expected: Any, how: str) -> bool:
    if how != "csv":
        return bool(given == expected and type(given) is type(expected))
    made = cell(expected)
    return bool(given == ("" if made is None else str(made)))


def _same_but_zone(row: Row, read: Row) -> bool:
    """Say whether two device times differ only by the zone that was assumed, since the message names none."""
    if Flag.TIMEZONE_ASSUMED not in read["flags"] or not read["timestamp"]:
        return False
    try:
        apart = (
            datetime.fromisoformat(row["timestamp"]) - datetime.fromisoformat(read["timestamp"])
        ).total_seconds()
    except (TypeError, ValueError, KeyError):
        return False
    most, step = _ZONES
    return abs(apart) <= most and apart % step == 0
