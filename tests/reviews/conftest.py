"""What the tests of reviews share: archives written by the real storage code, a store, and who asks."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from access.sight import Sights
from access.visitor import CONSOLE, Limits, Visitor
from parsers.batch import BatchHeader, encode_records
from parsers.pipeline import Arrival, parse_frames
from reviews.making import Means
from reviews.periods import Schedule
from reviews.searches import Draft, Question
from reviews.store import Store
from storage.archive import seal
from storage.handoff import check_batch
from storage.journal import Batch, Journal
from storage.layout import Layout, StreamName
from storage.settings import JournalSettings

DAY = datetime(2026, 11, 20, tzinfo=UTC)
Keep = Callable[..., None]
DAILY = Schedule("daily", 0, 0, "rita", 3)


class Clock:
    """A clock that the test sets."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Give its time."""
        return self.now


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Give an empty data folder."""
    return Layout(tmp_path / "data")


@pytest.fixture
def keep(layout: Layout) -> Keep:
    """Give a function that archives messages as collector and storage do, received at one moment."""
    return keeper(layout)


def keeper(layout: Layout) -> Keep:
    """Give that function for a data folder."""
    numbers: dict[StreamName, int] = {}

    def write(
        frames: Sequence[bytes], at: datetime = DAY + timedelta(hours=12), name: StreamName | None = None
    ) -> None:
        name, seconds = name or StreamName(), at.timestamp()
        arrivals = [Arrival(int(seconds) * 10**9 + number, "192.0.2.1", 1) for number in range(len(frames))]
        records = parse_frames(frames, arrivals, listener="tcp", transport="tcp")
        number = numbers[name] = numbers.get(name, 0) + 1
        header = BatchHeader(name.tenant, name.stream, "test", number, len(frames), sum(map(len, frames)))
        journal = Journal(layout, name, JournalSettings(), seconds)
        journal.append(
            [Batch(header, check_batch(header, header.encode(), encode_records(records)))], seconds
        )
        journal.roll(seconds, 365)
        for path in journal.finished:
            seal(layout, name, path, 3)
        journal.close()

    return write


@pytest.fixture
def clock() -> Clock:
    """Give a clock that stands at noon of DAY."""
    return Clock(DAY + timedelta(hours=12))


@pytest.fixture
def store(layout: Layout) -> Iterator[Store]:
    """Give an empty store."""
    found = Store(layout.reviews)
    yield found
    found.close()


@pytest.fixture
def accounts() -> dict[str, Visitor]:
    """Give the accounts there are, by name: an auditor, a reviewer, an administrator."""
    return {
        "anna": Visitor("anna", "auditor"),
        "rita": Visitor("rita", "reviewer"),
        "adam": Visitor("adam", "administrator"),
        "console": CONSOLE,
    }


@pytest.fixture
def means(layout: Layout, store: Store, clock: Clock, accounts: dict[str, Visitor]) -> Means:
    """Give what making takes, over the data folder."""
    return Means(store, accounts.get, Sights(layout).searcher, clock)


def draft(query: str = "failed", schedule: Schedule | None = None, **changes: Any) -> Draft:
    """Give a draft of a search of the default stream."""
    found = Draft("Failed sign-ins", "Look at each.", False, Question(query, StreamName()), schedule)
    return replace(found, **changes)


LIMITED = Limits(hosts=("web-*",))
