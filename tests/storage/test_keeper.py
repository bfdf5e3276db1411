"""The promises of the keeper: journals are sealed in order, a failure holds back and is tried again."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from storage import keeper
from storage.archive import Sealed, seal
from storage.blocks import utc_today
from storage.journal import Batch, Journal
from storage.keeper import Keeper
from storage.layout import Layout, StreamName
from storage.segment_writer import SealError
from storage.segments import Segment, list_segments
from storage.settings import StorageSettings
from tests.machine import await_true

NOON = 1_795_176_000

OpenJournal = Callable[..., Journal]
MakeBatch = Callable[..., Batch]
AllRecords = Callable[[], list[tuple[int, bytes]]]


def finished(journal: Journal, make_parsed: MakeBatch, count: int, received: int = NOON) -> list[Path]:
    """Write so many journal files of one message each."""
    for number in range(1, count + 1):
        journal.append([make_parsed([b"<13>%d" % number], number, received=received * 10**9)], NOON)
        journal.roll(NOON, 30)
    return journal.finished


def test_a_failed_seal_holds_back_and_is_tried_again(
    open_journal: OpenJournal,
    make_parsed: MakeBatch,
    layout: Layout,
    name: StreamName,
    all_records: AllRecords,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Journals behind one that could not be sealed wait for it, and are sealed in their order then."""
    paths = finished(open_journal(), make_parsed, 3)
    tried: list[Path] = []

    def once(layout: Layout, name: StreamName, path: Path, level: int) -> Sealed:
        tried.append(path)
        if len(tried) == 1:
            raise SealError("made to fail")
        return seal(layout, name, path, level)

    monkeypatch.setattr(keeper, "seal", once)
    monkeypatch.setattr(keeper, "RETRY_SECONDS", 0.2)
    kept = Keeper(layout, StorageSettings(merge_messages=0))
    kept.give(name, paths)
    kept.start()
    await_true(lambda: kept.waiting() == 0, "every seal")
    assert kept.stop(20)
    assert tried == [paths[0], *paths]
    assert (kept.kept.journals_sealed, kept.kept.seal_errors, kept.kept.messages_archived) == (3, 1, 3)
    assert all_records() == [(1, b"<13>1"), (2, b"<13>2"), (3, b"<13>3")]


def test_an_unreadable_journal_is_passed_over(
    open_journal: OpenJournal, make_parsed: MakeBatch, layout: Layout, name: StreamName
) -> None:
    """A journal of which nothing can be read does not keep the others from being sealed, and stays."""
    paths = finished(open_journal(), make_parsed, 2)
    paths[0].write_bytes(b"nothing")
    kept = Keeper(layout, StorageSettings(merge_messages=0))
    kept.give(name, paths)
    kept.start()
    await_true(lambda: kept.waiting() == 0, "every seal")
    assert kept.stop(20)
    assert [path.exists() for path in paths] == [True, False]
    assert kept.kept.seal_errors == 1


@pytest.mark.parametrize(("days_ago", "files"), [(1, 1), (0, 3)])
def test_finished_days_are_merged(
    days_ago: int,
    files: int,
    open_journal: OpenJournal,
    make_parsed: MakeBatch,
    layout: Layout,
    name: StreamName,
) -> None:
    """Small segments of days before today are merged; today's are left."""
    day = utc_today() - timedelta(days=days_ago)
    received = (day - utc_today().replace(1970, 1, 1)).days * 86_400
    paths = finished(open_journal(), make_parsed, 3, received)
    kept = Keeper(layout, StorageSettings())
    kept.give(name, paths)
    kept.start()
    await_true(lambda: kept.waiting() == 0, "every seal")
    if files == 1:
        await_true(lambda: kept.kept.segments_merged == 1, "the merge")
    assert kept.stop(20)
    assert len(list_segments(layout.archive_day(name, day))) == files
    assert kept.kept.merge_errors == 0


def test_finished_days_are_looked_at_once(
    open_journal: OpenJournal,
    make_parsed: MakeBatch,
    layout: Layout,
    name: StreamName,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A day in which nothing changed is not read again at every look, however many years there are."""
    looked: list[date] = []

    def look(_layout: Layout, _name: StreamName, day: date, **_: int) -> list[Segment]:
        looked.append(day)
        return []

    monkeypatch.setattr("storage.keeper.merge", look)
    monkeypatch.setattr("storage.keeper.MERGE_SECONDS", 0.0)
    for path in finished(open_journal(), make_parsed, 1, 86_400):
        seal(layout, name, path, 1)
    kept = Keeper(layout, StorageSettings())
    kept.give(name, [])
    kept.start()
    await_true(lambda: looked == [date(1970, 1, 2)], "the first look")
    kept.give(name, finished(open_journal(NOON), make_parsed, 1, 2 * 86_400))
    await_true(lambda: len(looked) == 2, "the second look")
    assert kept.stop(20)
    assert looked == [date(1970, 1, 2), date(1970, 1, 3)]


def test_streams_take_turns(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream whose journals fill faster than they are sealed does not keep the other streams waiting."""
    order: list[Path] = []

    def record(_layout: Layout, _name: StreamName, path: Path, _level: int) -> Sealed:
        order.append(path)
        return Sealed([], 0, 0)

    monkeypatch.setattr("storage.keeper.seal", record)
    kept = Keeper(layout, StorageSettings(merge_messages=0))
    kept.give(StreamName("a"), [Path("a1"), Path("a2"), Path("a3")])
    kept.give(StreamName("b"), [Path("b1"), Path("b2")])
    kept.start()
    await_true(lambda: kept.waiting() == 0, "every seal")
    assert kept.stop(20)
    assert [path.name for path in order] == ["a1", "b1", "a2", "b2", "a3"]


def test_stopping_before_it_began(layout: Layout) -> None:
    """A keeper that was never started stops at once."""
    assert Keeper(layout, StorageSettings()).stop(0)
