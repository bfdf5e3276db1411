"""The promises of merging: the same records in fewer files, at every moment."""

import errno
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

import durable
from storage.archive import seal
from storage.catalogue import Catalogue
from storage.journal import Batch, Journal
from storage.layout import Layout, StreamName
from storage.merge import merge
from storage.segment_writer import Origin, SegmentWriter
from storage.segments import list_segments, segment_metadata

NOON = 1_795_176_000
DAY = date(2026, 11, 20)

OpenJournal = Callable[..., Journal]
MakeBatch = Callable[..., Batch]
AllRecords = Callable[[], list[tuple[int, bytes]]]


@pytest.fixture
def segments(
    open_journal: OpenJournal, make_parsed: MakeBatch, layout: Layout, name: StreamName
) -> list[tuple[int, bytes]]:
    """Archive segments of 2, 2, 5, 2 and 2 messages; give all (seq, octets)."""
    journal = open_journal()
    sent: list[bytes] = []
    for number, count in enumerate((2, 2, 5, 2, 2), 1):
        messages = [b"<13>1 - - - - - - %d %d" % (number, place) for place in range(count)]
        journal.append([make_parsed(messages, number)], NOON)
        journal.roll(NOON, 30)
        seal(layout, name, journal.finished.pop(), 1)
        sent += messages
    return list(enumerate(sent, 1))


def ranges(layout: Layout, name: StreamName) -> list[tuple[int, int]]:
    """Give the first and last seq of each segment that counts."""
    return [(each.first_seq, each.last_seq) for each in list_segments(layout.archive_day(name, DAY))]


def files(layout: Layout, name: StreamName) -> int:
    """Give the number of segment files that there are."""
    return len(list(layout.archive_day(name, DAY).glob("*.parquet")))


def test_small_neighbours_are_merged(
    segments: list[tuple[int, bytes]], layout: Layout, name: StreamName, all_records: AllRecords
) -> None:
    """Small segments beside each other become one; a big one between them is not rewritten."""
    big = list_segments(layout.archive_day(name, DAY))[2]
    made = merge(layout, name, DAY, small=5, level=1)
    assert [(each.first_seq, each.last_seq) for each in made] == [(1, 4), (10, 13)]
    assert ranges(layout, name) == [(1, 4), (5, 9), (10, 13)]
    assert list_segments(layout.archive_day(name, DAY))[1] == big
    assert files(layout, name) == 3
    assert all_records() == segments
    assert merge(layout, name, DAY, small=5, level=1) == []


def test_a_merged_segment_has_its_origins(
    segments: list[tuple[int, bytes]], layout: Layout, name: StreamName
) -> None:
    """A merged segment's footer carries what the last of the old ones knew of the collectors."""
    (made,) = merge(layout, name, DAY, small=1000, level=1)
    about = segment_metadata(made.path)
    assert about["messages"] == len(segments)
    assert about["collectors"] == {"collector-1": [5, NOON]}
    assert len(about["journals"]) == 5


@pytest.mark.parametrize(("call", "count"), [("publish", 1), ("unlink", 1), ("unlink", 2), ("unlink", 4)])
def test_a_crash_at_any_step(
    call: str,
    count: int,
    segments: list[tuple[int, bytes]],
    layout: Layout,
    name: StreamName,
    all_records: AllRecords,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whichever step a merge does not come to, readers see each record once; merging again completes it."""
    real = getattr(durable, call)
    calls = 0

    def crash(*arguments: Path) -> None:
        nonlocal calls
        calls += 1
        if calls == count:
            raise OSError(errno.EIO, "crash")
        real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(durable, call, crash)
        with pytest.raises(OSError, match="crash"):
            merge(layout, name, DAY, small=1000, level=1)
    assert all_records() == segments
    merge(layout, name, DAY, small=1000, level=1)
    assert all_records() == segments
    assert files(layout, name) == 1


def test_a_block_outlives_the_merge_of_its_file(
    segments: list[tuple[int, bytes]], layout: Layout, name: StreamName
) -> None:
    """Blocks of a snapshot taken before a merge are read from where the records are now."""
    snapshot = Catalogue(layout).snapshot(name)
    merge(layout, name, DAY, small=1000, level=1)
    read = [(block.first_seq, block.read(["seq"])["seq"].to_pylist()) for block in snapshot.blocks]
    assert sorted(read) == [(1, [1, 2]), (3, [3, 4]), (5, [5, 6, 7, 8, 9]), (10, [10, 11]), (12, [12, 13])]
    assert len(segments) == 13


def test_merged_files_are_not_larger_than_allowed(
    segments: list[tuple[int, bytes]], layout: Layout, name: StreamName, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No merge makes a segment of more messages than a segment may have."""
    monkeypatch.setattr("storage.merge.SEGMENT_MESSAGES", 7)
    merge(layout, name, DAY, small=1000, level=1)
    assert ranges(layout, name) == [(1, 4), (5, 11), (12, 13)]
    assert segments[-1][0] == 13


def test_an_abandoned_segment_leaves_nothing(
    layout: Layout, name: StreamName, make_table: Callable[..., pa.Table]
) -> None:
    """A segment that is given up leaves no temporary file, begun or finished."""
    writer = SegmentWriter(layout.archive_day(name, DAY), "try", 1)
    writer.abandon()
    writer.write(make_table([{"message": "a"}]))
    writer.finish(name, Origin([], 0, 0, {}))
    writer.abandon()
    assert not list(layout.archive_day(name, DAY).iterdir())
