"""The UDP listener on real sockets."""

import asyncio
import socket
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from collector.datagram_reading import Received
from collector.udp import KERNEL_BUFFER_FULL, DatagramListener
from tests.collector.guests import DATAGRAMS_OF_GUESTS
from tests.collector.running import LOOPBACK, collecting, listeners, play

if TYPE_CHECKING:
    from collector.intake import Intake


def send(port: int, *datagrams: bytes, host: str = LOOPBACK) -> None:
    """Send datagrams from one socket."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sender:
        for datagram in datagrams:
            sender.sendto(datagram, (host, port))


def test_each_datagram_is_a_message(folder: Path) -> None:
    """RFC 5426 section 3.1: whatever is in a datagram is one message, octet by octet."""
    sent = [b"<13>a\n<13>b\n", b"5 <13>c", b"\x00\x01\xff", b"Use the BFG!", b"<13>" + b"x" * 60_000]

    async def scene() -> None:
        async with collecting(folder) as running:
            send(running.port("udp"), *sent)
            await running.storage.await_messages(len(sent))
            assert running.storage.messages("udp") == sent
            assert set(running.storage.column("peer")) == {LOOPBACK}
            assert set(running.storage.column("transport")) == {"udp"}

    play(scene)


@pytest.mark.parametrize("size", [480, 1180, 2048, 65_507])
def test_sizes(folder: Path, size: int) -> None:
    """RFC 5426 section 3.2: 480 octets over IPv4 and 1180 over IPv6 are a MUST; we take all that fits."""

    async def scene() -> None:
        async with collecting(folder) as running:
            send(running.port("udp"), b"<13>".ljust(size, b"."))
            await running.storage.await_messages(1)
            assert [len(message) for message in running.storage.messages()] == [size]

    play(scene)


def test_empty_datagrams_are_counted_not_stored(folder: Path) -> None:
    """An empty datagram is no message (Perl's Sys::Syslog begins with one), but it is counted."""

    async def scene() -> None:
        async with collecting(folder) as running:
            send(running.port("udp"), b"", b"<13>a", b"")
            await running.storage.await_messages(1)
            await running.finish()
            assert running.storage.messages() == [b"<13>a"]
            assert running.listener("udp")["empty_datagrams"] == 2

    play(scene)


def test_truncated_datagrams_are_flagged(folder: Path) -> None:
    """A datagram over the limit is cut at its end, and says so."""

    async def scene() -> None:
        async with collecting(folder, listeners=listeners(maximum_octets=2048)) as running:
            send(running.port("udp"), b"<13>".ljust(3000, b"."), b"<13>" + b"." * 2044)
            await running.storage.await_messages(2)
            assert [len(message) for message in running.storage.messages()] == [2048, 2048]
            truncated = ["truncated" in flags for flags in running.storage.column("flags")]
            assert truncated == [True, False]

    play(scene)


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_both_protocols(folder: Path) -> None:
    """'::' takes IPv6 and IPv4; an IPv4 peer is written as such."""

    async def scene() -> None:
        async with collecting(folder, listeners=listeners(address="::")) as running:
            send(running.port("udp"), b"<13>four")
            await running.storage.await_messages(1)
            send(running.port("udp"), b"<13>six", host="::1")
            await running.storage.await_messages(2)
            assert running.storage.column("peer") == [LOOPBACK, "::1"]

    play(scene)


def test_dropped_datagrams_are_counted(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """When the kernel's buffer overflows, each datagram is stored or counted, and the loss is an ERROR."""
    count = 3000

    async def scene() -> None:
        small = listeners(receive_buffer=4096)
        async with collecting(folder, listeners=small) as running:
            # The event loop is not running while this sends, so nothing is read.
            send(running.port("udp"), *[b"<13>%d" % number for number in range(count)])
            await running.storage.await_messages(1)
            await running.finish()
            lost = running.listener("udp")["lost"][KERNEL_BUFFER_FULL]
            assert lost > 0
            assert len(running.storage.messages()) + lost == count

    play(scene)
    assert any(
        "messages lost" in record.getMessage() for record in caplog.records if record.levelname == "ERROR"
    )


def test_compressed_datagrams_are_inflated(folder: Path) -> None:
    """rsyslog's compressed datagrams become the messages in them, are flagged and counted."""
    message = b"<13>1 - h a - - - " + b"compressed " * 30

    async def scene() -> None:
        async with collecting(folder) as running:
            send(running.port("udp"), b"z" + zlib.compress(message), b"<13>plain", b"zebra")
            await running.storage.await_messages(3)
            assert running.storage.messages() == [message, b"<13>plain", b"zebra"]
            inflated = ["inflated" in flags for flags in running.storage.column("flags")]
            assert inflated == [True, False, False]
            await running.finish()
            assert running.listener("udp")["compressed_datagrams"] == 1
            assert running.listener("udp")["flagged"] == {"inflated": 1}

    play(scene)


@pytest.mark.parametrize("name", DATAGRAMS_OF_GUESTS)
def test_guests_are_counted_not_stored(folder: Path, caplog: pytest.LogCaptureFixture, name: str) -> None:
    """Checklist D-8: DTLS, GELF, SSDP and HTTP are no messages; the message after them is one."""
    guest, octets = DATAGRAMS_OF_GUESTS[name]

    async def scene() -> None:
        async with collecting(folder) as running:
            send(running.port("udp"), octets, octets, b"<13>message")
            await running.storage.await_messages(1)
            await running.finish()
            assert running.storage.messages() == [b"<13>message"]
            assert running.listener("udp")["guests"] == {str(guest): 2}
            assert running.listener("udp")["discarded_octets"] == 2 * len(octets)

    play(scene)
    assert caplog.text.count(f"{LOOPBACK} turned away") == 1


def test_what_the_kernel_holds_is_read_at_the_end(folder: Path) -> None:
    """Datagrams that were sent before the stop are in storage after it."""

    async def scene() -> None:
        async with collecting(folder) as running:
            sent = [b"<13>%d" % number for number in range(500)]
            send(running.port("udp"), *sent)
            running.stop.set()
            await asyncio.sleep(0)
            await running.finish()
            assert running.storage.messages() == sent

    play(scene)


def test_a_failure_does_not_end_reading() -> None:
    """Whatever goes wrong with some datagrams, on the first look or a later one, the next ones are read."""

    class Failing(DatagramListener):
        """Fails twice, then keeps what comes."""

        looks = 0
        kept: tuple[bytes, ...] = ()
        looked = asyncio.Event()

        def take(self, received: Received) -> None:
            self.looks += 1
            self.looked.set()
            if self.looks in {1, 3}:
                raise RuntimeError("no memory")
            self.kept += tuple(received.octets)

        def report(self) -> dict[str, Any]:
            return {}

    async def scene() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, _context: None)
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
        ):
            opened.bind((LOOPBACK, 0))
            opened.setblocking(False)
            listener = Failing("udp", cast("Intake", None), opened, 2048)
            await listener.start()
            for number in range(1, 5):
                sender.sendto(b"%d" % number, opened.getsockname())
                await listener.looked.wait()
                listener.looked.clear()
            assert listener.kept == (b"2", b"4")
            await listener.close()

    asyncio.run(asyncio.wait_for(scene(), 10))
