"""/search: the form, the answer, and what a question that cannot be understood gets."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape

import httpx
import pytest

from access.trail import telling
from access.visitor import Limits, Visitor
from storage.layout import Layout, StreamName
from tests.web.operators import client_of
from watch import observing
from web.search import CANARY, EXAMPLES, point

TIME = "2026-11-20T22:51:03.5Z"


def frame(text: str, *, pri: int = 38, host: str = "auth-01", app: str = "sshd", time: str = TIME) -> bytes:
    """Give an RFC 5424 message."""
    return f"<{pri}>1 {time} {host} {app} 4711 - - {text}".encode()


def text_of(page: str) -> str:
    """Give a page's text without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]*>", "", page)).split())


def listed(page: str) -> list[int]:
    """Give the seqs of the messages that a page lists, in order."""
    return [int(seq) for seq in re.findall(r"Whole record, seq (\d+)", page)]


def test_the_first_page_is_the_search(client: httpx.Client) -> None:
    """The address without a path leads to the search."""
    response = client.get("/", follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (307, "/search")


def test_an_empty_archive_says_so(client: httpx.Client) -> None:
    """With nothing stored yet the page says so, and how to change it."""
    response = client.get("/search")
    assert response.status_code == 200
    assert "Nothing that you may see has been stored yet" in response.text


@pytest.mark.parametrize("sealed", [True, False], ids=["archive", "journal"])
def test_messages_are_found(client: httpx.Client, store: Callable[..., None], sealed: bool) -> None:  # noqa: FBT001 - a parameter
    """What was stored is found by its words, whether sealed already or still in the journal."""
    store([frame("Failed password for admin"), frame("Accepted publickey", host="web-01")], sealed=sealed)
    page = client.get("/search", params={"q": '"failed password" severity:info'}).text
    assert "1 message matches" in page
    assert "<mark>Failed password</mark> for admin" in page
    assert "Accepted publickey" not in page
    assert "damaged: none" in page


def test_newest_come_first_page_by_page(client: httpx.Client, store: Callable[..., None]) -> None:
    """Older and Newer lead through all matches, each shown once, newest first."""
    store([frame(f"number {number}") for number in range(25)])
    page = client.get("/search?q=number").text
    assert "25 messages match" in page
    seen, texts = [], []
    for _ in range(3):
        seen += listed(page)
        texts.append(page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        if older is None:
            break
        page = client.get(unescape(older[1])).text
    assert seen == list(range(25, 0, -1))
    newer = re.search(r'rel="prev" href="([^"]+)"', page)
    assert newer is not None
    assert listed(client.get(unescape(newer[1])).text) == listed(texts[1])


def test_nothing_found_is_a_statement(client: httpx.Client, store: Callable[..., None]) -> None:
    """When everything was searched and nothing matches, the page says that, and what it searched."""
    store([frame("one")])
    text = text_of(client.get("/search?q=unheard").text)
    assert "No message matches" in text
    assert "Everything that is stored of this range was searched" in text
    assert "1 file of 1 day with 1 block" in text


def test_an_export_is_offered_to_those_who_may(layout: Layout, store: Callable[..., None]) -> None:
    """No link leads into a refusal: who may not export sees none, whose values are masked none of octets."""
    store([frame("hello")])
    masked = Limits(masked=("proc_id",))
    shown = {
        Visitor("ada", "auditor"): ["csv", "json", "raw"],
        Visitor("ada", "auditor", masked): ["csv", "json"],
        Visitor("olga", "operator"): [],
    }
    for visitor, formats in shown.items():
        with client_of(layout, visitor=visitor) as client:
            page = unescape(client.get("/search").text)
        assert re.findall(r'href="/export\?[^"]*format=(\w+)', page) == formats
        assert ('href="/exports' in page) == bool(formats)


def test_the_range_is_kept(client: httpx.Client, store: Callable[..., None]) -> None:
    """Only messages of the range are shown, by time of receipt or the device's own, and the range is said."""
    store([frame("early", time="2026-11-20T12:00:00Z"), frame("late", time="2026-11-20T13:00:00Z")])
    assert listed(client.get("/search?to=2026-11-20T22:51:03Z").text) == []
    page = client.get("/search?from=2026-11-20T22:51:03Z&to=2026-11-20T22:51:04Z").text
    assert listed(page) == [2, 1]
    assert "received from 2026-11-20 22:51:03 to 2026-11-20 22:51:04 UTC" in page
    page = client.get("/search?from=2026-11-20T12:30Z&time=device").text
    assert listed(page) == [2]
    assert "with a device time since 2026-11-20 12:30:00 UTC" in page


def test_relative_times_count_from_now(client: httpx.Client, store: Callable[..., None]) -> None:
    """The last hour is the last hour before this moment."""
    now = datetime.now(UTC)
    store([frame("old")], received_at=int((now - timedelta(hours=2)).timestamp()) * 10**9)
    store([frame("new")], received_at=int((now - timedelta(minutes=2)).timestamp()) * 10**9)
    assert listed(client.get("/search?from=-1h").text) == [2]
    assert listed(client.get("/search?from=-3h&to=-1h").text) == [1]


def test_device_time_and_receive_time_are_told_apart(
    client: httpx.Client, store: Callable[..., None]
) -> None:
    """The list says by how much a device's clock is off, and where it sent no time."""
    store([frame("skewed", time="2026-11-20T19:39:03Z"), frame("no clock", time="-"), frame("right")])
    page = client.get("/search").text
    assert "device \u22123 h" in page
    assert page.count("no device time") == 1
    assert page.count("skew-far") == 1


def test_severities_are_words_and_colours(client: httpx.Client, store: Callable[..., None]) -> None:
    """Each of the eight severities has its label and its class."""
    store([frame("x", pri=32 + severity) for severity in range(8)])
    page = client.get("/search").text
    for label in ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"):
        assert f'<span class="severity severity-{label}">{label}</span>' in page


def test_the_histogram_counts_every_match(client: httpx.Client, store: Callable[..., None]) -> None:
    """The picture has a text alternative with the numbers, and the same as a table with links."""
    store([frame("x", pri=35)] * 12 + [frame("x", pri=38)] * 18)
    page = client.get("/search").text
    assert "Histogram of 30 messages" in page
    assert "12 err, 18 info" in page
    assert re.search(r'<g role="img" aria-label="Histogram of', page)
    leading = re.search(r'<tbody><tr><th scope="row"><a href="([^"]+)"', page)
    assert leading is not None
    assert client.get(unescape(leading[1])).status_code == 200


def test_device_time_counts_those_without_one_too(client: httpx.Client, store: Callable[..., None]) -> None:
    """Ordered by device time and without a range, messages without a device time are counted all the same."""
    store([frame("a"), frame("b", time="-")])
    page = client.get("/search?time=device").text
    assert '<h2 id="answer">2 messages</h2>' in page
    assert "Histogram of 1 message " in page


def test_streams_can_be_chosen(client: httpx.Client, store: Callable[..., None]) -> None:
    """With several streams there is a chooser; each stream shows its own messages."""
    store([frame("plain")])
    assert '<select id="stream"' not in client.get("/search").text
    store([frame("web access")], name=StreamName("lab", "web"))
    assert '<option value="lab/web">' in client.get("/search").text
    page = client.get("/search?stream=lab/web").text
    assert '<option value="lab/web" selected>' in page
    assert "web access" in page
    assert "plain" not in page
    assert client.get("/search?tenant=lab&stream=web").text.count("web access") == page.count("web access")


def test_the_first_stream_shows_when_there_is_no_default(
    client: httpx.Client, store: Callable[..., None]
) -> None:
    """Without the default stream, the search begins with the first there is."""
    store([frame("web access")], name=StreamName("lab", "web"))
    assert "web access" in client.get("/search").text


def test_a_tenant_alone_shows_its_own(client: httpx.Client, store: Callable[..., None]) -> None:
    """An address with a tenant only shows a stream of that tenant, and of no other."""
    store([frame("plain")])
    store([frame("web access")], name=StreamName("lab", "web"))
    assert "web access" in client.get("/search?tenant=lab").text
    response = client.get("/search?tenant=shop")
    assert response.status_code == 404
    assert "plain" not in response.text


def test_an_unknown_stream_is_404(client: httpx.Client, store: Callable[..., None]) -> None:
    """A stream in which nothing was ever stored is not found; the page stays usable."""
    store([frame("x")])
    response = client.get("/search?tenant=lab&stream=web")
    assert response.status_code == 404
    assert "There is nothing in lab/web that you may see." in response.text
    assert 'name="q"' in response.text


def test_a_query_that_cannot_be_read(client: httpx.Client, store: Callable[..., None]) -> None:
    """The page shows the query with the place marked, what is wrong and what to write; it stays usable."""
    store([frame("x")])
    response = client.get("/search", params={"q": "a severity:awful"})
    assert response.status_code == 400
    assert '<pre class="place"><bdi>a <mark>s</mark>everity:awful</bdi>\n  ^</pre>' in response.text
    assert "one of emerg, alert" in text_of(response.text)
    assert 'value="a severity:awful"' in response.text


@pytest.mark.parametrize(
    "query",
    [
        "(",
        ")",
        '"',
        "AND",
        "severity<=terrible",
        "host:",
        "/[/",
        "<script>alert(1)</script>:x",
        "\x00\x1b:",
        "-",
    ],
)
def test_odd_queries_are_answered(client: httpx.Client, store: Callable[..., None], query: str) -> None:
    """Whatever is typed, the page comes, and what was typed is text."""
    store([frame("x")])
    response = client.get("/search", params={"q": query})
    assert response.status_code in {200, 400}
    assert "<script>alert" not in response.text


def test_the_place_of_an_error_is_marked() -> None:
    """The caret stands under the character, also in a long query and at its end."""
    place = point("a" * 100 + "b" + "c" * 100, 100)
    assert place.before == "\u2026" + "a" * 60
    assert (place.at, place.after) == ("b", "c" * 40 + "\u2026")
    assert place.caret == " " * 61 + "^"
    assert point("a", 1).caret == " ^"
    assert point("a\x1bb", 2).caret == "  ^"


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("from=soon", "'soon' is not a time"),
        ("from=-1h&to=-2h", "From (-1h) is not before To (-2h)"),
        ("page=first", "Not a cursor"),
        ("time=x", "neither received nor device"),
        ("stream=NO", "Stream 'NO'"),
        ("q=" + "x" * 5000, "at most 4,000"),
    ],
)
def test_fields_that_cannot_be_meant(
    client: httpx.Client, store: Callable[..., None], address: str, reason: str
) -> None:
    """A field that cannot be meant is explained on a page that can be used, status 400."""
    store([frame("x")])
    response = client.get(f"/search?{address}")
    assert response.status_code == 400
    assert reason in unescape(response.text)
    assert 'name="q"' in response.text


