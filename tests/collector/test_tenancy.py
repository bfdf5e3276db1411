"""Whose the messages of a batch are: parted by runs and tokens, nothing lost, no token left."""

import asyncio
import logging
import socket
import ssl
import zlib
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.books import tenant_octets
from collector.certificate import fingerprints
from collector.handoff_batch import Done
from collector.intake import Intake, Limits
from collector.settings import ListenerSettings
from collector.tenancy import Part, Tenancy, tenancy_of
from parsers.batch import decode_records
from parsers.pipeline import Arrival
from parsers.schema import Flag
from tenants.assignment import Assignment
from tenants.file import RegistryError, edit
from tenants.registry import Registry
from tests.collector.conftest import Certificates
from tests.collector.running import LOOPBACK, collecting_alone, play
from tests.collector.storage_double import storage_at
from tests.collector.streams import counted

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
AT = 1_795_262_400 * 10**9
SETTINGS = ListenerSettings(transport="tcp", port=0, tenant="own", stream="edge", timezone="UTC")
PRINT = "sha-256:" + ":".join(["AB"] * 32)


def a_registry() -> tuple[Registry, str]:
    """Tenants by token, certificate, network and listener, and the token."""
    registry = Registry()
    for name in ("tok", "cert", "net", "lis"):
        registry = registry.add(name, "", NOW)
    registry = registry.assign("cert", "identity", PRINT).assign("net", "network", "10.0.0.0/8")
    return registry.assign("lis", "listener", "branch").add_token("tok", "x", NOW)


REGISTRY, TOKEN = a_registry()


def frame(text: str, token: str | None = None) -> bytes:
    """A message, with a token or without."""
    structured_data = "-" if token is None else f'[tenant@32473 token="{token}"]'
    return f"<13>1 2026-11-20T22:51:03Z fw app - - {structured_data} {text}".encode()


LISTENERS = {"tcp": ListenerSettings(transport="tcp", address=LOOPBACK, port=0)}


def with_network(registry: Registry) -> Registry:
    """The registry with a tenant of this machine's messages."""
    return registry.add("net", "", NOW).assign("net", "network", "127.0.0.0/8")


def a_tenancy(listener: str = "office") -> Tenancy:
    """The rules of one listener."""
    return Tenancy(Assignment(REGISTRY), listener, SETTINGS)


def by_tenant(parts: list[Part]) -> dict[str, list[bytes]]:
    """The messages of each."""
    assert all(sum(run.count for run in part.arrivals) == len(part.frames) for part in parts)
    assert len({part.tenant for part in parts}) == len(parts)
    return {part.tenant: list(part.frames) for part in parts}


def test_a_batch_of_one_tenant_is_given_as_it_is() -> None:
    """Nothing is copied where nothing has to be taken apart."""
    frames = [frame("a"), frame("b")]
    arrivals = [Arrival(AT, "10.0.0.1", 1), Arrival(AT, "10.0.0.2", 1)]
    (part,) = a_tenancy().parts(frames, arrivals, {})
    assert part.tenant == "net"
    assert part.frames is frames
    assert part.arrivals is arrivals


def test_runs_go_to_their_senders_tenants() -> None:
    """By certificate, network or neither, each with its own runs and flags."""
    frames = [frame(text) for text in "abcdef"]
    arrivals = [
        Arrival(AT, "10.0.0.1", 2), Arrival(AT + 1, "192.0.2.1", 1),
        Arrival(AT + 2, "10.0.0.1", 2, PRINT), Arrival(AT + 3, "10.0.0.2", 1),
    ]  # fmt: skip
    parts = a_tenancy().parts(frames, arrivals, {1: (Flag.TRUNCATED,), 4: (Flag.FRAMING_ERROR,)})
    assert by_tenant(parts) == {
        "net": [frames[0], frames[1], frames[5]],
        "own": [frames[2]],
        "cert": [frames[3], frames[4]],
    }
    assert {part.tenant: part.flags for part in parts} == {
        "net": {1: (Flag.TRUNCATED,)}, "own": {}, "cert": {1: (Flag.FRAMING_ERROR,)},
    }  # fmt: skip


def test_a_listener_is_asked_last() -> None:
    """It says whose the rest is."""
    frames = [frame("a"), frame("b")]
    parts = a_tenancy("branch").parts(frames, [Arrival(AT, "10.1.1.1", 1), Arrival(AT, "local", 1)], {})
    assert by_tenant(parts) == {"net": [frames[0]], "lis": [frames[1]]}


