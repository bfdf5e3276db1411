"""Conditions find just the records that have a value."""

from typing import Any

import pytest

from storage.conditions import condition, without
from storage.layout import Layout
from storage.search import Request, Searcher

ROWS: list[dict[str, Any]] = [
    {"hostname": "fw-1", "severity": 3, "fields": [("src", "10.0.0.1"), ("host", "inner")]},
    {"hostname": "fw-1.example.com", "severity": 6, "flags": ["truncated"]},
    {"hostname": "FW-1", "severity": 6, "fields": [("src", "10.0.0.11")]},
    {"hostname": 'odd "name" \\ *', "severity": 6},
    {"hostname": None, "severity": 6},
    {"hostname": "***", "severity": 6},
]


def found(layout: Layout, query: str | None) -> list[int]:
    """Give the seqs that match, lowest first."""
    assert query is not None
    return sorted(Searcher(layout).page(Request(query)).records["seq"].to_pylist())


@pytest.mark.parametrize(
    ("name", "value", "seqs"),
    [
        ("host", "fw-1", [1]),
        ("host", "FW-1", [3]),
        ("host", 'odd "name" \\ *', [4]),
        ("host", "***", [6]),
        ("host", None, [5]),
        ("severity", "err", [1]),
        ("flag", None, [1, 3, 4, 5, 6]),
        ("flag", "truncated", [2]),
        ("src", "10.0.0.1", [1]),
        ("fields", "src", [1, 3]),
        ("fields", "host", [1]),
        ("fields.host", "inner", [1]),
    ],
)
def test_a_condition_finds_its_records_only(
    layout: Layout, archive: Any, name: str, value: str | None, seqs: list[int]
) -> None:
    """A value's condition finds the records that have it, to the letter; ``without`` finds all others."""
    archive(layout, ROWS)
    written = condition(name, value)
    assert found(layout, written) == seqs
    assert written is not None
    assert found(layout, without(written)) == sorted(set(range(1, 7)) - set(seqs))


@pytest.mark.parametrize(
    ("name", "value"), [("host", "a\x1bb"), ("host", "x" * 1000), ("a b", "x"), ("fields", "a-b")]
)
def test_what_cannot_be_written(name: str, value: str) -> None:
    """A value that nobody could type or pass on has no condition."""
    assert condition(name, value) is None
