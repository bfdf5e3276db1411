"""Looking for a text in a column's octets: never less found than by looking at each value."""

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.sought import expression_found, may_hold, needle_of

PIECES = ["fail", "FAIL", "ed", "k", "\u212a", "\u017f", "s", "S", " ", "", "é", "10.0", "\n", "."]
texts = st.lists(st.none() | st.lists(st.sampled_from(PIECES), max_size=4).map("".join), max_size=12)


@given(texts, st.lists(st.sampled_from(["fail", "s", "K", ".0", "ed "]), min_size=1, max_size=3), st.data())
def test_what_one_value_holds_the_octets_of_all_hold(
    values: list[str | None], pieces: list[str], data: st.DataObject
) -> None:
    """A column of which one look says no has no value with the needle, sliced or not, of any script."""
    array, needle = pa.array(values, pa.string()), "".join(pieces)
    start = data.draw(st.integers(0, len(values)))
    for column in (array, array.slice(start), array.slice(0, start)):
        if not may_hold(column, needle):
            assert not pc.match_substring(column, needle, ignore_case=True).true_count


EXPRESSIONS = [
    "fail", "^fail", "ed$", r"\bs\b", r"\Afail", r"ed\z", r"\Bed", "[^e]d", "s.k", "K+", "(?m)^s", "", ".*",
    r"\x{212a}", "(fail|^ed)", r"10\.0$", r"\Qs\E",
]  # fmt: skip


@given(texts, st.sampled_from(EXPRESSIONS))
def test_expressions(values: list[str | None], expression: str) -> None:
    """A regular expression finds what it finds value by value, whatever it says of a text's ends."""
    array = pa.array(values, pa.string())
    expected = pc.match_substring_regex(array, expression, ignore_case=True).fill_null(False)
    assert expression_found(array, expression=expression).fill_null(False).equals(expected)


@pytest.mark.parametrize(
    ("literals", "needle"), [(["a", "bcd", "ef"], "bcd"), (["é", "x"], "x"), (["é"], ""), ([], "")]
)
def test_the_needle(literals: list[str], needle: str) -> None:
    """The longest of the ASCII texts is looked for first."""
    assert needle_of(literals) == needle


def test_no_text() -> None:
    """A column without values, or with nulls only, holds nothing."""
    assert not may_hold(pa.array([], pa.string()), "x")
    assert not may_hold(pa.array([None, None], pa.string()), "x")
    assert not may_hold(pa.array(["", None]), "x")
