"""The RELP listener over real sockets: what a sender hears, and when, while storage does this or that."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from collector.settings import ListenerSettings
from tests.collector.conftest import Certificates
from tests.collector.relp_streams import OPEN, syslog
from tests.collector.running import LOOPBACK, Running, collecting, collecting_alone, play
from tests.collector.storage_double import StorageDouble, endpoint_in

SERVERCLOSE = b"0 serverclose 0\n"


def relp_listener(**settings: Any) -> dict[str, ListenerSettings]:
    """One listener of RELP on loopback."""
    given = {"transport": "relp", "port": 0, "address": LOOPBACK, "stream": "relp", **settings}
    return {"relp": ListenerSettings.model_validate(given)}


class Sender:
    """A sender's connection with its session opened."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.txnr = 1

    async def open(self) -> None:
        """Open the session."""
        self.writer.write(OPEN)
        header = await self.reader.readuntil(b"200 OK\n")
        await self.reader.readexactly(int(header.split(b" ")[2]) - len(b"200 OK\n") + 1)

    async def send(self, *messages: bytes) -> None:
        """Send messages."""
        numbers = range(self.txnr + 1, self.txnr + 1 + len(messages))
        self.txnr += len(messages)
        self.writer.write(b"".join(map(syslog, numbers, messages)))
        await self.writer.drain()

    async def acknowledged(self, *numbers: int) -> None:
        """Read the acknowledgements of these commands, which come next."""
        for number in numbers:
            assert await self.reader.readuntil(b"\n") == b"%d rsp 6 200 OK\n" % number

    async def rest(self) -> bytes:
        """Read to the end of the connection."""
        return await self.reader.read()


@asynccontextmanager
async def sender(running: Running, **tls: Any) -> AsyncIterator[Sender]:
    """A session that is closed with the block."""
    reader, writer = await asyncio.open_connection(LOOPBACK, running.port("relp"), **tls)
    one = Sender(reader, writer)
    try:
        await one.open()
        yield one
    finally:
        writer.close()


def unacknowledged(running: Running) -> int:
    """How many messages the listener says are unanswered."""
    count: int = running.listener("relp")["relp"]["unacknowledged"]
    return count


def test_messages_come_through_and_are_acknowledged(folder: Path) -> None:
    """Messages reach storage to the octet, with peer and transport, and are then answered in order."""

    async def scene() -> None:
        async with collecting(folder, listeners=relp_listener()) as running, sender(running) as one:
            await one.send(b"<13>first\n", b"<13>second", b"\0\xff")
            await one.acknowledged(2, 3, 4)
            assert running.storage.messages("relp") == [b"<13>first\n", b"<13>second", b"\0\xff"]
            assert set(running.storage.column("peer")) == {LOOPBACK}
            assert set(running.storage.column("transport")) == {"relp"}
            assert set(running.storage.column("listener")) == {"relp"}
            await running.reported(lambda: running.listener("relp")["messages"] == 3)
            report = running.listener("relp")["relp"]
            assert report == {
                "sessions": 1,
                "broken_sessions": 0,
                "perhaps_sent_again": 0,
                "open": 1,
                "unacknowledged": 0,
            }

    play(scene)


def test_nothing_is_acknowledged_before_storage_has_it(folder: Path) -> None:
    """While storage says nothing, neither do we; when it has the messages, the sender hears of each."""

    async def scene() -> None:
        async with collecting(folder, listeners=relp_listener()) as running, sender(running) as one:
            running.storage.answering = False
            await one.send(b"<13>a", b"<13>b")
            await running.storage.await_messages(2)
            await running.reported(lambda: unacknowledged(running) == 2)
            # What the kernel holds of an answer would be read at once.
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(one.reader.read(1), 0)
            running.storage.answering = True
            await running.storage.answer()
            await one.acknowledged(2, 3)

    play(scene)


def test_what_storage_refuses_ends_the_session_without_an_answer(folder: Path) -> None:
    """Refused messages stay the sender's: it hears serverclose, and sends them again in a new session."""

    async def scene() -> None:
        async with collecting(folder, listeners=relp_listener()) as running:
            running.storage.refusing = True
            async with sender(running) as one:
                await one.send(b"<13>a")
                assert await one.rest() == SERVERCLOSE
            running.storage.refusing = False
            async with sender(running) as one:
                await one.send(b"<13>a")
                await one.acknowledged(2)
            await running.finish()
            state = running.listener("relp")
            assert state["refused"] == {"RELP: storage did not take its messages": 1}
            assert state["relp"]["sessions"] == 2
            assert state["relp"]["broken_sessions"] == 1
            assert state["relp"]["perhaps_sent_again"] == 1

    play(scene)