@pytest.mark.parametrize("query", [example for example, _ in EXAMPLES])
def test_the_help_is_right(client: httpx.Client, store: Callable[..., None], query: str) -> None:
    """Every example in the page's help can be asked."""
    store([frame("x")])
    assert client.get("/search", params={"q": query}).status_code == 200


def test_rows_refine_the_search(client: httpx.Client, store: Callable[..., None]) -> None:
    """A message's links narrow the search to its host or app, or leave them out."""
    store([frame("one", host="fw-1"), frame("two", host="web-01")])
    page = client.get("/search?q=two").text
    only = re.search(r'<a href="([^"]+)">Only this host</a>', page)
    without = re.search(r'<a href="([^"]+)">Not this host</a>', client.get("/search?q=one").text)
    assert only is not None
    assert without is not None
    assert listed(client.get(unescape(only[1])).text) == [2]
    assert listed(client.get(unescape(without[1])).text) == []
    assert listed(client.get(unescape(without[1]).replace("q=one+", "q=")).text) == [2]


def test_damage_is_shown(client: httpx.Client, store: Callable[..., None], layout: Layout) -> None:
    """When a file of the archive is damaged, the answer says which, and that messages may be missing."""
    store([frame("x")])
    (path,) = layout.archive(StreamName()).rglob("*.parquet")
    path.write_bytes(path.read_bytes()[:100] + b"damage" * 20)
    text = text_of(client.get("/search").text)
    assert "1 place is damaged" in text
    assert path.name in text
    assert "missing from this answer" in text


