"""The promises of sealing: exactly what was journalled is in the archive, whatever happens on the way."""

import errno
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zlib import crc32

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import durable
from parsers import rebuild
from parsers.pipeline import Arrival, parse_frames
from parsers.rebuild import exact_octets
from parsers.schema import ARCHIVE_SCHEMA
from storage import quarantine
from storage.archive import seal
from storage.blocks import BLOCK_ROWS
from storage.catalogue import Catalogue
from storage.handoff import check_batch
from storage.journal import Batch, Journal
from storage.journal_format import FILE_PROLOGUE_OCTETS, header_octets
from storage.journal_reader import DamagedError, JournalReader
from storage.layout import Layout, StreamName
from storage.segment_writer import SealError, SegmentWriter, difference
from storage.segments import list_segments, segment_metadata
from storage.settings import JournalSettings

from parsers.batch import BatchHeader, decode_records, encode_records  # isort: skip

NOON = 1_795_176_000
MIDNIGHT = 1_795_219_200 * 10**9  # between 2026-11-20 and 2026-11-21, UTC
TODAY, TOMORROW = date(2026, 11, 20), date(2026, 11, 21)

OpenJournal = Callable[..., Journal]
MakeBatch = Callable[..., Batch]
AllRecords = Callable[[], list[tuple[int, bytes]]]

RFC5424 = b"<34>1 2026-11-20T12:00:00.003Z host.example su - ID47 - 'su root' failed on /dev/pts/8"
RFC3164 = b"<34>Nov 20 12:00:00 mymachine su[42]: 'su root' failed on /dev/pts/8"
ODD = [
    b"",
    b"\x00\xff\n",
    b"<999>x",
    b"<34>1 2026-11-20T12:00:00Z h a - - - \xef\xbb\xbfBOM",
    RFC3164 + b"\n\x00",
]


def sealed(journal: Journal, layout: Layout, name: StreamName) -> list[Path]:
    """Begin a new journal file, seal the old one, give the segments."""
    journal.roll(NOON, 30)
    return [segment.path for segment in seal(layout, name, journal.finished.pop(0), 1).segments]


def test_sealed_is_what_was_journalled(
    open_journal: OpenJournal,
    make_parsed: MakeBatch,
    layout: Layout,
    name: StreamName,
    all_records: AllRecords,
) -> None:
    """Every message comes back from the archive; ``raw`` is kept only where columns cannot give it."""
    journal = open_journal()
    messages = [RFC5424, RFC3164, *ODD, RFC5424]
    journal.append([make_parsed(messages)], NOON)
    (path,) = sealed(journal, layout, name)
    assert all_records() == list(enumerate(messages, 1))
    assert path.name == f"{1:020d}-{len(messages):020d}.parquet"
    assert not list(layout.journal(name).glob(f"{1:020d}.journal"))
    raw = pq.read_table(path)["raw"]
    assert (raw[0].as_py(), raw[1].as_py()) == (None, None)


def test_a_segment_has_the_schema_and_its_origin(
    open_journal: OpenJournal, make_parsed: MakeBatch, layout: Layout, name: StreamName
) -> None:
    """A segment is plain Parquet of ARCHIVE_SCHEMA; its footer says what it was made from."""
    journal = open_journal()
    journal.append([make_parsed([RFC5424], 1), make_parsed([RFC3164], 2)], NOON)
    (path,) = sealed(journal, layout, name)
    assert pq.read_table(path, partitioning=None).schema.remove_metadata().equals(ARCHIVE_SCHEMA)
    about = segment_metadata(path)
    assert (about["tenant"], about["stream"], about["first_seq"], about["last_seq"]) == (
        "default",
        "syslog",
        1,
        2,
    )
    assert about["collectors"] == {"collector-1": [2, NOON]}
    assert about["version"] == 1


def test_blocks_and_their_ranges(
    open_journal: OpenJournal, make_batch: MakeBatch, layout: Layout, name: StreamName
) -> None:
    """Segments are cut into blocks of 16,384 records whose ranges are known without reading them."""
    journal = open_journal()
    start = NOON * 10**9
    for number in range(1, 6):
        received = [start + (number * 8000 + place) * 1000 for place in range(8000)]
        journal.append([make_batch([b"m"] * 8000, number, received=received)], NOON)
    sealed(journal, layout, name)
    blocks = sorted(Catalogue(layout).snapshot(name).blocks, key=lambda block: block.number)
    assert [block.rows for block in blocks] == [BLOCK_ROWS, BLOCK_ROWS, 40_000 - 2 * BLOCK_ROWS]
    assert [(block.first_seq, block.last_seq) for block in blocks][1] == (BLOCK_ROWS + 1, 2 * BLOCK_ROWS)
    assert blocks[1].received_min == start + (8000 + BLOCK_ROWS) * 1000
    assert blocks[1].received_max == start + (8000 + 2 * BLOCK_ROWS - 1) * 1000
    table = blocks[1].read(["severity", "seq"])
    assert table.column_names == ["severity", "seq"]
    assert pc.min_max(table["seq"]).as_py() == {"min": blocks[1].first_seq, "max": blocks[1].last_seq}


