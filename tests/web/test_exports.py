"""/exports: how to export, and how far it has come."""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import urlsplit

import anyio
import httpx
import pytest

from access.trail import telling
from access.visitor import CONSOLE, Limits, Visitor
from storage.layout import Layout, StreamName
from storage.results import Request
from storage.search import Searcher
from tests.machine import await_true
from web.app import create_app
from web.download import REMEMBERED, UNDERWAY, Download, Downloads, StoppedError
from web.errors import UnavailableError
from web.exports import shown
from web.sight import Sight

Store = Callable[..., None]
HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e"


def test_it_says_what_is_exported(client: httpx.Client, store: Store) -> None:
    """Query, range and stream of the search that led here stand there in words, and in the form."""
    store([b"<38>1 - - - - - - one"], name=StreamName("lab", "web"))
    page = client.get("/exports?q=host:a&from=2026-11-01&tenant=lab&stream=web&columns=host&page=1-1").text
    assert "<code><bdi>host:a</bdi></code>" in page
    assert "in lab/web, received since 2026-11-01 00:00:00 UTC" in page
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page))
    assert fields == {"q": "host:a", "from": "2026-11-01", "tenant": "lab", "stream": "web"}
    assert set(re.findall(r'name="format" id="format-(\w+)"', page)) == {"csv", "json", "raw", "parquet"}


def test_the_form_leads_to_the_export(client: httpx.Client, store: Store) -> None:
    """What the form sends is an address of /export, without any script."""
    store([b"<38>1 - - - - - - one", b"<38>1 - - - - - - two"])
    page = client.get("/exports?q=one").text
    assert '<form class="export-form" action="/export" method="get">' in page
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page))
    response = client.get("/export", params={**fields, "format": "raw"})
    assert response.content == b"<38>1 - - - - - - one\n"


def test_exports_are_listed(client: httpx.Client, store: Store) -> None:
    """Each export is listed with how much it was, and its checksum when it is complete."""
    assert "None yet." in client.get("/exports").text
    store([b"<38>1 - - - - - - one"])
    client.get("/export?format=raw&q=one")
    client.get("/export", params={"format": "csv", "zip": "yes", "q": f'"{HOSTILE}"'})
    page = client.get("/exports").text
    assert page.count("<strong>Complete</strong>") == 2
    assert "1 message, 22 octets of raw" in page
    assert re.search(r"<code>[0-9a-f]{64}</code>", page)
    assert "<script>alert" not in page
    assert "data-on" not in page


