"""Folding: what old books counted stays, once, whatever crashes in between; and drops go on being counted."""

import errno
import socket
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import durable
from collector.book_damage import damaged_books
from collector.book_file import BookFile
from collector.book_opening import open_book
from collector.book_sums import began, books_of, boot_id, fold, read_books
from collector.books import Book
from collector.kernel_drops import KernelDrops
from collector.listener_book import ListenerBook
from collector.sockets import dropped_datagrams

DAYS = (20_000, 20_001)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def write_book(folder: Path, run: str, *, closed: bool, boot: str | None = None) -> None:
    """A book of a process that is gone, with two days in it."""
    (folder / "days").mkdir(exist_ok=True, parents=True)
    about = {
        "process": "collector-1",
        "run": run,
        "collector": f"id-{run}",
        "boot": boot_id() if boot is None else boot,
    }
    book = Book(BookFile(folder / f"collector-1-{run}.book", about))
    for day in DAYS:
        book.add(book.place(day, "office", "192.0.2.1", "framed"), 5)
        book.add(book.place(day, "office", "192.0.2.1", "parsed"), 3)
    slot = book.take_slot()
    assert slot is not None
    held = book.place(DAYS[0], "office", "", "held default/syslog")
    book.change([], [(slot, 3), (slot + 1, 9), (slot + 2, held)])
    if closed:
        book.close()
    else:
        book.file.close(0)  # as a process that was killed leaves it


def framed(folder: Path) -> dict[str, int]:
    """Frames by day."""
    return {day: sums.sums["office", "192.0.2.1", "framed"] for day, sums in read_books(folder).items()}


def test_folded_once(tmp_path: Path) -> None:
    """Books of processes that are gone become sums of days; of those that were killed more is known."""
    write_book(tmp_path, "a", closed=True)
    write_book(tmp_path, "b", closed=False)
    before = read_books(tmp_path)
    fold(tmp_path)
    assert not list(tmp_path.glob("*.book"))
    assert read_books(tmp_path).keys() == before.keys()
    for day, sums in read_books(tmp_path).items():
        assert sums.sums == before[day].sums
        assert sums.ends == before[day].ends
        assert sums.collectors == before[day].collectors
    first = read_books(tmp_path)["2024-10-04"]
    assert [(end.run, end.how, end.reading, end.slots) for end in first.ends] == [
        ("a", "ended", {"office": 2}, [("office", "default/syslog", 9, 3)]),
        ("b", "killed", {"office": 2}, [("office", "default/syslog", 9, 3)]),
    ]
    fold(tmp_path)
    assert framed(tmp_path) == {"2024-10-04": 10, "2024-10-05": 10}


def test_a_running_process_keeps_its_book(tmp_path: Path) -> None:
    """The book of a process that runs is read, and left alone."""
    book = open_book(tmp_path / "books", "collector-1", "id")
    book.count("office", "framed", 3)
    fold(tmp_path / "books")
    (path,) = (tmp_path / "books").glob("*.book")
    found = books_of(tmp_path / "books", None)
    assert found is not None
    assert found.running
    assert found.sums["office", "", "framed"] == 3
    book.close()
    assert path.exists()


def test_a_crash_counts_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever durable step is the last before a crash, the sums are the same before, between and after."""
    for step in range(6):
        folder = tmp_path / str(step)
        write_book(folder, "a", closed=True)
        write_book(folder, "b", closed=False)
        expected, left = framed(folder), [step]

        def counted(real: object, left: list[int] = left) -> object:
            assert callable(real)

            def call(*arguments: object) -> object:
                if not left[0]:
                    raise OSError(errno.EIO, "crash")
                left[0] -= 1
                return real(*arguments)

            return call

        with monkeypatch.context() as patch:
            patch.setattr(durable, "write_file", counted(durable.write_file))
            patch.setattr(durable, "unlink", counted(durable.unlink))
            with pytest.raises(OSError, match="crash"):
                fold(folder)
        assert framed(folder) == expected
        fold(folder)
        assert framed(folder) == expected
        assert not list(folder.glob("*.book"))


def test_a_folder_that_cannot_be_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Without a place for its book a collector works all the same, and says what will not balance."""
    (tmp_path / "books").write_text("a file")
    book = open_book(tmp_path / "books", "collector-1", "id")
    book.count("office", "framed", 3)
    assert "will lack them" in caplog.text


