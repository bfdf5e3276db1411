"""Streams that are compressed as a whole: inflated piece by piece, flagged, and bounded like any other."""

import asyncio
import os
import socket
import ssl
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.collector.conftest import Certificates
from tests.collector.running import LOOPBACK, Running, collecting, collecting_alone, listeners, play
from tests.collector.storage_double import StorageDouble, endpoint_in
from tests.collector.streams import counted
from tests.collector.test_strangers import program
from tests.collector.test_udp import send
from tests.machine import free_port

Tool = Callable[[str], str]
MESSAGES = [b"<13>1 - h a - - - message %d" % number for number in range(100)]


def compressed(octets: bytes) -> bytes:
    """A stream that is flushed and goes on, as rsyslog's."""
    deflater = zlib.compressobj()
    return deflater.compress(octets) + deflater.flush(zlib.Z_SYNC_FLUSH)


async def stream(
    running: Running, octets: bytes, name: str = "tcp", context: ssl.SSLContext | None = None
) -> None:
    """Send octets over a connection of their own."""
    _, writer = await asyncio.open_connection(LOOPBACK, running.port(name), ssl=context)
    for start in range(0, len(octets), 10_000):
        writer.write(octets[start : start + 10_000])
        await writer.drain()
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("name", ["tcp", "tls"])
@pytest.mark.parametrize("framing", ["LF", "octet counting"])
def test_stream(folder: Path, certificates: Certificates, name: str, framing: str) -> None:
    """A compressed stream gives its messages, each flagged; plain connections beside it are not touched."""
    octets = counted(*MESSAGES) if framing != "LF" else b"".join(one + b"\n" for one in MESSAGES)
    context = ssl.create_default_context(cafile=str(certificates.server.certificate))
    context.check_hostname = False

    async def scene() -> None:
        async with collecting(folder, certificates.server.key.parent, listeners=listeners()) as running:
            await stream(running, compressed(octets), name, context if name == "tls" else None)
            await running.storage.await_messages(100)
            await stream(running, b"<13>plain\nxylophone\nx\x9cnot zlib\n")
            await running.storage.await_messages(103)
            assert running.storage.messages() == [*MESSAGES, b"<13>plain", b"xylophone", b"x\x9cnot zlib"]
            inflated = ["inflated" in flags for flags in running.storage.column("flags")]
            assert inflated == [True] * 100 + [False] * 3
            await running.finish()
            assert running.listener(name)["compressed_connections"] == 1
            assert running.listener(name)["guests"] == {}

    play(scene)


def test_octet_by_octet(folder: Path) -> None:
    """A compressed stream is known however its beginning comes, and a text that only begins like it, too."""

    async def scene() -> None:
        async with collecting(folder) as running:
            for octets, count in ((compressed(b"<13>one\n"), 1), (b"x\x9cno zlib\n", 2), (b"x", 3)):
                _, writer = await asyncio.open_connection(LOOPBACK, running.port("tcp"))
                for octet in octets:
                    writer.write(bytes([octet]))
                    await asyncio.sleep(0)
                writer.close()
                await running.storage.await_messages(count)
            assert running.storage.messages() == [b"<13>one", b"x\x9cno zlib", b"x"]

    play(scene)


def test_damaged_stream_is_refused(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What cannot be inflated any further ends the connection; what came before is kept."""

    async def scene() -> None:
        async with collecting(folder) as running:
            reader, writer = await asyncio.open_connection(LOOPBACK, running.port("tcp"))
            writer.write(compressed(b"<13>one\n") + b"\xff" * 100)
            assert await reader.read() == b""
            writer.close()
            await running.finish()
            assert running.storage.messages() == [b"<13>one"]
            assert running.listener("tcp")["refused"] == {"compressed stream damaged": 1}

    play(scene)
    assert "compressed stream damaged" in caplog.text


def test_stream_waits_while_storage_is_away(folder: Path) -> None:
    """A small stream that inflates to much waits in its compressed form; then every message arrives, once."""
    count = 60_000
    lines = b"".join(b"<13>%07d %s\n" % (number, b"x" * 1000) for number in range(count))

    async def scene() -> None:
        storage = StorageDouble(endpoint_in(folder))
        storage.answering = False
        async with collecting_alone(
            folder, storage, memory_octets=16_777_216, listeners={"tcp": listeners()["tcp"]}
        ) as running:
            await stream(running, compressed(lines))
            await running.reported(lambda: running.reports[-1]["paused"])
            assert running.reports[-1]["handoff"]["held_octets"] < 16_777_216 * 2
            storage.answering = True
            await storage.answer()
            await storage.await_messages(count)
            assert b"".join(message + b"\n" for message in storage.messages()) == lines
            await running.finish()
        await storage.close()

    play(scene)


RSYSLOG = {
    "tcp": 'protocol="tcp" compression.mode="stream:always" compression.stream.flushOnTXEnd="on"',
    "udp": 'protocol="udp" compression.mode="single"',
}


@pytest.mark.parametrize("transport", RSYSLOG)
def test_rsyslog(folder: Path, tool: Tool, transport: str) -> None:
    """A real rsyslogd's compression of both kinds: the messages in it arrive, flagged."""
    rsyslogd, inlet = tool("rsyslogd"), free_port(socket.SOCK_DGRAM)
    text = b"text that is worth it " * 20

    async def scene() -> None:
        async with collecting(folder) as running:
            (folder / "rsyslog.conf").write_text(
                f'global(workDirectory="{folder}") module(load="imudp")\n'
                f'input(type="imudp" address="{LOOPBACK}" port="{inlet}")\n'
                f'action(type="omfwd" target="{LOOPBACK}" port="{running.port(transport)}" '
                f'template="RSYSLOG_SyslogProtocol23Format" {RSYSLOG[transport]})\n'
            )
            command = (rsyslogd, "-n", "-iNONE", "-f", os.fspath(folder / "rsyslog.conf"))
            async with program(*command), asyncio.timeout(30):
                number = 0
                while len(running.storage.messages()) < 3:  # rsyslogd may not be there yet
                    send(inlet, b"<13>Nov 20 22:14:15 host app: %d %b" % (number, text))
                    number += 1
                    running.news.clear()
                    await running.news.wait()
            await running.finish()
            messages = running.storage.messages()
            assert all(text.strip() in message for message in messages)
            assert set(running.storage.column("hostname")) == {"host"}
            assert all("inflated" in flags for flags in running.storage.column("flags"))
            state = running.listener(transport)
            assert state["compressed_connections" if transport == "tcp" else "compressed_datagrams"]

    play(scene)
