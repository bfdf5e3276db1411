"""The column ``fields``: entries of many sources, put together by record; and the table of their names."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from parsers.dialects import DIALECTS
from parsers.fields import FIELDS, Entries, fields_column, with_entries
from parsers.payloads import cef, iana_sd, leef, snare
from parsers.payloads.texts import PAYLOAD
from parsers.schema import BATCH_SCHEMA

DOCUMENT: Final = Path(__file__).parents[2] / "parsers" / "FIELDS.md"
Written = Sequence[tuple[int, str, str]]


def entries(written: Written) -> Entries:
    """Make Entries of (row, name, value)."""
    rows, names, values = zip(*written, strict=True) if written else ((), (), ())
    return Entries(pa.array(rows, pa.int64()), pa.array(names, pa.string()), pa.array(values, pa.string()))


def column(count: int, *several: Written) -> list[Any]:
    """Make the column, checked."""
    made = fields_column(count, [entries(written) for written in several])
    assert made.type == FIELDS
    made.validate(full=True)
    found: list[Any] = made.to_pylist()
    return found


def test_no_entries() -> None:
    """Without entries every record's fields are null."""
    assert column(3) == [None] * 3
    assert column(3, []) == [None] * 3
    assert column(0) == []


def test_order_and_repetition() -> None:
    """A record's entries stand in the order of their sources, and a name may come again."""
    first = [(2, "a", "1"), (0, "b", "2"), (2, "a", "3")]
    second = [(0, "a", ""), (3, "c", "4")]
    assert column(5, first, second) == [
        [("b", "2"), ("a", "")],
        None,
        [("a", "1"), ("a", "3")],
        [("c", "4")],
        None,
    ]


@given(
    st.integers(1, 20).flatmap(
        lambda count: st.tuples(
            st.just(count),
            st.lists(
                st.lists(st.tuples(st.integers(0, count - 1), st.text("ab"), st.text("xy"))), max_size=4
            ),
        )
    )
)
def test_every_entry_comes_to_its_record(given_: tuple[int, list[Written]]) -> None:
    """However many sources there are, and in whatever order, each record has its own, in order."""
    count, several = given_
    expected: list[list[tuple[str, str]]] = [[] for _ in range(count)]
    for written in several:
        for row, name, value in written:
            expected[row].append((name, value))
    assert column(count, *several) == [fields or None for fields in expected]


def documented() -> set[str]:
    """Read the names in the first column of the document's tables."""
    rows = re.findall(r"^\| (`[^|]+`) \|", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


def test_every_fixed_name_is_documented() -> None:
    """What dialects, payloads and STRUCTURED-DATA give a name of ours stands in the table of names."""
    ours = {PAYLOAD, iana_sd.INVALID, *cef.HEADER_FIELDS, *leef.HEADER_FIELDS, *snare.PARTS}
    ours |= {field for dialect in DIALECTS for field in dialect.fields.values()}
    ours |= {f"{sd_id}.*" for sd_id in iana_sd.SD_IDS}
    assert ours - documented() == set()


def test_more_entries() -> None:
    """Further entries stand behind those that a record has, of a slice of a batch as well."""
    old = fields_column(4, [entries([(0, "a", "1"), (2, "b", "2"), (2, "b", "3")])])
    columns = [old if name == "fields" else pa.nulls(4, kind) for name, kind in _columns()]
    records = pa.RecordBatch.from_arrays(columns, BATCH_SCHEMA.names)
    more = entries([(2, "c", "4"), (1, "d", "5")])
    made = with_entries(records, [more])["fields"]
    made.validate(full=True)
    assert made.to_pylist() == [[("a", "1")], [("d", "5")], [("b", "2"), ("b", "3"), ("c", "4")], None]
    sliced = with_entries(records.slice(1), [entries([(1, "c", "4")])])["fields"]
    assert sliced.to_pylist() == [None, [("b", "2"), ("b", "3"), ("c", "4")], None]
    assert with_entries(records, [entries([])]) is records


def _columns() -> list[tuple[str, Any]]:
    return list(zip(BATCH_SCHEMA.names, BATCH_SCHEMA.types, strict=True))
