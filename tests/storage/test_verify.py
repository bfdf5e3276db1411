"""The promises of verify: what is whole is found whole, and every fault is named with what to do."""

import shutil
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from storage.archive import seal
from storage.findings import Finding, Weight
from storage.indexer import Indexer, rebuild
from storage.journal import Batch, Journal
from storage.layout import Layout, StreamName
from storage.merge import merge
from storage.retention import expire
from storage.settings import IndexSettings, RetentionSettings, StorageSettings
from storage.verify import Verified, Wanted, octets_to_read, refused, repair, verify
from storage.verify_gaps import damaged_journals, first_of, reasons
from storage.verify_told import COLUMNS, NOTES_SHOWN, document, rows, sentences

MakeBatch = Callable[..., Batch]
OpenJournal = Callable[..., Journal]
Archive = Callable[..., Path]

NOON = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp())
DAY = date(2026, 11, 20)
A_DAY = 86_400


@pytest.fixture
def filled(layout: Layout, name: StreamName, open_journal: OpenJournal, make_parsed: MakeBatch) -> Layout:
    """Give a folder with two segments of two days, an index, and six records that are journalled only."""
    journal = open_journal(batches=2)
    for number in range(1, 6):
        messages = [b"<13>1 - host app - - - word%d of %d" % (row, number) for row in range(3)]
        received = (NOON - A_DAY * (number < 3)) * 10**9
        journal.append([make_parsed(messages, number, "c", received)], NOON)
        if journal.is_full(NOON):
            journal.roll(NOON, 30)
    for path in journal.finished:
        seal(layout, name, path, 1)
    rebuild(layout, name)
    return layout


def verified(layout: Layout, **wanted: object) -> Verified:
    """Verify the one stream that there is."""
    (found,) = verify(layout, Wanted(**wanted))  # type: ignore[arg-type]
    return found


def faults(layout: Layout) -> list[Finding]:
    """Give what verify finds wrong."""
    return verified(layout).faults


@pytest.mark.parametrize("quick", [False, True])
def test_a_whole_folder(filled: Layout, quick: bool) -> None:  # noqa: FBT001 - a parameter
    """Of a folder that is in order verify counts everything, and finds nothing."""
    done: list[int] = []
    (found,) = verify(filled, Wanted(quick=quick), done.append)
    assert found.findings == []
    assert (found.last_seq, found.archive_messages, found.journal_messages) == (15, 12, 3)
    assert (found.segments, found.journal_files, found.indexed_blocks) == (2, 1, 2)
    assert (found.missing, found.double, found.pending_segments) == (0, 0, 0)
    assert found.message_octets == (0 if quick else 15 * len(b"<13>1 - host app - - - word1 of 1"))
    assert 0 < sum(done) <= octets_to_read(filled, Wanted())


def test_one_day(filled: Layout) -> None:
    """A day's archive can be verified alone, without the journals and without asking for all seqs."""
    found = verified(filled, day=DAY)
    assert (found.findings, found.archive_messages, found.journal_files, found.last_seq) == ([], 6, 0, 0)


def test_a_segment_that_is_gone(filled: Layout, name: StreamName) -> None:
    """Seqs that are nowhere are missing: how many, which, and where to look for them."""
    next(filled.archive_day(name, DAY).glob("*.parquet")).unlink()
    found = verified(filled)
    (fault,) = found.faults
    assert (found.missing, fault.what) == (6, "records 7 to 12 are missing, and nothing says why")
    assert "restore it from a backup" in fault.advice


def test_the_first_segment_that_is_gone(layout: Layout, name: StreamName, archive: Archive) -> None:
    """Records that the index of a day knows of have not expired in an earlier release: they are missing."""
    first = archive(layout, [{"received_at": NOON * 10**9}] * 2)
    archive(layout, [{"received_at": NOON * 10**9}] * 2, first_seq=3)
    rebuild(layout, name)
    first.unlink()
    (fault,) = faults(layout)
    assert fault.what == "records 1 to 2 are missing, and nothing says why"
    shutil.rmtree(layout.index_day(name, DAY))
    assert faults(layout) == [], "then nobody knows any more"


