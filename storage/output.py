"""Records as octets to write: JSON lines, CSV or the messages themselves, for the command line and the web.

JSON lines: one object a line as parsers/render.py gives it; ``raw_base64`` is null where the columns alone
give the exact octets back, sealed or not.

CSV (RFC 4180, UTF-8, with a header): one line a record, times and numbers as in JSON, flags with blanks
between, ``fields`` as a JSON object. Null and empty text are both an empty cell. A text that begins with
``= + - @``, TAB or CR gets an apostrophe before it, since spreadsheets would run it as a formula and senders
of syslog are not to be trusted; whoever needs the text itself takes JSON, or removes that one apostrophe.

Raw: the exact octets, each message ended by LF, or begun with MSG-LEN SP (RFC 6587 section 3.4.1).
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal

import pyarrow as pa

from parsers.rebuild import exact_octets, slimmed
from parsers.render import records_to_json
from storage.octets import framed

How = Literal["json", "csv", "raw"]

ROWS_AT_ONCE: Final = 1024  # bounds the Python objects held, and is what a slow reader waits for
CSV_COLUMNS: Final = (
    "seq", "received_at", "timestamp", "facility", "severity", "hostname", "app_name", "proc_id", "msg_id",
    "structured_data", "message", "format", "flags", "peer", "listener", "transport", "tls_identity",
    "fields", "raw_base64",
)  # fmt: skip
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


def write(tables: Iterable[pa.Table], how: How | str, *, octet_counting: bool = False) -> Iterator[bytes]:
    """Give records as octets, piece by piece; no piece is empty.

    Args:
        tables: of ARCHIVE_SCHEMA; empty ones are passed over.
        how: json, csv or raw.
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
    raise ValueError(f"no output {how!r}: use json, csv or raw")


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
            writer.writerow([_cell(record[name]) for name in CSV_COLUMNS])
        yield text.getvalue().encode()


def _cell(value: Any) -> Any:
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


def _parts(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    for table in tables:
        for start in range(0, table.num_rows, ROWS_AT_ONCE):
            yield table.slice(start, ROWS_AT_ONCE)
