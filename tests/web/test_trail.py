"""/trail: who did what, as a view of a stream."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape

import anyio
import httpx
import pytest
from starlette.datastructures import QueryParams

from access.trail import TrailError, telling
from access.trail_message import Deed, Outcome, Sender, encode
from access.visitor import Limits, Visitor
from storage.layout import TRAIL, Layout
from web.app import create_app
from web.trail import read_form

Store = Callable[..., None]
NOW = datetime.now(UTC)
RECENT = int(NOW.timestamp() - 3600) * 10**9
HOSTILE = "<script>alert(1)</script>\x1b[31m\x00\u202e"


def deed(who: str, action: str, target: str = "", outcome: Outcome = "done", **details: object) -> bytes:
    """Give a message of the trail."""
    told = Deed(who, "auditor", "session", action, target, outcome, origin="192.0.2.7", details=details)
    return encode(told, Sender("desk", 1), NOW, 0)


@pytest.fixture
def told(store: Store) -> None:
    """Tell the trail of some deeds, an hour ago."""
    deeds = [
        deed("alice", "search", "payment/syslog", query="failed password", matches=17),
        deed("alice", "export", "payment/syslog", "begun", format="csv"),
        deed("bob", "view", "default/syslog/7"),
        deed("bob", "refusal", "/users", "refused", needs="administer"),
    ]
    store(deeds, name=TRAIL, received_at=RECENT, sealed=False)


def rows(page: str) -> list[str]:
    """Give the table's rows as texts."""
    found = re.findall(r'<tr role="row" class="told-one.*?</tr>', page, re.DOTALL)
    return [re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", row))).strip() for row in found]


@pytest.mark.usefixtures("told")
def test_deeds_are_listed_newest_first(client: httpx.Client) -> None:
    """Each has when, who, what, on what, and whatever else it told."""
    response = client.get("/trail")
    assert response.status_code == 200
    shown = rows(response.text)
    assert len(shown) == 4
    assert "bob auditor, session from 192.0.2.7 refusal refused /users needs administer" in shown[0]
    assert "alice auditor, session from 192.0.2.7 search payment/syslog query failed password" in shown[3]
    assert "4 entries" in response.text
    assert f'href="/message/{TRAIL.tenant}/{TRAIL.stream}/1"' in response.text


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(
    ("address", "number"),
    [
        ("who=alice", 2),
        ("action=export", 1),
        ("outcome=refused", 1),
        ("who=bob&outcome=refused", 1),
        ("who=bob&q=access.target%3A%22default/syslog/7%22+OR+users", 2),
        ("q=password", 1),
        ("q=access.matches%3A17", 1),
        ("who=eve", 0),
        ("who=al%22+OR+who%3Abob", 0),
        ("from=any", 4),
        ("from=-1m", 0),
    ],
)
def test_it_is_searched_like_everything(client: httpx.Client, address: str, number: int) -> None:
    """Fields of the form and the query language narrow it; a quote in a field is no query."""
    assert len(rows(client.get(f"/trail?{address}").text)) == number


@pytest.mark.usefixtures("told")
def test_facets_lead_on(client: httpx.Client) -> None:
    """The most frequent people, deeds and outcomes are links with their numbers."""
    page = client.get("/trail").text
    links = {unescape(link) for link in re.findall(r'class="chip" href="([^"]+)"', page)}
    assert "/trail?from=-30d&who=alice" in links
    assert "/trail?from=-30d&action=export" in links
    assert "/trail?from=-30d&outcome=refused" in links
    for link in links:
        assert rows(client.get(link).text)


def test_pages_go_on(client: httpx.Client, store: Store) -> None:
    """A full page leads to older deeds, and back."""
    store([deed("alice", "view", f"default/syslog/{n}") for n in range(25)], name=TRAIL, received_at=RECENT)
    page = client.get("/trail?who=alice").text
    assert len(rows(page)) == 10
    older = unescape(re.findall(r'rel="next" href="([^"]+)"', page)[0])
    second = client.get(older).text
    assert "default/syslog/14" in rows(second)[0]
    back = unescape(re.findall(r'rel="prev" href="([^"]+)"', second)[0])
    assert rows(client.get(back).text) == rows(page)


def test_hostile_texts_are_shown_escaped(client: httpx.Client, store: Store) -> None:
    """Whatever was typed at sign-in or searched for cannot act on whoever reads the trail."""
    store([deed(HOSTILE, "search", HOSTILE, query=HOSTILE)], name=TRAIL, received_at=RECENT)
    page = client.get("/trail").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    for character in "\x1b\x00\u202e":
        assert character not in page
    assert client.get("/trail", params={"who": HOSTILE, "q": HOSTILE}).status_code in {200, 400}


def test_an_empty_trail_says_so(client: httpx.Client) -> None:
    """Before anything was told, the page is there."""
    page = client.get("/trail").text
    assert "Nothing in this range was told to the trail." in page


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("q=severity%3Aawful", "severity"),
        ("q=%22", "quote that is not closed"),
        ("from=soon", "is not a time"),
        ("who=" + "x" * 201, "200 at most"),
        ("page=1", "Not a cursor"),
    ],
)
@pytest.mark.usefixtures("told")
def test_what_cannot_be_meant_is_400(client: httpx.Client, address: str, reason: str) -> None:
    """A question that cannot be understood gets the page with the reason."""
    response = client.get(f"/trail?{address}")
    assert response.status_code == 400
    assert reason in response.text


