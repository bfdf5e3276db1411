"""/tail: matches as they come in."""

import json
from collections.abc import Callable, Iterator

import anyio
import httpx
import pytest

from access.visitor import Visitor, visiting
from storage.layout import Layout
from storage.results import Request
from tests.web.signing import site_of
from web import tail
from web.app import create_app
from web.form import SearchForm
from web.tail import Followed, following

Store = Callable[..., None]
HOSTILE = b"<33>1 2026-11-20T22:51:03Z <b>host</b> app - - - <script>alert(1)</script> \x1b[31m\x00 end"


def frame(text: str) -> bytes:
    """Give an RFC 5424 message."""
    return f"<38>1 2026-11-20T22:51:03Z auth-01 sshd 4711 - - {text}".encode()


def events(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, object]]]:
    """Give the id and the data of each event of a stream."""
    found = ""
    for line in lines:
        if line.startswith("id: "):
            found = line.removeprefix("id: ")
        elif line.startswith("data: "):
            yield found, json.loads(line.removeprefix("data: "))


def test_the_page_begins_with_the_newest(client: httpx.Client, store: Store) -> None:
    """Without script the page shows the newest matches, and loads itself again."""
    store([frame("failed one"), frame("accepted"), frame("failed two")])
    page = client.get("/tail?q=failed").text
    assert page.index("</mark> two") < page.index("</mark> one")
    assert "accepted" not in page
    assert '<noscript><meta http-equiv="refresh"' in page
    assert 'data-events="/tail/events?q=failed&amp;since=3"' in page


def test_a_paused_page_stays(client: httpx.Client, store: Store) -> None:
    """Paused, the page does not load itself again, and leads on."""
    store([frame("one")])
    page = client.get("/tail?paused=1").text
    assert "http-equiv" not in page
    assert "Go on" in page


def test_what_comes_in_is_told(client: httpx.Client, store: Store) -> None:
    """Matches stored after the page was made come as events, as rows, hostile text escaped."""
    store([frame("failed one")], sealed=False)
    with client.stream("GET", "/tail/events?since=1") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        told = events(answer.iter_lines())
        store([frame("failed two"), HOSTILE], sealed=False)
        number, data = next(told)
    assert number == "3"
    assert (data["count"], data["left_out"]) == (2, 0)
    rows = str(data["rows"])
    assert rows.index("&lt;script&gt;") < rows.index("failed two")
    assert "<script>" not in rows
    assert 'data-names="NUL"' in rows


def test_a_lost_connection_goes_on(client: httpx.Client, store: Store) -> None:
    """The id of the last event that a browser saw says where to go on; nothing is left out or told twice."""
    store([frame(f"number {number}") for number in range(5)], sealed=False)
    with client.stream("GET", "/tail/events?since=1", headers={"Last-Event-ID": "3"}) as answer:
        _, data = next(events(answer.iter_lines()))
    assert data["count"] == 2


def test_a_flood_is_cut(client: httpx.Client, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more than an event holds the newest are told, and how many were left out."""
    monkeypatch.setattr(tail, "MOST", 2)
    store([frame(f"number {number}") for number in range(5)], sealed=False)
    with client.stream("GET", "/tail/events?since=0") as answer:
        number, data = next(events(answer.iter_lines()))
    assert (number, data["count"], data["left_out"]) == ("5", 2, 3)
    assert "number 4" in str(data["rows"])
    assert "number 1" not in str(data["rows"])


def test_only_so_many_follow(client: httpx.Client, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a number of followers the page's script is told to wait; a place that was left is free again."""
    monkeypatch.setattr(tail, "FOLLOWERS", 1)
    store([frame("one")], sealed=False)
    with client.stream("GET", "/tail/events?since=0") as first:
        told = events(first.iter_lines())  # forgotten, it would close the connection
        next(told)
        response = client.get("/tail/events?since=0")
        assert response.status_code == 503
        assert "follow live already" in response.text


def test_nobody_takes_all_places(client: httpx.Client, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account follows so many streams at a time; the others' places are not its own."""
    monkeypatch.setattr(tail, "OWN", 1)
    store([frame("one")], sealed=False)
    with client.stream("GET", "/tail/events?since=0") as first:
        told = events(first.iter_lines())  # forgotten, it would close the connection
        next(told)
        response = client.get("/tail/events?since=0")
        assert response.status_code == 503
        assert "1 views of your account follow live already" in response.text
        with visiting(Visitor("other", "auditor")):
            tail.followers.check()


@pytest.mark.parametrize(
    ("address", "status"),
    [("q=severity:awful", 400), ("stream=lab/web", 404), ("stream=NO", 400), ("since=x", 200)],
)
def test_addresses_that_cannot_be_meant(
    client: httpx.Client, store: Store, address: str, status: int
) -> None:
    """What cannot be followed is refused with a sentence."""
    store([frame("one")])
    assert client.get(f"/tail?{address}").status_code == status
    with client.stream("GET", f"/tail/events?{address}") as answer:
        assert answer.status_code == status


def test_a_query_that_cannot_be_read_can_be_mended(client: httpx.Client, store: Store) -> None:
    """The page still has its form with what was typed, says what is wrong, and follows nothing."""
    store([frame("one")])
    answer = client.get("/tail?q=severity%3Aawful")
    assert answer.status_code == 400
    assert 'value="severity:awful"' in answer.text
    assert 'aria-invalid="true" aria-describedby="trouble"' in answer.text
    assert "This cannot be searched" in answer.text
    assert "data-events" not in answer.text
    assert "http-equiv" not in answer.text


def test_who_was_disabled_hears_no_more(
    layout: Layout, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stream of events that was begun ends with the account."""
    monkeypatch.setattr("web.tail._LIFE_SECONDS", 0.1)
    site = site_of(layout)
    site.add("ann", "auditor")
    served = create_app(layout, access=site.access).state.desk
    store([frame("one")])

    async def heard() -> list[bytes]:
        with visiting(site.access.accounts.get("ann").visitor("session", "1")):
            followed = Followed(SearchForm(), Request(), 0)
            return [event async for event in following(served, followed, lambda *_: b"told")]

    assert anyio.run(heard) == [b"retry: 2000\n\n", b"told"]
    site.access.accounts.disable("ann")
    assert anyio.run(heard) == [b"retry: 2000\n\n"]
