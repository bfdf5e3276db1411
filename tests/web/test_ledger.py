"""/ledger and the proof of a message: shown to who sees all of a tenant, and to nobody else."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from access.ledger import sees_ledger
from access.sight import Sights
from access.trail import telling
from access.visitor import Limits, Visitor
from storage.expired import note_expired
from storage.layout import TRAIL, Layout, StreamName
from storage.ledger import read_note, read_vkey
from storage.ledger_check import check
from storage.ledger_note import VerifierKey
from storage.ledger_proven import check_document
from storage.ledger_told import summary
from tenants.file import edit
from tenants.registry import Registry
from tests.opening import opening
from tests.storage.ledgers import ledgered
from web.app import create_app

Store = Callable[..., None]
FRAMES = [f"<38>1 - h a - - - number {number}".encode() for number in range(5)]
HOSTILE = b"<33>1 - <b>h</b> - - - - <script>alert(1)</script> \x1b[31m\x00\xff"
LAB = StreamName("lab", "web")
SEEN = ["/ledger", "/api/v1/ledger", "/ledger/checkpoint?tenant=default", "/message/default/syslog/1"]
LIMITED = {
    "tenant": Limits(tenants=("lab",)), "stream": Limits(streams=("default/syslog",)),
    "host": Limits(hosts=("h*",)), "network": Limits(networks=("192.0.2.0/24",)),
    "time": Limits(start=datetime(2026, 11, 1, tzinfo=UTC)),
    "mask": Limits(masked=("message",)),
}  # fmt: skip


@pytest.fixture
def kept(store: Store, layout: Layout) -> None:
    """Keep messages of two tenants in their ledgers, and one that is not in it yet."""
    store([HOSTILE, *FRAMES])
    store(FRAMES, name=LAB)
    ledgered(layout)
    store(FRAMES[:1])


@pytest.fixture
def ask(layout: Layout) -> Callable[..., httpx.Response]:
    """Give a function that asks for an address as a visitor."""

    def asking(address: str, visitor: Visitor) -> httpx.Response:
        async def identify(_request: object) -> Visitor:
            return visitor

        async def get() -> httpx.Response:
            app = create_app(layout, identify=identify)
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(app), base_url="http://127.0.0.1"
            ) as client:
                return await client.get(address)

        with telling(lambda _octets: None):
            return anyio.run(get)

    return asking


@pytest.mark.usefixtures("kept")
def test_what_is_signed_is_shown(client: httpx.Client, layout: Layout) -> None:
    """The page shows checkpoint, key and figures of each tenant's ledger, and what it proves and what not."""
    page = client.get("/ledger").text
    for tenant in ("default", "lab"):
        assert (read_note(layout, tenant) or "").splitlines()[2] in page.replace("&#43;", "+")
        assert f"/ledger/checkpoint?tenant={tenant}" in page
    assert "What it proves, and what it does not" in page
    assert "another ledger" in page


@pytest.mark.usefixtures("kept")
def test_a_checkpoint_to_keep(client: httpx.Client, layout: Layout) -> None:
    """The checkpoint comes as a file, as it was signed, by page and API."""
    for path in ("/ledger/checkpoint", "/api/v1/ledger/checkpoint"):
        answer = client.get(path, params={"tenant": "default"})
        assert answer.text == read_note(layout, "default")
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert client.get(path, params={"tenant": "other"}).status_code == 404
    assert (
        'filename="checkpoint-default-1.txt"'
        in client.get("/ledger/checkpoint?tenant=default").headers["content-disposition"]
    )
    assert client.get("/ledger/checkpoint?tenant=../x").status_code == 404


@pytest.mark.usefixtures("kept")
def test_the_api_tells_the_same(client: httpx.Client, layout: Layout) -> None:
    """Programs get the figures, the key and the checkpoint of each ledger."""
    default, lab = client.get("/api/v1/ledger").json()["ledgers"]
    assert (default["records"], default["leaves"], lab["records"]) == (6, 1, 5)
    assert default["checkpoint"] == read_note(layout, "default")
    assert VerifierKey.parse(default["key"]).read(default["checkpoint"]).root.hex() == default["root"]
    assert default["streams"][0]["newest"] == "2026-11-20 22:51:03"


@pytest.mark.usefixtures("kept")
def test_a_message_has_its_proof(client: httpx.Client, layout: Layout) -> None:
    """A message's page says where in the ledger it is, and its proof holds with the key alone."""
    assert "leaf 1 of 1" in client.get("/message/default/syslog/1").text
    for path in ("/message/default/syslog/1/proof", "/api/v1/message/default/syslog/1/proof"):
        document = client.get(path).json()
        _, record = check_document(document, VerifierKey.parse(read_vkey(layout, "default") or ""))
        assert (record.seq, record.octets) == (1, HOSTILE)