def test_what_has_expired_is_not_missing(filled: Layout) -> None:
    """Days that retention removed leave gaps that have a reason, also between those of other days."""
    settings = StorageSettings(retention=RetentionSettings(days=1))
    assert expire(filled, settings, date(2026, 11, 21), dry_run=False)
    assert [each.what for each in verified(filled).findings if "missing" in each.what] == []
    assert expire(filled, settings, date(2026, 11, 22), dry_run=False)
    found = verified(filled)
    assert (found.faults, found.missing, found.archive_messages) == ([], 0, 0)


def test_a_copy_of_a_segment(filled: Layout, archive: Archive) -> None:
    """Records that another segment has, too, are double."""
    archive(filled, [{"received_at": (NOON + A_DAY) * 10**9}] * 2, first_seq=8)
    found = verified(filled)
    assert found.double == 2
    assert any("records 8 to 9 are in" in fault.what for fault in found.faults)


def test_a_batch_that_was_stored_twice(
    layout: Layout, open_journal: OpenJournal, make_parsed: MakeBatch
) -> None:
    """A batch number that stands in the journals twice is a fault, with the offset of the second."""
    journal = open_journal()
    for _ in range(2):
        journal.append([make_parsed([b"<13>a"], 1, "c")], NOON)
    (fault,) = faults(layout)
    assert fault.what == "batch 1 of collector c is here a second time"
    assert fault.offset > 0


def test_records_of_another_day(layout: Layout, archive: Archive) -> None:
    """A record that was not received on its segment's day is a fault."""
    archive(layout, [{"received_at": NOON * 10**9}, {"received_at": (NOON + A_DAY) * 10**9}])
    assert any("received from 2026-11-20 to 2026-11-21" in fault.what for fault in faults(layout))


def test_journal_and_segment_differ(filled: Layout, name: StreamName, archive: Archive) -> None:
    """Records that are in a journal and in a segment, as between two steps of sealing, must be the same."""
    (journal,) = filled.journal(name).glob("*.journal")
    good = Path(journal).read_bytes()
    seal(filled, name, journal, 1)
    journal.write_bytes(good)
    assert faults(filled) == []
    segment = filled.archive_day(name, DAY) / "00000000000000000013-00000000000000000015.parquet"
    segment.unlink()
    archive(filled, [{"message": "another", "received_at": NOON * 10**9}] * 3, first_seq=13)
    assert any("but not the same" in fault.what for fault in faults(filled))


def test_leftovers_are_notes(filled: Layout, name: StreamName) -> None:
    """Temporary files, days half removed, foreign files and the quarantine are told, and are no faults."""
    day = filled.archive_day(name, DAY)
    (day / ".00000000000000000099.tmp").write_bytes(b"half")
    (day / "README").write_bytes(b"?")
    (filled.archive(name) / ".expired-2026-01-01.0").mkdir()
    (filled.journal(name) / ".x.journal.tmp").write_bytes(b"")
    (filled.index_day(name, DAY) / "MAIN_x.seg").write_bytes(b"")
    put_away = filled.data / "quarantine" / name.folder
    put_away.mkdir(parents=True)
    (put_away / "00000000000000000001.journal-88.octets").write_bytes(b"?")
    (filled.data / "quarantine" / "unknown").mkdir()
    (filled.data / "quarantine" / "unknown" / "batch-1.octets").write_bytes(b"?")
    found = verified(filled)
    assert found.faults == []
    assert len(found.findings) == 6
    assert all(finding.weight is Weight.NOTE and finding.advice for finding in found.findings)
    assert len(refused(filled)) == 1


def test_a_merge_that_was_cut_short(filled: Layout, name: StreamName) -> None:
    """Segments that were merged and not removed yet are a note, and their records are not double."""
    day = filled.archive_day(name, DAY)
    (journal,) = filled.journal(name).glob("*.journal")
    seal(filled, name, journal, 1)
    kept = {path: path.read_bytes() for path in day.glob("*.parquet")}
    assert merge(filled, name, DAY, small=100, level=1)
    for path, octets in kept.items():
        path.write_bytes(octets)
    found = verified(filled)
    assert (found.faults, found.double, found.archive_messages) == ([], 0, 15)
    assert sum("was merged" in each.what for each in found.findings) == 2


