"""Senders are kept within their rates: connections wait, datagrams above are dropped, and nobody starves."""

import asyncio
import logging
import socket
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from collector.pacing import Pace
from collector.settings import CollectorSettings, ListenerSettings
from collector.source_settings import SourceSettings
from collector.sources import Sources
from parsers.pipeline import Arrival
from parsers.schema import Flag
from tests.collector.relp_streams import session_of, syslog
from tests.collector.running import LOOPBACK, collecting, listeners, play


def pace(source_rate: float = 0, **sources: dict[str, Any]) -> Pace:
    """The rates of a UDP listener."""
    settings = ListenerSettings(transport="udp", port=0, source_rate=source_rate)
    configured = {name: SourceSettings.model_validate(one) for name, one in sources.items()}
    return Pace("udp", settings, Sources("udp", settings, configured), configured)


def arrived(*runs: tuple[str, int]) -> tuple[list[bytes], list[Arrival]]:
    """Frames that tell their senders, and their runs."""
    frames = [f"{peer} {number}".encode() for peer, count in runs for number in range(count)]
    return frames, [Arrival(0, peer, count) for peer, count in runs]


def test_no_rate() -> None:
    """Without a rate nothing is looked at."""
    assert not pace().limited
    assert not pace(office={"networks": ["10.0.0.0/8"], "rate": 0}).limited


def test_a_source_comes_before_the_listener() -> None:
    """A source's rate holds for each of its senders, the listener's for all others, and 0 is no bound."""
    limited = pace(
        10,
        office={"networks": ["10.0.0.0/8"], "rate": 2, "burst": 3},
        core={"networks": ["10.1.0.1"], "rate": 0},
    )
    frames, runs = arrived(
        ("10.0.0.1", 50), ("192.0.2.1", 50), ("10.1.0.1", 50), ("10.0.0.2", 2), ("10.0.0.1", 5)
    )
    kept, left, _ = limited.within(frames, runs, {}, 0.0)
    assert Counter(frame.split()[0].decode() for frame in kept) == {
        "10.0.0.1": 3,
        "192.0.2.1": 20,
        "10.1.0.1": 50,
        "10.0.0.2": 2,
    }
    assert [(run.peer, run.count) for run in left] == [
        ("10.0.0.1", 3),
        ("192.0.2.1", 20),
        ("10.1.0.1", 50),
        ("10.0.0.2", 2),
    ]
    assert len(kept) == sum(run.count for run in left)


def test_flags_stay_with_their_frames() -> None:
    """What is left out takes its flags along, and no other."""
    limited = pace(1)  # two at once
    frames, runs = arrived(("192.0.2.1", 3), ("192.0.2.2", 3))
    flags = dict.fromkeys((1, 2, 4), (Flag.TRUNCATED,))
    kept, _, left = limited.within(frames, runs, flags, 0.0)
    assert kept == [b"192.0.2.1 0", b"192.0.2.1 1", b"192.0.2.2 0", b"192.0.2.2 1"]
    assert left == {1: (Flag.TRUNCATED,), 3: (Flag.TRUNCATED,)}


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ({"hosts": ["fw-*"], "rate": 5}, "set networks"),
        ({"networks": ["10.0.0.0/8"], "burst": 5}, "without rate"),
    ],
)
def test_settings(source: dict[str, Any], told: str) -> None:
    """A rate goes by addresses, since host names are known only when messages are read."""
    with pytest.raises(ValidationError, match=told):
        CollectorSettings.model_validate({"sources": {"a": source}})


def test_a_noisy_sender_starves_no_quiet_one(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Of a sender that floods, what is above its rate is dropped and counted; the others' are all stored."""
    stop = asyncio.Event()

    def flood(port: int) -> int:
        sent = 0
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.bind(("127.0.0.2", 0))
            while not stop.is_set() and sent < 200_000:
                sender.sendto(b"<13>noise", (LOOPBACK, port))
                sent += 1
        return sent

    async def scene() -> None:
        async with collecting(folder, listeners={"udp": listeners(source_rate=100)["udp"]}) as running:
            flooding = asyncio.create_task(asyncio.to_thread(flood, running.port("udp")))
            quiet = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(5)]
            for number, sender in enumerate(quiet):
                sender.bind((f"127.0.1.{number + 1}", 0))
            for turn in range(30):
                for number, sender in enumerate(quiet):
                    sender.sendto(b"<13>quiet %d %d" % (number, turn), (LOOPBACK, running.port("udp")))
                await asyncio.sleep(0.02)
            stop.set()
            sent = await flooding
            await running.finish()
            for sender in quiet:
                sender.close()
            stored = running.storage.messages()
            expected = {b"<13>quiet %d %d" % (number, turn) for number in range(5) for turn in range(30)}
            assert expected <= set(stored)
            lost = running.listener("udp")["lost"]
            assert lost["rate limit"] > 0
            assert len(stored) + sum(lost.values()) == sent + len(expected)

    with caplog.at_level(logging.ERROR):
        play(scene)
    assert "above their senders' rates were dropped, of 1 senders: 127.0.0.2 (" in caplog.text


def test_a_connection_is_read_no_faster(folder: Path) -> None:
    """Over TCP the sender waits, and all its messages are stored; another sender does not wait for it."""
    lines = [b"<13>%d" % number for number in range(350)]

    async def scene() -> None:
        wanted = {"tcp": ListenerSettings(transport="tcp", address=LOOPBACK, port=0, source_rate=100)}
        async with collecting(folder, listeners=wanted) as running:
            port, storage = running.port("tcp"), running.storage
            _, noisy = await asyncio.open_connection(LOOPBACK, port)
            _, quiet = await asyncio.open_connection(LOOPBACK, port, local_addr=("127.0.0.3", 0))
            noisy.write(b"\n".join(lines) + b"\n")
            await storage.await_messages(len(lines))
            noisy.write(b"<13>last\n")
            await noisy.drain()
            quiet.write(b"<13>quiet\n")
            await storage.await_messages(len(lines) + 2)
            assert storage.messages() == [*lines, b"<13>quiet", b"<13>last"]
            assert running.listener("tcp")["lost"] == {}
            noisy.close()
            quiet.close()

    play(scene)


def test_relp_is_read_no_faster(folder: Path) -> None:
    """A session of RELP waits, too, and is answered for all of its messages."""
    messages = [b"<13>%d" % number for number in range(250)]

    async def scene() -> None:
        wanted = {"relp": ListenerSettings(transport="relp", address=LOOPBACK, port=0, source_rate=100)}
        async with collecting(folder, listeners=wanted) as running:
            reader, writer = await asyncio.open_connection(LOOPBACK, running.port("relp"))
            writer.write(session_of(*messages))
            await reader.readuntil(b"\n251 rsp 6 200 OK\n")
            writer.write(syslog(252, b"<13>last"))
            await reader.readuntil(b"252 rsp 6 200 OK\n")
            assert running.storage.messages() == [*messages, b"<13>last"]
            writer.close()

    play(scene)


def test_a_stop_does_not_wait_for_a_sender_at_rest(folder: Path) -> None:
    """What a sender that has to wait had sent is stored when the collector stops, as far as it was read."""

    async def scene() -> None:
        wanted = {"tcp": listeners(source_rate=1)["tcp"]}
        async with collecting(folder, listeners=wanted) as running:
            _, writer = await asyncio.open_connection(LOOPBACK, running.port("tcp"))
            writer.write(b"<13>a\n" * 100)
            await running.storage.await_messages(100)
            await running.finish()
            writer.close()

    play(scene)
