"""/sources: who sends, chosen and in order; findings; nothing of streams that somebody may not see."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.datastructures import QueryParams

from access.sight import sees
from access.tenants import Tenants
from access.visitor import CONSOLE, Limits, Visitor
from storage.layout import Layout, StreamName
from tests.watch.records import START, observed
from tests.web.archives import stored
from tests.web.operators import HOSTILE, client_of, inventory, telling
from watch.findings import Finding
from web.appliance import Appliance, Document
from web.sources import PAGE, Chosen, listed, read, within

SILENT = Finding("silent", "default", "192.0.2.1", "fw", START, "has been silent for 3 h")


def three() -> Document:
    """Give three sources: one is silent, one has no name, one is behind the clock."""
    return inventory(
        observed(START, 5),
        observed(START + 10, 50, peer="192.0.2.2", host=""),
        observed(START + 20, 1, peer="2001:db8::1", host="Web[1]", skew=-7200.0),
        findings=[SILENT],
    )


def hosts(told: Document, **chosen: Any) -> list[str | None]:
    """Give the hosts that are listed."""
    return [row.host for row in listed(told, Chosen(**chosen)).rows]


def test_the_list(layout: Layout) -> None:
    """Every source with its address and clock, the finding in words, and how old all of it is."""
    with client_of(layout, Appliance(inventory=telling(three()))) as client:
        answer = client.get("/sources")
    assert answer.status_code == 200
    for said in (
        "3 sources", "no HOSTNAME", "2001:db8::1", "2 h behind", "has been silent for 3 h",
        "The watch wrote this inventory 12 s ago",
    ):  # fmt: skip
        assert said in answer.text, said


def test_it_is_chosen_and_ordered() -> None:
    """By a part of host or address whatever the case, by pattern, by finding; in every order."""
    told = three()
    assert hosts(told) == ["fw", "Web[1]", None]
    assert hosts(told, pattern="WEB[") == ["Web[1]"]
    assert hosts(told, pattern="w*") == ["Web[1]"]
    assert hosts(told, pattern="192.0.2.?") == ["fw", None]
    assert hosts(told, pattern="nobody") == []
    assert hosts(told, only="silent") == hosts(told, only="any") == ["fw"]
    assert hosts(told, order="host") == [None, "fw", "Web[1]"]
    assert hosts(told, order="messages") == [None, "fw", "Web[1]"]
    assert hosts(told, order="silent") == ["fw", None, "Web[1]"]
    assert hosts(told, order="last") == ["Web[1]", None, "fw"]


def test_many_sources_come_in_pages(layout: Layout) -> None:
    """Twenty thousand sources are no page of twenty thousand rows; the pages lead on."""
    told = inventory(*(observed(START + number, host=f"h{number}") for number in range(PAGE + 1)))
    first, second = (listed(told, Chosen(order="last", page=page)) for page in (1, 2))
    assert (len(first.rows), len(second.rows), first.pages, first.matching) == (PAGE, 1, 2, PAGE + 1)
    with client_of(layout, Appliance(inventory=telling(told))) as client:
        answer = client.get("/sources?order=last")
        assert 'href="/sources?order=last&amp;page=2"' in answer.text
        assert "page 2 of 2" in client.get("/sources?order=last&page=2").text


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=\u0663", "page=99999999999", "only=x", "order=x", "q=" + "x" * 5000]
)
def test_a_strange_address_is_no_error(layout: Layout, query: str) -> None:
    """What cannot be meant is left out."""
    with client_of(layout, Appliance(inventory=telling(three()))) as client:
        assert client.get(f"/sources?{query}").status_code == 200
    chosen = read(QueryParams(query))
    assert chosen.page >= 1
    assert len(chosen.pattern) <= 200


def test_a_choice_has_an_address() -> None:
    """The address gives the same choice again, and the usual one has no fields."""
    chosen = Chosen("a&b=\u00fc", "any", "host", 3)
    given = {key: values[0] for key, values in parse_qs(urlsplit(chosen.address()).query).items()}
    assert read(QueryParams(given)) == chosen
    assert Chosen().address() == "/sources"


def test_hostile_names_are_text(layout: Layout) -> None:
    """Script, escapes and direction marks in a name arrive as what they are."""
    told = inventory(observed(START, host=HOSTILE))
    with client_of(layout, Appliance(inventory=telling(told))) as client:
        answer = client.get("/sources").text
    assert "&lt;script&gt;" in answer
    assert "<script>document" not in answer
    assert "\x1b" not in answer
    assert "\u202e" not in answer


def test_nothing_is_known(layout: Layout) -> None:
    """Without an inventory the page says why, and what to do."""
    with client_of(layout) as client:
        assert "The watch has not written an inventory yet" in client.get("/sources").text
    empty = inventory()
    with client_of(layout, Appliance(inventory=telling(empty))) as client:
        assert "Nobody has sent anything yet" in client.get("/sources").text


def test_streams_that_one_may_not_see() -> None:
    """Sources of the trail, and their findings, are not there for an operator, who has no sight of it."""
    told = inventory(observed(START, 5), findings=[SILENT])
    foreign = {**told["sources"][0], "tenant": "trail", "host": "appliance"}
    about = {**told["findings"][0], "tenant": "trail", "host": "appliance"}
    canary = {**told["findings"][0], "kind": "canary", "peer": None, "host": "udp"}
    whole = {**told, "sources": [*told["sources"], foreign], "findings": [*told["findings"], about, canary]}
    kept = within(whole, Visitor("ann", "operator"), sees)
    assert [one["host"] for one in kept["sources"]] == ["fw"]
    assert [one["kind"] for one in kept["findings"]] == ["silent", "canary"]
    assert within(whole, CONSOLE, sees) == whole


def test_nobody_is_told_who_sends_to_a_suspended_tenant(layout: Layout) -> None:
    """Names, clocks and flags are read from its messages; what it takes on the disk operators still see."""
    layout.data.mkdir(parents=True)
    stored(layout, StreamName(), [b"<13>1 - fw app - - - text"])
    tenants = Tenants(layout.tenants)
    tenants.add("default")
    told = inventory(observed(START, 5), findings=[SILENT])
    appliance = Appliance(inventory=telling(told))
    source = told["sources"][0]
    asked = {"tenant": "default", "peer": source["peer"], "host": source["host"]}
    for suspended in (False, True):
        tenants.suspend("default", suspended=suspended)
        with client_of(layout, appliance) as client:
            listed = client.get("/api/v1/sources").json()
            assert (len(listed["sources"]), len(listed["findings"])) == ((0, 0) if suspended else (1, 1))
            assert ("/sources/one?" in client.get("/sources").text) is not suspended
            assert client.get("/sources/one", params=asked).status_code == (404 if suspended else 200)
            assert "default/syslog" in client.get("/archive").text


def test_masked_names_are_no_inventory(layout: Layout) -> None:
    """Somebody for whom names or addresses are masked is refused, with what to do."""
    known = Appliance(inventory=telling(three()))
    for masked in (("hostname",), ("host",), ("peer",), ("any",)):
        with client_of(layout, known, Visitor("ann", "operator", Limits(masked=masked))) as client:
            answer = client.get("/sources")
        assert answer.status_code == 403
        assert "192.0.2.1" not in answer.text
    with client_of(layout, known, Visitor("ann", "operator", Limits(masked=("user",)))) as client:
        assert client.get("/sources").status_code == 200
