"""Matching rows: what every kind of condition makes of the columns, nulls and dictionaries included."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.schema import ARCHIVE_SCHEMA
from storage.match import columns, matches
from storage.query import parse


def matched(table: pa.Table, query: str) -> list[int]:
    """Give the numbers of the rows that match."""
    mask = matches(parse(query), table)
    assert mask.null_count == 0
    assert len(mask) == table.num_rows
    return [number for number, hit in enumerate(mask.to_pylist()) if hit]


@pytest.fixture
def table(make_table: Any) -> pa.Table:
    """Give a few records of which each is something else."""
    return make_table([
        {"message": "Failed password for root", "hostname": "fw-1", "severity": 3},
        {"message": None, "hostname": None, "severity": 6},
        {"message": "", "hostname": "FW-2", "severity": 0, "timestamp": 10},
        {"message": "root root", "proc_id": "77", "structured_data": '[x ip="10.0.3.7"]', "severity": 4},
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [0, 1, 2, 3]),
        ("root", [0, 3]),
        ("-root", [1, 2]),
        ("root 77", [3]),
        ("10.0.3.7", [3]),
        ('"password for root"', [0]),
        ('"root password"', []),
        ("pass*", [0]),
        ("/^failed|^root/", [0, 3]),
        ("host:fw", [0, 2]),
        ("host:* -host:fw-1", [2]),
        ("msg:*", [0, 2, 3]),
        ('msg:""', [2]),
        ("severity<=err", [0, 2]),
        ("NOT severity<=err", [1, 3]),
        ("time:*", [2]),
        ("time<2030", [2]),
        ("-time<2030", [0, 1, 3]),
        ("received>2030", []),
        ("-received:9999", [0, 1, 2, 3]),
        ("-received<0002", [0, 1, 2, 3]),
        ("-time:9999", [0, 1, 2, 3]),
        ("seq:2..3", [1, 2]),
        ("root OR severity:emerg", [0, 2, 3]),
        ("root (severity:4 OR host:fw-1) -77", [0]),
        ("flag:none", [0, 1, 2, 3]),
        ("src:*", []),
    ],
)
def test_conditions(table: pa.Table, query: str, expected: list[int]) -> None:
    """A condition finds its rows, and NOT finds all others, those without a value too."""
    assert matched(table, query) == expected


@pytest.mark.parametrize("query", ["root", "host:a", "flag:none", "severity<=err", "src:x", "*", "-x", "/x/"])
def test_no_rows(query: str) -> None:
    """A table without rows, and one without chunks, has no matches."""
    assert matched(ARCHIVE_SCHEMA.empty_table(), query) == []


def test_columns_are_those_that_are_looked_at() -> None:
    """Only the columns of the query's fields are needed."""
    assert columns(parse("host:a severity<=err -msg:x")) == ["hostname", "message", "severity"]
    assert columns(parse("")) == []
    assert "structured_data" in columns(parse("word"))


def test_a_part_of_the_columns_is_enough(table: pa.Table) -> None:
    """Matching reads no column but those that ``columns`` names."""
    query = parse("host:fw (severity<=err OR seq>2)")
    assert matches(query, table.select(columns(query))).to_pylist() == [True, False, True, False]


@given(st.lists(st.sampled_from(["a", "b", "c", None]), max_size=20), st.integers(1, 7))
def test_slices_and_chunks(values: list[str | None], step: int) -> None:
    """How a table is cut into chunks makes no difference."""
    parts = [
        pa.table(
            {
                "hostname": pa.array(values[start : start + step], pa.string()),
                "severity": pa.array([1] * len(values[start : start + step]), pa.int8()),
            }
        )
        for start in range(0, len(values), step)
    ]
    if parts:
        table = pa.concat_tables(parts)
        assert matched(table, "host:a severity:1") == [
            place for place, value in enumerate(values) if value == "a"
        ]
        assert matched(table.slice(1), "-host:b") == [
            place for place, value in enumerate(values[1:]) if value != "b"
        ]
