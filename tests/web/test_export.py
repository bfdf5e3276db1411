"""/export: the whole result, streamed."""

import csv
import hashlib
import io
import json
import queue
import re
import socket
import subprocess
from collections.abc import Callable
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import httpx
import pyarrow.parquet as pq
import pytest

from access.trail import TrailError, telling
from access.visitor import Limits, Visitor
from storage.layout import Layout, StreamName
from web.app import create_app

Store = Callable[..., None]
FRAMES = [
    b"<35>1 2026-11-20T22:51:03.5Z auth-01 sshd 4711 - - Failed password for admin",
    b'<38>1 2026-11-20T22:51:03Z auth-01 sshd - - - Accepted, "quoted"; publickey',
    b"no header \xff\x00\x1b at all",
    "<38>1 - caf\u00e9 - - - - gr\u00fc\u00dfe".encode(),
]


def test_raw_is_what_was_sent(client: httpx.Client, store: Store) -> None:
    """Raw gives the exact octets of every match, newest first, a line each."""
    store(FRAMES)
    response = client.get("/export?format=raw")
    assert response.content == b"".join(frame + b"\n" for frame in reversed(FRAMES))


def test_json_lines_hold_every_column(client: httpx.Client, store: Store) -> None:
    """JSON lines give a record a line, with the columns under their own names."""
    store(FRAMES)
    response = client.get("/export?format=json&q=password")
    (record,) = map(json.loads, response.text.splitlines())
    assert record["seq"] == 1
    assert record["hostname"] == "auth-01"
    assert record["message"] == "Failed password for admin"
    assert record["received_at"] == "2026-11-20T22:51:03.123456789Z"
    assert response.headers["content-type"] == "application/x-ndjson"


def test_csv_can_be_read(client: httpx.Client, store: Store) -> None:
    """CSV has a heading and a row a message, commas and quotes kept."""
    store(FRAMES)
    response = client.get("/export?format=csv&q=host:auth-01")
    rows = list(csv.DictReader(io.StringIO(response.text, newline="")))
    assert [row["message"] for row in rows] == ['Accepted, "quoted"; publickey', "Failed password for admin"]
    assert response.headers["content-type"] == "text/csv; charset=utf-8; header=present"


@pytest.mark.parametrize(
    ("how", "ending"), [("csv", "csv"), ("json", "jsonl"), ("raw", "log"), ("parquet", "parquet")]
)
def test_files_have_names(client: httpx.Client, store: Store, how: str, ending: str) -> None:
    """The file is offered under a name that says tenant, stream and time."""
    store(FRAMES, name=StreamName("lab", "web"))
    response = client.get(f"/export?format={how}&tenant=lab&stream=web")
    name = rf'attachment; filename="sysledger-lab-web-\d{{8}}T\d{{6}}Z\.{ending}"'
    assert re.fullmatch(name, response.headers["content-disposition"])
    assert response.headers["cache-control"] == "no-store"


def test_the_whole_result_comes(client: httpx.Client, store: Store) -> None:
    """An export has no cap, and the same matches as the search: over archive and journal, in the range."""
    store([b"<38>1 - - - - - - early %d" % number for number in range(20_000)])
    store([b"<38>1 - - - - - - late %d" % number for number in range(10)], sealed=False)
    assert len(client.get("/export?format=raw").content.splitlines()) == 20_010
    assert len(client.get("/export?format=raw&q=late").content.splitlines()) == 10
    assert client.get("/export?format=raw&to=2026-11-20").content.count(b"\n") == 20_010
    assert client.get("/export?format=raw&to=2026-11-19").content == b""


def damage_last_block(layout: Layout) -> Path:
    """Make what was stored first unreadable, where only reading whole records meets it."""
    path = min(layout.archive(StreamName()).rglob("*.parquet"))
    metadata = pq.read_metadata(path)
    group = metadata.row_group(0)
    (column,) = (
        group.column(n) for n in range(group.num_columns) if group.column(n).path_in_schema == "message"
    )
    octets = bytearray(path.read_bytes())
    end = column.dictionary_page_offset or column.data_page_offset
    octets[end : end + column.total_compressed_size] = bytes(column.total_compressed_size)
    path.write_bytes(bytes(octets))
    return path