def test_a_damaged_day_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A day's file that has another octet is not believed."""
    write_book(tmp_path, "a", closed=True)
    fold(tmp_path)
    path = tmp_path / "days" / "2024-10-04.json"
    path.write_bytes(path.read_bytes().replace(b",5]", b",6]"))
    assert framed(tmp_path) == {"2024-10-04": 0, "2024-10-05": 5}
    assert "is damaged" in caplog.text


def test_a_damaged_day_is_kept_when_a_book_is_folded_into_it(tmp_path: Path) -> None:
    """A damaged file does not vanish as though it had never been: it stays, and is named."""
    assert damaged_books(tmp_path) == []
    write_book(tmp_path, "a", closed=True)
    fold(tmp_path)
    path = tmp_path / "days" / "2024-10-04.json"
    octets = path.read_bytes().replace(b",5]", b",6]")
    path.write_bytes(octets)
    assert damaged_books(tmp_path) == [str(path)]
    write_book(tmp_path, "b", closed=True)
    (book,) = tmp_path.glob("*.book")
    whole = book.read_bytes()
    book.write_bytes(whole[:8] + bytes(64) + whole[72:])
    assert damaged_books(tmp_path) == [str(book), str(path)]
    book.write_bytes(whole)
    fold(tmp_path)
    kept = path.with_suffix(".damaged")
    assert kept.read_bytes() == octets
    assert damaged_books(tmp_path) == [str(kept)]


def test_drops_while_no_collector_ran(tmp_path: Path) -> None:
    """Of a socket that outlives its collector all drops are counted, and none twice."""
    receiver, sender = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    with receiver, sender:
        receiver.bind(("127.0.0.1", 0))
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        if dropped_datagrams(receiver) is None:
            pytest.skip("this kernel does not tell")
        told = []
        for _ in range(3):
            for _ in range(50):
                sender.sendto(bytes(500), receiver.getsockname())
            book = open_book(tmp_path, "collector-1", "id")
            told.append(KernelDrops(receiver, ListenerBook(book, "office")).look())
            told.append(KernelDrops(receiver, ListenerBook(book, "office")).look())
            book.file.close(0)
        assert sum(told) == dropped_datagrams(receiver)
        assert told[1::2] == [0, 0, 0]
        found = books_of(tmp_path, None)
        assert found is not None
        sums = Counter({what: number for (_, _, what), number in found.sums.items()})
        assert sums["dropped by kernel"] == sum(told)


def test_a_count_that_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel's count has 32 bits: past them it goes on from 0, and no drop is missed."""
    book = open_book(tmp_path, "collector-1", "id")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        drops, told = KernelDrops(opened, ListenerBook(book, "office")), []
        for count in (0, 5, 5, 2**32 - 1, 3):
            monkeypatch.setattr("collector.kernel_drops.dropped_datagrams", lambda _, count=count: count)
            told.append(drops.look())
    assert told == [0, 5, 0, 2**32 - 6, 4]
    assert book.totals["dropped by kernel"] == sum(told)
    book.close()


def test_since_when_books_are_kept(tmp_path: Path) -> None:
    """Where nothing was stored before, the books have everything; else what came after they were begun."""
    (tmp_path / "new" / "books").mkdir(parents=True)
    assert began(tmp_path / "new" / "books", NOW) == 0
    (tmp_path / "old" / "archive" / "tenant=default" / "stream=syslog").mkdir(parents=True)
    (tmp_path / "old" / "books").mkdir()
    for later in (NOW, NOW + timedelta(days=1)):
        assert began(tmp_path / "old" / "books", later) == int(NOW.timestamp()) * 10**9