@pytest.mark.parametrize("says_close", [True, False], ids=["close", "end of the stream"])
def test_end_of_a_session(folder: Path, *, says_close: bool) -> None:
    """A sender that closes, or only stops sending, hears of all its messages before the connection ends."""

    async def scene() -> None:
        async with collecting(folder, listeners=relp_listener()) as running, sender(running) as one:
            await one.send(b"<13>a", b"<13>b")
            if says_close:
                one.writer.write(b"4 close 0\n")
            else:
                one.writer.write_eof()
            await one.acknowledged(2, 3)
            assert await one.rest() == (b"4 rsp 0\n" if says_close else b"") + SERVERCLOSE
            await running.finish()
            if says_close:  # else it may have been gone, as far as we know
                assert running.listener("relp")["relp"]["broken_sessions"] == 0
            assert running.listener("relp")["refused"] == {}

    play(scene)


def test_stopping_answers_first(folder: Path) -> None:
    """When the appliance stops, what was read is stored and answered, then comes serverclose."""

    async def scene() -> None:
        async with collecting(folder, listeners=relp_listener()) as running, sender(running) as one:
            running.storage.answering = False
            await one.send(b"<13>a")
            await running.storage.await_messages(1)
            finishing = asyncio.create_task(running.finish())
            running.storage.answering = True
            await running.storage.answer()
            await one.acknowledged(2)
            assert await one.rest() == SERVERCLOSE
            await finishing

    play(scene)


def test_stopping_without_storage_loses_nothing(folder: Path) -> None:
    """What storage never took is not answered, and not counted as lost: the sender has it."""

    async def scene() -> None:
        storage = StorageDouble(endpoint_in(folder))
        storage.answering = False
        async with (
            collecting_alone(folder, storage, stop_seconds=0.1, listeners=relp_listener()) as running,
            sender(running) as one,
        ):
            await one.send(b"<13>a")
            await storage.await_messages(1)
            await running.finish()
            assert await one.rest() == SERVERCLOSE
            assert running.listener("relp")["lost"] == {}
            assert running.listener("relp")["relp"]["perhaps_sent_again"] == 1
        await storage.close()

    play(scene)


def test_broken_session_is_counted(folder: Path) -> None:
    """A connection that breaks with messages unanswered may mean duplicates: counted, and stored."""

    async def scene() -> None:
        async with collecting(folder, listeners=relp_listener()) as running:
            running.storage.answering = False
            async with sender(running) as one:
                await one.send(b"<13>a", b"<13>b")
                one.writer.write(b"4 syslog 100 cut sho")
                await running.storage.await_messages(2)
                one.writer.transport.abort()
            await running.reported(lambda: running.listener("relp")["relp"]["broken_sessions"])
            assert running.listener("relp")["relp"]["perhaps_sent_again"] == 2
            assert running.listener("relp")["relp"]["open"] == 0
            running.storage.answering = True
            await running.storage.answer()
            await running.finish()
            assert running.storage.messages("relp") == [b"<13>a", b"<13>b"]

    play(scene)