@pytest.mark.usefixtures("kept")
def test_a_message_that_is_not_in_it_yet(client: httpx.Client) -> None:
    """What came after the checkpoint is said to be not in it yet, and has no proof; nor has any other."""
    assert "yet" in client.get("/message/default/syslog/7").text.partition("<dt>Ledger</dt>")[2][:200]
    for path in ("syslog/7", "syslog/99", "other/1", "syslog/x", f"syslog/{'9' * 30}", "sys%20log/1"):
        assert client.get(f"/message/default/{path}/proof").status_code == 404


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("limits", LIMITED.values(), ids=LIMITED.keys())
def test_who_sees_a_part_is_told_nothing(limits: Limits, ask: Callable[..., httpx.Response]) -> None:
    """Who is limited to a part of a tenant, or to another, learns nothing of its ledger: it is not there."""
    visitor = Visitor("bob", "auditor", limits)
    sees_lab = limits.tenants == ("lab",)
    assert ask("/ledger/checkpoint?tenant=default", visitor).status_code == 404
    assert ask("/ledger/checkpoint?tenant=lab", visitor).status_code == (200 if sees_lab else 404)
    assert ask("/message/default/syslog/1/proof", visitor).status_code == 404
    assert "<dt>Ledger</dt>" not in ask("/message/default/syslog/1", visitor).text
    assert [one["tenant"] for one in ask("/api/v1/ledger", visitor).json()["ledgers"]] == ["lab"] * sees_lab
    refused = ask("/export?format=csv&zip=yes&proofs=yes&tenant=default&stream=syslog", visitor)
    assert refused.status_code in {403, 404}
    assert 'name="proofs"' not in ask("/exports?q=&tenant=default&stream=syslog", visitor).text


def test_who_may_know(layout: Layout, store: Store) -> None:
    """Whoever sees all of a tenant; of the trail's only who may read it; of a suspended one's nobody."""
    store(FRAMES, name=LAB)
    sights = Sights(layout)
    everybody = Visitor("ann", "auditor")
    assert sees_ledger(sights, everybody, "lab")
    assert sees_ledger(sights, Visitor("bob", "auditor", Limits(tenants=("lab",))), "lab")
    assert sees_ledger(sights, everybody, TRAIL.tenant)
    assert not sees_ledger(sights, Visitor("oto", "operator"), TRAIL.tenant)
    assert not sees_ledger(sights, everybody, "../lab")
    suspend(layout, "lab")
    assert not sees_ledger(Sights(layout), everybody, "lab")


def suspend(layout: Layout, name: str) -> None:
    """Suspend a tenant."""

    def changed(found: Registry) -> tuple[Registry, None]:
        return found.add(name, name, datetime.now(UTC)).change(name, suspended=True), None

    edit(layout.tenants, changed)


@pytest.mark.usefixtures("kept")
def test_an_export_with_proofs(client: httpx.Client, layout: Layout, tmp_path: Path) -> None:
    """The box gives proofs that hold with the key; messages that came lately are not proven, and counted."""
    page = client.get("/exports?q=&tenant=default&stream=syslog").text
    assert 'name="proofs"' in page
    path = tmp_path / "export.zip"
    for address in (
        "/export?format=csv&zip=yes&proofs=yes&q=",
        "/api/v1/export?format=csv&zip=true&proofs=true",
    ):
        path.write_bytes(client.get(address).content)
        checked = check(path, read_vkey(layout, "default"))
        assert (checked.faults, checked.proven, checked.unproven) == ([], 6, 1)
        assert checked.manifest["ledger"]["proofs"] == {"proven": 6, "not_proven": 1}
    assert client.get("/export?format=csv&proofs=yes").headers["content-type"] == "application/zip"
    assert client.get("/export?format=csv&zip=yes&proofs=maybe").status_code == 400


@pytest.mark.usefixtures("kept")
def test_the_trail_says_that_proofs_were_given(client: httpx.Client) -> None:
    """A proof holds the exact octets, whoever it is handed to: the trail tells it from a look at the page."""
    heard: list[bytes] = []
    with telling(heard.append):
        assert client.get("/export?format=csv&proofs=yes").status_code == 200
        assert client.get("/message/default/syslog/1/proof").status_code == 200
    begun, done, view = heard
    assert b'proofs="yes"' in begun
    assert b'proofs="yes"' in done
    assert b'action="view"' in view
    assert b'proof="yes"' in view