HOSTILE = [
    "<script>alert(1)</script>",
    "</title><img src=x onerror=alert(1)>",
    "\"'><svg/onload=alert(1)>",
    "{{ 7*7 }} {% raw %}",
    "\x1b[2J\x1b]0;owned\x07",
    "\u202egpj.exe\u2066 \u200f",
    "a\x00b",
    "<" * 1_000_000,
]


@pytest.mark.parametrize(
    "hostile", HOSTILE, ids=["script", "tag", "quotes", "template", "esc", "bidi", "nul", "1 MB"]
)
def test_hostile_messages_arrive_escaped(
    client: httpx.Client, store: Callable[..., None], hostile: str
) -> None:
    """Whatever a message holds, the page shows it as text, all of it visible, and stays small."""
    store([frame(hostile), f"<38>1 {TIME} {hostile[:20].replace(' ', '')} app - - - x".encode()])
    response = client.get("/search")
    assert response.status_code == 200
    body = response.text
    assert len(body) < 100_000
    assert not re.search(r"<(script|img|svg/)(?! src=\"/static|  )[^>]*(alert|onerror|onload)", body)
    assert "<script>alert" not in body
    assert "49" not in re.findall(r'<pre class="message"[^>]*>.*?</pre>', body, re.DOTALL)[0] or "7*7" in body
    assert not set(body) & set("\x00\x1b\x07\u202e\u2066\u200f")


