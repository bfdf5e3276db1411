"""The DTLS listener on a real socket, with real senders: openssl s_client and socat."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from OpenSSL import SSL

from collector import dtls
from collector.settings import ListenerSettings
from tests.collector.conftest import Certificates
from tests.collector.identities import Identities, Identity
from tests.collector.running import LOOPBACK, Running, collecting, play
from tests.collector.streams import counted
from tests.machine import free_port

Tool = Callable[[str], str]
MESSAGES = [b"<13>1 - h a - - - %d" % number for number in range(20)]


def listening(**settings: Any) -> dict[str, ListenerSettings]:
    """One DTLS listener on loopback."""
    given = {"transport": "dtls", "port": 0, "address": LOOPBACK, "stream": "dtls"}
    return {"dtls": ListenerSettings.model_validate({**given, **settings})}


class Sender:
    """A program that makes a session, and sends a record for each piece that it is given."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def send(self, piece: bytes) -> None:
        """Send one record."""
        assert self.process.stdin is not None
        self.process.stdin.write(piece)
        await self.process.stdin.drain()

    async def end(self) -> bytes:
        """End the session, as the program does at the end of its input; give what it printed."""
        printed, _ = await asyncio.wait_for(self.process.communicate(b""), 30)
        return printed


@asynccontextmanager
async def sending(*command: str) -> AsyncIterator[Sender]:
    """A sender at work; it ends with the block."""
    pipe, both = asyncio.subprocess.PIPE, asyncio.subprocess.STDOUT
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=both)
    try:
        yield Sender(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def s_client(
    tool: Tool, running: Running, certificates: Certificates, identity: Identity | None = None, *options: str
) -> list[str]:
    """OpenSSL's client; it verifies us."""
    proof = identity and ["-cert", str(identity.files.certificate), "-key", str(identity.files.key)]
    return [
        *(
            tool("openssl"),
            "s_client",
            "-connect",
            f"{LOOPBACK}:{running.port('dtls')}",
            "-quiet",
            "-no_ign_eof",
        ),
        *("-CAfile", str(certificates.server.certificate), "-verify_return_error"),
        *(proof or []),
        *(options or ["-dtls1_2"]),
    ]


def socat(
    tool: Tool, running: Running, certificates: Certificates, identity: Identity | None = None
) -> list[str]:
    """socat, which knows OpenSSL's own ways of DTLS."""
    proof = f",cert={identity.files.certificate},key={identity.files.key}" if identity else ""
    place = f"OPENSSL-DTLS-CLIENT:{LOOPBACK}:{running.port('dtls')}"
    return [
        *(tool("socat"), "-t", "1", "-"),
        f"{place},cafile={certificates.server.certificate},openssl-commonname=localhost{proof}",
    ]


def more_than(running: Running, octets: int) -> bool:
    """Whether more octets were reported."""
    return bool(running.listener("dtls")["octets"] > octets)


SENDERS = pytest.mark.parametrize("program", [s_client, socat])


@SENDERS
def test_messages_come_through(
    folder: Path, tool: Tool, certificates: Certificates, program: Callable[..., list[str]]
) -> None:
    """RFC 6012: counted frames, several in a record and one over two, and bare messages: octets as sent."""
    pieces = [
        counted(MESSAGES[0]),
        counted(*MESSAGES[1:5]),
        counted(MESSAGES[5])[:9],
        counted(MESSAGES[5])[9:],
        MESSAGES[6],
        b"<13>bare\nwith lines\n",
    ]
    expected = [*MESSAGES[:7], b"<13>bare\nwith lines\n"]
    reached = [1, 5, 5, 6, 7, 8]

    async def scene() -> None:
        async with (
            collecting(folder, certificates.server.key.parent, listeners=listening()) as running,
            sending(*program(tool, running, certificates)) as sender,
        ):
            before = 0
            for piece, count in zip(pieces, reached, strict=True):
                octets = running.listener("dtls")["octets"]
                await sender.send(piece)
                await running.storage.await_messages(count)
                if count == before:  # nothing but the octets shows that it came
                    await running.reported(partial(more_than, running, octets))
                before = count
            await sender.end()
            await running.reported(lambda: running.listener("dtls")["connections"] == 0)
            assert running.storage.messages() == expected
            assert set(running.storage.column("transport")) == {"dtls"}
            assert set(running.storage.column("tls_identity")) == {None}
            assert set(running.storage.column("peer")) == {LOOPBACK}
            assert running.listener("dtls")["connections_accepted"] == 1

    play(scene)


@SENDERS
def test_identity_is_kept_with_every_message(
    folder: Path,
    tool: Tool,
    certificates: Certificates,
    identities: Identities,
    program: Callable[..., list[str]],
) -> None:
    """RFC 6012 section 5.3.1: both ends prove themselves, and the sender's certificate is recorded."""
    sender_of = identities.issued("a.example")
    settings = listening(client_certificate="required", client_ca=identities.ca, client_names=["a.example"])

    async def scene() -> None:
        async with (
            collecting(folder, certificates.server.key.parent, listeners=settings) as running,
            sending(*program(tool, running, certificates, sender_of)) as sender,
        ):
            await sender.send(counted(*MESSAGES))
            await running.storage.await_messages(len(MESSAGES))
            await sender.end()
            assert running.storage.messages() == MESSAGES
            assert set(running.storage.column("tls_identity")) == {f"{sender_of.fingerprint()} a.example"}

    play(scene)


def test_refused_senders_see_an_alert(
    folder: Path,
    tool: Tool,
    certificates: Certificates,
    identities: Identities,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """RFC 5425 section 5: the handshake ends with an alert; we count, and tell how to accept the sender."""
    stranger = identities.self_signed("x.example")
    settings = listening(client_certificate="required", client_ca=identities.ca)

    async def scene() -> None:
        async with collecting(folder, certificates.server.key.parent, listeners=settings) as running:
            for identity, alert in ((stranger, b"alert unknown ca"), (None, b"alert handshake failure")):
                async with sending(*s_client(tool, running, certificates, identity)) as sender:
                    printed = await asyncio.wait_for(sender.process.stdout.read(), 30)  # type: ignore[union-attr]  # a pipe
                    assert alert in printed, printed
            await running.finish()
            assert running.listener("dtls")["refused"] == {
                "DTLS handshake: certificate not accepted: self-signed, and not in client_ca": 1,
                "DTLS handshake: peer did not return a certificate": 1,
            }
            assert running.storage.messages() == []

    play(scene)
    assert f"list in client_fingerprints: {stranger.fingerprint()}" in caplog.text


def test_dtls_1_0_is_refused(folder: Path, tool: Tool, certificates: Certificates) -> None:
    """RFC 9662 section 5: DTLS 1.0 gets the alert protocol_version (70)."""

    async def scene() -> None:
        async with collecting(folder, certificates.server.key.parent, listeners=listening()) as running:
            options = ("-dtls1", "-cipher", "ALL:@SECLEVEL=0")
            async with sending(*s_client(tool, running, certificates, None, *options)) as sender:
                printed = await asyncio.wait_for(sender.process.stdout.read(), 30)  # type: ignore[union-attr]  # a pipe
                assert b"SSL alert number 70" in printed, printed
            await running.finish()
            assert running.listener("dtls")["refused"] == {"DTLS handshake: unsupported protocol": 1}

    play(scene)


def test_sessions_are_told_apart(folder: Path, tool: Tool, certificates: Certificates) -> None:
    """RFC 6012 section 5.1: several senders at one port, each with a frame begun, do not mix."""

    async def scene() -> None:
        async with (
            collecting(folder, certificates.server.key.parent, listeners=listening()) as running,
            sending(*s_client(tool, running, certificates)) as one,
            sending(*s_client(tool, running, certificates)) as other,
        ):
            await one.send(counted(MESSAGES[0]) + counted(b"<13>one")[:4])
            await other.send(counted(MESSAGES[1]) + counted(b"<13>other")[:4])
            await running.storage.await_messages(2)
            await one.send(counted(b"<13>one")[4:])
            await other.send(counted(b"<13>other")[4:])
            await running.storage.await_messages(4)
            assert sorted(running.storage.messages()) == sorted([*MESSAGES[:2], b"<13>one", b"<13>other"])
            assert running.listener("dtls")["flagged"] == {}

    play(scene)


def test_a_sender_that_lost_its_session_begins_anew(
    folder: Path, tool: Tool, certificates: Certificates
) -> None:
    """RFC 6347 section 4.2.8: from the same address and port, without a word of farewell before."""
    port = free_port(socket.SOCK_DGRAM)

    async def scene() -> None:
        async with collecting(folder, certificates.server.key.parent, listeners=listening()) as running:
            for number in range(2):
                options = ("-dtls1_2", "-bind", f"{LOOPBACK}:{port}")
                async with sending(*s_client(tool, running, certificates, None, *options)) as sender:
                    await sender.send(MESSAGES[number])
                    await running.storage.await_messages(number + 1)
                    sender.process.kill()
            await running.reported(lambda: running.listener("dtls")["connections_accepted"] == 2)
            assert running.listener("dtls")["connections"] == 1
            assert running.storage.messages() == MESSAGES[:2]

    play(scene)


class Peer:
    """A client of DTLS in memory; its datagrams are carried by hand, from an address of its own."""

    def __init__(self, wire: socket.socket, port: int) -> None:
        self._wire, self._server = wire, (LOOPBACK, port)
        context = SSL.Context(SSL.DTLS_CLIENT_METHOD)
        context.set_options(SSL.OP_NO_QUERY_MTU)
        self.connection = SSL.Connection(context, None)
        self.connection.set_ciphertext_mtu(1_400)
        self.connection.set_connect_state()

    def flight(self) -> list[bytes]:
        """Go on with the handshake; give what it sends."""
        with suppress(SSL.WantReadError):
            self.connection.do_handshake()
        with suppress(SSL.WantReadError):
            return [self.connection.bio_read(65_536)]
        return []

    def send(self, datagrams: list[bytes]) -> None:
        """Send datagrams to the listener."""
        for datagram in datagrams:
            self._wire.sendto(datagram, self._server)

    async def take(self) -> None:
        """Wait for an answer, and take it."""
        loop = asyncio.get_running_loop()
        self.connection.bio_write(await asyncio.wait_for(loop.sock_recv(self._wire, 65_536), 10))

    async def shake_hands(self) -> None:
        """Do the handshake, or what is left of it."""
        self.send(self.flight())
        while not self.connection.get_peer_finished():
            await self.take()
            self.send(self.flight())


def test_a_session_that_ends_takes_no_other_along(folder: Path, certificates: Certificates) -> None:
    """The end of a session and the beginning of the next, from the same address, may come together."""

    async def scene() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
            wire.setblocking(False)
            wire.bind((LOOPBACK, 0))
            async with collecting(folder, certificates.server.key.parent, listeners=listening()) as running:
                old, new = (Peer(wire, running.port("dtls")) for _ in range(2))
                await old.shake_hands()
                old.connection.send(MESSAGES[0])
                old.send(old.flight())
                await running.storage.await_messages(1)
                new.send(new.flight())
                await new.take()
                old.connection.shutdown()
                old.send([*old.flight(), *new.flight()])
                await running.reported(lambda: running.listener("dtls")["connections_accepted"] == 2)
                await new.shake_hands()
                new.connection.send(MESSAGES[1])
                new.send(new.flight())
                await running.storage.await_messages(2)

    play(scene)


def test_a_greeting_that_comes_again_ends_nothing(folder: Path, certificates: Certificates) -> None:
    """A copy of the ClientHello that began a session, come late, leaves that session as it is."""

    async def scene() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
            wire.setblocking(False)
            wire.bind((LOOPBACK, 0))
            async with collecting(folder, certificates.server.key.parent, listeners=listening()) as running:
                peer = Peer(wire, running.port("dtls"))
                peer.send(peer.flight())
                await peer.take()
                greeting = peer.flight()
                peer.send(greeting)
                await peer.take()
                await peer.shake_hands()
                peer.send(greeting)
                peer.connection.send(MESSAGES[0])
                peer.send(peer.flight())
                await running.storage.await_messages(1)
                await running.finish()
                assert running.listener("dtls")["connections_accepted"] == 1

    play(scene)


def test_handshakes_that_go_nowhere_keep_nobody_out(
    folder: Path, tool: Tool, certificates: Certificates
) -> None:
    """Where there are too many sessions, an unfinished handshake gives way to a new one."""

    async def scene() -> None:
        settings = listening(maximum_connections=1)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
            wire.setblocking(False)
            wire.bind((LOOPBACK, 0))
            async with collecting(folder, certificates.server.key.parent, listeners=settings) as running:
                peer = Peer(wire, running.port("dtls"))
                peer.send(peer.flight())
                await peer.take()
                peer.send(peer.flight())
                await peer.take()
                async with sending(*s_client(tool, running, certificates)) as sender:
                    await sender.send(MESSAGES[0])
                    await running.storage.await_messages(1)
                await running.reported(lambda: running.listener("dtls")["refused"])
                assert running.listener("dtls")["refused"] == {"DTLS: made room for another": 1}

    play(scene)


def test_no_more_sessions_than_allowed(folder: Path, tool: Tool, certificates: Certificates) -> None:
    """The number of sessions is bounded; one that is ended makes room."""

    async def scene() -> None:
        settings = listening(maximum_connections=1)
        async with collecting(folder, certificates.server.key.parent, listeners=settings) as running:
            async with sending(*s_client(tool, running, certificates)) as first:
                await first.send(MESSAGES[0])
                await running.storage.await_messages(1)
                async with sending(*s_client(tool, running, certificates)):
                    await running.reported(lambda: running.listener("dtls")["refused"])
                await first.end()
            await running.reported(lambda: running.listener("dtls")["connections"] == 0)
            async with sending(*s_client(tool, running, certificates)) as second:
                await second.send(MESSAGES[1])
                await running.storage.await_messages(2)
            assert set(running.listener("dtls")["refused"]) == {"too many connections"}

    play(scene)


def test_idle_sessions_are_ended_with_close_notify(
    folder: Path, tool: Tool, certificates: Certificates
) -> None:
    """RFC 6012 section 5.5: after the silence that is set, close_notify, and the session is forgotten."""

    async def scene() -> None:
        settings = listening(idle_seconds=1)
        async with (
            collecting(folder, certificates.server.key.parent, listeners=settings) as running,
            sending(*s_client(tool, running, certificates)) as sender,
        ):
            await sender.send(MESSAGES[0])
            await running.storage.await_messages(1)
            assert await asyncio.wait_for(sender.process.wait(), 30) == 0  # it read the end
            await running.reported(lambda: running.listener("dtls")["connections"] == 0)

    play(scene)


def test_a_frame_that_was_begun_is_given_out(
    folder: Path, tool: Tool, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When nothing more comes of a frame it is kept, flagged, and the next record is not its rest."""
    monkeypatch.setattr(dtls, "_SETTLE_SECONDS", 0.1)

    async def scene() -> None:
        async with (
            collecting(folder, certificates.server.key.parent, listeners=listening()) as running,
            sending(*s_client(tool, running, certificates)) as sender,
        ):
            await sender.send(b"30 " + MESSAGES[0])
            await running.storage.await_messages(1)
            await sender.send(counted(MESSAGES[1]))
            await running.storage.await_messages(2)
            assert running.storage.messages() == MESSAGES[:2]
            assert running.storage.column("flags")[0] == ["framing_error", "truncated"]

    play(scene)


def test_guests_and_strays(folder: Path, certificates: Certificates) -> None:
    """Plain syslog is a guest, data without a session is counted as lost, junk is discarded."""
    data = b"\x17\xfe\xfd\0\x01\0\0\0\0\0\x07\0\x04data"

    async def scene() -> None:
        async with collecting(folder, certificates.server.key.parent, listeners=listening()) as running:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                for datagram in (MESSAGES[0], data, b"", b"\x16\xfe\xfdjunk"):
                    sender.sendto(datagram, (LOOPBACK, running.port("dtls")))
            await running.finish()
            state = running.listener("dtls")
            assert state["guests"] == {"syslog": 1}
            assert state["lost"] == {"no DTLS session": 1}
            assert state["empty_datagrams"] == 1
            assert state["discarded_octets"] == 7
            assert state["connections_accepted"] == 0
            assert running.storage.messages() == []

    play(scene)


def test_answers_come_from_the_address_that_was_called(
    folder: Path, tool: Tool, certificates: Certificates
) -> None:
    """A listener on every address answers from the one that the sender knows, over both protocols."""

    async def scene() -> None:
        settings = listening(address="::")
        async with collecting(folder, certificates.server.key.parent, listeners=settings) as running:
            port = running.port("dtls")
            for number, place in enumerate((f"127.0.0.2:{port}", f"[::1]:{port}", f"127.0.0.1:{port}")):
                command = [
                    tool("openssl"),
                    "s_client",
                    "-dtls1_2",
                    "-connect",
                    place,
                    "-quiet",
                    "-no_ign_eof",
                ]
                async with sending(*command) as sender:
                    await sender.send(MESSAGES[number])
                    await running.storage.await_messages(number + 1)
                    await sender.end()
            assert running.storage.messages() == MESSAGES[:3]
            assert running.storage.column("peer") == [LOOPBACK, "::1", LOOPBACK]

    play(scene)


def test_stopping_ends_sessions_and_keeps_what_came(
    folder: Path, tool: Tool, certificates: Certificates
) -> None:
    """A stopping collector says close_notify, and keeps what was begun, flagged."""

    async def scene() -> None:
        async with (
            collecting(folder, certificates.server.key.parent, listeners=listening()) as running,
            sending(*s_client(tool, running, certificates)) as sender,
        ):
            await sender.send(counted(MESSAGES[0]) + b"30 " + MESSAGES[1])
            await running.storage.await_messages(1)
            await running.finish()
            assert await asyncio.wait_for(sender.process.wait(), 30) == 0
            assert running.storage.messages() == MESSAGES[:2]

    play(scene)