def test_what_is_no_relp_is_refused(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A broken frame ends the session; the reason is counted and told."""

    async def scene() -> None:
        async with collecting(folder, listeners=relp_listener()) as running:
            async with sender(running) as one:
                one.writer.write(b"7 syslog 1 x\n")
                assert await one.rest() == SERVERCLOSE
            await running.finish()
            assert running.listener("relp")["refused"] == {"RELP: TXNR is not the next one": 1}
            assert running.listener("relp")["discarded_octets"] == len(b"7 syslog 1 x\n")

    play(scene)
    assert "RELP: TXNR is not the next one" in caplog.text


def test_sender_waits_when_too_much_is_unanswered(folder: Path) -> None:
    """One session's unanswered messages are bounded: it is read no further until storage has caught up."""
    count = 60_000
    messages = [b"<13>%07d" % number for number in range(count)]

    async def scene() -> None:
        async with collecting(folder, listeners=relp_listener()) as running, sender(running) as one:
            running.storage.answering = False
            sending = asyncio.create_task(one.send(*messages))
            await running.reported(lambda: unacknowledged(running) > 16_384)
            assert unacknowledged(running) < count
            running.storage.answering = True
            await running.storage.answer()
            await sending
            await one.acknowledged(*range(2, count + 2))
            assert running.storage.messages("relp") == messages

    play(scene)


def test_sender_that_reads_no_answer_has_to_wait(folder: Path) -> None:
    """Answers that nobody reads are not piled up: the sender is read again when it has read them."""
    count = 400_000
    stream = OPEN + b"".join(map(syslog, range(2, count + 2), [b"<13>x"] * count))

    async def scene() -> None:
        async with collecting(folder, listeners=relp_listener()) as running:
            plug = socket.socket()
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            plug.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(plug, (LOOPBACK, running.port("relp")))
            sending = asyncio.create_task(loop.sock_sendall(plug, stream))
            taken = [-1, 0]

            def stands_still() -> bool:
                taken.append(running.listener("relp")["messages"])
                return taken[-1] == taken[-2] > 0

            await running.reported(stands_still)
            assert taken[-1] < count
            assert not sending.done()
            answers = 0
            while answers < count + len(b"offers"):
                answers += (await loop.sock_recv(plug, 1_048_576)).count(b"\n")
                if answers >= count:
                    break
            await sending
            plug.close()
            await running.storage.await_messages(count)

    play(scene)


def test_senders_wait_while_storage_is_away(folder: Path) -> None:
    """Without storage everything is read up to the memory bound and no further; then all arrive, once."""
    count, size = 30, 1_000_000
    messages = [b"<13>%07d %s" % (number, b"x" * size) for number in range(count)]

    async def scene() -> None:
        storage = StorageDouble(endpoint_in(folder))
        storage.answering = False
        settings = relp_listener(maximum_octets=2_000_000)
        async with (
            collecting_alone(folder, storage, memory_octets=16_777_216, listeners=settings) as running,
            sender(running) as first,
            sender(running) as second,
            sender(running) as third,
        ):
            sending = [asyncio.create_task(one.send(*messages)) for one in (first, second, third)]
            await running.reported(lambda: running.reports[-1]["paused"])
            assert running.reports[-1]["handoff"]["held_octets"] < 16_777_216 * 2.5
            storage.answering = True
            await storage.answer()
            for one, task in zip((first, second, third), sending, strict=True):
                await task
                await one.acknowledged(*range(2, count + 2))
            assert sorted(storage.messages()) == sorted(messages * 3)
            await running.finish()
        await storage.close()

    play(scene)


def test_relp_inside_tls(folder: Path, certificates: Certificates) -> None:
    """TLS from the first octet: the same session, with the sender's identity, and close_notify at the end."""
    server = certificates.server
    settings = relp_listener(
        transport="relp-tls",
        certificate=server.certificate,
        key=server.key,
        client_certificate="required",
        client_ca=certificates.client.certificate,
    )
    context = ssl.create_default_context(cafile=str(server.certificate))
    context.check_hostname = False
    context.load_cert_chain(certificates.client.certificate, certificates.client.key)

    async def scene() -> None:
        async with (
            collecting(folder, listeners=settings) as running,
            sender(running, ssl=context, server_hostname="localhost") as one,
        ):
            await one.send(b"<13>a", b"<13>b")
            await one.acknowledged(2, 3)
            assert running.storage.messages("relp") == [b"<13>a", b"<13>b"]
            assert set(running.storage.column("transport")) == {"relp-tls"}
            (identity,) = set(running.storage.column("tls_identity"))
            assert identity.startswith("sha-256:")
            one.writer.write(b"4 close 0\n")
            assert await one.rest() == b"4 rsp 0\n" + SERVERCLOSE

    play(scene)


def test_sender_behind_a_balancer(folder: Path) -> None:
    """With the PROXY protocol before it, a session's messages have the sender's own address."""

    async def scene() -> None:
        settings = relp_listener(proxy_protocol="required")
        async with collecting(folder, listeners=settings) as running:
            reader, writer = await asyncio.open_connection(LOOPBACK, running.port("relp"))
            writer.write(b"PROXY TCP4 192.0.2.9 192.0.2.1 4711 2514\r\n")
            one = Sender(reader, writer)
            await one.open()
            await one.send(b"<13>a")
            await one.acknowledged(2)
            assert running.storage.column("peer") == ["192.0.2.9"]
            writer.close()

    play(scene)