@pytest.mark.parametrize("how", ["csv", "json", "raw"])
def test_what_lacks_messages_does_not_look_complete(
    client: httpx.Client, store: Store, layout: Layout, how: str
) -> None:
    """An export that meets damage breaks off; what can be read is had on demand, under another name."""
    store([b"<38>1 - - - - - - lost %d" % number for number in range(50)])
    store([b"<38>1 - - - - - - kept %d" % number for number in range(5000)])
    damage_last_block(layout)
    with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
        client.get(f"/export?format={how}&q=facility:auth")
    response = client.get(f"/export?format={how}&q=facility:auth&incomplete=allowed")
    assert response.content.count(b"kept") == 5000
    assert b"lost" not in response.content
    assert "-incomplete." in response.headers["content-disposition"]
    assert client.get("/healthz").text == "ok\n"


def test_nothing_but_damage_is_no_file(client: httpx.Client, store: Store, layout: Layout) -> None:
    """Where all matches are damaged there is a page that says so, and not an empty file."""
    store(FRAMES)
    damage_last_block(layout)
    response = client.get("/export?format=raw")
    assert response.status_code == 500
    assert "1 place of the archive cannot be read" in response.text
    assert "content-disposition" not in response.headers


def test_the_page_warns_beside_the_export(client: httpx.Client, store: Store, layout: Layout) -> None:
    """Where the page knows of damage, it offers what can be read, and warns that an export may lack some."""
    store([b"<38>1 - - - - - - lost"])
    store([b"<38>1 - - - - - - kept"])
    damage_last_block(layout)
    page = client.get("/search?q=kept+OR+lost").text
    assert "Export what can be read:" in page
    assert "and so may an export" in page
    address = unescape(re.findall(r'href="(/export[^"]+)"', page)[0])
    assert b"kept" in client.get(address).content


def test_head_searches_nothing(client: httpx.Client, store: Store, layout: Layout) -> None:
    """HEAD gives the fields of GET without a search: not even damage is met."""
    store(FRAMES)
    damage_last_block(layout)
    response = client.head("/export?format=csv")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert response.headers["content-disposition"].endswith('.csv"')
    assert "content-length" not in response.headers
    assert client.head("/export?format=csv&q=severity:awful").status_code == 400


def test_the_page_leads_to_it(client: httpx.Client, store: Store) -> None:
    """The search page offers its whole result, not its page, in each format."""
    store([b"<38>1 - - - - - - number %d" % number for number in range(30)])
    page = client.get("/search?q=number").text
    for how in ("csv", "json", "raw"):
        assert f'href="/export?q=number&amp;format={how}"' in page
    assert len(client.get("/export?q=number&format=raw").content.splitlines()) == 30


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("", "use csv, json, raw or parquet"),
        ("format=xls", "use csv, json, raw or parquet"),
        ("format=csv&q=severity:awful", "severity"),
        ("format=csv&from=soon", "is not a time"),
        ("format=csv&time=x", "neither received nor device"),
        ("format=csv&incomplete=yes", "use allowed, or leave it out"),
        ("format=csv&zip=1", "use yes, or leave it out"),
        ("format=csv&q=%22", "quote that is not closed"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    client: httpx.Client, store: Store, address: str, reason: str
) -> None:
    """A question that cannot be understood gets a page with the reason, status 400, and no file."""
    store(FRAMES)
    response = client.get(f"/export?{address}")
    assert response.status_code == 400
    assert reason in response.text
    assert "content-disposition" not in response.headers


def test_a_stream_that_is_not_there_is_404(client: httpx.Client, store: Store) -> None:
    """An export of a stream in which nothing was ever stored is not an empty file, but not found."""
    store(FRAMES)
    assert client.get("/export?format=csv&tenant=lab&stream=web").status_code == 404


