"""Records as JSON lines, CSV and octets."""

import csv
import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.pipeline import Arrival, parse_frames
from parsers.schema import ARCHIVE_SCHEMA
from storage.output import CSV_COLUMNS, FORMULA_STARTS, ROWS_A_GROUP, ROWS_AT_ONCE, write

MESSAGE = b'<34>1 2026-11-20T12:00:00.5Z host app 1 ID [a b="c"] \xef\xbb\xbffailed'


def journalled(*messages: bytes) -> pa.Table:
    """Give records as a journal has them: with the octets of every message."""
    arrivals = [Arrival(1_795_176_000_000_000_000, "192.0.2.1", len(messages))]
    batch = parse_frames(list(messages), arrivals, listener="tcp", transport="tcp")
    table = pa.Table.from_batches([batch])
    return table.add_column(0, ARCHIVE_SCHEMA.field("seq"), pa.array(range(1, len(messages) + 1), pa.int64()))


def octets(table: pa.Table, how: str, **more: Any) -> bytes:
    """Give all of an output."""
    pieces = list(write([table.slice(0, 1), ARCHIVE_SCHEMA.empty_table(), table.slice(1)], how, **more))
    assert all(pieces)
    return b"".join(pieces)


def test_json_lines() -> None:
    """One object a line, with raw_base64 only where the columns do not give the octets back."""
    lines = octets(journalled(MESSAGE, b"\xff no message of ours"), "json").decode().splitlines()
    first, second = map(json.loads, lines)
    assert (first["seq"], first["hostname"], first["received_at"]) == (
        1,
        "host",
        "2026-11-20T12:00:00.000000000Z",
    )
    assert first["structured_data_elements"] == [["a", [["b", "c"]]]]
    assert first["raw_base64"] is None
    assert second["raw_base64"] is not None


def test_csv_has_a_header_and_a_line_for_each_record() -> None:
    """CSV reads back as what was written, line breaks in messages included."""
    rows = list(
        csv.DictReader(io.StringIO(octets(journalled(MESSAGE, b'<13>a\nb,"c"'), "csv").decode(), newline=""))
    )
    assert list(rows[0]) == list(CSV_COLUMNS)
    assert (rows[0]["severity"], rows[0]["message"], rows[0]["tls_identity"]) == ("2", "failed", "")
    assert rows[1]["message"] == 'a\nb,"c"'


@given(st.sampled_from(FORMULA_STARTS), st.text(max_size=5))
def test_csv_holds_no_formulas(start: str, rest: str) -> None:
    """No cell of a text begins with what a spreadsheet takes for a formula."""
    table = journalled(MESSAGE)
    for column in ("message", "hostname", "structured_data"):
        place = table.schema.get_field_index(column)
        table = table.set_column(place, table.schema.field(place), pa.array([start + rest]))
    row = next(csv.DictReader(io.StringIO(octets(table, "csv").decode(), newline="")))
    for column in ("message", "hostname", "structured_data"):
        assert row[column] == "'" + start + rest


def test_raw_is_the_octets_received() -> None:
    """LF behind each message, or its length before it."""
    table = journalled(MESSAGE, b"<13>two\nlines")
    assert octets(table, "raw") == MESSAGE + b"\n<13>two\nlines\n"
    assert octets(table, "raw", octet_counting=True) == b"%d %b13 <13>two\nlines" % (len(MESSAGE), MESSAGE)


def test_output_comes_in_pieces() -> None:
    """A large table is written piece by piece, so that memory stays bounded."""
    table = pa.concat_tables([journalled(MESSAGE)] * (ROWS_AT_ONCE * 2 + 1))
    pieces = list(write([table], "json"))
    assert [piece.count(b"\n") for piece in pieces] == [ROWS_AT_ONCE, ROWS_AT_ONCE, 1]


def test_parquet_has_the_archives_columns() -> None:
    """Parquet reads back as the records, with the octets where the columns do not give them."""
    found = pq.read_table(io.BytesIO(octets(journalled(MESSAGE, b"\xff no message of ours"), "parquet")))
    assert found.schema.names == ARCHIVE_SCHEMA.names
    assert found["seq"].to_pylist() == [1, 2]
    assert found["hostname"].to_pylist()[0] == "host"
    assert found["raw"].to_pylist() == [None, b"\xff no message of ours"]


def test_parquet_comes_in_groups_of_some_size() -> None:
    """Small tables of a search that finds little come together, large ones come one by one."""
    small = journalled(MESSAGE)
    large = pa.concat_tables([small] * (ROWS_A_GROUP + 1))
    pieces = list(write([small, small, large, small, ARCHIVE_SCHEMA.empty_table()], "parquet"))
    metadata = pq.read_metadata(io.BytesIO(b"".join(pieces)))
    groups = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
    assert groups == [ROWS_A_GROUP + 3, 1]
    assert len(pieces) == 3


def test_nothing_found() -> None:
    """No records are no octets, but for CSV's header and Parquet's columns."""
    empty = ARCHIVE_SCHEMA.empty_table()
    assert octets(empty, "json") == octets(empty, "raw") == b""
    assert octets(empty, "csv").decode().strip() == ",".join(CSV_COLUMNS)
    assert pq.read_table(io.BytesIO(octets(empty, "parquet"))).schema.names == ARCHIVE_SCHEMA.names


def test_another_output_is_refused() -> None:
    """An unknown name is told with the known ones."""
    with pytest.raises(ValueError, match="json, csv, raw or parquet"):
        write([], "xml")
