"""The promises of retention: whole days by tenant and stream, never today, safe to run twice."""

import errno
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pyarrow.dataset
import pytest

import durable
from storage.accounts import accounts
from storage.archive import seal
from storage.catalogue import Catalogue
from storage.journal import Batch, Journal
from storage.layout import TRAIL, Layout, StreamName
from storage.retention import expire
from storage.settings import JournalSettings, RetentionSettings, StorageSettings

NOON = 1_795_176_000
TODAY = date(2026, 11, 20)
SELF = StreamName("default", "sysledger")

MakeBatch = Callable[..., Batch]


def settings(days: int, **streams: int) -> StorageSettings:
    """Make settings that keep so many days."""
    others = {key.replace("__", "/"): value for key, value in streams.items()}
    return StorageSettings(retention=RetentionSettings(days=days, streams=others))


@pytest.fixture
def days(layout: Layout, make_parsed: MakeBatch) -> list[date]:
    """Archive a message a day for the last five days, today included, in two streams, with an index."""
    found = [TODAY - timedelta(days=back) for back in range(4, -1, -1)]
    for name in (StreamName(), SELF):
        journal = Journal(layout, name, JournalSettings(), NOON)
        for number, day in enumerate(found, 1):
            received = (NOON - (TODAY - day).days * 86_400) * 10**9
            journal.append([make_parsed([b"<13>%d" % number], number, received=received, name=name)], NOON)
            layout.index_day(name, day).mkdir(parents=True)
            (layout.index_day(name, day) / "segment").write_bytes(b"index")
        journal.roll(NOON, 30)
        seal(layout, name, journal.finished[0], 1)
        journal.close()
    return found


def test_old_days_expire(layout: Layout, name: StreamName, days: list[date]) -> None:
    """Days more than the set number before today go, archive and index, and are told with their contents."""
    done = expire(layout, settings(2), TODAY, dry_run=False)
    assert [(each.name, each.day, each.files, each.messages) for each in done] == [
        (stream, day, 1, 1) for stream in (SELF, name) for day in days[:2]
    ]
    assert all(each.octets > 0 for each in done)
    for stream in (name, SELF):
        assert list(layout.archived_days(stream)) == list(layout.indexed_days(stream)) == days[2:]
        assert Catalogue(layout).days(stream) == days[2:]
    assert not list(layout.data.rglob(".expired-*"))


def test_dry_run_touches_nothing(layout: Layout, name: StreamName, days: list[date]) -> None:
    """A dry run says what would go, and nothing goes."""
    before = sorted(layout.data.rglob("*"))
    assert [each.day for each in expire(layout, settings(3), TODAY, dry_run=True)] == [days[0]] * 2
    assert sorted(layout.data.rglob("*")) == before
    assert list(layout.archived_days(name)) == days


def test_streams_have_their_own_days(layout: Layout, name: StreamName, days: list[date]) -> None:
    """A stream's own number goes before the general one, and 0 keeps for ever."""
    expire(layout, settings(0, default__sysledger=1), TODAY, dry_run=False)
    assert list(layout.archived_days(name)) == days
    assert list(layout.archived_days(SELF)) == days[3:]


def test_today_never_expires(layout: Layout, name: StreamName, days: list[date]) -> None:
    """The shortest retention keeps today and yesterday; days to come are kept, too."""
    expire(layout, settings(1), TODAY - timedelta(days=1), dry_run=False)
    assert list(layout.archived_days(name)) == days[2:]


def test_twice_is_once(layout: Layout, days: list[date]) -> None:
    """A second run finds nothing to do."""
    assert len(expire(layout, settings(2), TODAY, dry_run=False)) == 4
    assert expire(layout, settings(2), TODAY, dry_run=False) == []
    assert len(days) == 5


def test_a_crash_is_made_up_for(
    layout: Layout, name: StreamName, days: list[date], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a run leaves behind that ends after the rename is removed by the next, index and all."""

    def crash(_folder: Path, **_: object) -> None:
        raise OSError(errno.EIO, "crash")

    with monkeypatch.context() as patch:
        patch.setattr("storage.retention.shutil.rmtree", crash)
        with pytest.raises(OSError, match="crash"):
            expire(layout, settings(2), TODAY, dry_run=False)
    assert Catalogue(layout).days(SELF) == days[1:], "the day is gone for readers as soon as it is renamed"
    left = pyarrow.dataset.dataset(layout.data / "archive", partitioning="hive", format="parquet")
    assert left.count_rows() == 4 + 5, "other engines pass over what is left of it"
    expire(layout, settings(2), TODAY, dry_run=False)
    assert not list(layout.data.rglob(".expired-*"))
    assert list(layout.archived_days(name)) == list(layout.indexed_days(name)) == days[2:]


def test_two_runs_at_once(layout: Layout, days: list[date], monkeypatch: pytest.MonkeyPatch) -> None:
    """When another run has renamed a day in between, that is no error."""
    real = durable.rename_folder

    def raced(folder: Path, target: Path) -> None:
        real(folder, target.with_name("elsewhere-" + target.name))
        real(folder, target)

    monkeypatch.setattr(durable, "rename_folder", raced)
    assert len(expire(layout, settings(2), TODAY, dry_run=False)) == 4
    assert len(days) == 5


def test_blocks_of_an_expired_day_are_empty(layout: Layout, name: StreamName, days: list[date]) -> None:
    """A reader with a snapshot from before finds nothing where the day was, and no error."""
    blocks = Catalogue(layout).snapshot(name).blocks
    expire(layout, settings(2), TODAY, dry_run=False)
    assert sorted((block.first_seq, block.read().num_rows) for block in blocks) == [
        (1, 0), (2, 0), (3, 1), (4, 1), (5, 1),
    ]  # fmt: skip
    assert len(days) == 5


def test_settings_name_streams() -> None:
    """A key that names no stream is refused with a hint."""
    with pytest.raises(ValueError, match="write tenant/stream"):
        RetentionSettings(streams={"syslog": 3})
    with pytest.raises(ValueError, match="use 1 to 63 of"):
        RetentionSettings(streams={"default/..": 3})


def test_the_trail_is_kept_unless_it_is_named(layout: Layout, make_parsed: MakeBatch) -> None:
    """Who did what outlasts the messages: only a number of days of its own makes the trail expire."""
    received = (NOON - 10 * 86_400) * 10**9
    journal = Journal(layout, TRAIL, JournalSettings(), NOON)
    journal.append([make_parsed([b"<110>told"], 1, received=received, name=TRAIL)], NOON)
    journal.roll(NOON, 30)
    seal(layout, TRAIL, journal.finished[0], 1)
    journal.close()
    assert expire(layout, settings(2), TODAY, dry_run=False) == []
    own = StorageSettings(retention=RetentionSettings(days=0, streams={"trail/access": 5}))
    assert [one.name for one in expire(layout, own, TODAY, dry_run=False)] == [TRAIL]


def test_what_goes_for_want_of_room_is_in_the_books(
    layout: Layout, name: StreamName, days: list[date]
) -> None:
    """It has expired like any other day: counted, and missing nowhere; readers find what is left."""
    crowded = StorageSettings(retention=RetentionSettings(room=1, room_days=2))
    done = expire(layout, crowded, TODAY, dry_run=False)
    assert {(one.day, one.why) for one in done} == {(day, "room of all") for day in days[:2]}
    counted = accounts(layout, since=0)
    assert sum(counted.expired.rows.values()) == 4
    assert (counted.missing, counted.damaged) == ([], [])
    assert Catalogue(layout).days(name) == list(layout.indexed_days(name)) == days[2:]
