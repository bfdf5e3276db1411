"""The indexer: keeps in step with the archive, whatever comes, goes or breaks."""

import asyncio
import shutil
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest

from storage.index_manifest import NAME, read_manifest
from storage.indexer import Indexer, rebuild, run, status
from storage.layout import Layout, StreamName
from storage.ledger_verify import Wanted, verify_ledgers
from storage.search import Request, Searcher
from storage.settings import IndexSettings, StorageSettings

STREAM = StreamName()
OLD = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp()) * 10**9


def indexed(layout: Layout, day: date) -> set[str]:
    """Give the file names of the segments in a day's index."""
    manifest = read_manifest(layout.index_day(STREAM, day))
    return set() if manifest is None else set(manifest.segments)


def rows(count: int, received: int = OLD) -> list[dict[str, Any]]:
    """Give records of one day."""
    return [{"message": f"needle {place}", "received_at": received + place} for place in range(count)]


def test_once_brings_the_index_in_step(layout: Layout, archive: Any) -> None:
    """New segments are indexed, merged ones forgotten, expired days removed, finished days put together."""
    day = date(2026, 3, 1)
    indexer = Indexer(IndexSettings(commit_blocks=1), layout)
    first = archive(layout, rows(4))
    second = archive(layout, rows(4, OLD + 100), first_seq=5)
    indexer.once()
    assert indexed(layout, day) == {first.name, second.name}
    assert len(list(layout.index_day(STREAM, day).glob("*.seg"))) == 1
    merged = archive(layout, rows(8), block_rows=8)
    first.unlink()
    second.unlink()
    indexer.once()
    assert indexed(layout, day) == {merged.name}
    assert Searcher(layout).page(Request("needle")).scope.scanned_unindexed == 0
    shutil.rmtree(layout.archive_day(STREAM, day))
    indexer.once()
    assert not layout.index_day(STREAM, day).exists()


def test_nothing_new_is_no_work(layout: Layout, archive: Any) -> None:
    """A second look at an unchanged archive writes nothing."""
    archive(layout, rows(4))
    indexer = Indexer(IndexSettings(), layout)
    indexer.once()
    manifest = layout.index_day(STREAM, date(2026, 3, 1)) / NAME
    before = manifest.stat()
    indexer.once()
    Indexer(IndexSettings(), layout).once()
    assert manifest.stat().st_mtime_ns == before.st_mtime_ns


def test_a_damaged_index_is_made_anew(layout: Layout, archive: Any) -> None:
    """What is wrong with an index is found when it is written next, and mended from the archive."""
    first = archive(layout, rows(4))
    Indexer(IndexSettings(), layout).once()
    folder = layout.index_day(STREAM, date(2026, 3, 1))
    path = next(folder.glob("*.seg"))
    octets = bytearray(path.read_bytes())
    octets[len(octets) // 2] ^= 1
    path.write_bytes(octets)
    second = archive(layout, rows(4, OLD + 100), first_seq=5)
    indexer = Indexer(IndexSettings(), layout)
    indexer.once()
    indexer.once()
    assert indexed(layout, date(2026, 3, 1)) == {first.name, second.name}
    page = Searcher(layout).page(Request("needle", limit=None))
    assert (page.records.num_rows, page.scope.scanned_unindexed, page.scope.damaged_indexes) == (8, 0, [])


def test_a_damaged_segment_holds_nothing_up(layout: Layout, archive: Any) -> None:
    """A segment that cannot be read is logged and left out; the others are indexed."""
    good = archive(layout, rows(4))
    bad = archive(layout, rows(4, OLD + 100), first_seq=5)
    octets = bytearray(bad.read_bytes())
    footer = len(octets) - 8 - int.from_bytes(octets[-8:-4], "little")
    octets[4:footer] = bytes(footer - 4)
    bad.write_bytes(octets)
    indexer = Indexer(IndexSettings(), layout)
    indexer.once()
    assert indexed(layout, date(2026, 3, 1)) == {good.name}
    assert [(each.segments, each.indexed, each.pending) for each in status(layout)] == [(2, 1, 1)]
    assert indexer.pending == 1
    indexer.once()
    assert indexer.pending == 1
    bad.unlink()
    healed = Indexer(IndexSettings(), layout)
    healed.once()
    assert healed.pending == 0


def test_a_disk_that_refuses_is_told_of_once(
    layout: Layout, archive: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often the index cannot be written, one sentence says it, and another that it works again."""
    monkeypatch.setattr("storage.indexer.RETRY_SECONDS", 0.0)
    caplog.set_level("INFO")
    archive(layout, rows(4))
    blocker = layout.index_day(STREAM, date(2026, 3, 1)) / "index.lock"
    blocker.mkdir(parents=True)
    indexer = Indexer(IndexSettings(), layout)
    for _ in range(3):
        indexer.once()
    (told,) = caplog.records
    assert told.levelname == "ERROR"
    assert told.exc_info is None
    assert "2026-03-01" in told.getMessage()
    assert "See to the space" in told.getMessage()
    assert indexer.state()["errors"] == 3
    blocker.rmdir()
    indexer.once()
    assert [record.getMessage() for record in caplog.records[1:]] == ["the index is written again"]
    assert indexer.pending == 0


def test_status_and_rebuild(layout: Layout, archive: Any) -> None:
    """Status counts segments and octets; rebuild makes the index of the days asked for anew and says so."""
    archive(layout, rows(4))
    archive(layout, rows(4, OLD + 86_400 * 10**9), first_seq=5)
    assert [(each.segments, each.pending, each.index_octets) for each in status(layout)] == [(2, 2, 0)]
    told: list[tuple[date, int, int]] = []
    assert rebuild(layout, STREAM, [date(2026, 3, 2)], lambda *step: told.append(step)) == 4
    assert told == [(date(2026, 3, 2), 1, 1)]
    assert [each.pending for each in status(layout)] == [1]
    assert rebuild(layout, STREAM) == 8
    found = status(layout)[0]
    assert (found.pending, found.index_octets > 0, found.segment_octets > 0) == (0, True, True)


@pytest.mark.parametrize("segments", [1, 3])
def test_the_role_indexes_until_it_is_stopped(layout: Layout, archive: Any, segments: int) -> None:
    """The role says that it is ready, indexes what is there, keeps its ledger, and ends when asked."""
    for place in range(segments):
        archive(layout, rows(4, OLD + place * 100), first_seq=1 + 4 * place)
    assert asyncio.run(_reported(layout, segments * 4)) == (True, segments, segments * 4)
    (found,) = verify_ledgers(layout, Wanted())
    assert (found.records, found.waiting, found.findings) == (segments * 4, 0, [])


async def _reported(layout: Layout, records: int) -> tuple[bool, int, int]:
    """Run the role until it reports that nothing is pending, and that so many records are in the ledger."""
    done = asyncio.Event()
    stop = asyncio.Event()
    ready = asyncio.Event()
    last: dict[str, Any] = {}

    def report(state: Mapping[str, Any]) -> None:
        last.update(state)
        if not state["pending"] and state["ledger_records"] == records:
            done.set()

    settings = StorageSettings(index=IndexSettings(poll=0.05))
    work = asyncio.create_task(run(settings, layout=layout, report=report, ready=ready.set, stop=stop))
    await done.wait()
    stop.set()
    await work
    return ready.is_set(), last["segments_indexed"], last["messages_indexed"]
