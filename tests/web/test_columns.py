"""The columns of a list."""

from datetime import UTC, datetime

import pyarrow as pa

from parsers.schema import ARCHIVE_SCHEMA
from web.columns import CELL_CHARACTERS, cells, chosen, named
from web.form import SearchForm

RECORD = {
    "seq": 1, "received_at": datetime(2026, 11, 20, tzinfo=UTC), "facility": 4, "severity": 3,
    "timestamp": datetime(2026, 11, 20, 1, tzinfo=UTC), "hostname": "x" * 1000, "format": "rfc5424",
    "flags": ["truncated", "inflated"], "peer": "::1", "listener": "tcp", "transport": "tcp",
    "fields": [("src", "a"), ("dst", "b"), ("src", "c")],
}  # fmt: skip


def test_the_usual_columns() -> None:
    """Without a choice there are severity, host and app; time and message are always there, so not chosen."""
    assert [column.name for column in chosen(SearchForm())] == ["severity", "host", "app"]
    form = SearchForm(columns=("received", "src", "hostname", "host", "msg"))
    assert [column.name for column in chosen(form)] == ["src", "host"]


def test_every_kind_of_value_is_text() -> None:
    """Codes are labels, times are written out, lists joined, fields looked up, and what is long is cut."""
    names = ("severity", "facility", "time", "flag", "src", "nothing", "pid", "seq", "host")
    table = pa.Table.from_pylist([RECORD], ARCHIVE_SCHEMA)
    (row,) = cells(table, [named(name) for name in names])
    assert row[:-1] == (
        "err", "auth", "2026-11-20T01:00:00.000000Z", "truncated, inflated", "a, c", None, None, "1",
    )  # fmt: skip
    assert row[-1] == "x" * CELL_CHARACTERS + "…"


def test_a_field_named_like_one_of_ours() -> None:
    """``fields.host`` is the message's own field of that name."""
    column = named("fields.host")
    assert (column.source, column.title) == ("fields", "host")
    assert named("host").source == "hostname"