def test_the_index(filled: Layout, name: StreamName) -> None:
    """Segments without index are counted; a wrong octet in it is named by file and page, and mended."""
    path = next(filled.index_day(name, DAY).glob("*.seg"))
    octets = bytearray(path.read_bytes())
    octets[-1] ^= 1
    path.write_bytes(octets)
    found = verified(filled)
    (fault,) = found.faults
    assert (fault.path, fault.offset % 4096, fault.weight) == (path, 0, Weight.INDEX_FAULT)
    assert repair(filled, [found]) == [(name, DAY)]
    assert faults(filled) == []
    shutil.rmtree(filled.index_day(name, DAY))
    assert (verified(filled).pending_segments, verified(filled).faults) == (1, [])


def test_an_index_that_does_not_find(filled: Layout, name: StreamName) -> None:
    """An index whose checksums are right and whose blocks are another day's is a fault."""
    other = filled.index_day(name, date(2026, 11, 19))
    shutil.rmtree(filled.index_day(name, DAY))
    shutil.copytree(other, filled.index_day(name, DAY))
    found = verified(filled)
    assert found.pending_segments == 1
    assert any("not in the archive any more" in each.what for each in found.findings)


def test_beside_a_running_service(
    layout: Layout, name: StreamName, open_journal: OpenJournal, make_parsed: MakeBatch
) -> None:
    """What grows, is sealed, merged and indexed while verify reads is no fault."""
    stop, begun = threading.Event(), threading.Event()
    journal = open_journal(batches=3)

    def live() -> None:
        number = 0
        indexer = Indexer(IndexSettings(), layout)
        while not stop.is_set():
            number += 1
            messages = [b"<13>1 - h a - - - %d of %d" % (row, number) for row in range(5)]
            journal.append([make_parsed(messages, number, "c", NOON * 10**9 + number)], NOON)
            if journal.is_full(NOON):
                journal.roll(NOON, 30)
                seal(layout, name, journal.finished.pop(), 1)
                begun.set()
            if number % 9 == 0:
                merge(layout, name, DAY, small=100, level=1)
            if number % 7 == 0:
                indexer.once()

    service = threading.Thread(target=live)
    service.start()
    try:
        assert begun.wait(20)
        rounds = [verified(layout) for _ in range(12)]
    finally:
        stop.set()
        service.join()
    assert [each.faults for each in rounds] == [[]] * 12
    assert rounds[-1].last_seq > rounds[0].last_seq


def test_why_seqs_are_missing(tmp_path: Path) -> None:
    """A gap is cut where journals began; what lies in one that is in quarantine has a reason."""
    (tmp_path / "00000000000000000011.journal-88.octets").write_bytes(b"")
    (tmp_path / "batch-x.octets").write_bytes(b"")
    damaged = damaged_journals(tmp_path)
    assert list(damaged) == [11]
    found = list(reasons([(3, 5), (8, 25)], [1, 11, 21], damaged))
    assert [(span, entry is not None) for span, entry in found] == [
        ((3, 5), False), ((8, 10), False), ((11, 20), True), ((21, 25), False),
    ]  # fmt: skip
    assert first_of("somebody's") == 0


def test_what_is_told(filled: Layout, name: StreamName) -> None:
    """Every finding is told in a sentence with file, offset and what to do; many notes are counted."""
    next(filled.archive_day(name, DAY).glob("*.parquet")).unlink()
    for number in range(NOTES_SHOWN + 3):
        (filled.journal(name) / f"{number:02d}.txt").write_bytes(b"")
    found = verified(filled)
    (row,) = rows([found])
    assert len(row) == len(COLUMNS)
    told = list(sentences(found.findings))
    assert told[0].startswith("FAULT: ")
    assert "at octet 0: records 7 to 12 are missing" in told[0]
    assert told[-1].startswith("and ")
    whole = document([found], [], [])
    assert (whole["faults"], whole["streams"][0]["missing"]) == (len(found.faults), 6)
