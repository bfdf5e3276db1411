"""The TLS listener on real sockets, with Python's own TLS client."""

import asyncio
import ssl
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from collector import listening, tls
from collector.authority import shown_at
from collector.certificate import fingerprint
from collector.tls import TlsConnection
from tests.collector.conftest import Certificates
from tests.collector.running import LOOPBACK, Running, collecting, collecting_alone, listeners, play
from tests.collector.storage_double import StorageDouble, endpoint_in
from tests.collector.streams import counted

MESSAGES = [b"<13>1 - h a - - - %d" % number for number in range(100)]


def client(certificates: Certificates, *, identify: bool = False) -> ssl.SSLContext:
    """A sender's TLS parameters."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(certificates.server.certificate)
    if identify:
        context.load_cert_chain(certificates.client.certificate, certificates.client.key)
    return context


async def connect(
    running: Running, context: ssl.SSLContext
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A sender's connection."""
    return await asyncio.open_connection(
        LOOPBACK, running.port("tls"), ssl=context, server_hostname="localhost"
    )


async def connect_and_read(running: Running, context: ssl.SSLContext) -> None:
    """Connect and read, for a client of TLS 1.3 hears of a refusal only then.

    Raises:
        ssl.SSLError: when we are refused.
        ConnectionError: when the alert did not get here before the end of the connection.
    """
    reader, _ = await connect(running, context)
    if not await reader.read():
        raise ConnectionResetError


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_messages_come_through(folder: Path, certificates: Certificates, version: ssl.TLSVersion) -> None:
    """RFC 5425: octet-counted messages over both versions of TLS."""
    tls_folder = certificates.server.key.parent

    async def scene() -> None:
        async with collecting(folder, tls_folder, listeners=listeners()) as running:
            context = client(certificates)
            context.maximum_version = version
            _, writer = await connect(running, context)
            writer.write(counted(*MESSAGES))
            await running.storage.await_messages(len(MESSAGES))
            writer.close()
            await writer.wait_closed()
            assert running.storage.messages() == MESSAGES
            assert set(running.storage.column("transport")) == {"tls"}
            assert set(running.storage.column("tls_identity")) == {None}

    play(scene)


def test_lines_are_understood_too(folder: Path, certificates: Certificates) -> None:
    """Many senders frame TLS by LF; it is found frame by frame as over TCP."""

    async def scene() -> None:
        async with collecting(folder, certificates.server.key.parent, listeners=listeners()) as running:
            _, writer = await connect(running, client(certificates))
            writer.write(b"\n".join(MESSAGES) + b"\n" + counted(MESSAGES[0]))
            await running.storage.await_messages(len(MESSAGES) + 1)
            writer.close()
            assert running.storage.messages() == [*MESSAGES, MESSAGES[0]]

    play(scene)


def test_close_notify_is_answered_on_the_wire(folder: Path, certificates: Certificates) -> None:
    """RFC 5425 section 4.4: a sender that ends by close_notify gets ours, then the end of the connection."""

    async def scene() -> None:
        async with collecting(folder, certificates.server.key.parent, listeners=listeners()) as running:
            _, writer = await connect(running, client(certificates))
            writer.write(counted(MESSAGES[0]))
            writer.close()
            await asyncio.wait_for(writer.wait_closed(), 10)  # asyncio waits for the peer's close_notify
            await running.storage.await_messages(1)

    play(scene)


def test_identity_is_kept_with_every_message(folder: Path, certificates: Certificates) -> None:
    """RFC 5425 section 4.2.1: the peer's certificate is recorded."""
    settings = listeners(client_certificate="required", client_ca=certificates.client.certificate)

    async def scene() -> None:
        async with collecting(folder, certificates.server.key.parent, listeners=settings) as running:
            _, writer = await connect(running, client(certificates, identify=True))
            writer.write(counted(*MESSAGES))
            await running.storage.await_messages(len(MESSAGES))
            writer.close()
            der = ssl.PEM_cert_to_DER_cert(certificates.client.certificate.read_text("ascii"))
            expected = f"{fingerprint(der, 'sha-256')} CN=sender.test"
            assert set(running.storage.column("tls_identity")) == {expected}

    play(scene)


