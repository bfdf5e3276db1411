"""Many connections, slow ones, and ones that never come to an end: nobody starves, and memory is bounded."""

import asyncio
import socket
from collections import Counter
from pathlib import Path

from collector.settings import ListenerSettings
from supervisor.limits import allow_many_files
from tests.collector.conftest import Certificates
from tests.collector.running import LOOPBACK, collecting, play

CROWD = 1_500  # connections, of which both ends are in this process


def test_a_crowd_at_once(folder: Path) -> None:
    """Connections that all come at the same moment are all taken, and each message is stored."""
    allow_many_files()

    async def scene() -> None:
        wanted = {"tcp": ListenerSettings(transport="tcp", address=LOOPBACK, port=0)}
        async with collecting(folder, listeners=wanted) as running:
            opening = [asyncio.open_connection(LOOPBACK, running.port("tcp")) for _ in range(CROWD)]
            writers = [writer for _, writer in await asyncio.gather(*opening)]
            for number, writer in enumerate(writers):
                writer.write(b"<13>%d\n" % number)
            await running.storage.await_messages(CROWD)
            assert Counter(running.storage.messages()) == Counter(b"<13>%d" % n for n in range(CROWD))
            await running.reported(lambda: running.listener("tcp")["connections"] == CROWD)
            for writer in writers:
                writer.close()

    play(scene)


def test_too_many_are_refused_and_counted(folder: Path) -> None:
    """Past maximum_connections a connection is refused, and those that are open go on."""

    async def scene() -> None:
        wanted = {"tcp": ListenerSettings(transport="tcp", address=LOOPBACK, port=0, maximum_connections=20)}
        async with collecting(folder, listeners=wanted) as running:
            opened = [await asyncio.open_connection(LOOPBACK, running.port("tcp")) for _ in range(30)]
            await running.reported(lambda: running.listener("tcp")["refused"] == {"too many connections": 10})
            for _, writer in opened[:20]:
                writer.write(b"<13>a\n")
            await running.storage.await_messages(20)
            for _, writer in opened:
                writer.close()

    play(scene)


def test_endless_octets(folder: Path) -> None:
    """Of a sender that never ends a frame one message is kept, cut and flagged; the rest is counted.

    Meanwhile a sender that gives an octet at a time is understood, and others are served.
    """
    endless = 4_000_000

    async def scene() -> None:
        wanted = {"tcp": ListenerSettings(transport="tcp", address=LOOPBACK, port=0, maximum_octets=8192)}
        async with collecting(folder, listeners=wanted) as running:
            port = running.port("tcp")
            opened = [await asyncio.open_connection(LOOPBACK, port) for _ in range(3)]
            (_, without_end), (_, slow), (_, usual) = opened
            without_end.write(b"<13>" + b"x" * endless)
            for octet in b"<13>slow\n":
                slow.write(bytes([octet]))
                await slow.drain()
                await asyncio.sleep(0.005)
            usual.write(b"<13>usual\n" * 100)
            await running.storage.await_messages(102)
            await without_end.drain()
            without_end.close()
            await running.reported(lambda: running.listener("tcp")["connections"] == 2)
            stored = Counter(running.storage.messages())
            (cut,) = [message for message in stored if message.startswith(b"<13>xxx")]
            assert len(cut) == 8192
            assert stored == {cut: 1, b"<13>slow": 1, b"<13>usual": 100}
            assert running.listener("tcp")["discarded_octets"] == endless + 4 - len(cut)
            assert running.listener("tcp")["flagged"] == {"truncated": 1}
            slow.close()
            usual.close()

    play(scene)


def test_half_open_handshakes_keep_nobody_out(folder: Path, certificates: Certificates) -> None:
    """Connections that never say what TLS waits for are counted, and others are served meanwhile."""

    async def scene() -> None:
        own = {"certificate": certificates.server.certificate, "key": certificates.server.key}
        wanted = {
            "tls": ListenerSettings.model_validate(
                {"transport": "tls", "address": LOOPBACK, "port": 0, **own}
            ),
            "udp": ListenerSettings(transport="udp", address=LOOPBACK, port=0),
        }
        async with collecting(folder, listeners=wanted) as running:
            silent = [await asyncio.open_connection(LOOPBACK, running.port("tls")) for _ in range(50)]
            for number, (_, writer) in enumerate(silent):
                writer.write(b"\x16\x03\x01\x02\x00\x01"[: number % 7])  # a ClientHello's beginning
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.sendto(b"<13>served", (LOOPBACK, running.port("udp")))
            await running.storage.await_messages(1)
            await running.reported(lambda: running.listener("tls")["connections"] == 50)
            for _, writer in silent:
                writer.close()
            await running.reported(
                lambda: running.listener("tls")["refused"].get("TLS handshake: not completed") == 50
            )

    play(scene)
