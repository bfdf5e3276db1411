"""Frames that do not end: what all connections together hold of them is bounded."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from collector.counts import ListenerCounts
from collector.framing import StreamFramer
from collector.gelf import GelfFramer
from collector.tcp import StreamConnection, StreamListener
from collector.unfinished import SHORTEST_CUT, Unfinished
from parsers.schema import Flag
from tests.collector.running import LOOPBACK, collecting_alone, listeners, play
from tests.collector.storage_double import StorageDouble, endpoint_in

CONNECTIONS = 64
MESSAGE = b"<13>" + b"x" * 800_000


def test_nothing_is_too_much_below_the_bound() -> None:
    """One connection may hold all of the bound."""
    unfinished = Unfinished(1_000_000)
    unfinished.change(0, 1_000_000)
    assert not unfinished.is_too_much(1_000_000)


def test_past_the_bound_who_holds_more_than_a_share_is_cut() -> None:
    """Of two that hold too much together, the longer is cut when it grows, and never a short one."""
    unfinished = Unfinished(1_000_000)
    unfinished.change(0, 900_000)
    unfinished.change(0, 200_000)
    assert unfinished.is_too_much(900_000)
    assert not unfinished.is_too_much(200_000)
    unfinished.change(900_000, 0)
    assert not unfinished.is_too_much(200_000)
    unfinished.change(0, 2_000_000)
    assert not unfinished.is_too_much(SHORTEST_CUT)
    assert unfinished.octets == 2_200_000


def test_a_truncated_line_is_kept_and_its_rest_discarded() -> None:
    """The line at hand becomes a frame, flagged; up to its end nothing more comes of it, then all goes on."""
    framer = StreamFramer()
    framer.feed(MESSAGE[:50_000])
    out = framer.truncate()
    assert out.flags == {0: (Flag.TRUNCATED,)}
    assert MESSAGE.startswith(out.frames[0])
    assert len(out.frames[0]) > 49_800
    assert framer.held_octets < 256
    assert framer.feed(b"y" * 50_000).frames == []
    assert framer.feed(b"\n<13>next\n").frames == [b"<13>next"]


def test_a_truncated_counted_frame_is_kept_and_its_rest_discarded() -> None:
    """The same by octet counting, where the count says what belongs to the frame."""
    framer = StreamFramer()
    framer.feed(b"60000 " + MESSAGE[:50_000])
    out = framer.truncate()
    assert out.flags == {0: (Flag.TRUNCATED,)}
    assert MESSAGE.startswith(out.frames[0])
    assert framer.held_octets < 256
    assert framer.feed(MESSAGE[50_000:60_000] + b"8 <13>next9 <13>other").frames == [b"<13>next"]
    assert framer.settle().frames == [b"<13>other"]


def test_a_truncated_object_is_kept_and_its_rest_discarded() -> None:
    """The same for GELF."""
    framer = GelfFramer(65_536)
    framer.feed(b'{"a":"' + b"x" * 50_000)
    out = framer.truncate()
    assert out.flags == {0: (Flag.TRUNCATED,)}
    assert framer.held_octets == 0
    assert framer.feed(b'"}\0{"b":1}\0').frames == [b'{"b":1}']


def test_connections_with_endless_frames_stay_below_the_bound(folder: Path) -> None:
    """Sixty-four connections that each send most of a long message hold a quarter of memory_octets together.

    Each of their messages is kept as far as it came, and a sender of whole messages is not disturbed.
    """
    long = listeners()["tcp"].model_copy(update={"maximum_octets": 1_048_576})

    async def scene() -> None:
        storage = StorageDouble(endpoint_in(folder))
        async with collecting_alone(
            folder, storage, memory_octets=16_777_216, listeners={"tcp": long}
        ) as running:
            writers = []
            for _ in range(CONNECTIONS):
                _, writer = await asyncio.open_connection(LOOPBACK, running.port("tcp"))
                writer.write(MESSAGE)
                await writer.drain()
                writers.append(writer)
            for writer in writers:
                writer.write(b"y")
                await writer.drain()
            await running.reported(lambda: running.reports[-1]["handoff"]["unfinished_octets"] > 0)
            held = running.reports[-1]["handoff"]["unfinished_octets"]
            assert held < 2 * 16_777_216 / 4 + CONNECTIONS * SHORTEST_CUT
            for writer in writers:
                writer.close()
            await storage.await_messages(CONNECTIONS)
            assert all(MESSAGE.startswith(message.rstrip(b"y")) for message in storage.messages())
            await running.reported(lambda: running.reports[-1]["handoff"]["unfinished_octets"] == 0)
            await running.finish()
        await storage.close()

    play(scene)


def test_what_has_ended_is_not_held(folder: Path) -> None:
    """A counted message with none behind it is given when its sender falls silent, and holds nothing then."""

    async def scene() -> None:
        storage = StorageDouble(endpoint_in(folder))
        async with collecting_alone(folder, storage, listeners={"tcp": listeners()["tcp"]}) as running:
            _, writer = await asyncio.open_connection(LOOPBACK, running.port("tcp"))
            message = MESSAGE[:20_000]
            writer.write(b"%d %s" % (len(message), message))
            await storage.await_messages(1)
            assert storage.messages() == [message]
            seen = len(running.reports)
            await running.reported(lambda: len(running.reports) > seen)
            assert running.reports[-1]["handoff"]["unfinished_octets"] == 0
            writer.close()
            await running.finish()
        await storage.close()

    play(scene)


def test_what_has_ended_is_not_cut() -> None:
    """A whole counted message that is too much is given as it is, before anything is truncated."""
    given: list[tuple[list[bytes], dict[int, tuple[Flag, ...]]]] = []
    intake = SimpleNamespace(
        unfinished=Unfinished(10_000),
        counts=ListenerCounts(),
        add=lambda frames, _arrivals, flags: given.append((frames, flags)),
    )
    listener = SimpleNamespace(
        intake=intake, maximum_octets=65_536, paused=False, pace=SimpleNamespace(limited=False)
    )
    connection = StreamConnection(cast("StreamListener", listener))
    message = MESSAGE[:20_000]
    connection.take(b"%d %s" % (len(message), message))
    assert given == [([message], {})]
    assert intake.unfinished.octets == 0
