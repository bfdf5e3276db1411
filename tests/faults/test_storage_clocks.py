"""The promises of storage when the clock steps: nothing is lost, doubled or expired for it."""

import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import zmq

from storage.archive import seal
from storage.blocks import NANOSECONDS_A_DAY
from storage.indexer import Indexer
from storage.journal import Journal
from storage.journal_format import LastBatch
from storage.layout import Layout, StreamName
from storage.merge import merge
from storage.retention import TooManyDaysError, expire
from storage.search import Request, Searcher
from storage.settings import IndexSettings, JournalSettings, RetentionSettings, StorageSettings
from storage.verify import Wanted, verify
from tests.storage.conftest import parsed_batch
from tests.storage.test_worker import Client, Running

NAME = StreamName()
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()
A_DAY = 86_400.0
A_YEAR = 365 * A_DAY
STEPS = [0.0, 60.0, -7200.0, 12 * A_DAY, 10 * A_YEAR, -3 * A_YEAR, 0.5, A_DAY / 2, -1.0, 30.0]


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        """Give the time."""
        return self.now


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Give a new data folder."""
    return Layout(tmp_path / "data")


@pytest.fixture
def endpoint() -> Iterator[str]:
    """Give an address for a worker."""
    with tempfile.TemporaryDirectory(prefix="sl") as folder:
        yield f"ipc://{folder}/s"


def messages(number: int) -> list[bytes]:
    """Give the messages of a batch."""
    return [b"<13>1 - h a - - - %d of %d" % (row, number) for row in range(4)]


def test_a_worker_under_a_stepping_clock(layout: Layout, endpoint: str) -> None:
    """The clock leaps years and steps back: every batch is stored once, and verify finds no fault.

    After a start in another year a batch that comes again is still known.
    """
    clock = Clock()
    settings = StorageSettings(merge_messages=0, journal=JournalSettings(batches=3))
    running = Running(layout, endpoint, settings, clock=clock)
    with zmq.Context() as context:
        client = Client(context, endpoint)
        client.hello()
        for number, step in enumerate(STEPS, 1):
            clock.now = NOON + step
            received = [int((clock.now - row) * 10**9) for row in range(4)]  # out of order, over midnight
            client.send(parsed_batch(messages(number), number, "c", received))
            assert int(client.answer()[2]) == number
        running.stop()
        clock.now = NOON + 20 * A_YEAR
        running = Running(layout, endpoint, settings, clock=clock)
        client.hello()
        client.send(parsed_batch(messages(len(STEPS)), len(STEPS), "c", int(NOON * 10**9)))
        assert int(client.answer()[2]) == len(STEPS)
        client.close()
    running.stop()
    assert running.reports[-1]["oldest_journal_seconds"] >= 0
    Indexer(IndexSettings(), layout).once()
    (found,) = verify(layout, Wanted())
    assert (found.faults, found.last_seq) == ([], 4 * len(STEPS))
    assert Searcher(layout).count(Request(query="of")).count == 4 * len(STEPS)


def test_a_clock_set_back_finishes_a_file(layout: Layout) -> None:
    """A journal file is full by its age in either direction, and on another day before or after."""
    journal = Journal(layout, NAME, JournalSettings(age=3600), NOON)
    journal.append([parsed_batch([b"a"], 1, "c")], NOON)
    full = [
        step
        for step in (-A_DAY, -3600.0, -3599.0, 0.0, 3599.0, 3600.0, A_DAY)
        if journal.is_full(NOON + step)
    ]
    assert full == [-A_DAY, -3600.0, 3600.0, A_DAY]
    journal.close()


def test_a_leap_makes_no_collector_silent(layout: Layout) -> None:
    """A clock that leaps ahead forgets nobody's batch number; one that was silent for days is forgotten."""
    journal = Journal(layout, NAME, JournalSettings(), NOON)
    journal.append([parsed_batch([b"a"], 7, "quiet"), parsed_batch([b"b"], 3, "other")], NOON)
    journal.roll(NOON + 10 * A_YEAR, 30)
    assert journal.last_number("quiet") == 7
    journal.state.collectors["quiet"] = LastBatch(7, int(NOON - 40 * A_DAY))
    journal.append([parsed_batch([b"c"], 4, "other")], NOON)
    journal.roll(NOON, 30)
    assert (journal.last_number("quiet"), journal.last_number("other")) == (0, 4)
    journal.close()


def archived(layout: Layout, days: int, today: date) -> None:
    """Archive a message a day, up to today."""
    journal = Journal(layout, NAME, JournalSettings(), NOON)
    for number in range(1, days + 1):
        received = (today - timedelta(days=days - number)).toordinal() - date(1970, 1, 1).toordinal()
        journal.append([parsed_batch(messages(number), number, "c", received * NANOSECONDS_A_DAY)], NOON)
    journal.roll(NOON, 30)
    journal.close()
    for path in journal.finished:
        seal(layout, NAME, path, 1)


def test_a_leap_expires_nothing(layout: Layout) -> None:
    """When the clock says that everything is old, nothing expires, and a person is asked; then it does."""
    today = date(2026, 11, 20)
    archived(layout, 8, today)
    settings = StorageSettings(retention=RetentionSettings(days=5, days_at_once=3))
    assert len(expire(layout, settings, today, dry_run=False)) == 2
    ahead = today + timedelta(days=3650)
    with pytest.raises(TooManyDaysError, match=r"6 days of default/syslog would expire .* nothing expired"):
        expire(layout, settings, ahead, dry_run=False)
    assert len(list(layout.archived_days(NAME))) == 6
    assert len(expire(layout, settings, ahead, dry_run=True)) == 6
    assert len(expire(layout, settings, ahead, dry_run=False, however_many=True)) == 6
    (found,) = verify(layout, Wanted())
    assert (found.faults, found.archive_messages) == ([], 0)


def test_days_to_come_are_merged_and_searched(layout: Layout) -> None:
    """Records of a day to come, which a clock that was ahead has left, are archived and found like any."""
    archived(layout, 3, date(2036, 1, 1))
    for day in layout.archived_days(NAME):
        assert merge(layout, NAME, day, small=100, level=1) == []
    assert Searcher(layout).count(Request(query="of")).count == 12
    assert verify(layout, Wanted())[0].faults == []
