"""Hits are marked in what a list shows."""

from datetime import UTC, datetime

import pyarrow as pa

from parsers.schema import ARCHIVE_SCHEMA
from storage.layout import StreamName
from web.form import SearchForm
from web.marks import MOST
from web.rows import LINE_CHARACTERS, Row, rows
from web.visible import show


def row(query: str, message: str) -> Row:
    """Give the row of a message that a query found."""
    record = {
        "seq": 1, "received_at": datetime(2026, 11, 20, tzinfo=UTC), "facility": 4, "severity": 3,
        "hostname": "fw-1", "message": message, "format": "rfc5424", "flags": [], "peer": "::1",
        "listener": "tcp", "transport": "tcp",
    }  # fmt: skip
    (found,) = rows(pa.Table.from_pylist([record], ARCHIVE_SCHEMA), StreamName(), SearchForm(query))
    return found


def test_hits_are_marked_where_they_are() -> None:
    """In MSG and in the other columns, and hostile text stays text inside and outside of a mark."""
    found = row("host:fw-1 script", "<script>x</script>")
    assert found.line.markup == "&lt;<mark>script</mark>&gt;x&lt;/<mark>script</mark>&gt;"
    assert found.marked("hostname", "fw-1").markup == "<mark>fw-1</mark>"


def test_a_hit_far_away_is_brought_into_sight() -> None:
    """A line begins shortly before its first hit when that would not be seen; opened, MSG is whole."""
    found = row("needle", "x" * 5000 + " needle")
    assert str(found.line.markup).startswith("… x")
    assert "<mark>needle</mark>" in found.line.markup
    assert not str(found.opened.markup).startswith("…")
    assert len(row("a", "b" * 5000).line.markup) == LINE_CHARACTERS


def test_a_query_that_cannot_be_read_marks_nothing() -> None:
    """An address that was changed by hand does no harm."""
    assert "<mark>" not in row("severity:awful (", "awful").line.markup


def test_marks_are_cut_with_their_text() -> None:
    """A mark that reaches over the end of what is shown ends there, and one beyond it is not shown."""
    assert show("abcdef", 4, marks=[(1, 2), (3, 6)]).markup == "a<mark>b</mark>c<mark>d</mark>"
    assert show("abcdef", 2, marks=[(4, 5)]).markup == "ab"
    assert show("abcdef", 3, marks=[(0, 3)], start=2).markup == "… <mark>c</mark>de"


def test_ten_thousand_hits() -> None:
    """A message that is full of hits has some of them marked, and stays a page that a browser can show."""
    assert str(row("a", "a " * 10_000).opened.markup).count("<mark>") == MOST
