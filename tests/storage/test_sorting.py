"""Matches in the order of a value."""

from typing import Any

import pytest

from storage import sorting
from storage.layout import Layout
from storage.results import Cursor
from storage.search import Request, Searcher
from storage.sorting import Order

ROWS: list[dict[str, Any]] = [
    {"hostname": "b", "severity": 3, "fields": [("src", "2")]},
    {"hostname": "a", "severity": 6, "fields": [("src", "1")]},
    {"hostname": None, "severity": 0},
    {"hostname": "c", "severity": 6, "fields": [("dst", "9")]},
    {"hostname": "a", "severity": 1, "fields": [("src", "3"), ("src", "0")]},
]


def in_order(layout: Layout, field: str, **more: Any) -> list[int]:
    """Give the seqs of all records in the order of a field."""
    *_, last = Searcher(layout).sorted_pages(Request(limit=100), Order(field, **more))
    return last().records["seq"].to_pylist()  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("field", "descending", "seqs"),
    [
        ("host", False, [5, 2, 1, 4, 3]),
        ("host", True, [4, 1, 5, 2, 3]),
        ("severity", False, [3, 5, 1, 4, 2]),
        ("src", False, [2, 1, 5, 4, 3]),
        ("seq", False, [1, 2, 3, 4, 5]),
        ("received", True, [5, 4, 3, 2, 1]),
        ("transport", False, [5, 4, 3, 2, 1]),
    ],
)
def test_values_are_in_order(
    layout: Layout,
    archive: Any,
    field: str,
    descending: bool,  # noqa: FBT001 - a parameter
    seqs: list[int],
) -> None:
    """By value over all blocks; without one last, in either direction; equals newest first."""
    archive(layout, ROWS, block_rows=2)
    assert in_order(layout, field, descending=descending) == seqs


def test_pages_go_on(layout: Layout, archive: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page goes on where the one before it ended, to the last match, or to as many as are kept."""
    archive(layout, [{"hostname": f"h{9 - number}"} for number in range(10)], block_rows=3)
    searcher, before, seen = Searcher(layout), None, []
    for _ in range(9):
        *_, last = searcher.sorted_pages(Request(limit=4, before=before), Order("host"))
        page = last()
        seen += page.records["hostname"].to_pylist()
        before = page.next
        if before is None:
            break
    assert seen == [f"h{number}" for number in range(10)]
    monkeypatch.setattr(sorting, "MOST", 8)
    *_, last = searcher.sorted_pages(Request(limit=4, before=Cursor(0, 4)), Order("host"))
    assert last().next is None
    with pytest.raises(ValueError, match="only the first 8"):
        list(searcher.sorted_pages(Request(limit=4, before=Cursor(0, 8)), Order("host")))


def test_only_matches_are_put_in_order(layout: Layout, archive: Any) -> None:
    """The query and the range hold as in any search, and nothing found is an empty page."""
    archive(layout, ROWS)
    *_, last = Searcher(layout).sorted_pages(Request("severity<=err", limit=9), Order("host"))
    assert last().records["seq"].to_pylist() == [5, 1, 3]
    *_, last = Searcher(layout).sorted_pages(Request("nothing", limit=9), Order("host"))
    assert last().records.num_rows == 0
    assert last().scope.complete


def test_what_has_no_order(layout: Layout) -> None:
    """Lists and whole messages have no order, which is said."""
    with pytest.raises(ValueError, match="has no order"):
        list(Searcher(layout).sorted_pages(Request(), Order("flag")))
