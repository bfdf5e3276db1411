"""Records as octets to write: JSON lines, CSV, Parquet or the messages themselves, for command line and web.

JSON lines: one object a line as parsers/render.py gives it; ``raw_base64`` is null where the columns alone
give the exact octets back, sealed or not.

CSV (RFC 4180, UTF-8, with a header): one line a record, times and numbers as in JSON, flags with blanks
between, ``fields`` as a JSON object. Null and empty text are both an empty cell. A text that begins with
``= + - @``, their full-width forms, TAB, CR or LF gets an apostrophe before it, since spreadsheets would run
it as a formula and senders of syslog are not to be trusted; whoever needs the text itself takes JSON, or
removes that one apostrophe.

Parquet: the columns as the archive has them (parsers/schema.py), zstd; ``raw`` is null where the columns
alone give the exact octets back.

Raw: the exact octets, each message ended by LF, or begun with MSG-LEN SP (RFC 6587 section 3.4.1).
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from parsers.rebuild import exact_octets, slimmed
from parsers.render import records_to_json
from parsers.schema import ARCHIVE_SCHEMA
from storage.octets import framed

How = Literal["json", "csv", "raw", "parquet"]

ROWS_A_GROUP: Final = 32_768  # of Parquet's row groups; held in memory until then
ROWS_AT_ONCE: Final = 1024  # bounds the Python objects held, and is what a slow reader waits for
CSV_COLUMNS: Final = (
    "seq", "received_at", "timestamp", "facility", "severity", "hostname", "app_name", "proc_id", "msg_id",
    "structured_data", "message", "format", "flags", "peer", "listener", "transport", "tls_identity",
    "fields", "raw_base64",
)  # fmt: skip
FORMULA_STARTS: Final = (
    "=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20",
)  # fmt: skip


def write(tables: Iterable[pa.Table], how: How | str, *, octet_counting: bool = False) -> Iterator[bytes]:
    """Give records as octets, piece by piece; no piece is empty.

    Args:
        tables: of ARCHIVE_SCHEMA; empty ones are passed over.
        how: json, csv, raw or parquet.
        octet_counting: for raw: MSG-LEN before each message in place of LF behind.

    Raises:
        ValueError: for another ``how``.
    """
    if how == "json":
        return _json_lines(tables)
    if how == "csv":
        return _csv(tables)
    if how == "raw":
        return _raw(tables, octet_counting=octet_counting)
    if how == "parquet":
        return _parquet(tables)
    raise ValueError(f"no output {how!r}: use json, csv, raw or parquet")


def _json_lines(tables: Iterable[pa.Table]) -> Iterator[bytes]:
    for part in _parts(tables):
        lines = [json.dumps(record, ensure_ascii=False) for record in records_to_json(slimmed(part))]
        yield ("\n".join(lines) + "\n").encode()


def _csv(tables: Iterable[pa.Table]) -> Iterator[bytes]:
    yield (",".join(CSV_COLUMNS) + "\r\n").encode()
    for part in _parts(tables):
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        for record in records_to_json(slimmed(part)):
            writer.writerow([cell(record[name]) for name in CSV_COLUMNS])
        yield text.getvalue().encode()


def cell(value: Any) -> Any:
    """Give a value as a cell of CSV has it."""
    if isinstance(value, list):
        value = " ".join(value)
    elif isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def _raw(tables: Iterable[pa.Table], *, octet_counting: bool) -> Iterator[bytes]:
    for part in _parts(tables):
        for octets in framed(exact_octets(part), octet_counting=octet_counting):
            if octets.nbytes:
                yield bytes(octets)


def _parquet(tables: Iterable[pa.Table]) -> Iterator[bytes]:
    written = Pieces()
    with pq.ParquetWriter(written, ARCHIVE_SCHEMA, compression="zstd") as writer:
        for several in _together(tables, ROWS_A_GROUP):
            writer.write_table(slimmed(several).select(ARCHIVE_SCHEMA.names).cast(ARCHIVE_SCHEMA))
            yield from written.taken()
    yield from written.taken()


def _together(tables: Iterable[pa.Table], rows: int) -> Iterator[pa.Table]:
    """Give tables of so many rows at least, but for the last: a search that finds little gives small ones."""
    held: list[pa.Table] = []
    count = 0
    for table in tables:
        held.append(table)
        count += table.num_rows
        if count >= rows:
            yield pa.concat_tables(held)
            held, count = [], 0
    if count:
        yield pa.concat_tables(held)


class Pieces(io.RawIOBase):
    """A file that is written from its beginning to its end, and given on piece by piece meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self.octets = 0  # written so far

    def writable(self) -> bool:
        """Say that it can be written."""
        return True

    def write(self, octets: Any) -> int:
        """Take octets, which are copied."""
        piece = bytes(octets)
        self._pieces.append(piece)
        self.octets += len(piece)
        return len(piece)

    def tell(self) -> int:
        """Say how many octets there are so far."""
        return self.octets

    def taken(self) -> Iterator[bytes]:
        """Give what was written since the last time, if that is anything."""
        pieces, self._pieces = self._pieces, []
        if any(pieces):
            yield b"".join(pieces)


def _parts(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    for table in tables:
        for start in range(0, table.num_rows, ROWS_AT_ONCE):
            yield table.slice(start, ROWS_AT_ONCE)
