"""The promises of the journal: what append() gave back is there after any crash, and damage stays small."""

import errno
from collections.abc import Callable
from pathlib import Path
from zlib import crc32

import pytest

import durable
from storage import quarantine
from storage.archive import seal
from storage.catalogue import Catalogue
from storage.journal import Batch, Journal
from storage.journal_format import FILE_PROLOGUE_OCTETS, FRAME_PROLOGUE_OCTETS
from storage.journal_reader import DamagedError, JournalReader
from storage.layout import Layout, StreamName

NOON = 1_795_176_000  # 2026-11-20 12:00 UTC
DAY = 86_400

OpenJournal = Callable[..., Journal]
MakeBatch = Callable[..., Batch]


def read_back(layout: Layout, name: StreamName) -> list[tuple[int, bytes]]:
    """Give (seq, octets) of every record that a catalogue finds, by seq."""
    found = []
    for block in Catalogue(layout).snapshot(name).blocks:
        table = block.read(["seq", "raw"])
        found += list(zip(table["seq"].to_pylist(), table["raw"].to_pylist(), strict=True))
    return sorted(found)


def three_batches(journal: Journal, make_batch: MakeBatch) -> None:
    """Append three batches of two messages each: seqs 1 to 6."""
    for number in (1, 2, 3):
        journal.append([make_batch([b"%d-a" % number, b"%d-b" % number], number)], NOON)


def flip(path: Path, offset: int) -> None:
    """Change one bit of a file."""
    octets = bytearray(path.read_bytes())
    octets[offset] ^= 0x10
    path.write_bytes(octets)


def test_seq_counts_from_one_without_gaps(
    open_journal: OpenJournal, make_batch: MakeBatch, layout: Layout, name: StreamName
) -> None:
    """Records get seq 1, 2, 3 … in the order in which batches are appended, over restarts and new files."""
    journal = open_journal()
    journal.append([make_batch([b"a", b"b"], 1), make_batch([b"c"], 2)], NOON)
    journal = open_journal()
    journal.append([make_batch([b"d"], 3)], NOON)
    journal.roll(NOON, 30)
    journal.append([make_batch([b"e"], 4)], NOON)
    assert read_back(layout, name) == [(1, b"a"), (2, b"b"), (3, b"c"), (4, b"d"), (5, b"e")]
    assert len(list(layout.journal(name).glob("*.journal"))) == 2


def test_batch_numbers_are_known_after_a_start(open_journal: OpenJournal, make_batch: MakeBatch) -> None:
    """The last batch number of each collector comes from the journal's frames."""
    open_journal().append([make_batch([b"a"], 7, "one"), make_batch([b"b"], 3, "two")], NOON)
    journal = open_journal()
    assert (journal.last_number("one"), journal.last_number("two"), journal.last_number("three")) == (7, 3, 0)


def test_batch_numbers_outlive_sealed_journals(open_journal: OpenJournal, make_batch: MakeBatch) -> None:
    """A new file's header has the numbers, so that they outlive the files before it."""
    journal = open_journal()
    journal.append([make_batch([b"a"], 7)], NOON)
    first = journal.path
    journal.roll(NOON, 30)
    first.unlink()
    journal = open_journal()
    assert journal.last_number("collector-1") == 7
    assert journal.state.next_seq == 2


def test_silent_collectors_are_forgotten(open_journal: OpenJournal, make_batch: MakeBatch) -> None:
    """A collector that sent nothing for the set number of days is not carried along for ever."""
    journal = open_journal()
    journal.append([make_batch([b"a"], 7, "old")], NOON)
    journal.append([make_batch([b"b"], 1, "new")], NOON + 31 * DAY)
    journal.roll(NOON + 31 * DAY, 30)
    assert (journal.last_number("old"), journal.last_number("new")) == (0, 1)


