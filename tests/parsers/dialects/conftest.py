"""One message through one dialect: which it is, and what its columns are."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import pyarrow as pa
import pytest
from pyparsing import ParseException

from parsers import matching
from parsers.dialects import Dialect, dialects_of
from parsers.grammar import to_text
from parsers.pipeline import Arrival, parse_frames
from parsers.rebuild import rebuild
from parsers.source import UNKNOWN_SOURCE, Source

Read = Callable[..., dict[str, Any]]

RECEIVED_AT: Final = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()) * 10**9
COLUMNS: Final = (
    "timestamp", "hostname", "app_name", "proc_id", "msg_id", "structured_data", "message", "fields",
)  # fmt: skip


def dialect_of(message: bytes, source: Source) -> Dialect:
    """Give the dialect that a message is of, after seeing to it that both engines read the same there."""
    dialect = matching.dialect_of(message, dialects_of(source.format))
    match = dialect.pattern.fullmatch(message)
    assert match is not None
    by_pattern = {name: octets for name, octets in match.groupdict().items() if octets is not None}
    try:
        by_pyparsing = dialect.grammar.parse_string(to_text(message)).as_dict()
    except ParseException:
        by_pyparsing = {}
    assert {name: text.encode("latin-1") for name, text in by_pyparsing.items()} == by_pattern
    return dialect


@pytest.fixture(scope="session")
def read() -> Read:
    """Read a message: its dialect's name, and its columns that are not null, but what all records have.

    The octets must come back from the columns, unless ``exact`` is false.
    """

    def read_one(message: bytes, source: Source = UNKNOWN_SOURCE, *, exact: bool = True) -> dict[str, Any]:
        dialect = dialect_of(message, source)
        arrivals = [Arrival(RECEIVED_AT, "192.0.2.1", 1)]
        records = parse_frames([message], arrivals, listener="udp", transport="udp", source=source)
        assert not exact or rebuild(records)[0].as_py() == message
        timestamp = records["timestamp"].cast(pa.timestamp("us")).cast(pa.string())[0].as_py()
        (row,) = records.drop_columns(["received_at"]).to_pylist()
        row |= {
            "timestamp": timestamp and timestamp.removesuffix(".000000"),
            "fields": dict(row["fields"] or {}) or None,
        }
        columns = {name: row[name] for name in COLUMNS if row[name] is not None}
        return {"dialect": dialect.name, "format": row["format"], **columns}

    return read_one