def test_failed_handshakes_are_counted_by_reason(
    folder: Path, certificates: Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    """A sender without certificate, and one without TLS: nothing stored, both counted, both told."""
    settings = listeners(client_certificate="required", client_ca=certificates.client.certificate)

    async def scene() -> None:
        async with collecting(folder, certificates.server.key.parent, listeners=settings) as running:
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await connect_and_read(running, client(certificates))
            reader, writer = await asyncio.open_connection(LOOPBACK, running.port("tls"))
            writer.write(b"<13>in the clear\n")
            await reader.read()
            writer.close()
            await running.finish()
            assert running.listener("tls")["refused"] == {
                "TLS handshake: peer did not return a certificate": 1,
            }
            assert running.listener("tls")["guests"] == {"syslog": 1}
            assert running.storage.messages() == []

    play(scene)
    assert "turned away: plain syslog, but this listener speaks syslog over TLS" in caplog.text
    assert "(give the sender a certificate and key, or set client_certificate to 'optional')" in caplog.text


@pytest.mark.parametrize(
    ("settings", "advice"),
    [
        ({"ciphers": "AES128-SHA:@SECLEVEL=0"}, "the sender is old: update it, or set legacy_cipher"),
        ({"version": ssl.TLSVersion.TLSv1_1}, "the sender is too old, and has no TLS 1.2: update it"),
    ],
)
def test_the_log_says_what_to_do(
    folder: Path, certificates: Certificates, caplog: pytest.LogCaptureFixture, settings: Any, advice: str
) -> None:
    """A sender that is too old: the operator is told what helps."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.maximum_version = settings.get("version", ssl.TLSVersion.TLSv1_2)
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers(settings.get("ciphers", "ALL:@SECLEVEL=0"))

    async def scene() -> None:
        async with collecting(folder, certificates.server.key.parent, listeners=listeners()) as running:
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await connect(running, context)
            await running.reported(lambda: running.listener("tls")["refused"])

    play(scene)
    assert advice in caplog.text


def test_handshake_that_is_not_completed_is_counted(folder: Path, certificates: Certificates) -> None:
    """A connection that ends before the handshake does is counted, and is no error."""

    async def scene() -> None:
        async with collecting(folder, certificates.server.key.parent, listeners=listeners()) as running:
            reader, writer = await asyncio.open_connection(LOOPBACK, running.port("tls"))
            writer.write_eof()
            await reader.read()
            writer.close()
            await running.finish()
            assert running.listener("tls")["refused"] == {"TLS handshake: not completed": 1}

    play(scene)


def test_handshake_that_lasts_too_long_is_ended_and_counted_once(
    folder: Path, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever connects and says nothing may not hold a connection for ever."""
    monkeypatch.setattr(tls, "_HANDSHAKE_SECONDS", 0.01)

    async def scene() -> None:
        async with collecting(folder, certificates.server.key.parent, listeners=listeners()) as running:
            reader, writer = await asyncio.open_connection(LOOPBACK, running.port("tls"))
            assert await reader.read() == b""
            writer.close()
            await running.finish()
            assert running.listener("tls")["refused"] == {"TLS handshake: not completed in time": 1}

    play(scene)


def test_peer_that_reads_no_answers_is_cut_off(
    folder: Path, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A peer may ask TLS for answers (new keys) without end; when it reads none, they are not heaped up."""
    made: list[TlsConnection] = []

    class Watched(TlsConnection):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            made.append(self)

    monkeypatch.setattr(listening, "TlsConnection", Watched)

    async def scene() -> None:
        async with collecting(folder, certificates.server.key.parent, listeners=listeners()) as running:
            reader, writer = await connect(running, client(certificates))
            writer.write(counted(MESSAGES[0]))
            await running.storage.await_messages(1)
            made[0].pause_writing()  # as asyncio tells it past 64 KiB
            with suppress(ConnectionError):
                assert await reader.read() == b""
            await running.reported(lambda: running.listener("tls")["refused"])
            assert running.listener("tls")["refused"] == {"TLS: its answers are not read": 1}

    play(scene)


def test_handshake_may_wait_while_storage_is_away(
    folder: Path, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While nothing is read because storage is full up, a sender's handshake is not its own delay."""
    monkeypatch.setattr(tls, "_HANDSHAKE_SECONDS", 0.01)
    filling = b"".join(b"<13>%07d %s\n" % (number, b"x" * 500) for number in range(60_000))

    async def scene() -> None:
        storage = StorageDouble(endpoint_in(folder))
        storage.answering = False
        async with collecting_alone(
            folder,
            storage,
            certificates.server.key.parent,
            memory_octets=16_777_216,
            listeners={name: listeners()[name] for name in ("tcp", "tls")},
        ) as running:
            _, filler = await asyncio.open_connection(LOOPBACK, running.port("tcp"))
            filler.write(filling)
            await running.reported(lambda: running.reports[-1]["paused"])
            connecting = asyncio.create_task(connect(running, client(certificates)))
            await running.reported(lambda: running.listener("tls")["connections_accepted"])
            count = len(running.reports)
            await running.reported(lambda: len(running.reports) > count)
            assert running.listener("tls")["refused"] == {}
            monkeypatch.undo()
            storage.answering = True
            await storage.answer()
            _, writer = await connecting
            writer.write(counted(MESSAGES[0]))
            await storage.until(lambda: storage.messages("tls") == MESSAGES[:1])
            writer.close()
            filler.close()
            await running.finish()
        await storage.close()

    play(scene)


def test_end_without_close_notify_loses_nothing(folder: Path, certificates: Certificates) -> None:
    """Senders may just end the connection: what came is kept."""

    async def scene() -> None:
        async with collecting(folder, certificates.server.key.parent, listeners=listeners()) as running:
            _, writer = await connect(running, client(certificates))
            writer.write(b"\n".join(MESSAGES))
            await running.storage.await_messages(len(MESSAGES) - 1)
            writer.transport.abort()
            await running.storage.await_messages(len(MESSAGES))
            assert running.storage.messages() == MESSAGES

    play(scene)


def test_fingerprints_are_reported(folder: Path, certificates: Certificates) -> None:
    """RFC 5425 section 4.2.2: our own fingerprint is shown, in both forms."""

    async def scene() -> None:
        async with collecting(folder, certificates.server.key.parent, listeners=listeners()) as running:
            der = ssl.PEM_cert_to_DER_cert(certificates.server.certificate.read_text("ascii"))
            expected = [fingerprint(der, "sha-256"), fingerprint(der, "sha-1")]
            assert running.listener("tls")["fingerprints"] == expected
            assert await asyncio.to_thread(shown_at, f"{LOOPBACK}:{running.port('tls')}") == expected

    play(scene)


def test_idle_connections_are_closed_with_close_notify(folder: Path, certificates: Certificates) -> None:
    """RFC 5425 section 4.4: before an idle close comes close_notify; what is on its way then is kept."""
    settings = listeners(idle_seconds=2)

    async def scene() -> None:
        async with collecting(folder, certificates.server.key.parent, listeners=settings) as running:
            _, writer = await connect(running, client(certificates))
            reader, quiet = await connect(running, client(certificates))
            quiet.write(counted(MESSAGES[0]))
            for number in range(1, 4):  # the other one is never silent for so long
                count = len(running.reports)
                writer.write(counted(MESSAGES[number]))
                await running.reported(lambda count=count: len(running.reports) > count)  # type: ignore[misc]
            assert await reader.read() == b""  # an end without close_notify would be an error
            quiet.close()
            writer.write(counted(MESSAGES[4]))
            await running.storage.await_messages(5)
            writer.close()
            assert sorted(running.storage.messages()) == sorted(MESSAGES[:5])
            assert running.listener("tls")["refused"] == {}

    play(scene)


def test_peer_that_does_not_answer_close_notify(
    folder: Path, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A peer that neither answers nor closes is closed all the same, a little later."""
    monkeypatch.setattr(tls, "_FAREWELL_SECONDS", 0.1)
    settings = listeners(idle_seconds=1)

    async def scene() -> None:
        async with collecting(folder, certificates.server.key.parent, listeners=settings) as running:
            _, writer = await connect(running, client(certificates))
            writer.transport.pause_reading()  # type: ignore[attr-defined]  # it has this
            await running.reported(lambda: running.listener("tls")["connections"] == 1)
            await running.reported(lambda: running.listener("tls")["connections"] == 0)
            writer.transport.abort()

    play(scene)
