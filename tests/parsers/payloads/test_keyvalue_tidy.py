"""Tidy bodies of key=value are read as columns, and say what the look at each pair says."""

from typing import Final

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.fields import Entries
from parsers.payloads import keyvalue, keyvalue_tidy

NOTHING: Final = pa.array([], pa.string())
TIDY: Final = (
    'date=2026-11-20 devname="FG 1" logid="" vd=root url=/x?a=1 msg="it was\N{NO-BREAK SPACE}accepted"'
)
NOT_TIDY: Final = [
    "a=1 b=2",
    "a=1  b=2 c=3",
    "a=1 b=2 c=3 DF",
    "a=1 b=2, c=3",
    "a=1 b==2 c=3",
    "a=1 b='2' c=3",
    "a=1 b=x]y=2 c=3",
    "a=1\tb=2 c=3",
    'a=1 b="x\\"y" c=3',
    'a=1 b="x"y c=3',
    'a=1 b="x""y" c=3',
    'a=1 b=x"y" c=3',
    'a=1 b="x c=3',
    "a=1 b=2 -c=3",
    "a= b=2 c=3",
    "CN=1 b=2 c=3",
    "a=1 b=\x01 c=3",
]
PIECES: Final = st.sampled_from(
    ["a=", "b=1", ' c="x y"', " d=2", '"', " ", "=", ",", "]", "\t", "\\", "'", "CN=", "?", " DF", "\x01"]
)  # fmt: skip


def rows_of(several: list[Entries], count: int) -> list[list[tuple[str, str]]]:
    """Give each text's fields in order."""
    rows: list[list[tuple[str, str]]] = [[] for _ in range(count)]
    for entries in several:
        columns = (column.to_pylist() for column in (entries.rows, entries.names, entries.values))
        for row, name, value in zip(*columns, strict=True):
            rows[row].append((name, value))
    return rows


def test_a_tidy_body_is_read_as_it_stands() -> None:
    """Bare values, quoted ones without their quotes, empty ones; blanks behind the last do not count."""
    texts = pa.array([TIDY, f"{TIDY} "] * keyvalue_tidy.FEWEST)
    found = keyvalue_tidy.read_tidy(texts, NOTHING)
    assert found is not None
    rows, pairs = found
    assert rows.to_pylist() == list(range(len(texts)))
    assert rows_of([pairs], len(texts))[1] == [
        ("date", "2026-11-20"),
        ("devname", "FG 1"),
        ("logid", ""),
        ("vd", "root"),
        ("url", "/x?a=1"),
        ("msg", "it was\N{NO-BREAK SPACE}accepted"),
    ]


def test_few_texts_are_not_worth_it() -> None:
    """Below FEWEST each pair is looked at."""
    assert keyvalue_tidy.read_tidy(pa.array([TIDY]), NOTHING) is None


@pytest.mark.parametrize("odd", NOT_TIDY)
def test_whatever_is_odd_is_left_alone(odd: str) -> None:
    """Escapes, other separators, words between pairs and the like are not read here, whatever is beside."""
    texts = pa.array([TIDY, odd] * keyvalue_tidy.FEWEST)
    found = keyvalue_tidy.read_tidy(texts, pa.array(["CN"]))
    assert found is not None
    assert set(found[0].to_pylist()) == set(range(0, len(texts), 2))
    assert set(found[1].rows.to_pylist()) == set(range(0, len(texts), 2))


@given(st.lists(st.lists(PIECES, max_size=8).map("".join) | st.just(TIDY), min_size=1, max_size=20))
def test_both_ways_say_the_same(texts: list[str]) -> None:
    """With the tidy ones read as columns or without: the same fields of every text, in the same order."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keyvalue_tidy, "FEWEST", 1)
        both = rows_of(keyvalue.read(texts), len(texts))
        patch.setattr(keyvalue_tidy, "FEWEST", len(texts) + 1)
        assert rows_of(keyvalue.read(texts), len(texts)) == both
