"""Reading on: every record once, from the journal as it grows and from the archive."""

from unittest.mock import patch

import pytest

from storage.archive import seal
from storage.catalogue import Catalogue
from storage.layout import Layout, StreamName
from tests.relay.conftest import Append
from watch import following
from watch.following import Follower
from watch.observing import COLUMNS

NAME = StreamName()
CANARY = (
    b"<46>1 2026-11-20T12:00:00Z h sysledger-canary 1 CANARY - canary 0123456789abcdef through listener tcp"
)
MIDNIGHT = 12 * 3_600  # seconds after the noon at which messages arrive


def numbered(count: int) -> list[bytes]:
    """So many messages, each another."""
    return [b"<13>1 - h app - - - number %d" % number for number in range(count)]


def read(follower: Follower, seq: int) -> tuple[list[int], list[str], int]:
    """Everything after ``seq``: the seqs, the texts of canaries, and the cursor."""
    seqs: list[int] = []
    texts: list[str] = []
    for piece in follower.after(NAME, seq):
        if piece.cursor is not None:
            seq = piece.cursor
            continue
        assert piece.records.column_names == list(COLUMNS)
        seqs += piece.records["seq"].to_pylist()
        texts += piece.canaries
    return seqs, texts, seq


def sealed(layout: Layout) -> None:
    """Bring the journal into the archive."""
    for path in sorted(layout.journal(NAME).glob("*.journal")):
        seal(layout, NAME, path, 1)


def test_each_record_is_read_once_while_the_journal_grows(layout: Layout, append: Append) -> None:
    """From the cursor of the last time on, whatever was added; sealing changes nothing."""
    follower = Follower(Catalogue(layout))
    assert read(follower, 0) == ([], [], 0)
    cursor, found = 0, list[int]()
    for start in range(0, 60, 10):
        append(numbered(10), after=start)
        if start == 30:
            sealed(layout)
        seqs, _, cursor = read(follower, cursor)
        found += seqs
    assert found == list(range(1, 61))
    assert cursor == 60


@pytest.mark.parametrize("archived", [False, True])
def test_any_cursor_and_any_reach(layout: Layout, append: Append, archived: bool) -> None:  # noqa: FBT001
    """From wherever, in steps of whatever size, of two days that are mixed: each record once."""
    for start in range(0, 60, 10):
        append(numbered(10), after=MIDNIGHT + (1 if start % 20 else -1))
    if archived:
        sealed(layout)
    for reach in (7, 10, 65_536):
        with patch.object(following, "REACH", reach):
            for cursor in (0, 1, 9, 10, 25, 59, 60):
                seqs, _, end = read(Follower(Catalogue(layout)), cursor)
                assert sorted(seqs) == list(range(cursor + 1, 61))
                assert end == 60


def test_what_has_expired_is_passed_over(layout: Layout, append: Append) -> None:
    """Where thousands of millions are gone, the first that is kept is found at once."""
    first = 7_000_000_000
    append(numbered(3), first=first)
    assert read(Follower(Catalogue(layout)), 0) == ([first, first + 1, first + 2], [], first + 2)


@pytest.mark.parametrize("archived", [False, True])
def test_canaries_are_given_with_their_texts(layout: Layout, append: Append, archived: bool) -> None:  # noqa: FBT001
    """The text is read of canaries alone, from the journal and from the archive."""
    append([*numbered(2), CANARY, *numbered(2)])
    if archived:
        sealed(layout)
    _, texts, _ = read(Follower(Catalogue(layout)), 0)
    assert texts == ["canary 0123456789abcdef through listener tcp"]


def test_a_damaged_file_hides_nothing_else(layout: Layout, append: Append) -> None:
    """What cannot be read is left out, and the cursor goes on."""
    append(numbered(5))
    sealed(layout)
    append(numbered(5))
    (segment,) = layout.archive(NAME).glob("date=*/*.parquet")
    octets = bytearray(segment.read_bytes())
    octets[4:200] = bytes(196)
    segment.write_bytes(octets)
    seqs, _, cursor = read(Follower(Catalogue(layout)), 0)
    assert seqs[-5:] == [6, 7, 8, 9, 10]
    assert cursor == 10
