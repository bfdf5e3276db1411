"""From frames to batches: when a batch goes, what is in it, and that one bad message takes no other along."""

import asyncio
from collections import Counter
from typing import Any

import pyarrow as pa
import pytest

from collector import reader as reader_module
from collector.handoff_batch import Done
from collector.intake import Gathered, Intake, Limits
from collector.settings import ListenerSettings
from parsers.batch import decode_records
from parsers.pipeline import Arrival, parse_frames
from parsers.schema import Flag
from tests.collector.running import play

NOW = 1_795_262_400 * 10**9
FOREVER = 3600.0


class Batches:
    """Takes batches, and remembers whom to answer."""

    def __init__(self) -> None:
        self.records: list[pa.RecordBatch] = []
        self.sizes: list[tuple[str, str, int, int]] = []
        self.came = asyncio.Event()
        self.lost: Counter[str] = Counter()
        self.dones: list[Done | None] = []

    def __call__(
        self,
        tenant: str,
        stream: str,
        *,
        messages: int,
        octets: int,
        payload: Any,
        lost: Counter[str],
        done: Done | None = None,
        can_wait: bool = True,
    ) -> None:
        """Take one batch."""
        assert can_wait, "nobody said that its sender cannot"
        self.dones.append(done)
        self.lost = lost
        self.sizes.append((tenant, stream, messages, octets))
        self.records.append(decode_records(payload))
        self.came.set()

    def messages(self) -> list[bytes]:
        """The octets of all messages."""
        return [octets for records in self.records for octets in records["raw"].to_pylist()]


def an_intake(
    batches: Batches, messages: int = 100, octets: int = 10_000, seconds: float = FOREVER
) -> Intake:
    """The intake of a TCP listener."""
    settings = ListenerSettings(transport="tcp", port=0, tenant="acme", stream="edge", timezone="UTC")
    return Intake("office", settings, Limits(messages, octets, seconds), batches)


def add(intake: Intake, *frames: bytes, peer: str = "192.0.2.1", flags: Any = None) -> None:
    """One read's frames."""
    intake.add(frames, [Arrival(NOW, peer, len(frames))], flags or {})


def test_batch_goes_when_it_has_enough_messages() -> None:
    """The limit of messages sends a batch without waiting; what came together stays together."""

    async def scene() -> None:
        batches = Batches()
        intake = an_intake(batches, messages=3)
        add(intake, b"<13>a", b"<13>b")
        assert not batches.sizes
        add(intake, b"<13>c", b"<13>d")
        assert batches.sizes == [("acme", "edge", 4, 20)]
        batches.lost["refused"] += 4  # a listener's losses are counted there, wherever they occur
        assert intake.counts.lost == {"refused": 4}

    play(scene)


def test_batch_goes_when_it_has_enough_octets() -> None:
    """The limit of octets sends a batch without waiting."""

    async def scene() -> None:
        batches = Batches()
        add(an_intake(batches, octets=10), b"<13>0123456789")
        assert batches.sizes == [("acme", "edge", 1, 14)]

    play(scene)


def test_batch_goes_after_its_time() -> None:
    """A single message does not wait for others longer than the limit."""

    async def scene() -> None:
        batches = Batches()
        add(an_intake(batches, seconds=0.01), b"<13>a")
        await batches.came.wait()
        assert batches.messages() == [b"<13>a"]

    play(scene)


def test_flush_sends_what_is_there_once() -> None:
    """A flush sends everything gathered, and nothing when there is nothing."""

    async def scene() -> None:
        batches = Batches()
        intake = an_intake(batches)
        intake.flush()
        add(intake, b"<13>a")
        intake.flush()
        intake.flush()
        assert len(batches.sizes) == 1

    play(scene)


def test_records_say_where_messages_came_from() -> None:
    """Peer, listener, transport, flags of framing and the exact octets are in the records, in order."""

    async def scene() -> None:
        batches = Batches()
        intake = an_intake(batches)
        add(intake, b"<13>a", b"<13>b", flags={1: (Flag.TRUNCATED,)})
        add(intake, b"\xff\x00", peer="2001:db8::1")
        intake.flush()
        (records,) = batches.records
        assert batches.messages() == [b"<13>a", b"<13>b", b"\xff\x00"]
        assert records["peer"].to_pylist() == ["192.0.2.1", "192.0.2.1", "2001:db8::1"]
        assert set(records["listener"].to_pylist()) == {"office"}
        assert set(records["transport"].to_pylist()) == {"tcp"}
        truncated = ["truncated" in flags for flags in records["flags"].to_pylist()]
        assert truncated == [False, True, False]
        assert intake.counts.flagged == {Flag.TRUNCATED: 1}
        assert intake.counts.messages == 3

    play(scene)


