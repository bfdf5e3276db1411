"""A search says how many records of its range are in no file."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage.expired import note_expired
from storage.lacking import lacking
from storage.layout import Layout, StreamName
from storage.ledger_work import LedgerKeeper
from storage.search import Request, Searcher
from storage.view import View

Archive = Callable[..., Path]

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def rows(count: int, at: datetime = NOON) -> list[dict[str, object]]:
    """Make rows that were received at one moment."""
    return [{"message": "word", "received_at": at} for _ in range(count)]


@pytest.fixture
def segments(layout: Layout, archive: Archive) -> list[Path]:
    """Give three segments of a day: 1 to 4, 5 to 9 and 10 to 12."""
    return [archive(layout, rows(4)), archive(layout, rows(5), 5), archive(layout, rows(3), 10)]


def missing(layout: Layout, **more: object) -> int:
    """Give what a new searcher misses."""
    return Searcher(layout).count(Request("word", **more)).scope.missing  # type: ignore[arg-type]


@pytest.mark.usefixtures("segments")
def test_nothing_is_missing(layout: Layout) -> None:
    """Of a stream that is whole nothing is missing, nor of one that is not there."""
    assert missing(layout) == 0
    assert missing(layout, name=StreamName("default", "none")) == 0


def test_a_file_that_was_removed(layout: Layout, segments: list[Path]) -> None:
    """What a removed file held is missing from the answer, whatever was asked for; also from a page."""
    segments[1].unlink()
    assert missing(layout) == 5
    page = Searcher(layout).page(Request("nothing like it"))
    assert (page.scope.complete, page.scope.missing) == (True, 5)
    assert missing(layout, oldest_first=True) == 5


@pytest.mark.usefixtures("segments")
def test_what_was_not_looked_at(layout: Layout) -> None:
    """A page that is full says nothing of the rest."""
    page = Searcher(layout).page(Request("word", limit=2))
    assert (page.scope.complete, page.scope.missing) == (False, 0)


def test_what_has_expired_is_not_missing(layout: Layout, segments: list[Path]) -> None:
    """Retention takes records away as it was told to."""
    note_expired(layout, StreamName(), [(5, 9)])
    segments[1].unlink()
    assert missing(layout) == 0


def test_a_clock_that_stepped(layout: Layout, archive: Archive) -> None:
    """Records that lie beside the range between their neighbours' numbers are elsewhere, not missing."""
    archive(layout, rows(4))
    archive(layout, rows(5, NOON - timedelta(days=3)), 5)
    archive(layout, rows(3), 10)
    assert missing(layout, start=NOON - timedelta(hours=1), end=NOON + timedelta(hours=1)) == 0


def test_whoever_sees_a_part_is_told_nothing(layout: Layout, segments: list[Path]) -> None:
    """Who is limited would learn from it how much others send."""
    segments[1].unlink()
    searcher = Searcher(layout).limited(View(hosts=("pay-*",)), lambda _name: True)
    assert searcher.count(Request("word")).scope.missing == 0


def test_gaps_are_counted() -> None:
    """Every number between the first and the last counts once; those outside never do."""
    assert lacking([(10, 20), (1, 3), (15, 30)], [], lambda _low, _high: []) == 6
    assert lacking([(10, 20), (1, 3)], [(2, 5), (9, 9)], lambda _low, _high: []) == 3
    assert lacking([], [(1, 5)], lambda _low, _high: []) == 0


def kept(layout: Layout) -> None:
    """Bring the ledger in step."""
    keeper = LedgerKeeper(layout)
    keeper.once()
    keeper.close()


@pytest.mark.usefixtures("segments")
def test_a_day_that_was_removed_as_a_whole(layout: Layout, archive: Archive) -> None:
    """The ledger knows of days between which there is nothing; those outside of the range are not missing."""
    archive(layout, rows(6, NOON + timedelta(days=1)), 13)
    kept(layout)
    assert missing(layout) == 0
    shutil.rmtree(layout.archive_day(StreamName(), (NOON + timedelta(days=1)).date()))
    assert missing(layout) == 6
    assert missing(layout, start=NOON + timedelta(hours=12), end=NOON + timedelta(hours=36)) == 6
    assert missing(layout, start=NOON + timedelta(hours=20), end=NOON + timedelta(hours=25)) == 6
    assert missing(layout, end=NOON + timedelta(hours=12)) == 0
    shutil.rmtree(layout.archive_day(StreamName(), NOON.date()))
    assert missing(layout) == 18
    note_expired(layout, StreamName(), [(1, 12)])
    assert missing(layout) == 6


@pytest.mark.usefixtures("segments")
def test_what_came_after_the_search_began(layout: Layout, archive: Archive) -> None:
    """The ledger goes on while a search does: what it has by then, and no search had seen, is not missing."""
    pages = Searcher(layout).pages(Request("word"))
    next(pages)
    archive(layout, rows(4), 13)
    kept(layout)
    *_, last = pages
    assert (last().scope.complete, last().scope.missing) == (True, 0)


def test_a_ledger_that_is_not_believed(layout: Layout, segments: list[Path]) -> None:
    """It says nothing to searches, which go on; the gaps between numbers are told all the same."""
    kept(layout)
    segments[1].unlink()
    layout.ledger("default").joinpath("leaves.jsonl").write_bytes(b"")
    assert missing(layout) == 5


def test_limits_hide_what_the_ledger_knows(layout: Layout, segments: list[Path]) -> None:
    """Who sees a part is not told how much of the rest is missing."""
    kept(layout)
    for path in segments:
        path.unlink()
    limited = Searcher(layout).limited(View(hosts=("web-*",)), lambda _name: True)
    assert limited.count(Request("word")).scope.missing == 0
    assert missing(layout) == 12