def test_the_longest_query_is_answered(client: httpx.Client, store: Callable[..., None]) -> None:
    """A query as long as allowed, in any script, is answered with a page that is not endless."""
    store([frame("x")] * 30)
    response = client.get("/search", params={"q": "\u20ac " * 1999 + "x"})
    assert response.status_code in {200, 400}
    assert len(response.text) < 3_000_000


def test_a_heading_sorts_all_matches(client: httpx.Client, store: Callable[..., None]) -> None:
    """By a column's values over all pages, either way round, each message with its date."""
    store([frame("x", host=f"h{number:02}") for number in range(25)])
    page = client.get("/search?sort=host").text
    assert listed(page) == list(range(1, 11))
    assert 'aria-sort="ascending"><a class="sort" href="/search?sort=-host">Host' in page
    assert "2026-11-20 22:51:03.123" in page
    older = re.search(r'rel="next" href="([^"]+)"', page)
    assert older is not None
    assert listed(client.get(unescape(older[1])).text) == list(range(11, 21))
    assert listed(client.get("/search?sort=-host").text)[:2] == [25, 24]
    assert listed(client.get("/search?order=oldest").text) == list(range(1, 11))


def test_columns_are_chosen(client: httpx.Client, store: Callable[..., None]) -> None:
    """Any column and any field of a message is shown when it is asked for, hostile values as text."""
    store([frame("CEF:0|A|B|1|1|x|5|src=<b>10.0.0.1</b>")])
    page = client.get("/search?columns=peer,src&columns=format").text
    headings = re.findall(r'role="columnheader"[^>]*>(?:<a[^>]*>)?([^<]+)', page)
    assert [text.strip() for text in headings] == ["Received (UTC)", "Peer", "src", "Format", "Message"]
    assert "&lt;b&gt;10.0.0.1&lt;/b&gt;</bdi>" in page
    assert "<b>10" not in page


def test_facets_count_all_matches(client: httpx.Client, store: Callable[..., None]) -> None:
    """Facets count beyond the page, lead in and out, and hostile names are text."""
    store([frame("x", host="fw-1")] * 12 + [frame("x", host="<i>h</i>")] * 3)
    page = client.get("/search?q=x").text
    text = text_of(page)
    assert "fw-1 12" in text
    assert "<i>h</i> 3" in text
    only = re.search(r'<a class="choice-name" href="([^"]+)" title="Only fw-1"', page)
    without = re.search(r'<a class="choice-not" href="([^"]+)" aria-label="Without fw-1"', page)
    assert only is not None
    assert without is not None
    assert "12 messages match" in client.get(unescape(only[1])).text
    assert "3 messages match" in client.get(unescape(without[1])).text


@pytest.mark.parametrize(
    ("address", "reason"),
    [("sort=flag", "has no order"), ("facet=msg", "hardly a value twice"), ("sort=a%20b", "names no field")],
)
def test_fields_that_cannot_be_meant_so(
    client: httpx.Client, store: Callable[..., None], address: str, reason: str
) -> None:
    """What cannot be sorted by, or has no facet, is explained on a page that can be used."""
    store([frame("x")])
    response = client.get(f"/search?{address}")
    assert response.status_code == 400
    assert reason in unescape(response.text)


