"""The promises of the ledger's hashes: they follow every column, and nothing but the columns."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pyarrow as pa
import pytest

from parsers.schema import ARCHIVE_SCHEMA
from storage.ledger_records import (
    COLUMNS,
    UnknownOctetsError,
    columns_digest,
    record_hashes,
)

MakeTable = Callable[..., pa.Table]

ROW: dict[str, Any] = {
    "seq": 7,
    "received_at": 1_795_176_000_000_000_001,
    "timestamp": 1_795_175_999_000_000,
    "timestamp_form": "%Y-%m-%dT%H:%M:%SZ|+00:00",
    "facility": 4,
    "severity": 3,
    "hostname": "web-1",
    "app_name": "app",
    "proc_id": "12",
    "msg_id": "ID",
    "structured_data": '[a b="c"]',
    "message": "text",
    "format": "rfc5424",
    "message_form": None,
    "flags": ["pri_assumed"],
    "peer": "192.0.2.7",
    "listener": "tls",
    "transport": "tls",
    "tls_identity": "CN=ü",
    "fields": [("a.b", "c"), ("n", None)],
    "raw": b"<35>1 \xff exact",
}
OTHERS: dict[str, Any] = {
    "timestamp": 1_795_175_999_000_001,
    "timestamp_form": "%b %e %H:%M:%S|+00:00",
    "facility": 5,
    "severity": 4,
    "hostname": "web-2",
    "app_name": None,
    "proc_id": "",
    "msg_id": "I",
    "structured_data": None,
    "message": "text.",
    "message_form": "{message}",
    "format": "unparsed",
    "flags": [],
    "fields": [("a.b", None), ("n", "c")],
}


def test_the_octets_of_a_record(make_table: MakeTable) -> None:
    """What is hashed is what the documentation says, to the octet; no text can pass for another."""
    records = make_table([ROW, ROW | {"seq": 8, "tls_identity": None}])
    head = "1795176000000000001\n9:192.0.2.73:tls3:tls"
    expected = [
        f"7\n{head}5:CN=ü\n".encode() + b"<35>1 \xff exact",
        f"8\n{head}-\n".encode() + b"<35>1 \xff exact",
    ]
    assert record_hashes(records) == [sha256(b"\x00" + each).digest() for each in expected]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("seq", 9),
        ("received_at", 1),
        ("peer", "192.0.2.8"),
        ("listener", "udp"),
        ("transport", "udp"),
        ("raw", b""),
    ],
)
def test_a_hash_follows_what_was_received(make_table: MakeTable, column: str, value: object) -> None:
    """Octets, seq, time of receipt and sender: each other value makes another hash."""
    assert record_hashes(make_table([ROW])) != record_hashes(make_table([ROW | {column: value}]))


@pytest.mark.parametrize("column", COLUMNS)
def test_the_digest_follows_what_was_read(make_table: MakeTable, column: str) -> None:
    """Each parsed column's other value makes another digest, whichever record has it."""
    before, after = make_table([ROW, ROW]), make_table([ROW, ROW | {column: OTHERS[column]}])
    assert columns_digest(before) == columns_digest(make_table([ROW, ROW]))
    assert columns_digest(before) != columns_digest(after)
    assert columns_digest(after) != columns_digest(make_table([ROW | {column: OTHERS[column]}, ROW]))


def test_hashes_and_digest_cover_all_columns() -> None:
    """No column of the archive is forgotten."""
    hashed = {"seq", "received_at", "peer", "listener", "transport", "tls_identity", "raw"}
    assert hashed | set(COLUMNS) == set(ARCHIVE_SCHEMA.names)


def test_neither_depends_on_how_records_lie(make_table: MakeTable) -> None:
    """Cut, put together, in one chunk or in many, encoded with other dictionaries: the same."""
    one, two = make_table([ROW, ROW | OTHERS]), make_table([ROW | {"peer": "192.0.2.9"}], first_seq=3)
    both = pa.concat_tables([one, two])
    assert record_hashes(both) == record_hashes(one) + record_hashes(two)
    assert record_hashes(both.slice(1, 1)) == record_hashes(one)[1:]
    assert columns_digest(both) == columns_digest(both.combine_chunks())
    assert columns_digest(both.slice(1, 1)) == columns_digest(make_table([ROW | OTHERS]))
    texts = pa.concat_tables([both.slice(0, 1), both.slice(1)])
    assert columns_digest(texts.unify_dictionaries()) == columns_digest(both)


def test_what_cannot_be_rebuilt_is_told(make_table: MakeTable) -> None:
    """Of a message whose octets are not known no hash is made up."""
    broken = make_table([ROW | {"raw": None, "message_form": None, "format": "klingon"}])
    with pytest.raises(UnknownOctetsError, match=r"cannot be rebuilt.*run sysledger verify"):
        record_hashes(broken)