@contextmanager
def half_way(url: str) -> Iterator[socket.socket]:
    """Ask for an export, and leave its octets where they are."""
    host, port = urlsplit(url).hostname, urlsplit(url).port
    with socket.create_connection((host, port)) as connection:
        connection.sendall(b"GET /export?format=raw&from=2026-11-01 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        yield connection


def test_one_under_way_can_be_stopped(url: str, client: httpx.Client, store: Store) -> None:
    """Who asked for it sees how far it is, and stops it: the transfer breaks off, and the trail is told."""
    store([b"<38>1 - - - - - - " + b"x" * 2000 for _ in range(20_000)])
    heard: list[bytes] = []
    with telling(heard.append), half_way(url) as connection:
        page = client.get("/exports").text
        assert "<strong>Under way</strong>" in page
        assert "data-on" in page
        assert re.search(r'<progress max="100" value="\d+"', page)
        assert "back to 2026-11-20 22:51 UTC" in page
        fields = dict(re.findall(r'name="(csrf|key)" value="([^"]+)"', page))
        assert client.get("/exports/stop").status_code == 405
        assert client.post("/exports/stop", data={"key": fields["key"]}).status_code == 403
        response = client.post("/exports/stop", data=fields)
        assert (response.status_code, response.headers["location"]) == (303, "/exports")
        received = b""
        while octets := connection.recv(1 << 20):
            received += octets
        assert not received.endswith(b"0\r\n\r\n")  # which would be the end of a whole answer
        await_true(lambda: b"broken off" in heard[-1], "the trail hears of the end")
    assert b'reason="stopped by who asked for it"' in heard[-1]
    page = client.get("/exports").text
    assert "<strong>Broken off</strong>" in page
    assert "What came is not the whole result: stopped by who asked for it." in page
    assert client.post("/exports/stop", data=fields | {"key": "unknown"}).status_code == 404


@pytest.mark.parametrize(
    ("address", "status", "reason"),
    [
        ("q=severity:awful", 400, "severity"),
        ("from=soon", 400, "is not a time"),
        ("tenant=lab&stream=web", 404, "There is nothing in lab/web that you may see"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    client: httpx.Client, store: Store, address: str, status: int, reason: str
) -> None:
    """A question that cannot be exported gets a page with the reason."""
    store([b"<38>1 - - - - - - one"])
    response = client.get(f"/exports?{address}")
    assert response.status_code == status
    assert reason in unescape(response.text)


@pytest.mark.parametrize(
    ("visitor", "status", "raw"),
    [
        (Visitor("alice", "auditor"), 200, "raw"),
        (Visitor("mina", "auditor", Limits(masked=("hostname",))), 200, ""),
        (Visitor("olga", "operator"), 403, ""),
        (Visitor("", "auditor", means="nobody"), 303, ""),
    ],
)
def test_only_who_may_exports(layout: Layout, store: Store, visitor: Visitor, status: int, raw: str) -> None:
    """It takes the permission; where values are masked, exact octets are no choice, and limits are told."""
    store([b"<38>1 - - - - - - one"])

    async def identify(_request: object) -> Visitor:
        return visitor

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(layout, identify=identify))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as one:
            return await one.get("/exports?q=one")

    response = anyio.run(ask)
    assert response.status_code == status
    assert "".join(re.findall(r'id="format-(raw)"', response.text)) == raw
    assert ("Your limits" in response.text) == bool(visitor.limits.masked)


def download(layout: Layout, visitor: Visitor = CONSOLE, **request: object) -> Download:
    """Give an export that nobody has begun to take."""
    sight = Sight(visitor, Searcher(layout), True, ())
    return Download(sight, Request(limit=None, **request), "raw", whole=True)  # type: ignore[arg-type]


def test_everybody_sees_their_own(layout: Layout) -> None:
    """The list has nobody else's exports, and nobody else's can be stopped; old ones are forgotten."""
    known = Downloads()
    alices = download(layout, Visitor("alice", "auditor"))
    known.add(alices)
    assert known.of("bob") == []
    assert known.find(alices.key, "bob") is None
    assert known.find(alices.key, "alice") is alices
    for _ in range(REMEMBERED):
        one = download(layout, Visitor("bob", "auditor"))
        one.end()
        known.add(one)
    assert known.of("alice") == [alices]  # still under way
    assert len(known.of("bob")) == REMEMBERED - 1


def test_one_account_cannot_take_all(layout: Layout) -> None:
    """Of one account so many exports are under way at a time, by whichever token; of another, others."""
    known = Downloads()
    for number in range(UNDERWAY):
        known.add(download(layout, Visitor(f"alice/token-{number}", "auditor", means="token")))
    with pytest.raises(UnavailableError, match="exports of alice are under way"):
        known.add(download(layout, Visitor("alice", "auditor")))
    known.add(download(layout, Visitor("bob", "auditor")))
    known.of("alice/token-0")[0].end()
    known.add(download(layout, Visitor("alice", "auditor")))


def test_who_may_no_longer_gets_no_more(
    layout: Layout, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An export of an account that was disabled meanwhile breaks off, and says why."""
    monkeypatch.setattr("web.download._ASK_SECONDS", 0.0)
    store([b"<38>1 - - - - - - hello"])
    asked = Request(limit=None)
    sight = Sight(Visitor("alice", "auditor"), Searcher(layout), True, ())
    one = Download(sight, asked, "raw", whole=True, may_go_on=lambda: False)
    with pytest.raises(StoppedError):
        list(one.plain())
    assert "was disabled" in one.reason


def test_percent_is_told_by_times(layout: Layout, store: Store) -> None:
    """Between the range's ends, from the newest down; where the range has no known beginning, not at all."""
    store([b"<38>1 - - - - - - one"])
    end = datetime(2026, 11, 21, tzinfo=UTC)
    one = download(layout, start=end - timedelta(days=1), end=end)
    assert list(one.plain())
    one.outcome = "begun"
    row = shown(one, None, datetime.now(UTC))
    assert row.percent == 5  # 22:51 of a day, from its end down
    assert shown(download(layout), None, datetime.now(UTC)).percent is None