def test_growing_parts_come_alone(client: httpx.Client, store: Callable[..., None]) -> None:
    """What the script asks for again is the answer's parts, without messages unless it asks for them."""
    store([frame("growing")])
    part = client.get("/search/progress?q=growing").text
    assert 'id="part-head"' in part
    assert "<html" not in part
    assert listed(part) == []
    assert "Export all" in part
    assert listed(client.get("/search/progress?q=growing&rows=1").text) == [1]
    assert client.get("/search/progress?q=severity:awful").status_code == 400
    assert client.get("/search/progress?stream=lab/web").status_code == 404


def test_stopping_is_a_form_of_ours(client: httpx.Client, store: Callable[..., None]) -> None:
    """Only a form that our page gave stops a count; then it leads back to the same search."""
    store([frame("x")])
    assert client.get("/search/stop?q=x").status_code == 405
    assert client.post("/search/stop", data={"q": "x"}).status_code == 403
    token = re.search(r'name="csrf" value="([^"]+)"', client.get("/saved/new").text)
    assert token is not None
    response = client.post("/search/stop", data={"q": "x", "csrf": token[1]}, follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, "/search?q=x")


def test_searches_and_views_are_told(client: httpx.Client, store: Callable[..., None]) -> None:
    """The trail is told of each search with its count, of each message viewed, and of each tail."""
    told: list[bytes] = []
    store([frame("secret word"), frame("another")])
    with telling(told.append):
        client.get("/search?q=secret&from=2026-11-20")
        client.get("/search/progress?q=another")
        client.get("/message/default/syslog/1")
        client.get("/message/default/syslog/1/octets")
        client.get("/tail?q=secret")
    texts = [octets.decode() for octets in told]
    assert len(texts) == 5
    for text, parts in zip(
        texts,
        [
            ('action="search"', 'query="secret"', 'matches="1"', 'start="2026-11-20T00:00:00Z"'),
            ('action="search"', 'query="another"'),
            ('action="view"', 'target="default/syslog/1"'),
            ('action="view"', "octets="),
            ('action="tail"', 'query="secret"'),
        ],
        strict=True,
    ):
        assert [part for part in parts if part not in text] == [], text


def test_an_order_that_nothing_has_is_told(client: httpx.Client, store: Callable[..., None]) -> None:
    """To sort by what no match has is an error that points at it; a column that is shown may be empty."""
    store([frame('{"user": "ann", "action": "in"}'), frame("nothing here")])
    for sort, hint in (
        ("zzz", "field zzz"),
        ("-zzz", "field zzz"),
        ("severty", "Did you mean sort=severity?"),
    ):
        page = client.get("/search", params={"sort": sort})
        assert page.status_code == 400, sort
        assert hint in text_of(page.text)
        assert f"<mark>{sort.removeprefix('-')}</mark>" in page.text
    for asked in ({"sort": "user"}, {"sort": "zzz", "columns": "zzz"}, {"sort": "zzz", "q": "unheard"}):
        assert client.get("/search", params=asked).status_code == 200, asked


def test_a_page_begins_without_canaries(client: httpx.Client, store: Callable[..., None]) -> None:
    """Nobody's first page is full of the appliance's own canaries; the query says so, and can be changed."""
    assert CANARY == observing.CANARY
    store([frame("of a device"), frame("canary 1", app=CANARY), frame("canary 2", app="-", host=CANARY)])
    page = client.get("/search")
    assert listed(page.text) == [1]
    assert f'value="-app:{CANARY} -host:{CANARY}"' in page.text
    assert listed(client.get("/search", params={"q": ""}).text) == [3, 2, 1]
    assert listed(client.get("/search", params={"q": "canary"}).text) == [3, 2]


def test_who_has_nothing_yet_reads_of_the_own_tenant(layout: Layout) -> None:
    """Where a tenant has no message yet, who is limited to it reads of no other."""
    for limits in (Limits(tenants=("acme",)), Limits(streams=("acme/syslog",))):
        with client_of(layout, visitor=Visitor("eve", "auditor", limits)) as client:
            page = client.get("/search").text
        assert "Nothing that you may see has been stored yet" in page
        assert "default" not in text_of(page)
        assert "tenant=acme" in page
