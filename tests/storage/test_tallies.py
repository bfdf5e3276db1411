"""Storage's side of the books: every record once, by day, listener and peer, whatever state it is in."""

import errno
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

import durable
from storage import retention
from storage.accounts import Accounts, accounts
from storage.archive import seal
from storage.indexer import Indexer
from storage.journal import Batch, Journal
from storage.journal_reader import JournalReader
from storage.layout import Layout, StreamName
from storage.merge import merge
from storage.retention import expire
from storage.segments import list_segments
from storage.settings import IndexSettings, JournalSettings, RetentionSettings, StorageSettings
from storage.tallies import Tally

NOON = 1_795_176_000
TODAY = date(2026, 11, 20)
YESTERDAY = TODAY - timedelta(days=1)
SOURCE = ("tcp", "192.0.2.1")
SETTINGS = StorageSettings(retention=RetentionSettings(days=1))

MakeBatch = Callable[..., Batch]


def ns(day: date) -> int:
    """Noon of a day, in ns since 1970."""
    return (NOON + (day - TODAY).days * 86_400) * 10**9


@pytest.fixture
def fill(layout: Layout, name: StreamName, make_parsed: MakeBatch) -> Callable[..., None]:
    """Give a function that stores messages of a day each, sealed or left in the journal."""

    def store(*days: date, seals: bool = True) -> None:
        journal = Journal(layout, name, JournalSettings(), NOON)
        first = journal.last_number("collector-1")
        for number, day in enumerate(days, first + 1):
            messages = [b"<13>%d" % number, b"<13>Oct 11 22:14:15 host app: text"]
            journal.append([make_parsed(messages, number, received=ns(day))], NOON)
        if seals:
            journal.roll(NOON, 30)
            for path in journal.finished:
                seal(layout, name, path, 1)
        journal.close()

    return store


def numbers(found: Accounts) -> tuple[int, int, int, int]:
    """Records in journal, archive, index, and expired."""
    return tuple(each.messages for each in (found.journal, found.archived, found.indexed, found.expired))  # type: ignore[return-value]


def test_each_record_once(layout: Layout, fill: Callable[..., None]) -> None:
    """Journalled, archived, indexed: counted where it is, for its own day, and parsed apart from unparsed."""
    fill(YESTERDAY, TODAY, TODAY)
    fill(TODAY, seals=False)
    Indexer(IndexSettings(), layout).once()
    fill(TODAY)
    fill(TODAY, seals=False)
    found = accounts(layout)
    assert numbers(found) == (2, 10, 6, 0)
    assert numbers(accounts(layout, TODAY)) == (2, 8, 4, 0)
    assert numbers(accounts(layout, YESTERDAY)) == (0, 2, 2, 0)
    assert found.archived.by_source() == Counter({SOURCE: 10})
    assert {row[3]: number for row, number in found.journal.rows.items()} in ({True: 2}, {True: 1, False: 1})
    assert found.last_numbers == {("collector-1", "default/syslog"): 6}
    assert found.missing == []


def test_what_was_received_before_the_books_is_left_out(layout: Layout, fill: Callable[..., None]) -> None:
    """Records from before the books were begun are in no book, and so not here, whatever tallies are kept."""
    fill(YESTERDAY, TODAY)
    fill(TODAY, seals=False)
    for _ in range(2):
        assert numbers(accounts(layout, since=ns(TODAY)))[:2] == (2, 2)
        assert numbers(accounts(layout, since=ns(TODAY) + 1))[:2] == (0, 0)


def test_tallies_are_kept_and_made_again(layout: Layout, fill: Callable[..., None]) -> None:
    """A segment is read once; without what was kept, or when that is damaged, it is read again."""
    fill(YESTERDAY, TODAY)
    first = accounts(layout)
    kept = sorted((layout.books / "tallies").rglob("*.json"))
    assert len(kept) == 2
    kept[0].write_text("damaged")
    kept[1].unlink()
    again = accounts(layout)
    assert again == first
    for segment in (layout.data / "archive").rglob("*.parquet"):
        segment.write_bytes(bytes(segment.stat().st_size))
    assert accounts(layout).archived == first.archived, "nothing of the segments is read"


