"""Records as JSON."""

import json
from base64 import b64decode, b64encode
from datetime import UTC
from typing import Any, Final

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.lines import parse_lines, reading
from parsers.pipeline import Arrival, parse_frames
from parsers.render import records_to_json
from parsers.schema import ARCHIVE_SCHEMA, BATCH_SCHEMA
from parsers.source import Source

RECEIVED_AT: Final = 1_763_640_000_123_456_789  # 2025-11-20T12:00:00.123456789Z
CONFORMING: Final = b'<34>1 2003-10-11T22:14:15.003Z host su - ID47 [a@1 x="1" x="2"][b@1] text'


def batch(*messages: bytes) -> pa.RecordBatch:
    """The records of messages that came together."""
    arrivals = [Arrival(received_at=RECEIVED_AT, peer="192.0.2.1", count=len(messages))]
    return parse_frames(messages, arrivals, listener="udp", transport="udp")


def parsed(*lines: bytes, base64: bool = False, form: str = "auto") -> list[dict[str, Any]]:
    """What `sysledger parse` prints for these lines."""
    return list(parse_lines(lines, base64=base64, received_at=RECEIVED_AT, read=reading(Source(form, UTC))))


def test_a_record_is_its_columns() -> None:
    """A JSON record has every column of a batch, raw as raw_base64, and the SD-ELEMENTs beside them."""
    (record,) = parsed(CONFORMING)
    names = [name if name != "raw" else "raw_base64" for name in BATCH_SCHEMA.names]
    assert list(record) == [*names, "structured_data_elements"]
    assert record == {
        "received_at": "2025-11-20T12:00:00.123456789Z",
        "timestamp": "2003-10-11T22:14:15.003000Z",
        "timestamp_form": record["timestamp_form"],
        "facility": 4,
        "severity": 2,
        "hostname": "host",
        "app_name": "su",
        "proc_id": None,
        "msg_id": "ID47",
        "structured_data": '[a@1 x="1" x="2"][b@1]',
        "message": "text",
        "message_form": None,
        "format": "rfc5424",
        "flags": [],
        "peer": "",
        "listener": "parse",
        "transport": "file",
        "tls_identity": None,
        "fields": None,
        "raw_base64": None,
        "structured_data_elements": [["a@1", [["x", "1"], ["x", "2"]]], ["b@1", []]],
    }


def test_archived_records_begin_with_seq() -> None:
    """Records with seq, and fields that rules extracted, are rendered with them."""
    row = {
        "seq": 7,
        "received_at": 1,
        "facility": 1,
        "severity": 5,
        "format": "rfc3164",
        "flags": ["pri_assumed"],
    }
    row |= {"peer": "::1", "listener": "udp", "transport": "udp", "fields": [("user", "root"), ("n", "1")]}
    table = pa.Table.from_pylist([row, row], schema=ARCHIVE_SCHEMA)
    first, second = records_to_json(table)
    assert first == second
    assert next(iter(first)) == "seq"
    assert first["received_at"] == "1970-01-01T00:00:00.000000001Z"
    assert first["fields"] == {"user": "root", "n": "1"}
    assert first["flags"] == ["pri_assumed"]
    assert first["timestamp"] is None
    assert first["structured_data_elements"] is None


def test_any_selection_of_columns_will_do() -> None:
    """Rendering some columns gives these; SD-ELEMENTs come only where both columns they need are there."""
    records = batch(CONFORMING).select(["hostname", "structured_data"])
    assert list(records_to_json(records)) == [
        {"hostname": "host", "structured_data": '[a@1 x="1" x="2"][b@1]'}
    ]
    assert list(records_to_json(records.slice(0, 0))) == []


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("0000-12-31T00:00:00Z", "0000-12-31T00:00:00.000000Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
        ("1969-12-31T23:59:59.5+01:00", "1969-12-31T22:59:59.500000Z"),
    ],
)
def test_every_year_is_rendered(stamp: str, expected: str) -> None:
    """Times are RFC 3339 in UTC for every year that RFC 5424 can name."""
    assert parsed(f"<34>1 {stamp} - - - - -".encode())[0]["timestamp"] == expected


def test_nil_structured_data_is_an_empty_list_of_elements() -> None:
    """RFC 5424 without SD-ELEMENTs has none; other formats have no such thing."""
    assert parsed(b"<34>1 - - - - - -")[0]["structured_data_elements"] == []
    assert parsed(b"<34>Oct 11 22:14:15 mymachine su: x")[0]["structured_data_elements"] is None


@given(st.binary(max_size=80))
def test_every_message_is_json_and_keeps_its_octets(message: bytes) -> None:
    """Any octets at all can be written as JSON, and raw_base64 is either null or exactly them."""
    (record,) = parsed(b64encode(message), base64=True)
    assert json.loads(json.dumps(record)) == record
    assert record["raw_base64"] is None or b64decode(record["raw_base64"]) == message


def test_a_field_that_comes_again_is_a_list() -> None:
    """A name that stands once has its value, one that comes again all its values in order."""
    message = b"<14>1 2026-11-20T22:00:00Z h a - - - LEEF:1.0|V|P|1|E|cat=a\tx=\tcat=b\tcat=a"
    (record,) = records_to_json(batch(message))
    assert record["fields"] == {
        "payload": "leef", "leef.version": "1.0", "leef.vendor": "V", "leef.product": "P",
        "leef.device_version": "1", "leef.event_id": "E", "cat": ["a", "b", "a"], "x": "",
    }  # fmt: skip
