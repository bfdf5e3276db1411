"""/message/…: everything about one message."""

import asyncio
import re
from collections.abc import Callable
from html import unescape

import httpx
import pytest

from parsers.source import Source
from storage.layout import Layout, StreamName
from web.app import create_app

Store = Callable[..., None]
TIME = "2026-11-20T19:39:03.5Z"
FULL = (
    f"<35>1 {TIME} auth-01 sshd 4711 LOGIN "
    r'[origin@32473 ip="192.0.2.1" ip="192.0.2.2"][note@32473 text="say \"hi\" \] \\"] '
    "Failed password for admin"
).encode()


def text_of(page: str) -> str:
    """Give a page's text without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def test_every_column_is_there(client: httpx.Client, store: Store) -> None:
    """The page has every column under its own name, with labels and codes, and both times told apart."""
    store([FULL])
    page = client.get("/message/default/syslog/1").text
    text = text_of(page)
    for column in (
        "seq", "received_at", "timestamp", "timestamp_form", "facility", "severity", "hostname", "app_name",
        "proc_id", "msg_id", "message_form", "format", "flags", "peer", "listener", "transport",
        "tls_identity", "raw",
    ):  # fmt: skip
        assert f"<code>{column}</code>" in page
    for said in (
        "2026-11-20T22:51:03.123456789Z", "2026-11-20T19:39:03.500000Z",
        "3 h 12 min behind receipt", "auth-01",
        "sshd", "4711", "LOGIN", "3 of 0 (emerg) to 7 (debug)", "4; PRIVAL 35", "192.0.2.1", "TCP (RFC 6587)",
        "RFC 5424, the syslog protocol", "Failed password for admin",
    ):  # fmt: skip
        assert said in text


def test_structured_data_is_a_table_in_order(client: httpx.Client, store: Store) -> None:
    """Elements and parameters stand in the order sent, repeated ones too, with their escapes undone."""
    store([FULL])
    page = client.get("/message/default/syslog/1").text
    table = page[page.index("SD-ID") : page.index("Exact octets")]
    cells = [unescape(cell) for cell in re.findall(r"<t[dh][^>]*><bdi>(.*?)</bdi>", table)]
    assert cells == [
        "origin@32473", "ip", "192.0.2.1", "ip", "192.0.2.2", "note@32473", "text", r'say "hi" ] ' + "\\",
    ]  # fmt: skip


def test_the_exact_octets(client: httpx.Client, store: Store) -> None:
    """The octets are shown as text and as a hex dump, and downloaded they are what was sent."""
    frame = b"<13>no header \xff\x00\x1b caf\xc3\xa9\r"
    store([FULL, frame])
    page = client.get("/message/default/syslog/2").text
    assert "[octet 0xFF]" in page
    assert frame[:8].hex(" ") in page
    for seq, sent in ((1, FULL), (2, frame)):
        response = client.get(f"/message/default/syslog/{seq}/octets")
        assert response.content == sent
        assert response.headers["content-type"] == "application/octet-stream"
        assert response.headers["content-disposition"] == (
            f'attachment; filename="sysledger-default-syslog-{seq}.bin"'
        )


def test_flags_are_said_in_plain_words(client: httpx.Client, store: Store) -> None:
    """Each flag has its sentence and its clause; a message without any is said to conform."""
    store([b"something without a header", FULL])
    text = text_of(client.get("/message/default/syslog/1").text)
    assert "pri_assumed There is no valid PRI" in text
    assert "section 4.3.3" in text
    assert "conforms to its standard to the letter" in text_of(client.get("/message/default/syslog/2").text)


def test_parts_are_explained(client: httpx.Client, store: Store) -> None:
    """Each range of octets has its production and clause, and a departure from the standard its place."""
    store([FULL, b"<34>Oct 11 22:14:15 mymachine su: failed", b"no PRI at all"])
    page = client.get("/message/default/syslog/1").text
    assert re.search(r'<td>1 to 4</td><th scope="row">PRI</th>', page)
    assert "RFC 5424 section 6.2.1" in page
    assert "TIMESTAMP" in client.get("/message/default/syslog/2").text
    assert "Where it departs from the standard" in client.get("/message/default/syslog/3").text


def test_neighbours_stand_around_it(client: httpx.Client, store: Store) -> None:
    """The messages before and after it are listed, in the stream and from the same host, itself marked."""
    store([f"<38>1 {TIME} host-{number % 2} app - - - number {number}".encode() for number in range(1, 31)])
    page = client.get("/message/default/syslog/15").text
    stream, same_host = page[page.index('id="neighbours"') :].split('id="same-host"')
    assert [int(seq) for seq in re.findall(r"Whole record, seq (\d+)", stream)] == list(range(10, 21))
    assert [int(seq) for seq in re.findall(r"Whole record, seq (\d+)", same_host)] == list(range(5, 26, 2))
    assert stream.count('aria-current="true"') == same_host.count('aria-current="true"') == 1


def test_the_way_back_is_the_search(client: httpx.Client, store: Store) -> None:
    """A message opened from a list of results leads back to that list."""
    store([FULL])
    page = client.get("/search?q=password&from=2026-11-20").text
    message = re.search(r'class="clock" href="([^"]+)"', page)
    assert message is not None
    back = re.search(r'<a href="([^"]+)">Search</a> <span', client.get(unescape(message[1])).text)
    assert back is not None
    assert unescape(back[1]) == "/search?q=password&from=2026-11-20"


@pytest.mark.parametrize(
    "path",
    ["default/syslog/2", "default/syslog/0", "default/syslog/-1", "default/syslog/x", "default/other/1",
     "lab/syslog/1", "default/syslog/99999999999999999999", "A/syslog/1",
      "default/..%2f..%2fetc/1", "default/syslog/\u0661"],
)  # fmt: skip
def test_an_unknown_message_is_404(client: httpx.Client, store: Store, path: str) -> None:
    """What is not there is not found, page and octets alike, and the page says so."""
    store([FULL])
    for response in (client.get(f"/message/{path}"), client.get(f"/message/{path}/octets")):
        assert response.status_code == 404
        assert "There is no such" in response.text


def test_another_stream_is_its_own(client: httpx.Client, store: Store) -> None:
    """The same number in another stream is another message."""
    store([b"<38>1 - - - - - - ours"])
    store([b"<38>1 - - - - - - theirs"], name=StreamName("lab", "web"))
    assert "theirs" not in client.get("/message/default/syslog/1").text
    assert "theirs" in client.get("/message/lab/web/1").text


@pytest.mark.parametrize(
    "octets",
    [
        b"<script>alert(1)</script>",
        b"<38>1 - <script>alert(1)</script> \"'><img> ]]> {{7*7}} - </pre><script>alert(1)</script>",
        b'<38>1 - h a - - [x@1 <script>="<script>alert(1)</script>"] m',
        b"<38>1 - h a - - - \x1b[2J\x07\x00 \xe2\x80\xae\xe2\x81\xa6 \x9b \xff",
        b"<38>1 - h a - - - " + b"<" * 1_000_000,
        b"<38>1 - h a - - [" + b'x@1 a="b"' * 20_000 + b"] m",
        b"\x00" * 70_000,
        b"",
        b"<",
    ],
    ids=["bare", "markup", "SD", "controls", "MB", "many params", "NULs", "empty", "angle"],
)
def test_hostile_messages_arrive_escaped(client: httpx.Client, store: Store, octets: bytes) -> None:
    """Whatever the octets, the page shows them as text, all of them visible, and is not endless."""
    store([octets])
    response = client.get("/message/default/syslog/1")
    assert response.status_code == 200
    page = response.text
    assert len(page) < 1_500_000
    assert "<script>alert" not in page
    assert "<img>" not in page
    assert not set(page) & set("\x00\x1b\x07\u202e\u2066\x9b")
    assert client.get("/message/default/syslog/1/octets").content == octets


def test_fields_are_a_table_in_order(client: httpx.Client, store: Store) -> None:
    """What was read out of the message is shown in order, a name that comes again as often, all escaped."""
    store([b"<13>Jan 18 11:07:53 host LEEF:1.0|V|P|1|E|cat=a\t<b>=<script>\tcat=b", FULL])
    page = client.get("/message/default/syslog/1").text
    assert "rules</h2>" not in page
    table = page[page.index('<h2 id="fields">Fields</h2>') : page.index("Exact octets")]
    cells = [unescape(cell) for cell in re.findall(r"<t[dh][^>]*><bdi>(.*?)</bdi>", table)]
    assert cells == [
        "payload", "leef", "leef.version", "1.0", "leef.vendor", "V", "leef.product", "P",
        "leef.device_version", "1",
        "leef.event_id", "E", "cat", "a", "<b>", "<script>", "cat", "b",
    ]  # fmt: skip
    assert "<script>" not in table
    assert 'id="fields"' not in client.get("/message/default/syslog/2").text


def test_the_explanation_is_by_the_sources_settings(layout: Layout, store: Store) -> None:
    """Octets that the source's character set reads are shown as it reads them, whatever its format."""
    store([b"<34>Nov 20 10:00:00 host app: Z\xfcrich"])
    asked = []

    def source_of(listener: str, peer: str, hostname: str | None) -> Source:
        asked.append((listener, peer, hostname))
        return Source("rfc5424", charset="iso-8859-1")

    async def answer() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(layout, source_of=source_of))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get("/message/default/syslog/1")

    text = text_of(asyncio.run(answer()).text)
    assert asked == [("tcp", "192.0.2.1", "host")]
    assert "Z\u00fcrich" in text
    assert "RFC 3164 section 4.1.3" in text


def test_a_message_leads_on(client: httpx.Client, store: Callable[..., None]) -> None:
    """From a message to those beside it, to what came around it, and to a search for each of its values."""
    store([b"<38>1 2026-11-20T22:51:03Z fw-1 pay 7 - - CEF:0|A|B|1|1|x|5|src=10.0.0.1 host=inner"] * 3)
    page = unescape(client.get("/message/default/syslog/2?q=src:10.0.0.1").text)
    assert 'rel="prev" href="/message/default/syslog/1?q=src%3A10.0.0.1"' in page
    assert 'rel="next" href="/message/default/syslog/3?q=src%3A10.0.0.1"' in page
    assert "src=<mark>10.0.0.1</mark>" in page
    for link in re.findall(r'class="look" href="([^"]+)"', page):
        assert "3 messages match" in client.get(link).text, link
    for field in ("host", "app", "pid", "peer", "src", "fields.host"):
        assert f"/search?q={field}%3A%3D%22" in page, field
    nearby = re.search(r'<a href="([^"]+)">Five minutes around it</a>', page)
    assert nearby is not None
    assert '<h2 id="answer">3 messages</h2>' in client.get(nearby[1]).text
    first = client.get("/message/default/syslog/1").text
    assert 'rel="prev"' not in first
