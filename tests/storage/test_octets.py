"""The promises of day_octets: a day's messages, exactly, in order, from journal and archive alike."""

from collections.abc import Callable
from datetime import date

import pyarrow as pa
import pytest

from storage.archive import seal
from storage.journal import Batch, Journal
from storage.layout import Layout, StreamName
from storage.octets import IncompleteError, day_octets, framed

NOON = 1_795_176_000
MIDNIGHT = 1_795_219_200 * 10**9
DAY, NEXT = date(2026, 11, 20), date(2026, 11, 21)

OpenJournal = Callable[..., Journal]
MakeBatch = Callable[..., Batch]


def written(layout: Layout, name: StreamName, day: date, *, octet_counting: bool = False) -> bytes:
    """Give all that day_octets gives."""
    return b"".join(day_octets(layout, name, day, octet_counting=octet_counting))


def test_a_day(open_journal: OpenJournal, make_parsed: MakeBatch, layout: Layout, name: StreamName) -> None:
    """Archive and journal together give each day's messages in order of seq, and only that day's."""
    journal = open_journal()
    journal.append([make_parsed([b"<13>1 - - - - - - a", b"\xff\x00"], 1)], NOON)
    journal.append(
        [make_parsed([b"b", b"next", b"c"], 2, received=[MIDNIGHT - 1, MIDNIGHT, MIDNIGHT - 1])], NOON
    )
    journal.roll(NOON, 30)
    journal.append([make_parsed([b"d", b"next 2"], 3, received=[MIDNIGHT - 1, MIDNIGHT])], NOON)
    today, tomorrow = b"<13>1 - - - - - - a\n\xff\x00\nb\nc\nd\n", b"next\nnext 2\n"
    assert (written(layout, name, DAY), written(layout, name, NEXT)) == (today, tomorrow)
    seal(layout, name, journal.finished[0], 1)
    assert (written(layout, name, DAY), written(layout, name, NEXT)) == (today, tomorrow)


def test_octet_counting(
    open_journal: OpenJournal, make_parsed: MakeBatch, layout: Layout, name: StreamName
) -> None:
    """MSG-LEN SP before each message keeps messages apart that contain LF (RFC 6587 section 3.4.1)."""
    open_journal().append([make_parsed([b"a\nb", b"", b"0123456789"])], NOON)
    assert written(layout, name, DAY, octet_counting=True) == b"3 a\nb0 10 0123456789"


def test_nothing_there(layout: Layout, name: StreamName) -> None:
    """A day without messages is empty, and no error."""
    assert written(layout, name, DAY) == b""


def test_slices_and_chunks_are_framed_whole() -> None:
    """Columns in several chunks, or that are parts of others, give their own octets and no more."""
    column = pa.chunked_array([pa.array([b"x", b"a", b"bc"], pa.binary())[1:], pa.array([], pa.binary())])
    assert b"".join(framed(column, octet_counting=False)) == b"a\nbc\n"
    assert b"".join(framed(pa.array([b"a"], pa.binary()), octet_counting=True)) == b"1 a"


def test_damage_is_told_at_the_end(
    open_journal: OpenJournal, make_parsed: MakeBatch, layout: Layout, name: StreamName
) -> None:
    """What can be read is given, and then the error says which file keeps messages back."""
    journal = open_journal()
    for number in (1, 2):
        journal.append([make_parsed([b"<13>%d" % number], number)], NOON)
        journal.roll(NOON, 30)
    (segment,) = seal(layout, name, journal.finished[0], 1).segments
    segment.path.write_bytes(b"PAR1 nothing PAR1")
    given: list[memoryview] = []
    with pytest.raises(IncompleteError, match=segment.path.name) as caught:
        given.extend(day_octets(layout, name, DAY))
    assert b"".join(given) == b"<13>2\n"
    assert caught.value.damages[0].path == segment.path
