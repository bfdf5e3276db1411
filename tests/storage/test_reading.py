"""The promises about a disk that begins to fail: what it does not give is damage, and storage starts."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from storage import reading
from storage.journal import Batch, Journal
from storage.layout import Layout, StreamName
from storage.reading import FILLER, PAGE_OCTETS, read, read_through
from storage.verify import Wanted, verify

MakeBatch = Callable[..., Batch]
OpenJournal = Callable[..., Journal]

NOON = 1_795_000_000


@pytest.fixture
def bad(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Give a set of pages that cannot be read from any file."""
    pages: set[int] = set()

    def failing(descriptor: int, length: int, offset: int) -> bytes:
        if pages & set(range(offset // PAGE_OCTETS, -(-(offset + length) // PAGE_OCTETS))):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return os.pread(descriptor, length, offset)

    monkeypatch.setattr(reading, "pread", failing)
    return pages


def test_pages_that_cannot_be_read(tmp_path: Path, bad: set[int]) -> None:
    """A bad page is filled, all around it is given; any other error, and a plain read, are told."""
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * 64)
    with path.open("rb") as file:
        bad.add(1)
        octets = read_through(file.fileno(), 100, 3 * PAGE_OCTETS + 10_000)
        whole = path.read_bytes()
        assert octets == whole[100:PAGE_OCTETS] + FILLER * PAGE_OCTETS + whole[2 * PAGE_OCTETS :]
        with pytest.raises(OSError, match="Input/output"):
            read(file.fileno(), 0, 5000)
        assert read(file.fileno(), 2 * PAGE_OCTETS, 10) == whole[:10]
    with pytest.raises(OSError, match="Bad file"):
        read_through(12_345, 0, 1)


def test_storage_starts(
    layout: Layout, name: StreamName, open_journal: OpenJournal, make_parsed: MakeBatch, bad: set[int]
) -> None:
    """A journal with a bad page: storage starts, quarantines the frames on it, and keeps all the others."""
    journal = open_journal()
    for number in range(1, 6):
        messages = [b"<13>1 - h a - - - %d of %d " % (row, number) + b"x" * 900 for row in range(5)]
        journal.append([make_parsed(messages, number, "c", NOON * 10**9)], NOON)
    bad.add(2)
    again = open_journal()
    assert again.damages
    assert again.last_number("c") == 5
    (found,) = verify(layout, Wanted())
    assert {fault.path.name for fault in found.faults} == {f"{1:020d}.journal"}
    assert 10 <= found.journal_messages < 25
    assert list((layout.data / "quarantine" / name.folder).glob("*.octets"))