def test_a_token_comes_first_and_is_gone() -> None:
    """It says whose its message is, whoever sends it; no part has its octets."""
    frames = [frame("a", TOKEN), frame("b"), frame("c", TOKEN)]
    arrivals = [Arrival(AT, "10.0.0.1", 2, PRINT), Arrival(AT, "192.0.2.1", 1)]
    parts = a_tenancy().parts(frames, arrivals, {})
    assert by_tenant(parts) == {"tok": [frame("a"), frame("c")], "cert": [frame("b")]}
    assert all(part.wrong == 0 for part in parts)


def test_a_wrong_token_is_taken_out_flagged_and_told_without_itself(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The message goes where it would without it; the log has the sender's address, once, and no secret."""
    frames = [frame("a", "slt_wrong"), frame("b"), frame("c", "slt_wrong"), frame("d", "")]
    tenancy = a_tenancy()
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            parts = tenancy.parts(frames, [Arrival(AT, "10.0.0.1", 4)], {2: (Flag.TRUNCATED,)})
    assert by_tenant(parts) == {"net": [frame(text) for text in "abcd"]}
    assert parts[0].wrong == 3
    assert parts[0].flags[2] == (Flag.TRUNCATED, Flag.TOKEN_WRONG)
    assert len(caplog.records) == 1
    assert "10.0.0.1" in caplog.text
    assert "slt_wrong" not in caplog.text


def test_a_text_that_only_looks_like_a_token_is_left() -> None:
    """MSG is the sender's own, and nobody can hide there what he writes."""
    frames = [frame(f'[tenant@32473 token="slt_{"x" * 32}"]'), b'no syslog [tenant@32473 token="x"]']
    parts = a_tenancy().parts(frames, [Arrival(AT, "10.0.0.1", 2)], {})
    assert by_tenant(parts) == {"net": frames}


def test_a_known_token_in_a_text_is_taken_out_and_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """As where a device puts it into a message of RFC 3164: flagged, told, and no tenant's."""
    frames = [f"<13>Nov 20 22:51:03 fw app: token={TOKEN} text".encode(), frame("b", TOKEN)]
    parts = a_tenancy().parts(frames, [Arrival(AT, "10.0.0.1", 2)], {})
    assert by_tenant(parts) == {"net": [b"<13>Nov 20 22:51:03 fw app: token= text"], "tok": [frame("b")]}
    assert parts[0].flags == {0: (Flag.TOKEN_WRONG,)}
    assert TOKEN not in caplog.text
    assert "where none counts" in caplog.text


def test_a_token_of_gelf_is_a_member_of_its_object(caplog: pytest.LogCaptureFixture) -> None:
    """Right, it says whose the message is; wrong, it is flagged; either is gone."""
    right, wrong = (
        b'{"version":"1.1", "host":"h", "_tenant_token":"%s", "short_message":"a"}' % token.encode()
        for token in (TOKEN, "slt_wrong")
    )
    without = b'{"version":"1.1", "host":"h", "short_message":"a"}'
    parts = a_tenancy().parts([right, wrong, without], [Arrival(AT, "10.0.0.1", 3)], {})
    assert by_tenant(parts) == {"tok": [without], "net": [without, without]}
    assert [part.wrong for part in parts] == [0, 1]
    assert "slt_wrong" not in caplog.text


kinds = st.sampled_from([None, TOKEN, "slt_wrong"])
runs = st.tuples(st.sampled_from(["10.0.0.1", "192.0.2.1", "local"]), st.lists(kinds, min_size=1, max_size=5))


@given(st.lists(runs, min_size=1, max_size=6))
def test_every_message_is_in_exactly_one_part(several: list[tuple[str, list[str | None]]]) -> None:
    """Parting is the same as asking for each message by itself, and keeps the order."""
    frames: list[bytes] = []
    arrivals: list[Arrival] = []
    wanted: dict[str, list[bytes]] = {}
    for peer, tokens in several:
        arrivals.append(Arrival(AT + len(frames), peer, len(tokens)))
        for token in tokens:
            text = str(len(frames))
            frames.append(frame(text, token))
            tenant = "tok" if token == TOKEN else "net" if peer.startswith("10.") else "own"
            wanted.setdefault(tenant, []).append(frame(text))
    assert by_tenant(a_tenancy().parts(frames, arrivals, {})) == wanted


def test_the_appliances_own_messages_are_no_tenants() -> None:
    """Nobody can have them come elsewhere, nor does anybody look at them."""
    assignment = Assignment(REGISTRY)
    trail = SETTINGS.model_copy(update={"tenant": "trail"})
    assert tenancy_of(assignment, "self", SETTINGS) is None
    assert tenancy_of(assignment, "trail", SETTINGS) is None
    assert tenancy_of(assignment, "audit", trail) is None
    assert tenancy_of(Assignment(), "office", SETTINGS) is None
    assert tenancy_of(assignment, "office", SETTINGS) is not None


class Batches:
    """Takes batches, and remembers whom to answer."""

    def __init__(self) -> None:
        self.records: dict[str, list[Any]] = {}
        self.octets: Counter[str] = Counter()
        self.dones: list[Done | None] = []

    def __call__(
        self, tenant: str, stream: str, *, messages: int, octets: int, payload: Any, lost: Counter[str],
        done: Done | None = None, can_wait: bool = True,
    ) -> None:  # fmt: skip
        """Take one batch."""
        assert (stream, can_wait, lost.total()) == ("edge", True, 0)
        records = decode_records(payload)
        assert records.num_rows == messages
        self.records.setdefault(tenant, []).extend(records.to_pylist())
        self.octets[tenant] += octets
        self.dones.append(done)


def test_batches_of_an_intake_go_to_each_tenant_and_are_answered_as_one() -> None:
    """Who waits hears "stored" when every part is, and "not stored" when one is not."""

    async def scene() -> None:
        batches = Batches()
        answers: list[bool] = []
        intake = Intake("office", SETTINGS, Limits(100, 10_000, 3600.0), batches)
        intake.part_by(a_tenancy())
        for all_is_well in (True, False):
            frames = [frame("a"), frame("b", TOKEN), frame("c")]
            arrivals = [Arrival(AT, "10.0.0.1", 2), Arrival(AT, "192.0.2.1", 1)]
            intake.add(frames, arrivals, {}, answers.append)
            intake.flush()
            first, *others = batches.dones
            assert len({id(done) for done in batches.dones}) == 3
            assert first is not None
            first(all_is_well)
            assert not answers
            for done in others:
                assert done is not None
                done(True)
            assert answers == [all_is_well]
            answers.clear()
            batches.dones.clear()
        assert {tenant: [one["message"] for one in rows] for tenant, rows in batches.records.items()} == {
            "net": ["a", "a"], "tok": ["b", "b"], "own": ["c", "c"],
        }  # fmt: skip
        assert all(TOKEN not in str(rows) for rows in batches.records.values())
        size = len(frame("a"))
        assert batches.octets == {"net": 2 * size, "tok": 2 * size, "own": 2 * size}
        assert intake.book.book.totals[tenant_octets("tok")] == 2 * size
        assert intake.counts.messages == 6

    play(scene)


def test_wrong_tokens_are_counted_and_in_the_records() -> None:
    """The status and every message say so."""

    async def scene() -> None:
        batches = Batches()
        intake = Intake("office", SETTINGS, Limits(100, 10_000, 3600.0), batches)
        intake.part_by(a_tenancy())
        intake.add([frame("a", "slt_wrong"), frame("b")], [Arrival(AT, "192.0.2.1", 2)], {})
        intake.flush()
        assert [one["flags"] for one in batches.records["own"]] == [["token_wrong"], []]
        assert intake.counts.report()["flagged"] == {"token_wrong": 1}

    play(scene)


def test_should_parting_fail_for_one_message_the_others_are_parted(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It promises not to; if it does, one message stays with its listener's tenant, and is told of."""

    def take_out(octets: bytes, _is_known: object) -> None:
        assert not octets.endswith(b"bad"), "as the test says"

    monkeypatch.setattr("collector.tenancy.take_out", take_out)

    async def scene() -> None:
        batches = Batches()
        answers: list[bool] = []
        intake = Intake("office", SETTINGS, Limits(100, 10_000, 3600.0), batches)
        intake.part_by(a_tenancy())
        frames = [frame("a"), frame("bad", "slt_x"), frame("c"), frame("d")]
        intake.add(frames, [Arrival(AT, "10.0.0.1", 4)], {}, answers.append)
        intake.flush()
        assert [one["message"] for one in batches.records["own"]] == ["bad"]
        assert [one["message"] for one in batches.records["net"]] == ["a", "c", "d"]
        for done in batches.dones:
            assert done is not None
            done(True)
        assert answers == [True]

    play(scene)
    assert "nobody can say whose a message is" in caplog.text
    assert "slt_x" not in caplog.text


def test_a_reload_changes_whose_messages_are_while_they_come(folder: Path) -> None:
    """What came before goes by the old rules, what comes after by the new; connections and messages stay."""
    tenants = folder / "tenants.json"

    async def scene() -> None:
        async with (
            storage_at(folder) as storage,
            collecting_alone(folder, storage, tenants=tenants, listeners=LISTENERS) as running,
        ):
            reader, writer = await asyncio.open_connection(LOOPBACK, running.port("tcp"))
            writer.write(b"<13>1 - - - - - - before\n")
            await storage.await_messages(1)
            edit(tenants, lambda registry: (with_network(registry), None))
            await running.reload(listeners=LISTENERS)
            writer.write(b"<13>1 - - - - - - after\n")
            await storage.await_messages(2)
            tenants.write_text("{")
            with pytest.raises(RegistryError, match="backup"):
                await running.reload(listeners=LISTENERS)
            writer.write(b"<13>1 - - - - - - still\n")
            await storage.await_messages(3)
            assert [header.tenant for header in storage.headers] == ["default", "net", "net"]
            writer.close()
            assert await reader.read() == b""

    play(scene)


def test_a_collector_without_its_registry_does_not_start(folder: Path) -> None:
    """A damaged registry would have messages come to the wrong tenant, and tokens be stored."""
    tenants = folder / "tenants.json"
    tenants.write_text("{")

    async def scene() -> None:
        async with storage_at(folder) as storage:
            with pytest.raises(RegistryError, match="backup"):
                async with collecting_alone(folder, storage, tenants=tenants, listeners=LISTENERS):
                    raise AssertionError("it started")

    play(scene)


def test_a_sender_by_tls_is_known_by_its_certificate(folder: Path, certificates: Certificates) -> None:
    """Whoever proves it, wherever it sends from; without a certificate it is the network that says."""
    proved, _ = fingerprints(certificates.client.certificate)
    tenants = folder / "tenants.json"

    def change(registry: Registry) -> tuple[Registry, None]:
        added = with_network(registry).add("cert", "", NOW)
        return added.assign("cert", "identity", proved), None

    edit(tenants, change)
    listening = ListenerSettings(
        transport="tls",
        address=LOOPBACK,
        port=0,
        client_certificate="optional",
        client_fingerprints=(proved,),
    )
    context = ssl.create_default_context(cafile=certificates.server.certificate)

    async def send(port: int, message: bytes) -> None:
        _, writer = await asyncio.open_connection(LOOPBACK, port, ssl=context, server_hostname="localhost")
        writer.write(counted(message))
        await writer.drain()
        writer.close()

    async def scene() -> None:
        tls = certificates.server.key.parent
        async with (
            storage_at(folder) as storage,
            collecting_alone(folder, storage, tls, tenants=tenants, listeners={"tls": listening}) as running,
        ):
            await send(running.port("tls"), b"<13>1 - - - - - - nobody")
            await storage.await_messages(1)
            context.load_cert_chain(certificates.client.certificate, certificates.client.key)
            await send(running.port("tls"), b"<13>1 - - - - - - somebody")
            await storage.await_messages(2)
            assert [header.tenant for header in storage.headers] == ["net", "cert"]

    play(scene)


def test_a_token_within_a_compressed_gelf_datagram_is_taken_out(folder: Path) -> None:
    """What is compressed is read first; what is kept is the object as it was sent, less its token."""
    tenants = folder / "tenants.json"
    edit(tenants, lambda _: (REGISTRY, None))
    sent = b'{"version":"1.1","host":"h","short_message":"a","_tenant_token":"%s","_n":1}' % TOKEN.encode()

    async def scene() -> None:
        listeners = {"gelf": ListenerSettings(transport="gelf-udp", address=LOOPBACK, port=0)}
        async with (
            storage_at(folder) as storage,
            collecting_alone(folder, storage, tenants=tenants, listeners=listeners) as running,
        ):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.sendto(zlib.compress(sent), (LOOPBACK, running.port("gelf")))
            await storage.await_messages(1)
            assert [header.tenant for header in storage.headers] == ["tok"]
            assert storage.messages() == [b'{"version":"1.1","host":"h","short_message":"a","_n":1}']

    play(scene)
