"""The promises of the catalogue: every record once, from files that grow and vanish meanwhile."""

import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from parsers.schema import ARCHIVE_SCHEMA
from storage.archive import seal
from storage.blocks import BLOCK_ROWS
from storage.catalogue import Catalogue
from storage.journal import Batch, Journal
from storage.layout import Layout, StreamName
from storage.merge import merge
from storage.segments import Segment, list_segments

NOON = 1_795_176_000
DAY = date(2026, 11, 20)

OpenJournal = Callable[..., Journal]
MakeBatch = Callable[..., Batch]


def seqs(catalogue: Catalogue, name: StreamName) -> list[int]:
    """Give the seq of every record that one snapshot gives, sorted."""
    snapshot = catalogue.snapshot(name)
    assert snapshot.damaged == []
    return sorted(seq for block in snapshot.blocks for seq in block.read(["seq"])["seq"].to_pylist())


def test_a_journal_is_followed_while_it_grows(
    open_journal: OpenJournal, make_batch: MakeBatch, layout: Layout, name: StreamName
) -> None:
    """A kept catalogue finds what is appended between two snapshots; an older snapshot stays as it was."""
    catalogue, journal = Catalogue(layout), open_journal()
    assert seqs(catalogue, name) == []
    journal.append([make_batch([b"a", b"b"], 1)], NOON)
    before = catalogue.snapshot(name)
    journal.append([make_batch([b"c"], 2)], NOON)
    assert seqs(catalogue, name) == [1, 2, 3]
    assert before.blocks[0].read(["seq"])["seq"].to_pylist() == [1, 2]


def test_many_small_frames_are_one_block(
    open_journal: OpenJournal, make_batch: MakeBatch, layout: Layout, name: StreamName
) -> None:
    """Frames are put together to blocks of up to 16,384 records, and decoded once."""
    catalogue, journal = Catalogue(layout), open_journal()
    for first in range(1, 201, 100):
        journal.append([make_batch([b"%d" % number], number) for number in range(first, first + 100)], NOON)
        (block,) = catalogue.snapshot(name).blocks
        assert block.read(["raw"])["raw"].to_pylist() == [b"%d" % number for number in range(1, first + 100)]
    table = block.read()
    assert table.schema.equals(ARCHIVE_SCHEMA)
    assert table["raw"].num_chunks == 1
    journal.append([make_batch([b"x"] * BLOCK_ROWS, 201)], NOON)
    assert sorted(block.rows for block in catalogue.snapshot(name).blocks) == [200, BLOCK_ROWS]


def test_a_sealed_journal_is_read_to_its_end(
    open_journal: OpenJournal, make_batch: MakeBatch, layout: Layout, name: StreamName
) -> None:
    """Blocks of a journal that is sealed and removed meanwhile can still be read."""
    journal = open_journal()
    journal.append([make_batch([b"a", b"b"])], NOON)
    (block,) = Catalogue(layout).snapshot(name).blocks
    journal.roll(NOON, 30)
    seal(layout, name, journal.finished[0], 1)
    assert block.read(["raw"])["raw"].to_pylist() == [b"a", b"b"]


def test_newest_first(
    open_journal: OpenJournal, make_batch: MakeBatch, layout: Layout, name: StreamName
) -> None:
    """Blocks come by the time of their newest record, whatever their place."""
    journal = open_journal()
    for number, second in enumerate((5, 9, 1), 1):
        journal.append([make_batch([b"m"], number, received=(NOON + second) * 10**9)], NOON)
        journal.roll(NOON, 30)
    seal(layout, name, journal.finished[0], 1)
    snapshot = Catalogue(layout).snapshot(name)
    assert [block.first_seq for block in snapshot.blocks] == [2, 1, 3]
    assert snapshot.files == 3
    assert [block.sealed for block in snapshot.blocks] == [False, True, False]


def test_a_range_of_time(
    open_journal: OpenJournal, make_batch: MakeBatch, layout: Layout, name: StreamName
) -> None:
    """Only blocks that can hold records with start ≤ received_at < end are given."""
    journal = open_journal()
    for number in (1, 2, 3):
        journal.append([make_batch([b"m"], number, received=NOON * 10**9 + number)], NOON)
        journal.roll(NOON, 30)
    seal(layout, name, journal.finished[0], 1)
    catalogue = Catalogue(layout)

    def found(start: int | None, end: int | None) -> list[int]:
        base = NOON * 10**9
        snapshot = catalogue.snapshot(
            name, None if start is None else base + start, None if end is None else base + end
        )
        return sorted(block.first_seq for block in snapshot.blocks)

    assert found(2, None) == [2, 3]
    assert found(None, 2) == [1]
    assert found(1, 3) == [1, 2]
    assert found(4, None) == []