def test_midnight(
    open_journal: OpenJournal,
    make_parsed: MakeBatch,
    layout: Layout,
    name: StreamName,
    all_records: AllRecords,
) -> None:
    """A journal over midnight, with two collectors' clocks mixed, becomes a segment for each day."""
    journal = open_journal()
    times = [MIDNIGHT - 2, MIDNIGHT, MIDNIGHT - 1, MIDNIGHT + 1]
    messages = [b"<13>%d" % place for place in range(4)]
    journal.append([make_parsed(messages, received=times)], NOON)
    paths = sealed(journal, layout, name)
    assert [(path.parent.name, path.stem.replace("0", "")) for path in paths] == [
        ("date=2026-11-20", "1-3"),
        ("date=2026-11-21", "2-4"),
    ]
    assert all_records() == list(enumerate(messages, 1))


STEPS = ["publish 1", "publish 2", "unlink 1"]


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_at_any_step(
    step: str,
    open_journal: OpenJournal,
    make_parsed: MakeBatch,
    layout: Layout,
    name: StreamName,
    all_records: AllRecords,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whichever step a seal does not come to, readers see each record once; sealing again completes it."""
    journal = open_journal()
    messages = [RFC5424, RFC3164, *ODD, RFC5424]
    times = [MIDNIGHT - 1, MIDNIGHT] * (len(messages) // 2)
    journal.append([make_parsed(messages, received=times)], NOON)
    journal.roll(NOON, 30)
    call, count = step.split()
    calls = 0
    real = getattr(durable, call)

    def crash(*arguments: Path) -> None:
        nonlocal calls
        calls += 1
        if calls == int(count):
            raise OSError(errno.EIO, "crash")
        real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(durable, call, crash)
        with pytest.raises(OSError, match="crash"):
            seal(layout, name, journal.finished[0], 1)
    expected = list(enumerate(messages, 1))
    assert all_records() == expected
    journal = open_journal()
    assert len(journal.finished) == 1
    assert all_records() == expected
    seal(layout, name, journal.finished[0], 1)
    assert all_records() == expected
    assert not journal.finished[0].exists()
    assert not list(layout.archive(name).rglob("*.tmp"))
    assert seal(layout, name, journal.finished[0], 1).messages == 0, "sealing what is sealed does nothing"


def test_what_is_read_back_differently_is_not_believed(
    open_journal: OpenJournal,
    make_parsed: MakeBatch,
    layout: Layout,
    name: StreamName,
    all_records: AllRecords,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When a segment does not give back one value of one column, the journal stays and the segment goes."""
    journal = open_journal()
    journal.append([make_parsed([RFC5424, RFC3164])], NOON)
    journal.roll(NOON, 30)

    real = SegmentWriter.blocks

    def wrong(writer: SegmentWriter) -> Iterator[pa.Table]:
        for block in real(writer):
            texts = pa.array([*block["message"].to_pylist()[:-1], "something else"])
            yield block.set_column(block.schema.get_field_index("message"), "message", texts)

    with monkeypatch.context() as patch:
        patch.setattr(SegmentWriter, "blocks", wrong)
        with pytest.raises(SealError, match="column message differs; the journal is kept"):
            seal(layout, name, journal.finished[0], 1)
    assert list_segments(layout.archive_day(name, TODAY)) == []
    assert all_records() == [(1, RFC5424), (2, RFC3164)]


def test_a_mistake_in_rebuild_costs_room_only(
    open_journal: OpenJournal,
    make_parsed: MakeBatch,
    layout: Layout,
    name: StreamName,
    all_records: AllRecords,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When messages cannot be rebuilt at all, their octets are kept."""

    def broken(records: pa.Table) -> pa.Array:
        raise KeyError(records.num_rows)

    monkeypatch.setattr(rebuild, "rebuild", broken)
    journal = open_journal()
    journal.append([make_parsed([RFC5424])], NOON)
    (path,) = sealed(journal, layout, name)
    assert pq.read_table(path)["raw"].to_pylist() == [RFC5424]
    assert all_records() == [(1, RFC5424)]


def of_version_1(batch: Batch, messages: list[bytes]) -> Batch:
    """Give a batch as the first release journalled it: with the octets of every message."""
    records = decode_records(batch.content.payload)
    place = records.schema.get_field_index("raw")
    records = records.set_column(place, records.schema.field(place), pa.array(messages, pa.binary()))
    return replace(batch, content=replace(batch.content, payload=encode_records(records)))


def first_version(journal: Journal) -> None:
    """Make a journal's file one of version 1."""
    octets = bytearray(journal.path.read_bytes())
    octets[8] = 1
    salt = int.from_bytes(octets[12:16], "little")
    header = header_octets(bytes(octets[:FILE_PROLOGUE_OCTETS]))
    octets[32:36] = crc32(octets[40:header], crc32(octets[:32], salt)).to_bytes(4, "little")
    journal.path.write_bytes(octets)


def test_a_journal_of_the_first_version(
    open_journal: OpenJournal,
    make_parsed: MakeBatch,
    layout: Layout,
    name: StreamName,
    all_records: AllRecords,
) -> None:
    """A journal in which ``raw`` has all octets is read, is not gone on with, and is sealed to the same."""
    messages = [RFC5424, RFC3164, *ODD, RFC5424]
    journal = open_journal()
    journal.append([of_version_1(make_parsed(messages), messages)], NOON)
    first_version(journal)
    journal = open_journal()
    assert all_records() == list(enumerate(messages, 1))
    assert [path.name for path in journal.finished] == [f"{1:020d}.journal"]
    (segment,) = seal(layout, name, journal.finished[0], 1).segments
    assert all_records() == list(enumerate(messages, 1))
    raw = pq.read_table(segment.path)["raw"]
    assert (raw[0].as_py(), raw[1].as_py()) == (None, None)


def test_an_empty_journal_of_the_first_version(
    open_journal: OpenJournal, make_parsed: MakeBatch, all_records: AllRecords
) -> None:
    """One without messages has the name of the file that takes its place, which must not be sealed."""
    first_version(open_journal())
    journal = open_journal()
    assert journal.finished == []
    journal.append([make_parsed([RFC5424])], NOON)
    assert all_records() == [(1, RFC5424)]


def test_damaged_frames_go_to_quarantine(
    open_journal: OpenJournal,
    make_parsed: MakeBatch,
    layout: Layout,
    name: StreamName,
    all_records: AllRecords,
) -> None:
    """Sealing takes the good frames and puts the damaged octets away before the journal goes."""
    journal = open_journal()
    for number in (1, 2, 3):
        journal.append([make_parsed([b"<13>%d" % number], number)], NOON)
    reader = JournalReader(journal.path)
    reader.scan()
    octets = bytearray(journal.path.read_bytes())
    octets[reader.frames[1].payload_offset] ^= 1
    journal.path.write_bytes(octets)
    sealed(journal, layout, name)
    assert all_records() == [(1, b"<13>1"), (3, b"<13>3")]
    frame = reader.frames[1]
    kept = [path.read_bytes() for path in quarantine.folder_of(layout, name).glob("*.octets")]
    assert kept == [bytes(octets[frame.offset : frame.end])]


def test_a_damaged_end_goes_to_quarantine(
    open_journal: OpenJournal,
    make_parsed: MakeBatch,
    layout: Layout,
    name: StreamName,
    all_records: AllRecords,
) -> None:
    """A last frame that was damaged since it was written is put away, too, before the journal goes."""
    journal = open_journal()
    for number in (1, 2):
        journal.append([make_parsed([b"<13>%d" % number], number)], NOON)
    octets = bytearray(journal.path.read_bytes())
    octets[-99] ^= 1
    journal.path.write_bytes(octets)
    sealed(journal, layout, name)
    assert all_records() == [(1, b"<13>1")]
    (kept,) = quarantine.folder_of(layout, name).glob("*.octets")
    assert octets.endswith(kept.read_bytes())


def test_a_journal_that_cannot_be_read_stays(layout: Layout, name: StreamName) -> None:
    """A journal of which nothing is readable is neither sealed nor removed."""
    path = layout.journal(name) / f"{1:020d}.journal"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"nothing of ours")
    with pytest.raises(DamagedError):
        seal(layout, name, path, 1)
    assert path.exists()


def test_a_damaged_segment_hides_nothing_else(
    open_journal: OpenJournal, make_parsed: MakeBatch, layout: Layout, name: StreamName
) -> None:
    """A segment that cannot be read is reported with its path; the other segments are found all the same."""
    journal = open_journal()
    paths = []
    for number in (1, 2, 3):
        journal.append([make_parsed([b"<13>%d" % number], number)], NOON)
        paths += sealed(journal, layout, name)
    paths[1].write_bytes(paths[1].read_bytes()[:-20])
    snapshot = Catalogue(layout).snapshot(name)
    assert [damage.path for damage in snapshot.damaged] == [paths[1]]
    assert sorted(block.first_seq for block in snapshot.blocks) == [1, 3]


def test_a_damaged_page_is_noticed(
    open_journal: OpenJournal, make_batch: MakeBatch, layout: Layout, name: StreamName
) -> None:
    """A wrong octet inside a segment is told by its block, with path and offset, and never given as data."""
    journal = open_journal()
    journal.append([make_batch([b"%032d" % place for place in range(500)])], NOON)
    (path,) = sealed(journal, layout, name)
    place = pq.read_metadata(path).row_group(0).column(10)
    octets = bytearray(path.read_bytes())
    octets[place.data_page_offset + place.total_compressed_size // 2] ^= 1
    path.write_bytes(octets)
    (block,) = Catalogue(layout).snapshot(name).blocks
    with pytest.raises(DamagedError) as caught:
        block.read()
    assert caught.value.damage.path == path


def test_damage_anywhere_gives_no_wrong_data(
    layout: Layout, name: StreamName, archive: Callable[..., Path]
) -> None:
    """A wrong octet anywhere before the footer, also in a page's header, is damage or changes nothing."""
    path = archive(layout, [{"message": "a", "peer": "192.0.2.1", "flags": ["truncated"]}] * 2)
    (block,) = Catalogue(layout).snapshot(name).blocks
    expected, good = block.read(), path.read_bytes()
    footer = len(good) - 8 - int.from_bytes(good[-8:-4], "little")
    for place in range(4, footer):
        damaged = bytearray(good)
        damaged[place] ^= 2
        path.write_bytes(damaged)
        try:
            assert difference(expected, block.read()) is None, place
        except DamagedError as error:
            assert error.damage.path == path  # noqa: PT017 - what else is raised is the failure


texts = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([RFC5424, RFC3164, *ODD]),
    st.builds(
        lambda head, tail: head + tail,
        st.sampled_from([RFC5424[:30], RFC3164[:20], b"<13>1 "]),
        st.binary(max_size=30),
    ),
    st.builds(lambda text, place: text[:place], st.sampled_from([RFC5424, RFC3164]), st.integers(0, 60)),
)


@settings(deadline=None, max_examples=60)
@given(
    batches=st.lists(st.lists(texts, min_size=1, max_size=12), min_size=1, max_size=5),
    steps=st.lists(st.integers(-(10**9), 10**9), min_size=5, max_size=5),
)
def test_archive_equals_what_was_sent(batches: list[list[bytes]], steps: list[int]) -> None:
    """Arbitrary octets, in arbitrary batches around midnight, come back from journal and archive as sent."""
    name = StreamName()
    with tempfile.TemporaryDirectory() as folder:
        layout = Layout(Path(folder))
        journal = Journal(layout, name, JournalSettings(), NOON)
        for number, (messages, step) in enumerate(zip(batches, steps, strict=False), 1):
            arrivals = [Arrival(MIDNIGHT + step, "2001:db8::1", len(messages))]
            records = parse_frames(messages, arrivals, listener="l", transport="udp")
            header = BatchHeader("default", "syslog", "c", number, len(messages), sum(map(len, messages)))
            content = check_batch(header, header.encode(), encode_records(records))
            journal.append([Batch(header, content)], NOON)
            if number % 2:
                journal.roll(NOON, 30)
        sent = list(enumerate((message for batch in batches for message in batch), 1))
        assert _read(layout, name) == sent
        for path in journal.finished:
            seal(layout, name, path, 1)
        journal.close()
        assert _read(layout, name) == sent


def _read(layout: Layout, name: StreamName) -> list[tuple[int, bytes]]:
    tables = [block.read() for block in Catalogue(layout).snapshot(name).blocks]
    return sorted(
        pair
        for table in tables
        for pair in zip(table["seq"].to_pylist(), exact_octets(table).to_pylist(), strict=True)
    )


def test_days_are_utc(
    open_journal: OpenJournal, make_parsed: MakeBatch, layout: Layout, name: StreamName
) -> None:
    """The catalogue's days are UTC days of receipt, of journals as of the archive."""
    journal = open_journal()
    journal.append([make_parsed([b"a", b"b"], received=[MIDNIGHT - 1, MIDNIGHT])], NOON)
    assert Catalogue(layout).days(name) == [TODAY, TOMORROW]
    sealed(journal, layout, name)
    assert Catalogue(layout).days(name) == [TODAY, TOMORROW]
    start = int(datetime(2026, 11, 21, tzinfo=UTC).timestamp()) * 10**9
    assert [block.rows for block in Catalogue(layout).snapshot(name, start).blocks] == [1]
    assert [block.rows for block in Catalogue(layout).snapshot(name, None, start).blocks] == [1]
