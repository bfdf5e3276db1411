"""Facets: which values a field has, and how many records have each."""

from typing import Any

import pytest

from storage import facets
from storage.facets import Facets, canonical, tally

MakeTable = Any
ROWS: list[dict[str, Any]] = [
    {"hostname": "fw-1", "severity": 3, "flags": ["truncated"], "fields": [("src", "a"), ("src", "a")]},
    {"hostname": "fw-1", "severity": 6, "flags": [], "fields": [("src", "b"), ("src", "c"), ("dst", "a")]},
    {"hostname": None, "severity": 6, "flags": ["truncated", "utf8_invalid"], "fields": None},
]


@pytest.mark.parametrize(
    ("name", "counted"),
    [
        ("host", {"fw-1": 2, None: 1}),
        ("severity", {"err": 1, "info": 2}),
        ("flag", {"truncated": 2, "utf8_invalid": 1, None: 1}),
        ("fields", {"src": 2, "dst": 1, None: 1}),
        ("src", {"a": 1, "b": 1, "c": 1, None: 1}),
        ("dst", {"a": 1, None: 2}),
        ("transport", {"tcp": 3}),
    ],
)
def test_records_are_counted(make_table: MakeTable, name: str, counted: dict[str | None, int]) -> None:
    """A record counts once for each value that it has, however often, and once for none when it has none."""
    assert dict(tally(name, make_table(ROWS))) == counted


def test_a_table_without_records(make_table: MakeTable) -> None:
    """Nothing is counted of nothing, whatever the field."""
    empty = make_table([])
    for name in ("host", "severity", "flag", "fields", "src"):
        assert dict(tally(name, empty)) == {}


def test_several_tables_add_up(make_table: MakeTable) -> None:
    """The numbers of blocks are added, and the most frequent value is first."""
    counting = Facets(["host"])
    for hosts in (["a", "b"], ["b", None]):
        counting.add(counting.tallies(make_table([{"hostname": host} for host in hosts])))
    (facet,) = counting.top(10)
    assert facet.values == (("b", 2), (None, 1), ("a", 1))
    assert (facet.distinct, facet.is_exact) == (2, True)
    assert counting.top(1)[0].values == (("b", 2),)


def test_a_million_forged_hosts_take_bounded_memory(
    make_table: MakeTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond so many values the rarest go, and the facet says that it is not exact; a frequent one stays."""
    monkeypatch.setattr(facets, "KEPT", 10)
    counting = Facets(["host"])
    for part in range(10):
        names = [f"forged-{part}-{number}" for number in range(9)] + ["real", "real"]
        counting.add(counting.tallies(make_table([{"hostname": name} for name in names])))
    (facet,) = counting.top(100)
    assert facet.values[0] == ("real", 20)
    assert len(facet.values) <= 20
    assert not facet.is_exact


def test_values_that_nobody_can_choose(make_table: MakeTable) -> None:
    """A value of a thousand characters is counted among the distinct ones, and not listed."""
    counting = Facets(["host"])
    counting.add(counting.tallies(make_table([{"hostname": "x" * 1000}, {"hostname": "a"}])))
    (facet,) = counting.top(10)
    assert facet.values == (("a", 1),)
    assert facet.distinct == 2


def test_names_are_made_one() -> None:
    """An alias is its field, a message's own field its own name; what is never the same twice is refused."""
    typed = ("hostname", "SEV", "src", "fields.src", "fields.host", "fields")
    assert [*map(canonical, typed)] == ["host", "severity", "src", "src", "fields.host", "fields"]
    with pytest.raises(ValueError, match="hardly a value twice"):
        canonical("msg")
