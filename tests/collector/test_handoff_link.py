"""The hand-off over a real ZeroMQ socket: it connects late, and survives storage's death and silence."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pyarrow as pa
import pytest

from collector.handoff import Handoff
from collector.handoff_link import HandoffLink
from collector.storage_endpoint import StorageEndpoint
from parsers.batch import encode_records
from parsers.schema import BATCH_SCHEMA
from tests.collector.running import play
from tests.collector.storage_double import StorageDouble, endpoint_in, storage_at

NO_RECORDS = encode_records(pa.RecordBatch.from_pylist([], schema=BATCH_SCHEMA))


class Sender:
    """A link and its state."""

    def __init__(self, folder: Path, answer_seconds: float = 20.0) -> None:
        self.handoff = Handoff("c1", 1 << 20, answer_seconds)
        self.link = HandoffLink(self.handoff, endpoint_in(folder), lambda: None)
        self.link.start()

    def submit(self, count: int = 1) -> None:
        """Submit batches without records."""
        for _ in range(count):
            self.link.submit("default", "syslog", messages=0, octets=0, payload=NO_RECORDS, lost=Counter())


@asynccontextmanager
async def sending(folder: Path, answer_seconds: float = 20.0) -> AsyncIterator[Sender]:
    """A link that is closed at the end."""
    sender = Sender(folder, answer_seconds)
    try:
        yield sender
    finally:
        await sender.link.close()


def open_files() -> int:
    """How many files this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def numbers(storage: StorageDouble) -> list[int]:
    """The numbers of the batches that storage got, in order."""
    return [header.number for header in storage.headers]


def test_storage_may_come_later(folder: Path) -> None:
    """Batches wait for storage to come up, and are handed over then."""

    async def scene() -> None:
        async with sending(folder) as sender:
            sender.submit(3)
            assert not await sender.link.drain(0.01)
            async with storage_at(folder) as storage:
                assert await sender.link.drain(20)
                assert numbers(storage) == [1, 2, 3]
                assert sender.handoff.totals.acknowledged == 3

    play(scene)


def test_storage_may_die(folder: Path) -> None:
    """What was not acknowledged goes to the next worker, in order, after a HELLO; nothing else does."""

    async def scene() -> None:
        async with sending(folder) as sender:
            async with storage_at(folder) as first:
                sender.submit(2)
                assert await sender.link.drain(20)
                first.answering = False
                sender.submit(3)
                await first.until(lambda: len(first.headers) == 5)
            async with storage_at(folder) as second:
                sender.submit()
                assert await sender.link.drain(20)
                assert second.hellos >= 1
                assert numbers(second) == [3, 4, 5, 6]

    play(scene)


def test_silence_makes_it_call_again(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Storage that takes a batch and says nothing is called again, and the operator is told once."""

    async def scene() -> None:
        async with storage_at(folder) as storage, sending(folder, answer_seconds=0.3) as sender:
            storage.answering = False
            sender.submit()
            await storage.until(lambda: storage.hellos >= 3)
            storage.answering = True
            assert await sender.link.drain(20)
            assert set(numbers(storage)) == {1}

    play(scene)
    told = [record.getMessage() for record in caplog.records if "does not answer" in record.getMessage()]
    assert len(told) == 1


def test_calling_again_and_again_opens_no_more_files(folder: Path) -> None:
    """Storage may be silent for days: each new call gives back all that the one before it held."""

    async def scene() -> None:
        async with storage_at(folder) as storage, sending(folder, answer_seconds=0.01) as sender:
            storage.answering = False
            sender.submit()
            await storage.until(lambda: storage.hellos >= 3)
            before = open_files()
            await storage.until(lambda: storage.hellos >= 15)
            assert open_files() < before + 8

    play(scene)


def test_window_is_kept_on_the_wire(folder: Path) -> None:
    """No more batches than the window are on their way."""

    async def scene() -> None:
        async with storage_at(folder, window=2) as storage, sending(folder) as sender:
            storage.answering = False
            sender.submit(5)
            await storage.until(lambda: len(storage.headers) == 2)
            assert sender.handoff.unacknowledged == 2
            storage.answering = True
            await storage.answer()
            assert await sender.link.drain(20)
            assert numbers(storage) == [1, 2, 3, 4, 5]

    play(scene)


class Alarm(logging.Handler):
    """Sets an event when something is logged."""

    def __init__(self, told: asyncio.Event) -> None:
        super().__init__()
        self._told = told

    def emit(self, _record: logging.LogRecord) -> None:
        """Set the event."""
        self._told.set()


def test_bad_endpoint_is_told(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An endpoint that ZeroMQ cannot use is an ERROR that names it, and no crash."""

    async def scene() -> None:
        told = asyncio.Event()
        handler = Alarm(told)
        logging.getLogger("collector.handoff_link").addHandler(handler)
        link = HandoffLink(Handoff("c1", 1 << 20, 5.0), f"ipc://{folder}/{'long' * 50}", lambda: None)
        link.start()
        await told.wait()
        link.check()
        await link.close()
        logging.getLogger("collector.handoff_link").removeHandler(handler)

    play(scene)
    assert "longlong" in caplog.records[0].getMessage()


def test_storage_may_be_named_anew(folder: Path) -> None:
    """After a reload that names another storage, what is unacknowledged goes there."""

    async def scene() -> None:
        other = folder / "other"
        other.mkdir()
        async with storage_at(folder) as first, storage_at(other) as second, sending(folder) as sender:
            sender.submit(2)
            assert await sender.link.drain(20)
            first.answering = False
            sender.submit(3)
            await first.until(lambda: len(first.headers) == 5)
            sender.link.use_endpoints([StorageEndpoint(endpoint_in(other))], None)
            assert await sender.link.drain(20)
            assert numbers(second) == [3, 4, 5]
            assert sender.link.endpoint == endpoint_in(other)

    play(scene)
