"""Dropping by severity (RFC 5424 sections 8.5 and 8.6): the least severe first, emergencies never."""

import asyncio
import logging
import random
import re
from contextlib import suppress
from pathlib import Path

import pytest

from collector.settings import ListenerSettings
from collector.shedding import LEAST_SEVERE, dropped, kept, least_severe
from collector.sources import Sources
from parsers.pipeline import Arrival, parse_frames
from tests.collector.running import LOOPBACK, collecting, collecting_alone, listeners, play
from tests.collector.storage_double import storage_at
from tests.collector.test_run import send_lines
from tests.collector.test_udp import send

UDP = ListenerSettings(transport="udp", address=LOOPBACK, port=0)


def test_by_fullness() -> None:
    """Nothing is dropped below half; then one severity more at each step; never emergencies."""
    assert [least_severe(fullness) for fullness in (0.0, 0.4, 0.5)] == [LEAST_SEVERE] * 3
    taken = [least_severe(0.5 + step / 14 - 0.01) for step in range(1, 8)]
    assert taken == [6, 5, 4, 3, 2, 1, 0]
    assert [least_severe(fullness) for fullness in (1.0, 1.2, 9.0)] == [0, 0, 0]


def test_columns() -> None:
    """Records are told apart by their severity, and what goes is counted by it."""
    frames = [b"<%d>a" % (8 + severity) for severity in (7, 0, 3, 7, 5)]
    records = parse_frames(
        frames,
        [Arrival(0, LOOPBACK, len(frames))],
        listener="udp",
        transport="udp",
        source=Sources("udp", UDP, {}).own.reading,
        framing_flags={},
    )
    keep = kept(records, 4)
    assert keep.to_pylist() == [False, True, True, False, False]
    assert {reason: part.num_rows for reason, part in dropped(records, keep).items()} == {
        "shed, severity 7": 2,
        "shed, severity 5": 1,
    }


def test_lower_severities_go_first(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """In panic, with memory filling and storage away, debug goes first, and an emergency is never dropped.

    What is dropped is counted by severity and told with figures, and the rest is stored (RFC 5424
    sections 8.5 and 8.6).
    """
    filler = [b"<14>%06d %s" % (number, random.randbytes(700).hex().encode()) for number in range(4_800)]

    async def scene() -> None:
        async with storage_at(folder) as storage:
            storage.answering = False
            wanted = listeners(maximum_octets=2048)
            async with collecting_alone(
                folder,
                storage,
                listeners={"udp": wanted["udp"], "tcp": wanted["tcp"]},
                memory_octets=16_777_216,
            ) as running:
                await asyncio.to_thread(send_lines, running.port("tcp"), filler)
                await running.reported(lambda: running.reports[-1]["handoff"]["held_messages"] >= len(filler))
                running.state("panic")
                send(running.port("udp"), *[b"<%d>%d" % (8 + severity, severity) for severity in range(8)])
                await running.reported(lambda: sum(running.listener("udp")["lost"].values()) > 0)
                storage.answering = True
                running.state("ok")
                await running.finish()
                lost = running.listener("udp")["lost"]
                stored = set(storage.messages("udp"))
                assert set(storage.messages("tcp")) == set(filler)  # who can be made to wait loses nothing
                assert b"<8>0" in stored
                assert len(stored) + sum(lost.values()) == 8
                gone = {int(reason[-1]) for reason in lost}
                assert gone == set(range(min(gone), 8))
                assert lost == {f"shed, severity {severity}": 1 for severity in gone}

    with caplog.at_level(logging.ERROR):
        play(scene)
    told = [record.getMessage() for record in caplog.records if "panic" in record.getMessage()]
    assert re.match(r"the appliance is in panic: .* 1 \(shed, severity 7\)", told[0])
    assert re.match(r"the panic is over; dropped in it: \d messages", told[-1])
    assert len(told) == 2


def test_panic_alone_drops_nothing(folder: Path) -> None:
    """While memory has room, panic drops nothing. New connections are refused."""

    async def scene() -> None:
        async with collecting(folder) as running:
            send_lines(running.port("tcp"), [b"<15>before"])
            await running.storage.await_messages(1)
            running.state("panic")
            reader, writer = await asyncio.open_connection(LOOPBACK, running.port("tcp"))
            with suppress(ConnectionResetError):
                assert await reader.read() == b""
            writer.close()
            send(running.port("udp"), b"<15>debug")
            await running.storage.await_messages(2)
            await running.reported(lambda: running.listener("tcp")["refused"])
            running.state("ok")
            send_lines(running.port("tcp"), [b"<15>after"])
            await running.storage.await_messages(3)
            assert running.listener("udp")["lost"] == {}

    play(scene)