def test_halves_keep_everything_in_place() -> None:
    """Cutting in two keeps each frame's arrival and flags with it."""
    gathered = Gathered()
    gathered.add(
        [b"a", b"b", b"c"],
        [Arrival(1, "x", 2), Arrival(2, "y", 1)],
        {0: (Flag.TRUNCATED,), 2: (Flag.FRAMING_ERROR,)},
    )
    first, second = gathered.halves()
    assert (first.frames, first.arrivals, first.flags) == (
        [b"a"],
        [Arrival(1, "x", 1)],
        {0: (Flag.TRUNCATED,)},
    )
    assert (second.frames, second.flags) == ([b"b", b"c"], {1: (Flag.FRAMING_ERROR,)})
    assert second.arrivals == [Arrival(1, "x", 1), Arrival(2, "y", 1)]
    assert first.octets + second.octets == gathered.octets


def test_message_that_breaks_parsing_takes_no_other_along(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Should parsing fail after all, only that message stays unread: kept as text, logged with its octets."""

    def broken(frames: Any, *arguments: Any, **named: Any) -> pa.RecordBatch:
        if b"<13>bad" in frames:
            raise RuntimeError("a mistake of ours")
        return parse_frames(frames, *arguments, **named)

    async def scene() -> None:
        monkeypatch.setattr(reader_module, "parse_frames", broken)
        batches = Batches()
        intake = an_intake(batches)
        good = [b"<13>%d" % number for number in range(9)]
        add(intake, *good[:4], b"<13>bad", *good[4:])
        intake.flush()
        assert batches.messages() == [*good[:4], b"<13>bad", *good[4:]]
        kept = pa.Table.from_batches(batches.records).to_pylist()[4]
        assert (kept["message"], kept["format"]) == ("<13>bad", "unparsed")
        assert not intake.counts.lost

    play(scene)
    assert "<13>bad" in caplog.text


def test_everyone_in_a_batch_is_answered_once() -> None:
    """Whoever waits for its frames hears once whether the batch that they travel in is in storage."""

    async def scene() -> None:
        batches = Batches()
        intake = an_intake(batches)
        answers: list[bool] = []
        for peer in ("x", "y"):
            intake.add([b"<13>a"], [Arrival(NOW, peer, 1)], {}, answers.append)
        add(intake, b"<13>b")
        intake.flush()
        add(intake, b"<13>c")
        intake.flush()
        first, second = batches.dones
        assert second is None
        assert not answers
        assert first is not None
        first(False)
        assert answers == [False, False]

    play(scene)


@pytest.mark.parametrize("broken", [b"<13>bad", b""], ids=["one message", "every one"])
def test_answer_waits_for_every_part_of_a_broken_batch(
    monkeypatch: pytest.MonkeyPatch, broken: bytes
) -> None:
    """When parsing fails, the one answer comes after all parts are in storage, or says that one is not."""
    answers: list[bool] = []

    def breaks(frames: Any, *arguments: Any, **named: Any) -> pa.RecordBatch:
        if broken in frames:
            raise RuntimeError("a mistake of ours")
        return parse_frames(frames, *arguments, **named)

    async def scene() -> None:
        monkeypatch.setattr(reader_module, "parse_frames", breaks)
        batches = Batches()
        intake = an_intake(batches)
        frames = [b"<13>a", b"<13>bad" if broken else b"", b"<13>c"]
        intake.add(frames, [Arrival(NOW, "x", 3)], {}, answers.append)
        intake.flush()
        await asyncio.sleep(0)
        for done in batches.dones:
            assert not answers
            assert done is not None
            done(True)
        assert len(batches.messages()) == (3 if broken else 2)
        assert answers == [bool(broken)]
        assert intake.counts.lost == ({} if broken else {"not parsed": 1})

    play(scene)


def test_batches_keep_their_interval() -> None:
    """A first message goes at once; what follows within the interval waits for its end, or for a flush."""

    async def scene() -> None:
        batches = Batches()
        settings = ListenerSettings(transport="relp", port=0)
        intake = Intake("office", settings, Limits(100, 10_000, 0.0, interval=FOREVER), batches)
        add(intake, b"<13>a")
        await batches.came.wait()
        add(intake, b"<13>b")
        for _ in range(10):
            await asyncio.sleep(0)
        assert batches.messages() == [b"<13>a"]
        intake.flush()
        assert batches.messages() == [b"<13>a", b"<13>b"]

    play(scene)