def test_who_may_only_read(
    layout: Layout, fill: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may not write to the data folder counts all the same."""
    fill(TODAY)

    def refuse(_folder: Path) -> None:
        raise PermissionError(errno.EACCES, "no")

    monkeypatch.setattr(durable, "make_folder", refuse)
    assert numbers(accounts(layout))[1] == 2


def test_merging_changes_nothing(layout: Layout, name: StreamName, fill: Callable[..., None]) -> None:
    """A merged day has what its segments had."""
    fill(YESTERDAY)
    fill(YESTERDAY)
    before = accounts(layout)
    assert len(merge(layout, name, YESTERDAY, small=100, level=1)) == 1
    assert accounts(layout).archived == before.archived


def test_expired_days_stay_in_the_books(layout: Layout, fill: Callable[..., None]) -> None:
    """What has expired is counted as such for ever after, by source; a day that comes again is added."""
    old = TODAY - timedelta(days=3)
    fill(old, TODAY)
    expire(layout, SETTINGS, TODAY, dry_run=False)
    found = accounts(layout)
    assert numbers(found) == (0, 2, 0, 2)
    assert found.expired.by_source() == {SOURCE: 2}
    assert found.missing == []
    fill(old)
    assert numbers(accounts(layout, old)) == (0, 2, 0, 2)
    expire(layout, SETTINGS, TODAY, dry_run=False)
    assert numbers(accounts(layout, old)) == (0, 0, 0, 4)


def test_a_crash_expires_nothing_twice(
    layout: Layout, name: StreamName, fill: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written down and not gone yet: still in the archive, also when it is merged before it goes."""
    old = TODAY - timedelta(days=3)
    fill(old)
    fill(old)

    def crash(*_: object) -> None:
        raise OSError(errno.EIO, "crash")

    with monkeypatch.context() as patch:
        patch.setattr(retention, "_remove", crash)
        with pytest.raises(OSError, match="crash"):
            expire(layout, SETTINGS, TODAY, dry_run=False)
    assert numbers(accounts(layout)) == (0, 4, 0, 0)
    merge(layout, name, old, small=100, level=1)
    assert numbers(accounts(layout)) == (0, 4, 0, 0)
    expire(layout, SETTINGS, TODAY, dry_run=False)
    assert numbers(accounts(layout)) == (0, 0, 0, 4)


def test_a_removed_segment_is_missing(layout: Layout, name: StreamName, fill: Callable[..., None]) -> None:
    """Records that are in no file are named by their seqs, with nothing to explain them."""
    fill(YESTERDAY)
    fill(YESTERDAY, TODAY)
    fill(TODAY)
    (segment,) = [one for one in list_segments(layout.archive_day(name, YESTERDAY)) if one.first_seq == 3]
    segment.path.unlink()
    assert accounts(layout).missing == [("default/syslog", 3, 4, None)]


def test_a_damaged_segment_is_named(layout: Layout, name: StreamName, fill: Callable[..., None]) -> None:
    """A segment that cannot be read is named, with as many records as it had, which nobody else has."""
    fill(TODAY)
    (segment,) = list_segments(layout.archive_day(name, TODAY))
    octets = segment.path.read_bytes()
    segment.path.write_bytes(octets[:-30] + bytes(30))
    found = accounts(layout)
    assert found.archived.damaged == 2
    assert [(one["file"], one["messages"]) for one in found.damaged if one["messages"]] == [
        (str(segment.path), 2)
    ]
    assert numbers(found)[1] == 2
    assert isinstance(found.archived, Tally)


def test_a_damaged_journal_explains_what_it_had(
    layout: Layout, name: StreamName, fill: Callable[..., None]
) -> None:
    """Records of a damaged frame are missing because of it, at once and when it lies in the quarantine."""
    fill(TODAY, TODAY, TODAY, seals=False)
    (path,) = layout.journal(name).glob("*.journal")
    octets = bytearray(path.read_bytes())
    reader = JournalReader(path)
    reader.scan()
    octets[reader.frames[1].payload_offset + 100] ^= 1
    path.write_bytes(octets)
    found = accounts(layout)
    assert found.missing == [("default/syslog", 3, 4, str(path))]
    assert [(one["file"], one["offset"]) for one in found.damaged] == [(str(path), reader.frames[1].offset)]
    fill(TODAY)
    ((_, first, last, kept),) = accounts(layout).missing
    assert (first, last) == (3, 4)
    assert kept is not None
    assert "quarantine" in kept


def flip(path: Path, *places: int) -> None:
    """Flip octets of a file."""
    octets = bytearray(path.read_bytes())
    for place in places:
        octets[place] ^= 0xFF
    path.write_bytes(octets)


@pytest.mark.parametrize("place", [0, 60, 300])  # in the magic, the prologue, the payload
def test_a_damaged_last_frame_explains_what_it_had(
    layout: Layout, name: StreamName, fill: Callable[..., None], place: int
) -> None:
    """Records of a journal's damaged last frame are missing because of it, also when none came after them."""
    fill(TODAY, TODAY, seals=False)
    (path,) = layout.journal(name).glob("*.journal")
    reader = JournalReader(path)
    reader.scan()
    flip(path, reader.frames[-1].offset + place)
    Journal(layout, name, JournalSettings(), NOON).close()
    ((_, first, last, kept),) = accounts(layout).missing
    assert first == 3
    assert last >= 4
    assert kept is not None
    assert kept.endswith(f"{path.name}-{reader.frames[-1].offset}.octets")


def test_several_damaged_frames_of_a_journal(
    layout: Layout, name: StreamName, fill: Callable[..., None]
) -> None:
    """Each gap that a damaged journal leaves is explained, whatever segments it was sealed into."""
    fill(YESTERDAY, YESTERDAY, TODAY, TODAY, TODAY, TODAY, TODAY, seals=False)
    (path,) = layout.journal(name).glob("*.journal")
    reader = JournalReader(path)
    reader.scan()
    flip(path, *(reader.frames[number].payload_offset + 100 for number in (1, 3, 5)))
    fill(TODAY)
    found = accounts(layout).missing
    assert [(first, last) for _, first, last, _ in found] == [(3, 4), (7, 8), (11, 12)]
    assert all(kept is not None and "quarantine" in kept for *_, kept in found)