def test_snapshots_beside_a_worker_are_complete(
    open_journal: OpenJournal, make_batch: MakeBatch, layout: Layout, name: StreamName
) -> None:
    """While journals are written, sealed and merged, every snapshot has all records so far, each once."""
    journal = open_journal()
    stored = 0
    done = threading.Event()
    errors: list[BaseException] = []

    def write() -> None:
        nonlocal stored
        try:
            for number in range(1, 61):
                journal.append([make_batch([b"a", b"b", b"c"], number)], NOON)
                stored = number * 3
                if number % 3 == 0:
                    journal.roll(NOON, 30)
                    seal(layout, name, journal.finished.pop(), 1)
                if number % 12 == 0:
                    merge(layout, name, DAY, small=1000, level=1)
        except BaseException as error:  # noqa: BLE001 - told below
            errors.append(error)
        done.set()

    writer = threading.Thread(target=write)
    kept = Catalogue(layout)
    writer.start()
    rounds = 0
    while not done.is_set() or rounds == 0:
        rounds += 1
        for catalogue in (kept, Catalogue(layout)):
            before = stored
            found = seqs(catalogue, name)
            assert found == list(range(1, len(found) + 1))
            assert before <= len(found) <= stored + 3
    writer.join()
    assert errors == []
    assert seqs(kept, name) == list(range(1, 181))


def test_a_file_that_vanishes_is_looked_for_again(
    open_journal: OpenJournal,
    make_batch: MakeBatch,
    layout: Layout,
    name: StreamName,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When a merge removes files between listing and opening, the snapshot is begun anew."""
    journal = open_journal()
    for number in (1, 2):
        journal.append([make_batch([b"a"], number)], NOON)
        journal.roll(NOON, 30)
        seal(layout, name, journal.finished.pop(), 1)
    merged: list[Segment] = []

    def late(folder: Path) -> list[Segment]:
        listed = list_segments(folder)
        if not merged:
            merged.extend(merge(layout, name, DAY, small=10, level=1))
        return listed

    monkeypatch.setattr("storage.segments.list_segments", late)
    assert seqs(Catalogue(layout), name) == [1, 2]
    assert len(merged) == 1


def test_lost_journals_do_not_start_seqs_anew(
    open_journal: OpenJournal, make_batch: MakeBatch, layout: Layout, name: StreamName
) -> None:
    """When the journal folder is lost, seqs and batch numbers go on after the archive's."""
    journal = open_journal()
    journal.append([make_batch([b"a", b"b"], 4)], NOON)
    journal.roll(NOON, 30)
    seal(layout, name, journal.finished[0], 1)
    journal.path.unlink()
    journal = open_journal()
    assert (journal.state.next_seq, journal.last_number("collector-1")) == (3, 4)
    assert [each.last_seq for each in list_segments(layout.archive_day(name, DAY))] == [2]


def test_streams(open_journal: OpenJournal, layout: Layout, name: StreamName) -> None:
    """A stream is known from its first journal on."""
    assert Catalogue(layout).streams() == []
    open_journal()
    assert Catalogue(layout).streams() == [name]
    assert Catalogue(layout).days(name) == []


def test_columns_are_given_as_asked(
    open_journal: OpenJournal, make_batch: MakeBatch, layout: Layout, name: StreamName
) -> None:
    """Columns come in the order in which they are named, with ARCHIVE_SCHEMA's types, journal or archive."""
    journal = open_journal()
    journal.append([make_batch([b"a"])], NOON)
    wanted = ["raw", "seq", "flags", "fields", "peer"]
    schema = pa.schema([ARCHIVE_SCHEMA.field(column) for column in wanted])
    (block,) = Catalogue(layout).snapshot(name).blocks
    assert block.read(wanted).schema.equals(schema)
    journal.roll(NOON, 30)
    seal(layout, name, journal.finished[0], 1)
    (block,) = Catalogue(layout).snapshot(name).blocks
    assert block.sealed
    assert block.read(wanted).schema.equals(schema)
    assert block.read().schema.equals(ARCHIVE_SCHEMA)
