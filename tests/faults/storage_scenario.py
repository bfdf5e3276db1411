"""A life of storage in small: append, roll, seal, merge, index, expire, and what lies beside them.

Every step can be done again, as a worker does after its start: so a run that a failing call has ended is
followed by one to the end. Run as a program it fails every call in every way, which takes minutes:

    python -m tests.faults.storage_scenario
"""

import errno
import logging
import shutil
import tempfile
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from parsers.rebuild import exact_octets
from relay.cursor import Cursor
from storage import quarantine
from storage.archive import seal
from storage.catalogue import Catalogue
from storage.indexer import Indexer
from storage.journal import Batch, Journal
from storage.layout import Layout, StreamName
from storage.merge import merge
from storage.retention import expire
from storage.settings import IndexSettings, JournalSettings, RetentionSettings, StorageSettings
from storage.verify import Wanted, verify
from tests.faults.failing_calls import Calls, failing
from tests.storage.conftest import parsed_batch

NAME = StreamName()
DAY = date(2026, 11, 19)  # finished
TODAY = date(2026, 11, 20)
NOON = int(datetime(2026, 11, 19, 12, tzinfo=UTC).timestamp())
MIDNIGHT = int(datetime(2026, 11, 20, tzinfo=UTC).timestamp())
OLD = NOON - 30 * 86_400
LIMITS = JournalSettings(batches=2)
SETTINGS = StorageSettings(journal=LIMITS, retention=RetentionSettings(days=7))
ERRORS = (errno.EIO, errno.ENOSPC)
CURSOR = 3


@cache
def batches() -> list[Batch]:
    """Give what is sent: two batches of a day that expires, four of a finished one, one over midnight."""
    times = [[OLD] * 3, [OLD + 1] * 3, *([NOON + number] * 3 for number in range(4))]
    times.append([MIDNIGHT - 1, MIDNIGHT, MIDNIGHT + 1])
    return [
        parsed_batch(messages_of(number), number, "c", [second * 10**9 for second in received])
        for number, received in enumerate(times, 1)
    ]


def messages_of(number: int) -> list[bytes]:
    """Give the messages of a batch."""
    return [b"<13>1 2026-11-19T12:00:00Z h a - - - batch %d message %d" % (number, each) for each in range(3)]


class Site:
    """One data folder, and what a collector knows of it: the batches that were acknowledged."""

    def __init__(self, data: Path) -> None:
        self.layout = Layout(data)
        self.acknowledged: set[int] = set()

    def live(self) -> None:
        """Do everything that is not done yet.

        Raises:
            OSError: as a worker ends, when a call fails.
        """
        journal = Journal(self.layout, NAME, LIMITS, MIDNIGHT)
        try:
            self._store(journal)
        finally:
            journal.close()
        for path in journal.finished:
            seal(self.layout, NAME, path, 1)
        merge(self.layout, NAME, DAY, small=1000, level=1)
        expire(self.layout, SETTINGS, TODAY, dry_run=False)
        indexer = Indexer(IndexSettings(), self.layout)
        indexer.once()
        quarantine.keep(quarantine.folder_of(self.layout, None), "batch", b"octets", "a reason")
        Cursor(self.layout.relay / "there.json", NAME).write(CURSOR)

    def _store(self, journal: Journal) -> None:
        for batch in batches():
            number = batch.header.number
            if journal.last_number("c") < number:
                journal.append([batch], MIDNIGHT)
            self.acknowledged.add(number)
            if journal.is_full(MIDNIGHT):
                journal.roll(MIDNIGHT, 30)

    def check(self, *, is_whole: bool) -> None:
        """Compare what readers find with what was acknowledged; have verify say that all is well.

        Args:
            is_whole: everything has been done; else old messages may be there still, and new ones not yet.
        """
        found = [octets for _, octets in self.records()]
        assert len(found) == len(set(found)), "nothing is there twice"
        kept = [each for number in range(3, 8) for each in messages_of(number)]
        must = kept if is_whole else [each for each in kept if int(each.split()[8]) in self.acknowledged]
        lost = [octets for octets in must if octets not in found]
        assert not lost, f"acknowledged and lost: {lost[:3]}"
        if is_whole:
            assert found == kept
        for verified in verify(self.layout, Wanted()):
            assert not verified.faults, verified.faults

    def records(self) -> list[tuple[int, bytes]]:
        """Give seq and octets of every record that a reader finds, by seq."""
        snapshot = Catalogue(self.layout).snapshot(NAME)
        assert not snapshot.damaged, snapshot.damaged
        found: list[tuple[int, bytes]] = []
        for block in snapshot.blocks:
            table = block.read()
            found += zip(table["seq"].to_pylist(), exact_octets(table).to_pylist(), strict=True)
        return sorted(found)


def count(folder: Path) -> int:
    """Give how many calls a whole life makes."""
    with failing(Calls()) as calls:
        site = Site(folder)
        site.live()
    site.check(is_whole=True)
    shutil.rmtree(folder)
    return len(calls.made)


def play(folder: Path, number: int, error: int, *, lasting: bool) -> bool:
    """Fail one call of a life, or all from there on, and live on after it; say whether that call came."""
    site = Site(folder)
    with failing(Calls(number, error, lasting=lasting)) as calls, suppress(OSError):
        site.live()
    site.check(is_whole=False)
    site.live()
    site.check(is_whole=True)
    shutil.rmtree(folder)
    return calls.has_failed


def main() -> None:
    """Fail every call in every way."""
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        calls = count(data)
        for lasting in (False, True):
            for error in ERRORS:
                failed = sum(play(data, number, error, lasting=lasting) for number in range(calls))
                kind = "from there on" if lasting else "one call"
                told = f"{errno.errorcode[error]}, {kind}: {calls} plays, {failed} calls failed"
                print(told, flush=True)  # noqa: T201 - what it is run for


if __name__ == "__main__":
    main()