def test_a_client_that_goes_away_stops_nothing(url: str, client: httpx.Client, store: Store) -> None:
    """An export that is given up half way leaves the server serving."""
    store([b"<38>1 - - - - - - " + b"x" * 2000 for _ in range(5000)])
    host, port = urlsplit(url).hostname, urlsplit(url).port
    with socket.create_connection((host, port)) as connection:
        connection.sendall(b"GET /export?format=raw HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    assert client.get("/healthz").text == "ok\n"
    assert len(client.get("/export?format=raw").content) == 5000 * 2019


def sent(heard: list[bytes]) -> list[tuple[str, ...]]:
    """Give the action and outcome of what the trail was told of exports."""
    told = (octets.decode() for octets in heard)
    pattern = re.compile(r'action="([^"]*)" target="([^"]*)" outcome="([^"]*)"')
    return [found.groups() for one in told if (found := pattern.search(one))]


def unpacked(content: bytes, folder: Path, tool: Callable[[str], str]) -> Path:
    """Unpack a zip with unzip(1), check it with sha256sum(1), and give the folder that is in it."""
    target = folder / "unpacked"
    (folder / "export.zip").write_bytes(content)
    unzip = [tool("unzip"), "-q", "export.zip", "-d", str(target)]
    subprocess.run(unzip, cwd=folder, check=True, capture_output=True)
    (inside,) = target.iterdir()
    check = [tool("sha256sum"), "-c", "--strict", "SHA256SUMS"]
    subprocess.run(check, cwd=inside, check=True, capture_output=True)
    return inside


@pytest.mark.parametrize(
    ("how", "name"),
    [
        ("csv", "messages.csv"),
        ("json", "messages.jsonl"),
        ("raw", "messages.log"),
        ("parquet", "messages.parquet"),
    ],
)
def test_a_zip_proves_itself(
    client: httpx.Client, store: Store, tmp_path: Path, tool: Callable[[str], str], how: str, name: str
) -> None:
    """The zip's checksums are right, its messages those of the plain file, and its manifest tells of them."""
    store(FRAMES)
    plain = client.get(f"/export?format={how}&q=host:auth-01").content
    response = client.get(f"/export?format={how}&q=host:auth-01&from=2026-11-01&zip=yes")
    assert response.headers["content-type"] == "application/zip"
    folder = unpacked(response.content, tmp_path, tool)
    assert f'filename="{folder.name}.zip"' in response.headers["content-disposition"]
    octets = (folder / name).read_bytes()
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert manifest["messages"] == 2
    assert manifest["question"]["query"] == "host:auth-01"
    assert manifest["question"]["from"] == "2026-11-01T00:00:00Z"
    assert manifest["made_by"]["account"] == "console"
    assert manifest["files"] == [
        {"name": name, "octets": len(octets), "sha256": hashlib.sha256(octets).hexdigest()}
    ]
    if how == "parquet":
        assert pq.read_table(io.BytesIO(octets)) == pq.read_table(io.BytesIO(plain))
    else:
        assert octets == plain


def test_formulas_are_defused_and_it_is_said(
    client: httpx.Client, store: Store, tmp_path: Path, tool: Callable[[str], str]
) -> None:
    """What a sender means as a formula for the auditor's spreadsheet is a text; the manifest says how."""
    formulas = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\uff1d1+1", "harmless"]
    store([f"<38>1 - - - - - - {text}".encode() for text in formulas])
    folder = unpacked(client.get("/export?format=csv&zip=yes").content, tmp_path, tool)
    with (folder / "messages.csv").open(newline="", encoding="utf-8") as file:
        told = [row["message"] for row in csv.DictReader(file)]
    assert told[::-1] == [text if text == "harmless" else f"'{text}" for text in formulas]
    assert "one apostrophe" in json.loads((folder / "manifest.json").read_bytes())["formulas"]


def test_a_zip_that_lacks_messages_is_none(
    client: httpx.Client, store: Store, layout: Layout, tmp_path: Path, tool: Callable[[str], str]
) -> None:
    """A zip that meets damage breaks off; on demand it comes, and says that it is not complete, and where."""
    store([b"<38>1 - - - - - - lost %d" % number for number in range(50)])
    store([b"<38>1 - - - - - - kept %d" % number for number in range(5000)])
    path = damage_last_block(layout)
    with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
        client.get("/export?format=json&zip=yes&q=facility:auth")
    response = client.get("/export?format=json&zip=yes&q=facility:auth&incomplete=allowed")
    folder = unpacked(response.content, tmp_path, tool)
    assert folder.name.endswith("-incomplete")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert (manifest["complete"], manifest["messages"]) == (False, 5000)
    assert [place["file"] for place in manifest["scope"]["damaged"]] == [path.name]
    assert "NOT COMPLETE" in (folder / "README.txt").read_text()


def test_the_trail_is_told_of_begin_and_end(client: httpx.Client, store: Store) -> None:
    """What is exported, how much it was, and its checksum: the trail proves the file."""
    store(FRAMES)
    heard: list[bytes] = []
    with telling(heard.append):
        content = client.get("/export?format=raw&q=password").content
    assert sent(heard) == [("export", "default/syslog", "begun"), ("export", "default/syslog", "done")]
    assert b'query="password"' in heard[0]
    assert b'messages="1"' in heard[1]
    assert f'sha256="{hashlib.sha256(content).hexdigest()}"'.encode() in heard[1]


def test_the_trail_is_told_of_what_broke_off(client: httpx.Client, store: Store, layout: Layout) -> None:
    """Damage ends an export, and the trail says so; so it does of one that is refused."""
    store([b"<38>1 - - - - - - lost"])
    store([b"<38>1 - - - - - - kept %d" % number for number in range(5000)])
    damage_last_block(layout)
    heard: list[bytes] = []
    with telling(heard.append):
        with pytest.raises(httpx.RemoteProtocolError):
            client.get("/export?format=csv&q=facility:auth")
        client.get("/export?format=csv&tenant=lab&stream=web")
    assert [one[2] for one in sent(heard)] == ["begun", "broken off", "refused"]
    assert b'reason="damaged: 1 place of the archive cannot be read"' in heard[1]


def test_nothing_is_given_that_the_trail_does_not_take(client: httpx.Client, store: Store) -> None:
    """No octet is sent before the trail is told; and without its end told there is no whole file."""
    store([b"<38>1 - - - - - - %d" % number for number in range(20_000)])
    heard: list[bytes] = []

    def full(octets: bytes) -> None:
        heard.append(octets)
        if len(heard) >= most:
            raise TrailError("The trail takes nothing.")

    most = 1
    with telling(full):
        response = client.get("/export?format=raw")
    assert (response.status_code, b"<38>" in response.content) == (503, False)
    heard.clear()
    most = 2
    with telling(full), pytest.raises(httpx.RemoteProtocolError):
        client.get("/export?format=raw")
    assert [one[2] for one in sent(heard)] == ["begun", "done", "broken off"]


def test_the_trail_hears_of_a_client_that_goes_away(url: str, client: httpx.Client, store: Store) -> None:
    """An export that is given up half way is told as broken off, with how much was given."""
    store([b"<38>1 - - - - - - " + b"x" * 2000 for _ in range(20_000)])
    told: queue.Queue[bytes] = queue.Queue()
    host, port = urlsplit(url).hostname, urlsplit(url).port
    with telling(told.put):
        with socket.create_connection((host, port)) as connection:
            connection.sendall(b"GET /export?format=raw HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        assert b'outcome="begun"' in told.get(timeout=30)
        last = told.get(timeout=30)
    assert b'outcome="broken off"' in last
    assert b'reason="the browser went away' in last
    assert client.get("/healthz").text == "ok\n"


@pytest.mark.parametrize("how", ["raw", "csv"])
def test_octets_are_not_given_where_values_are_masked(layout: Layout, store: Store, how: str) -> None:
    """Whoever may not see some values gets no exact octets, which hold them; the refusal is told."""
    store(FRAMES)
    visitor = Visitor("mina", "auditor", Limits(masked=("hostname",)))
    heard: list[bytes] = []

    async def identify(_request: object) -> Visitor:
        return visitor

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(layout, identify=identify))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as one:
            return await one.get(f"/export?format={how}&zip=yes")

    with telling(heard.append):
        response = anyio.run(ask)
    assert response.status_code == (403 if how == "raw" else 200)
    assert [one[2] for one in sent(heard)] == (["refused"] if how == "raw" else ["begun", "done"])
    assert b"auth-01" not in response.content
