"""The TCP listener on real sockets."""

import asyncio
import socket
from pathlib import Path

import pytest

from parsers.schema import Flag
from tests.collector.running import LOOPBACK, Running, collecting, collecting_alone, listeners, play
from tests.collector.storage_double import StorageDouble, endpoint_in
from tests.collector.streams import counted

MESSAGES = [b"<13>1 - h a - - - %d" % number for number in range(100)]


async def connect(running: Running, name: str = "tcp") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A sender's connection."""
    return await asyncio.open_connection(LOOPBACK, running.port(name))


async def send(running: Running, octets: bytes) -> None:
    """Send octets over a connection of their own, and end it."""
    _, writer = await connect(running)
    writer.write(octets)
    await writer.drain()
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize(
    "stream",
    [
        b"".join(message + b"\n" for message in MESSAGES),
        counted(*MESSAGES),
        b"".join(message + b"\0" for message in MESSAGES),
        b"\n".join(MESSAGES),
    ],
    ids=["LF", "octet counting", "NUL", "last TRAILER missing"],
)
def test_both_framings(folder: Path, stream: bytes) -> None:
    """RFC 6587: whichever way a sender frames, its messages come back."""

    async def scene() -> None:
        async with collecting(folder) as running:
            await send(running, stream)
            await running.storage.await_messages(len(MESSAGES))
            assert running.storage.messages() == MESSAGES
            assert set(running.storage.column("peer")) == {LOOPBACK}
            assert not any(running.storage.column("flags"))

    play(scene)


def test_message_is_handed_over_while_the_connection_stays_open(folder: Path) -> None:
    """A counted message needs no successor to be taken: silence settles it."""

    async def scene() -> None:
        async with collecting(folder) as running:
            _, writer = await connect(running)
            for number in (1, 2):
                writer.write(counted(MESSAGES[number]))
                await running.storage.await_messages(number)
            assert running.storage.messages() == MESSAGES[1:3]
            writer.close()

    play(scene)


def test_half_a_frame_at_the_end_is_kept(folder: Path) -> None:
    """RFC 6587 section 3.5: a connection may end any time; what came is kept, flagged."""

    async def scene() -> None:
        async with collecting(folder) as running:
            await send(running, counted(*MESSAGES[:2])[:-3])
            await running.storage.await_messages(2)
            assert running.storage.messages() == [MESSAGES[0], MESSAGES[1][:-3]]
            assert {Flag.FRAMING_ERROR, Flag.TRUNCATED} <= set(running.storage.column("flags")[1])

    play(scene)


def test_connection_that_is_reset_loses_nothing_that_came(folder: Path) -> None:
    """RST ends a connection as FIN does: what was read before it is kept."""

    async def scene() -> None:
        async with collecting(folder) as running:
            _, writer = await connect(running)
            writer.write(MESSAGES[0] + b"\n" + MESSAGES[1])
            await running.storage.await_messages(1)
            writer.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
            )
            writer.transport.abort()
            await running.storage.await_messages(2)
            assert running.storage.messages() == MESSAGES[:2]

    play(scene)


def test_connection_without_data(folder: Path) -> None:
    """A load balancer's health check connects and goes: nothing happens, nothing is written back."""

    async def scene() -> None:
        async with collecting(folder) as running:
            reader, writer = await connect(running)
            writer.write_eof()
            assert await reader.read() == b""
            writer.close()
            await running.finish()
            assert running.listener("tcp")["connections_accepted"] == 1
            assert running.listener("tcp")["refused"] == {}

    play(scene)


def test_guest_is_turned_away_and_told(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """TLS on the plain port: the connection is closed, and the operator told which peer to change."""

    async def scene() -> None:
        async with collecting(folder) as running:
            reader, writer = await connect(running)
            writer.write(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc")
            assert await reader.read() == b""
            writer.close()
            await running.finish()
            assert running.listener("tcp")["refused"] == {}
            assert running.listener("tcp")["guests"] == {"tls": 1}
            assert running.listener("tcp")["discarded_octets"] == 9

    play(scene)
    assert f"{LOOPBACK} turned away: TLS, but this listener speaks plain syslog over TCP" in caplog.text


def test_bad_message_closes_nothing(folder: Path) -> None:
    """Whatever a message holds, the connection goes on with the next."""

    async def scene() -> None:
        async with collecting(folder) as running:
            stream = b"\xff\xfe\n" + b"9" * 40 + b"\n" + b"7 <13>abcdefg" + counted(MESSAGES[0])
            await send(running, stream)
            await running.storage.await_messages(4)
            assert running.storage.messages() == [b"\xff\xfe", b"9" * 40, b"<13>abcdefg", MESSAGES[0]]

    play(scene)


def test_too_many_connections_are_refused_and_counted(folder: Path) -> None:
    """Past the bound a connection is refused; those that are open go on."""

    async def scene() -> None:
        async with collecting(folder, listeners=listeners(maximum_connections=1)) as running:
            _, first = await connect(running)
            first.write(MESSAGES[0] + b"\n")
            await running.storage.await_messages(1)
            reader, second = await connect(running)
            with pytest.raises(ConnectionError):
                await asyncio.wait_for(read_to_the_end(reader), 10)
            second.close()
            first.write(MESSAGES[1] + b"\n")
            await running.storage.await_messages(2)
            first.close()
            await running.finish()
            assert running.listener("tcp")["refused"] == {"too many connections": 1}

    play(scene)


def test_a_burst_of_connections_finds_room(folder: Path) -> None:
    """Hundreds of senders may come back while the collector is busy: the kernel keeps them waiting."""

    async def scene() -> None:
        async with collecting(folder) as running:
            place = (LOOPBACK, running.port("tcp"))  # nothing is accepted between here and the next await
            senders = [socket.create_connection(place, timeout=0.5) for _ in range(200)]
            for sender in senders:
                sender.sendall(MESSAGES[0] + b"\n")
                sender.close()
            await running.storage.await_messages(len(senders))

    play(scene)


async def read_to_the_end(reader: asyncio.StreamReader) -> None:
    """Read until the connection ends.

    Raises:
        ConnectionError: when it is reset, and also when it ends orderly.
    """
    if not await reader.read():
        raise ConnectionResetError


def test_senders_wait_while_storage_is_away(folder: Path) -> None:
    """Without storage TCP is read up to the memory bound and no further; then everything arrives, once."""
    lines = b"".join(b"<13>%07d %s\n" % (number, b"x" * 500) for number in range(60_000))

    async def scene() -> None:
        storage = StorageDouble(endpoint_in(folder))
        storage.answering = False
        async with collecting_alone(
            folder, storage, memory_octets=16_777_216, listeners={"tcp": listeners()["tcp"]}
        ) as running:
            sending = asyncio.create_task(send(running, lines))
            await running.reported(lambda: running.reports[-1]["paused"])
            assert not sending.done()
            assert running.reports[-1]["handoff"]["held_octets"] < 16_777_216 * 2
            storage.answering = True
            await storage.answer()
            await sending
            await storage.await_messages(60_000)
            assert b"".join(message + b"\n" for message in storage.messages()) == lines
            await running.finish()
        await storage.close()

    play(scene)
