"""What the web's tests share: archives written by the real storage code, and the pages over them."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from access.trail import telling
from parsers.batch import BatchHeader, encode_records
from parsers.pipeline import Arrival, parse_frames
from storage.archive import seal
from storage.handoff import check_batch
from storage.journal import Batch, Journal
from storage.layout import Layout, StreamName
from storage.settings import JournalSettings
from web.run import run
from web.settings import WebSettings

RECEIVED_AT = int(datetime(2026, 11, 20, 22, 51, 3, 123456, UTC).timestamp()) * 10**9 + 123_456_789
Store = Callable[..., None]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Give an empty data folder."""
    return Layout(tmp_path / "data")


@pytest.fixture
def store(layout: Layout) -> Store:
    """Give a function that stores messages as collector and storage do, and seals them unless told not to."""
    numbers: dict[StreamName, int] = {}

    def write(
        frames: Sequence[bytes],
        *,
        name: StreamName | None = None,
        received_at: int = RECEIVED_AT,
        peer: str = "192.0.2.1",
        sealed: bool = True,
    ) -> None:
        name = name or StreamName()
        arrivals = [Arrival(received_at + 1000 * number, peer, 1) for number in range(len(frames))]
        records = parse_frames(frames, arrivals, listener="tcp", transport="tcp")
        number = numbers[name] = numbers.get(name, 0) + 1
        octets = sum(map(len, frames))
        header = BatchHeader(name.tenant, name.stream, "test", number, len(frames), octets)
        encoded = header.encode()
        journal = Journal(layout, name, JournalSettings(), received_at / 10**9)
        content = check_batch(header, encoded, encode_records(records))
        journal.append([Batch(header, content)], received_at / 10**9)
        if sealed:
            journal.roll(received_at / 10**9, 365)
            for path in journal.finished:
                seal(layout, name, path, 3)
        journal.close()

    return write


@pytest.fixture
def told() -> Iterator[list[str]]:
    """Give what the trail is told, message by message."""
    messages: list[str] = []
    with telling(lambda octets: messages.append(octets.decode())):
        yield messages


@pytest.fixture
def url(layout: Layout) -> Iterator[str]:
    """Serve the pages over ``layout`` with the real server on a port of its choice, and give its address.

    A page holds ten messages, and a count has all the time.
    """
    settings = WebSettings(port=0, sign_in="off", page_messages=10, count_seconds=60)
    loop = asyncio.new_event_loop()
    ready, stop = asyncio.Event(), asyncio.Event()
    reports: list[Mapping[str, Any]] = []
    role = loop.create_task(run(settings, layout=layout, report=reports.append, ready=ready.set, stop=stop))
    bound = loop.create_task(ready.wait())
    loop.run_until_complete(asyncio.wait([role, bound], return_when=asyncio.FIRST_COMPLETED))
    thread = Thread(target=loop.run_until_complete, args=(role,))
    thread.start()
    yield reports[0]["url"]
    loop.call_soon_threadsafe(stop.set)
    thread.join(30)
    assert not thread.is_alive()
    loop.close()


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    """Give a client of the pages over ``layout``."""
    with httpx.Client(base_url=url, timeout=60) as found:
        yield found