@pytest.mark.usefixtures("told")
def test_looking_is_told(client: httpx.Client) -> None:
    """Whoever looks at the trail is in it; a question that cannot be read looks at nothing."""
    heard: list[bytes] = []
    with telling(heard.append):
        client.get("/trail?who=alice")
        client.get("/trail?q=%22")
    (only,) = heard
    assert b'action="search" target="trail/access"' in only
    assert rb'query="access.who:\"alice\""' in only


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(
    ("visitor", "status"),
    [
        (Visitor("ada", "administrator"), 200),
        (Visitor("alice", "auditor"), 200),
        (Visitor("olga", "operator"), 403),
        (Visitor("ivan", "auditor", Limits(tenants=("payment",))), 403),
        (Visitor("", "auditor", means="nobody"), 303),
    ],
)
def test_only_who_may_reads_it(layout: Layout, visitor: Visitor, status: int) -> None:
    """It takes the permission, and a sight of everything; a refusal is told, too."""

    async def identify(_request: object) -> Visitor:
        return visitor

    heard: list[bytes] = []

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(layout, identify=identify))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as one:
            return await one.get("/trail")

    with telling(heard.append):
        response = anyio.run(ask)
    assert response.status_code == status
    assert ("payment/syslog" in response.text) == (status == 200)
    refusals = [octets for octets in heard if b'action="refusal" target="/trail" outcome="refused"' in octets]
    assert len(refusals) == (status == 403)


def test_a_trail_that_takes_nothing_shows_nothing(client: httpx.Client, store: Store) -> None:
    """What cannot be told is not shown: 503, and what to do."""

    def refuse(_octets: bytes) -> None:
        raise TrailError("The trail takes nothing: see with sysledger status.")

    store([deed("alice", "search", "secret/stream")], name=TRAIL, received_at=RECENT)
    with telling(refuse):
        response = client.get("/trail")
    assert response.status_code == 503
    assert "see with sysledger status" in response.text
    assert "secret/stream" not in response.text


def test_a_field_is_one_value() -> None:
    """What is typed into a field is escaped in the query."""
    form = read_form(QueryParams({"who": 'a"b\\', "q": "x OR y"}))
    assert form.query == 'access.who:"a\\"b\\\\" (x OR y)'
    assert read_form(QueryParams({"from": "any"})).search.start == ""
    assert read_form(QueryParams({"from": ""})).search.start == ""
    assert read_form(QueryParams({})).search.start == "-30d"
