"""The promises about orders: storage and indexer go by the state, and by new settings in place."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from storage.indexer import Indexer
from storage.indexer import run as index
from storage.journal import Batch, Journal
from storage.keeper import Keeper
from storage.layout import Layout, StreamName
from storage.orders import EARLY, HearState, Reload
from storage.settings import IndexSettings, JournalSettings, StorageSettings
from storage.streams import Streams
from storage.worker import run as store

MakeBatch = Callable[..., Batch]
OpenJournal = Callable[..., Journal]
Archive = Callable[..., Path]

NOON = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp())
PATIENCE_SECONDS = 20


def _await(condition: Callable[[], bool]) -> None:
    for _ in range(PATIENCE_SECONDS * 100):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it did not come")


@pytest.fixture
def streams(layout: Layout) -> Streams:
    """Give the streams of a worker whose clock stands."""
    return Streams(layout, StorageSettings(journal=JournalSettings(batches=80)), lambda: float(NOON))


def test_journals_are_finished_early(streams: Streams, name: StreamName, make_parsed: MakeBatch) -> None:
    """When the state is not ok an eighth of a journal's limits is enough; on a full disk any record is."""
    journal = streams.journal(name)
    few = int(80 * EARLY)
    for number in range(1, few + 1):
        journal.append([make_parsed([b"a"], number, "c")], NOON)
        streams.roll(early=number < few)
        assert streams.keeper.waiting() == 0
    streams.roll(early=True)
    assert streams.keeper.waiting() == 1
    streams.roll(at_once=True)
    assert streams.keeper.waiting() == 1, "an empty file is not finished"
    journal.append([make_parsed([b"a"], few + 1, "c")], NOON)
    streams.roll(at_once=True)
    assert streams.keeper.waiting() == 2
    streams.close()


def test_the_age_of_what_waits(layout: Layout, name: StreamName, make_parsed: MakeBatch) -> None:
    """The oldest message that is in no segment counts: of the open file, or of one that waits."""
    now = float(NOON)
    streams = Streams(layout, StorageSettings(), lambda: now)
    assert streams.oldest_seconds() == 0
    streams.journal(name).append([make_parsed([b"a"], 1, "c")], NOON)
    now += 10
    assert streams.oldest_seconds() == 10
    streams.roll(at_once=True)
    streams.journal(name).append([make_parsed([b"b"], 2, "c")], now)
    now += 5
    assert streams.oldest_seconds() == 15
    streams.keeper.start()
    _await(lambda: streams.keeper.waiting() == 0)
    assert streams.oldest_seconds() == 5
    now -= 100
    assert streams.oldest_seconds() == 0, "the clock was set back"
    streams.close()


def test_new_limits(streams: Streams, name: StreamName, make_parsed: MakeBatch) -> None:
    """New settings hold for journals that are open."""
    journal = streams.journal(name)
    journal.append([make_parsed([b"a"], 1, "c")], NOON)
    assert not journal.is_full(NOON)
    streams.change(StorageSettings(journal=JournalSettings(batches=1)))
    assert journal.is_full(NOON)
    streams.close()


def test_merging_pauses(
    layout: Layout, name: StreamName, open_journal: OpenJournal, make_parsed: MakeBatch
) -> None:
    """In shedding and panic nothing is merged, and sealing goes on; afterwards merging does, too."""
    journal = open_journal(batches=1)
    old = (NOON - 40 * 86_400) * 10**9
    for number in (1, 2):
        journal.append([make_parsed([b"<13>a"], number, "c", old)], NOON)
        journal.roll(NOON, 30)
    keeper = Keeper(layout, StorageSettings())
    keeper.pause_merging(paused=True)
    keeper.start()
    keeper.give(name, journal.finished)
    _await(lambda: keeper.waiting() == 0)
    segments = list(layout.archive(name).rglob("*.parquet"))
    assert (len(segments), keeper.kept.segments_merged) == (2, 0)
    keeper.pause_merging(paused=False)
    _await(lambda: keeper.kept.segments_merged == 1)
    assert keeper.stop(PATIENCE_SECONDS)


def test_indexing_pauses(layout: Layout, archive: Archive) -> None:
    """In shedding the indexer looks and does nothing, and says what waits and how long; then it goes on."""
    archive(layout, [{"message": "a"}])
    indexer = Indexer(IndexSettings(), layout)
    indexer.hear("shedding")
    indexer.once()
    state = indexer.state()
    assert (state["pending"], state["segments_indexed"], state["is_paused"]) == (1, 0, True)
    assert state["lag_seconds"] >= 0
    indexer.hear("warning")
    indexer.once()
    assert {"pending": 0, "lag_seconds": 0.0, "is_paused": False}.items() <= indexer.state().items()


class Orders:
    """Takes what a role wants to hear."""

    def __init__(self) -> None:
        self.taken: tuple[HearState, Reload] | None = None

    def __call__(self, *, state: HearState | None = None, reload: Reload | None = None) -> None:
        """Remember both."""
        assert state is not None
        assert reload is not None
        self.taken = state, reload


def test_the_roles_take_orders(layout: Layout, tmp_path: Path) -> None:
    """Storage and indexer hear states and take new settings while they run."""

    async def play() -> None:
        for role in ("storage", "indexer"):
            orders, ready, stop = Orders(), asyncio.Event(), asyncio.Event()
            reports: list[Mapping[str, Any]] = []
            given: dict[str, Any] = {
                "layout": layout, "report": reports.append, "ready": ready.set, "stop": stop, "obey": orders,
            }  # fmt: skip
            if role == "storage":
                main = store(StorageSettings(), endpoint=f"ipc://{tmp_path}/s", **given)
            else:
                main = index(StorageSettings(), **given)
            work = asyncio.create_task(main)
            await asyncio.wait_for(ready.wait(), PATIENCE_SECONDS)
            assert orders.taken is not None
            hear, reload = orders.taken
            hear("panic")
            settings = StorageSettings(window=7, index=IndexSettings(poll=0.05))
            await asyncio.wait_for(reload(settings, ()), PATIENCE_SECONDS)
            hear("ok")
            stop.set()
            await asyncio.wait_for(work, PATIENCE_SECONDS)

    asyncio.run(play())
