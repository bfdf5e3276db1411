"""relay/reading.py."""

from collections.abc import Callable
from unittest.mock import patch

from relay import reading
from relay.reading import messages_after, next_seq
from storage.archive import seal
from storage.catalogue import Catalogue
from storage.layout import Layout, StreamName

Append = Callable[..., None]
MIDNIGHT = 12 * 3_600  # seconds after the noon at which messages arrive


def read(layout: Layout, seq: int) -> list[tuple[int, bytes]]:
    """Everything after ``seq``."""
    found = messages_after(Catalogue(layout), StreamName(), seq)
    return [pair for each in found for pair in zip(each.seqs, each.octets, strict=True)]


def numbered(count: int) -> list[bytes]:
    """So many messages, each another, with octets that are no text among them."""
    return [b"<13>1 - h app - - - number %d \xff\n" % number for number in range(count)]


def sealed(layout: Layout) -> list[str]:
    """Bring the journal into the archive, and give the days that it made."""
    name = StreamName()
    for path in sorted(layout.journal(name).glob("*.journal")):
        seal(layout, name, path, 1)
    return [str(day) for day in layout.archived_days(name)]


def test_messages_come_in_order_with_their_octets(layout: Layout, append: Append) -> None:
    """From any cursor on, every message once, in order, bit for bit."""
    assert read(layout, 0) == []
    messages = numbered(50)
    for start in range(0, 50, 10):
        append(messages[start : start + 10])
    for seq in (0, 1, 9, 10, 49, 50):
        assert read(layout, seq) == list(enumerate(messages, 1))[seq:]


def test_messages_of_two_days_that_are_mixed(layout: Layout, append: Append) -> None:
    """Around midnight collectors' batches overtake each other, and archived days overlap: none is lost."""
    messages = numbered(60)
    for start in range(0, 60, 10):
        append(messages[start : start + 10], after=MIDNIGHT + (1 if start % 20 else -1))
    assert read(layout, 0) == list(enumerate(messages, 1))
    assert sealed(layout) == ["2026-11-20", "2026-11-21"]
    for seq in (0, 1, 9, 10, 25, 49, 59, 60):
        assert read(layout, seq) == list(enumerate(messages, 1))[seq:]
    with patch.object(reading, "REACH", 7):
        assert read(layout, 3) == list(enumerate(messages, 1))[3:]


def test_archive_and_journal_together(layout: Layout, append: Append) -> None:
    """Some days of archive, then the journal, then more of it: one stream."""
    messages = numbered(40)
    for number in range(3):
        append(messages[number * 10 : number * 10 + 10], after=number * 86_400)
    assert len(sealed(layout)) == 3
    append(messages[30:])
    assert read(layout, 5) == list(enumerate(messages, 1))[5:]


def test_a_long_gap_takes_few_looks(layout: Layout, append: Append) -> None:
    """Where thousands of millions have expired, the first that is kept is found at once."""
    first = 7_000_000_000
    append(numbered(3), first=first)
    assert next_seq(Catalogue(layout), StreamName(), 0) == first
    assert next_seq(Catalogue(layout), StreamName(), first + 1) == first + 2
    assert next_seq(Catalogue(layout), StreamName(), first + 2) is None
    assert read(layout, 0) == list(enumerate(numbered(3), first))