@pytest.mark.usefixtures("kept")
def test_every_manifest_tells_of_the_ledger(client: httpx.Client, layout: Layout) -> None:
    """Also without proofs the manifest has the checkpoint, and what the ledger counts."""
    told = manifest_of(client.get("/export?format=csv&zip=yes").content)
    assert told["ledger"]["checkpoint"] == read_note(layout, "default")
    assert told["ledger"]["days"]["records_in_the_ledger"] == 6
    assert told["ledger"]["days"]["records_stored"] == 7


@pytest.mark.usefixtures("kept")
def test_no_manifest_tells_who_sees_a_part(ask: Callable[..., httpx.Response]) -> None:
    """Who sees a part is told nothing of the ledger in the manifest."""
    bob = Visitor("bob", "auditor", LIMITED["host"])
    answer = ask("/export?format=csv&zip=yes&tenant=default&stream=syslog", bob)
    assert "ledger" not in manifest_of(answer.content)


def manifest_of(made: bytes) -> dict[str, Any]:
    """Give the manifest in a zip."""
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith("manifest.json"))
        told: dict[str, Any] = json.loads(archive.read(name))
        return told


@pytest.mark.usefixtures("kept")
def test_a_ledger_that_was_altered(client: httpx.Client, layout: Layout) -> None:
    """A ledger that is not as it was signed is told, without a word of the inside; all else works."""
    leaves = layout.ledger("default") / "leaves.jsonl"
    leaves.write_bytes(leaves.read_bytes().replace(b'"records":6', b'"records":5'))
    page = client.get("/ledger")
    assert page.status_code == 200
    assert "not as it was signed" in page.text
    assert str(layout.data) not in page.text
    assert client.get("/ledger/checkpoint?tenant=default").status_code == 500
    assert client.get("/message/default/syslog/1").status_code == 200
    assert client.get("/export?format=csv&zip=yes&proofs=yes").status_code == 404
    told = manifest_of(client.get("/export?format=csv&zip=yes").content)["ledger"]
    assert "not as it was signed" in told["fault"]
    assert str(layout.data) not in told["fault"]


@pytest.mark.usefixtures("kept")
def test_a_ledger_that_cannot_be_read(client: httpx.Client, layout: Layout) -> None:
    """Where a file of the ledger cannot be read, the message is shown all the same, and the page says so."""
    leaves = layout.ledger("default") / "leaves.jsonl"
    leaves.unlink()
    leaves.mkdir()
    assert client.get("/message/default/syslog/1").status_code == 200
    page = client.get("/ledger")
    assert page.status_code == 200
    assert "cannot be read" in page.text


@pytest.mark.usefixtures("kept")
def test_what_has_expired_is_not_counted(client: httpx.Client, layout: Layout) -> None:
    """Page, API and command tell of what is there, and leave out what has expired."""
    note_expired(layout, LAB, [(1, 5)])
    note_expired(layout, StreamName(), [(1, 3)])  # not all of a leaf's: it stays
    default, lab = client.get("/api/v1/ledger").json()["ledgers"]
    assert (default["records"], lab["records"], lab["streams"]) == (6, 0, [])
    assert (summary(layout, "default").records, summary(layout, "lab").records) == (6, 0)


def test_tenants_places_are_remembered_apart(client: httpx.Client, store: Store, layout: Layout) -> None:
    """Where a tenant's messages are in its ledger stays known, whatever is asked about others' meanwhile."""
    tenants = ["default", *(f"t{number}" for number in range(6))]
    for tenant in tenants:
        store(FRAMES[:1], name=StreamName(tenant))
    ledgered(layout)
    for tenant in tenants:
        assert "leaf 1 of 1" in client.get(f"/message/{tenant}/syslog/1").text
    with opening([layout.ledger("default")]) as opened:
        assert "leaf 1 of 1" in client.get("/message/default/syslog/1").text
        assert layout.ledger("default") / "leaves.jsonl" not in opened.told()


def test_without_a_ledger(client: httpx.Client, store: Store) -> None:
    """Where there is none yet, the pages say so, and nothing breaks."""
    store(FRAMES)
    assert "There is no ledger yet" in client.get("/ledger").text
    assert "<dt>Ledger</dt>" not in client.get("/message/default/syslog/1").text
    assert client.get("/message/default/syslog/1/proof").status_code == 404
    assert client.get("/export?format=csv&zip=yes&proofs=yes").status_code == 404


def test_nobody_is_told_anything(ask: Callable[..., httpx.Response]) -> None:
    """Who is not signed in gets nothing of it."""
    nobody = Visitor("", "auditor", means="nobody")
    for path in SEEN:
        assert ask(path, nobody).status_code in {303, 401}
