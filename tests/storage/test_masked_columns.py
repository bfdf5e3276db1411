"""Records masked column by column are as those masked one by one, and most are."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parsers.schema import ARCHIVE_SCHEMA
from storage import masks
from storage.masked_columns import OCTETS, Usual, usual
from storage.masking import MASK
from storage.masks import masked, masks_of

Counted = Callable[[list[dict[str, Any]], tuple[str, ...]], tuple[pa.Table, int]]
VALUES = (
    "bob",
    "Bob",
    "bob.smith",
    "10.0.0.1",
    "1",
    "-",
    "",
    "a=b",
    "masked",
    "fw-1",
    "fw-1.lan",
    "é",
    "b b",
)
NAMES = ("user", "User", "src", "user.name", "x")
value = st.sampled_from(("bob", "fw-1", "10.0.0.1")) | st.sampled_from(VALUES)
said = st.lists(
    st.one_of(
        value,
        st.builds("{}={}".format, st.sampled_from(NAMES), value),
        st.builds('{}: "{}'.format, st.sampled_from(NAMES), value),
        st.sampled_from(("x", MASK, "\0", "login")),
    ),
    max_size=4,
)
text = st.none() | st.builds(str.join, st.sampled_from((" ", "", "/", "_", '", ')), said)
record = st.fixed_dictionaries(
    {
        "message": text,
        "structured_data": text,
        "hostname": st.none() | value,
        "app_name": st.none() | value,
        "peer": value.filter(bool),
        "fields": st.none() | st.lists(st.tuples(st.sampled_from(NAMES), st.none() | value), max_size=3),
    }
)
MASKS = (
    ("user",), ("user", "src"), ("us*",), ("hostname",), ("host", "user"), ("peer", "hostname", "src"),
    ("message", "user"), ("message", "hostname"), ("structured_data", "user"), ("*",), ("msg", "sd", "app"),
)  # fmt: skip


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> Callable[[pa.Table, tuple[str, ...]], pa.Table]:
    """Give a function that masks records one by one."""

    def none_is_usual(*given: Any) -> Usual:
        found = usual(*given)
        return Usual(found.columns, pc.and_(found.rows, pa.scalar(False)))

    def mask(records: pa.Table, names: tuple[str, ...]) -> pa.Table:
        with monkeypatch.context() as patch:
            patch.setattr(masks, "usual", none_is_usual)
            return masked(records, masks_of(names))

    return mask


known = st.sampled_from(
    ("bob", "xbob", "bob_", "(bob)", "bob, bob", "bobob", "Bob bob", "fw-1bob", "bobfw-1")
)
close = st.fixed_dictionaries(  # to what is usual
    {
        "message": st.lists(known, min_size=1, max_size=3).map(" ".join),
        "hostname": st.sampled_from(("fw-1.lan", "fw-1", "bob")),
        "fields": st.lists(
            st.tuples(st.sampled_from(("user", "x")), st.sampled_from(("bob", "fw-1", "Bob"))), min_size=1
        ),
    }
)


@given(rows=st.lists(close | record, min_size=1, max_size=6), names=st.sampled_from(MASKS))
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_ways_give_the_same(make_table: Any, one_by_one: Any, rows: Any, names: Any) -> None:
    """Whatever records say, whichever way they take, the same of it is left."""
    table = make_table(rows)
    found, expected = masked(table, masks_of(names)), one_by_one(table, names)
    assert found.schema == ARCHIVE_SCHEMA
    for name in ARCHIVE_SCHEMA.names:
        assert found[name].equals(expected[name]), (name, found[name].to_pylist(), expected[name].to_pylist())


@pytest.fixture
def counted(make_table: Any, monkeypatch: pytest.MonkeyPatch) -> Counted:
    """Give a function that masks records, and says how many of them were usual."""

    def mask(rows: list[dict[str, Any]], names: tuple[str, ...]) -> tuple[pa.Table, int]:
        counts = []

        def noted(*given: Any) -> Usual:
            found = usual(*given)
            counts.append(found.rows.true_count)
            return found

        monkeypatch.setattr(masks, "usual", noted)
        return masked(make_table(rows), masks_of(names)), sum(counts)

    return mask


def test_what_is_common_is_usual(counted: Counted) -> None:
    """What most systems write needs no look at each record, however often a value is said."""
    rows: list[dict[str, Any]] = [
        {
            "message": "Failed password for bob from 10.0.0.1",
            "fields": [("user", "bob"), ("src", "10.0.0.1")],
        },
        {"message": "user=bob src=10.0.0.1 host=fw-1", "hostname": "fw-1.lan"},
        {
            "message": "bob (bob) in",
            "fields": [("user", "bob"), ("who", "bob"), ("y", "-")],
            "app_name": "bob",
        },
        {"structured_data": '[a@1 user="bob"]', "message": "in", "fields": [("user", "bob")]},
        {"message": "no user at all", "fields": [("user", "-")]},
    ]
    for names in (("user",), ("user", "src"), ("user", "src", "hostname")):
        found, number = counted(rows, names)
        affected = 4 if names[-1] != "hostname" else 5
        assert number >= affected, names
        assert "bob" not in repr(found.drop_columns(["received_at"]).to_pylist())


@pytest.mark.parametrize(
    "row",
    [
        {"message": "bobby"}, {"message": "é bob"}, {"message": "BOB"}, {"message": "x" * OCTETS + " bob"},
        {"message": "bob", "app_name": "x-bob"}, {"message": "nobody"}, {"message": "bob\0"},
    ],
)  # fmt: skip
def test_what_is_in_doubt_is_looked_at(counted: Counted, row: dict[str, Any]) -> None:
    """Longer words, other letters and cases, long texts, and what stands elsewhere, too, go one by one."""
    found, number = counted([row | {"fields": [("user", "bob")]}], ("user",))
    assert number == 0
    assert found["fields"].to_pylist() == [[("user", MASK)]]