@pytest.mark.parametrize(
    ("limits", "later", "full"),
    [
        ({}, 0, False),
        ({"messages": 2}, 0, True),
        ({"batches": 1}, 0, True),
        ({"age": 60}, 59, False),
        ({"age": 60}, 60, True),
        ({"age": DAY}, DAY // 2 - 1, False),
        ({"age": DAY}, DAY // 2, True),
    ],
)
def test_limits(
    open_journal: OpenJournal, make_batch: MakeBatch, limits: dict[str, int], later: int, *, full: bool
) -> None:
    """A journal is full at its number of messages or batches, its age, and when the UTC day ends."""
    journal = open_journal(**limits)
    assert not journal.is_full(NOON + later), "an empty one is never full"
    journal.append([make_batch([b"a", b"b"])], NOON)
    assert journal.is_full(NOON + later) == full


def test_torn_at_every_octet(open_journal: OpenJournal, make_batch: MakeBatch, tmp_path: Path) -> None:
    """A file that ends anywhere inside its last frame gives the frames before it, and says it is torn."""
    journal = open_journal()
    three_batches(journal, make_batch)
    octets = journal.path.read_bytes()
    reader = JournalReader(journal.path)
    reader.scan()
    last = reader.frames[-1]
    assert last.end == len(octets)
    torn = Layout(tmp_path / "torn").journal(journal.name) / journal.path.name
    torn.parent.mkdir(parents=True)
    for length in range(len(octets), last.offset, -1):
        with torn.open("r+b" if torn.exists() else "wb") as file:
            if length == len(octets):
                file.write(octets)
                continue
            file.truncate(length)
        reader = JournalReader(torn)
        reader.scan()
        tail = reader.tail()
        assert (len(reader.frames), reader.end, reader.damages) == (2, last.offset, [])
        assert tail is not None
        assert tail.is_torn
        assert tail.octets == length - last.offset


@pytest.mark.parametrize("left", [1, 71, 72, 200, 1000])
@pytest.mark.parametrize("filler", [b"", bytes(4096)])
def test_recovery_cuts_a_torn_tail(
    open_journal: OpenJournal,
    make_batch: MakeBatch,
    layout: Layout,
    name: StreamName,
    left: int,
    filler: bytes,
) -> None:
    """A torn tail is cut at start, nothing else; the next record takes the seq that was torn."""
    journal = open_journal()
    three_batches(journal, make_batch)
    octets = journal.path.read_bytes()
    reader = JournalReader(journal.path)
    reader.scan()
    journal.path.write_bytes(octets[: reader.frames[-1].offset + (left if not filler else 0)] + filler)
    journal = open_journal()
    assert journal.damages == []
    assert journal.path.stat().st_size == reader.frames[-1].offset
    assert (journal.last_number("collector-1"), journal.state.next_seq) == (2, 5)
    journal.append([make_batch([b"again"], 3)], NOON)
    assert read_back(layout, name)[4:] == [(5, b"again")]


def places(reader: JournalReader) -> dict[str, int]:
    """Give offsets in the second frame whose damage tells different stories."""
    frame = reader.frames[1]
    found = {f"prologue {place}": frame.offset + place for place in range(0, FRAME_PROLOGUE_OCTETS - 4, 3)}
    found |= {f"header {place}": frame.header_offset + place for place in range(0, frame.header_length, 25)}
    found |= {
        f"payload {place}": frame.payload_offset + place for place in range(0, frame.payload_length, 499)
    }
    return found


def test_damage_in_the_middle(
    open_journal: OpenJournal, make_batch: MakeBatch, layout: Layout, name: StreamName
) -> None:
    """One wrong octet anywhere in a frame costs that frame; those before and behind it stay readable."""
    journal = open_journal()
    three_batches(journal, make_batch)
    good = journal.path.read_bytes()
    reader = JournalReader(journal.path)
    reader.scan()
    frame = reader.frames[1]
    for place, offset in places(reader).items():
        journal.path.write_bytes(good)
        flip(journal.path, offset)
        snapshot = Catalogue(layout).snapshot(name)
        damages = [(damage.path, damage.offset, damage.octets) for damage in snapshot.damaged]
        assert damages == [(journal.path, frame.offset, frame.end - frame.offset)], place
        assert read_back(layout, name) == [(1, b"1-a"), (2, b"1-b"), (5, b"3-a"), (6, b"3-b")], place


def test_recovery_keeps_damage_in_quarantine(
    open_journal: OpenJournal, make_batch: MakeBatch, layout: Layout, name: StreamName
) -> None:
    """Damaged octets are copied, the file is finished, its numbers and seqs are not used again."""
    journal = open_journal()
    three_batches(journal, make_batch)
    damaged = journal.path
    reader = JournalReader(damaged)
    reader.scan()
    flip(damaged, reader.frames[1].payload_offset + 99)
    journal = open_journal()
    assert [damage.offset for damage in journal.damages] == [reader.frames[1].offset]
    assert journal.finished == [damaged]
    assert (journal.state.next_seq, journal.last_number("collector-1")) == (7, 3)
    kept = list(quarantine.folder_of(layout, name).glob("*.octets"))
    frame = reader.frames[1]
    assert [path.read_bytes() for path in kept] == [damaged.read_bytes()[frame.offset : frame.end]]


def test_damage_in_the_last_frame(
    open_journal: OpenJournal, make_batch: MakeBatch, layout: Layout, name: StreamName
) -> None:
    """A last frame that is complete but wrong may have been acknowledged: kept, reported, seqs not reused."""
    journal = open_journal()
    three_batches(journal, make_batch)
    reader = JournalReader(journal.path)
    reader.scan()
    last = reader.frames[-1]
    flip(journal.path, last.payload_offset + 50)
    assert [damage.offset for damage in Catalogue(layout).snapshot(name).damaged] == [last.offset]
    journal = open_journal()
    assert [damage.offset for damage in journal.damages] == [last.offset]
    assert journal.state.next_seq == 7
    assert len(list(quarantine.folder_of(layout, name).glob("*.octets"))) == 1
    seal(layout, name, journal.finished[0], 1)
    assert Catalogue(layout).snapshot(name).damaged == []


def test_seqs_of_a_damaged_end_are_not_given_again(open_journal: OpenJournal, make_batch: MakeBatch) -> None:
    """Where damage at the end hides which seqs were there, others are given, at every later start too."""
    journal = open_journal()
    three_batches(journal, make_batch)
    reader = JournalReader(journal.path)
    reader.scan()
    flip(journal.path, reader.frames[1].offset)
    flip(journal.path, reader.frames[2].offset)
    given = open_journal().state.next_seq
    assert given > 6
    assert open_journal().state.next_seq == given


def test_a_journal_of_another_stream(
    open_journal: OpenJournal, make_batch: MakeBatch, layout: Layout, name: StreamName
) -> None:
    """A journal that lies in another stream's folder, or under another name, is told and not read."""
    journal = open_journal()
    three_batches(journal, make_batch)
    other = StreamName("other", "syslog")
    strays = [layout.journal(other) / journal.path.name, journal.path.with_name(f"{99:020d}.journal")]
    strays[0].parent.mkdir(parents=True)
    for stray in strays:
        stray.write_bytes(journal.path.read_bytes())
    for where, stray in zip((other, name), strays, strict=True):
        snapshot = Catalogue(layout).snapshot(where)
        assert [damage.path for damage in snapshot.damaged] == [stray]
        assert "wrong name" in snapshot.damaged[0].reason
    assert [seq for seq, _ in read_back(layout, name)] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("offset", [0, 8, 12, 16, 24, 32, 36, FILE_PROLOGUE_OCTETS + 3])
def test_damaged_file_header(
    open_journal: OpenJournal, make_batch: MakeBatch, layout: Layout, name: StreamName, offset: int
) -> None:
    """A wrong octet in the file header hides no frame; appending goes on in a new file."""
    journal = open_journal()
    three_batches(journal, make_batch)
    flip(journal.path, offset)
    snapshot = Catalogue(layout).snapshot(name)
    if offset == 36:  # the salt's second copy is only looked at when something else is wrong
        assert snapshot.damaged == []
        return
    assert [damage.offset for damage in snapshot.damaged] == [0]
    assert [seq for seq, _ in read_back(layout, name)] == [1, 2, 3, 4, 5, 6]
    after = open_journal()
    assert after.path != journal.path
    assert (after.state.next_seq, after.last_number("collector-1")) == (7, 3)


def test_unreadable_file_stays(
    open_journal: OpenJournal, make_batch: MakeBatch, layout: Layout, name: StreamName
) -> None:
    """A file of which nothing can be read is reported and left alone, and no seq of it is given again."""
    journal = open_journal()
    three_batches(journal, make_batch)
    journal.path.write_bytes(b"?" * 5000)
    assert [damage.offset for damage in Catalogue(layout).snapshot(name).damaged] == [0]
    after = open_journal()
    assert journal.path.exists()
    assert after.state.next_seq > 1_048_576


def test_a_frame_inside_a_message_is_no_frame(
    open_journal: OpenJournal, make_batch: MakeBatch, layout: Layout, name: StreamName, tmp_path: Path
) -> None:
    """A peer who sends the octets of a journal frame cannot have them read as one, even behind damage."""
    other = Journal(Layout(tmp_path / "other"), name, open_journal()._settings, NOON)  # noqa: SLF001
    other.append([make_batch([b"forged"], 9)], NOON)
    frame = other.path.read_bytes()
    other.close()
    journal = open_journal()
    for shift in range(8):
        journal.append([make_batch([b"x" * shift + frame], shift + 1)], NOON)
    journal.append([make_batch([b"good"], 9)], NOON)
    reader = JournalReader(journal.path)
    reader.scan()
    for one in reader.frames[:-1]:
        flip(journal.path, one.offset)
    assert [octets for _, octets in read_back(layout, name)] == [b"good"]


def test_failed_sync_leaves_nothing_behind(
    open_journal: OpenJournal,
    make_batch: MakeBatch,
    layout: Layout,
    name: StreamName,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a failed sync may have left in the page cache is not taken for durable by the next start."""

    def fail(_descriptor: int) -> None:
        raise OSError(errno.EIO, "made to fail")

    journal = open_journal()
    journal.append([make_batch([b"a"], 1)], NOON)
    with monkeypatch.context() as patch:
        patch.setattr(durable, "fdatasync", fail)
        with pytest.raises(OSError, match="made to fail"):
            journal.append([make_batch([b"b"], 2)], NOON)
    assert read_back(layout, name) == [(1, b"a")]
    assert open_journal().last_number("collector-1") == 1


def test_a_new_file_that_cannot_be_made(
    open_journal: OpenJournal, make_batch: MakeBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When beginning a new file fails at any step, the next start goes on with all that was journalled."""
    for number, call in enumerate(("open", "fsync", "rename", "close"), 1):
        journal = open_journal()
        journal.append([make_batch([b"a"], number)], NOON)

        def fail(*_: object, call: str = call) -> None:
            raise OSError(errno.EIO, f"{call} was made to fail")

        with monkeypatch.context() as patch:
            patch.setattr(durable, call, fail)
            with pytest.raises(OSError, match="made to fail"):
                journal.roll(NOON, 30)
        journal = open_journal()
        assert (journal.last_number("collector-1"), journal.state.next_seq) == (number, number + 1)


def test_reader_refuses_another_version(open_journal: OpenJournal) -> None:
    """A file of another format version is not guessed at."""
    path = open_journal().path
    octets = bytearray(path.read_bytes())
    octets[8] = 17
    salt = int.from_bytes(octets[12:16], "little")
    octets[32:36] = crc32(octets[40:], crc32(octets[:32], salt)).to_bytes(4, "little")
    path.write_bytes(octets)
    with pytest.raises(DamagedError, match="journal version 17, this release reads 1 and 2"):
        JournalReader(path)
