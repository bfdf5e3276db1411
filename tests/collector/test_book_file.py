"""The promises of a book's file: no count is lost with its process, and several change together or not."""

import errno
import os
import signal
from pathlib import Path
from typing import NoReturn

import pytest

from collector.book_file import PIECE_OCTETS, BookError, BookFile, read_book

ABOUT = {"process": "collector-1", "run": "a", "collector": "c"}


def in_child(path: Path, work: "object") -> None:
    """Let a process of its own write a book, which it does not live to close."""
    assert callable(work)
    child = os.fork()
    if not child:
        try:
            work(path)
        finally:
            os._exit(1)
    os.waitpid(child, 0)


def die() -> NoReturn:
    """End at once, as by SIGKILL."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


def test_killed_processes_lose_no_count(tmp_path: Path) -> None:
    """What was counted one instruction before SIGKILL is in the file."""

    def work(path: Path) -> None:
        file = BookFile(path, ABOUT)
        place = file.new(b"frames")
        for _ in range(1000):
            file.add(place, 3)
        die()

    in_child(tmp_path / "one.book", work)
    found = read_book(tmp_path / "one.book")
    assert found.numbers == {b"frames": 3000}
    assert (found.about, found.running, found.closed_at) == (ABOUT, False, 0)


@pytest.mark.parametrize("step", range(4))
def test_several_numbers_change_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """A process that is killed after any step of a change has made all of it, or none."""

    class Dying:
        def __init__(self, view: memoryview) -> None:
            self.view, self.left = view, step

        def __getitem__(self, place: int) -> int:
            return int(self.view[place])

        def __setitem__(self, place: int, number: int) -> None:
            if not self.left:
                die()
            self.left -= 1
            self.view[place] = number

    def work(path: Path) -> None:
        file = BookFile(path, ABOUT)
        one, other = file.new(b"one"), file.new(b"other")
        file.add(one, 5)
        pieces = [Dying(view) for view in file._pieces]  # noqa: SLF001 - where every step is seen
        monkeypatch.setattr(file, "_pieces", pieces)
        if step < 2:
            monkeypatch.setattr(file, "_head", pieces[0])
        file.change([(one, 0), (other, 5)])
        die()

    in_child(tmp_path / "one.book", work)
    numbers = read_book(tmp_path / "one.book").numbers
    assert numbers in ({b"one": 5, b"other": 0}, {b"one": 0, b"other": 5})


def test_a_book_grows(tmp_path: Path) -> None:
    """More records than a piece holds go into the next; each keeps its number, and so do slots."""
    file = BookFile(tmp_path / "one.book", ABOUT)
    places = {b"key %06d" % number: file.new(b"key %06d" % number) for number in range(20_000)}
    slot = file.new_slot()
    file.change([(place, number) for number, place in enumerate(places.values())])
    file.change([(slot, 7), (slot + 1, 3), (slot + 2, places[b"key 000009"])])
    found = read_book(tmp_path / "one.book")
    assert found.running
    assert found.numbers == {b"key %06d" % number: number for number in range(20_000)}
    assert found.slots == [(b"key 000009", 3, 7)]
    assert (tmp_path / "one.book").stat().st_size > 3 * PIECE_OCTETS
    file.close(1234)
    assert (read_book(tmp_path / "one.book").closed_at, read_book(tmp_path / "one.book").running) == (
        1234,
        False,
    )


def test_a_full_disk_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Room is reserved before it is used: a full disk is an error that can be handled, and no signal."""
    file = BookFile(tmp_path / "one.book", ABOUT)

    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "posix_fallocate", full)
    made = 0

    def fill() -> None:
        nonlocal made
        for number in range(20_000):
            file.add(file.new(b"key %06d" % number), 1)
            made += 1

    with pytest.raises(OSError, match="full"):
        fill()
    assert sum(read_book(tmp_path / "one.book").numbers.values()) == made > 1000
    with pytest.raises(OSError, match="full"):
        BookFile(tmp_path / "other.book", ABOUT)
    assert not (tmp_path / "other.book").exists()


def test_damage_is_told(tmp_path: Path) -> None:
    """A book with another octet in a key, or cut short, is no book; its numbers are not believed."""
    path = tmp_path / "one.book"
    file = BookFile(path, ABOUT)
    file.add(file.new(b"frames"), 1)
    file.close(1)
    octets = path.read_bytes()
    path.write_bytes(octets.replace(b"frames", b"flames"))
    with pytest.raises(BookError, match=f"damaged at octet {PIECE_OCTETS}"):
        read_book(path)
    path.write_bytes(octets[:1000])
    with pytest.raises(BookError, match="too short"):
        read_book(path)
    path.write_bytes(octets.replace(b"SLbook", b"SLbok!"))
    with pytest.raises(BookError, match="no book of version"):
        read_book(path)
    path.write_bytes(octets.replace(b"collector-1", b"collector-2"))
    with pytest.raises(BookError, match="what it is about"):
        read_book(path)
