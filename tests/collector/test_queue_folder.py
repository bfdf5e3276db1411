"""The disk queue's folder: in order, durable before it says so, bounded, and never lost to one bad file."""

import errno
import logging
import os
from pathlib import Path
from typing import Any

import pytest

import durable
from collector.queue_folder import Place, QueueFolder, QueueFullError, QueueLimits, QueueLockedError, Written

LIMITS = QueueLimits(octets=1 << 30, free_octets=0, file_octets=4096)


def batches(first: int, count: int, size: int = 500) -> list[Written]:
    """Make batches that can be told apart."""
    return [
        Written(b"%d" % number, bytes([number % 256]) * size, number)
        for number in range(first, first + count)
    ]


def numbers(folder: QueueFolder, start: Place | None, octets: int = 1 << 30) -> list[int]:
    """Read everything from a place on; give the batches by number."""
    found: list[int] = []
    while start is not None:
        loaded, start = folder.read(start, octets)
        assert all(bytes(one.payload) == bytes([one.messages % 256]) * len(one.payload) for one in loaded)
        found += [one.messages for one in loaded]
    return found


def fill(folder: Path, count: int, limits: QueueLimits = LIMITS) -> list[Path]:
    """Leave a queue behind, some batches a file; give its files."""
    queue = QueueFolder(folder, limits)
    for number in range(count):
        queue.append(batches(number, 1))
    queue.close()
    return sorted(folder.glob("*.queue"))


def test_batches_come_back_in_order(tmp_path: Path) -> None:
    """Whatever the files and however much is read at a time, the order is that of writing."""
    folder = QueueFolder(tmp_path, LIMITS)
    assert folder.first() is None
    places = [place for number in range(50) for place in folder.append(batches(number, 1))]
    assert places == sorted(places)
    assert folder.figures.files > 3
    for octets in (1, 1000, 5000, 1 << 30):
        assert numbers(folder, places[0], octets) == list(range(50))
    assert numbers(folder, places[20]) == list(range(20, 50))


def test_an_earlier_run_s_batches_come_first(tmp_path: Path) -> None:
    """What a process left is read by the next one, before what that one writes, and is not appended to."""
    files = fill(tmp_path, 20)
    sizes = [file.stat().st_size for file in files]
    folder = QueueFolder(tmp_path, LIMITS)
    folder.append(batches(20, 5))
    assert numbers(folder, folder.first()) == list(range(25))
    assert [file.stat().st_size for file in files] == sizes
    first = folder.first()
    assert first is not None
    assert sum(folder.messages(first)) == sum(range(25))


def test_files_go_when_nobody_needs_them(tmp_path: Path) -> None:
    """Files before the one that is needed are removed; none is needed, and the folder is empty."""
    folder = QueueFolder(tmp_path, LIMITS)
    places = [place for number in range(30) for place in folder.append(batches(number, 1))]
    folder.release(places[15].file)
    assert numbers(folder, folder.first()) == list(range(places.index(Place(places[15].file, 32)), 30))
    folder.release(None)
    assert (list(tmp_path.glob("*.queue")), folder.figures.octets, folder.figures.files) == ([], 0, 0)
    assert numbers(folder, folder.append(batches(30, 2))[0]) == [30, 31]


def test_two_processes_cannot_have_one_queue(tmp_path: Path) -> None:
    """The folder is locked as long as its process lives; the error says what to do."""
    folder = QueueFolder(tmp_path, LIMITS)
    with pytest.raises(QueueLockedError, match="stop that process first"):
        QueueFolder(tmp_path, LIMITS)
    folder.close()
    QueueFolder(tmp_path, LIMITS).close()


def test_the_queue_of_a_process_that_is_gone_is_taken_over(tmp_path: Path) -> None:
    """Its batches are read behind one's own; a folder that somebody has is left alone."""
    fill(tmp_path / "collector-3", 5)
    folder = QueueFolder(tmp_path / "collector-1", LIMITS)
    own = folder.append(batches(10, 3))
    living = QueueFolder(tmp_path / "collector-2", LIMITS)
    living.append(batches(90, 1))
    assert folder.adopt(tmp_path / "collector-2") is None
    taken = folder.adopt(tmp_path / "collector-3")
    assert taken is not None
    assert taken > own[-1]
    assert folder.adopt(tmp_path / "collector-3") is None
    assert numbers(folder, folder.first()) == [10, 11, 12, 0, 1, 2, 3, 4]
    folder.release(None)
    assert not list((tmp_path / "collector-3").glob("*.queue"))


def test_a_folder_just_taken_over_is_not_removed_unread(tmp_path: Path) -> None:
    """Who says that nothing is needed, and cannot know of it yet, does not mean it."""
    fill(tmp_path / "collector-3", 5)
    folder = QueueFolder(tmp_path / "collector-1", LIMITS)
    taken = folder.adopt(tmp_path / "collector-3")
    folder.release(None)
    assert numbers(folder, taken) == [0, 1, 2, 3, 4]


def test_cut_anywhere(tmp_path: Path) -> None:
    """A torn tail costs what was not yet said to be safe; what lies in later files is read all the same."""
    octets = fill(tmp_path / "one", 3)[0].read_bytes()
    later = fill(tmp_path / "two", 1)[0].read_bytes()
    frame = (len(octets) - 32) // 3
    for length in [*range(32, len(octets), 37), len(octets)]:
        case = tmp_path / f"case-{length}"
        case.mkdir()
        (case / "1.queue").write_bytes(octets[:length])
        (case / "2.queue").write_bytes(later)
        folder = QueueFolder(case, LIMITS)
        assert numbers(folder, folder.first()) == [*range((length - 32) // frame), 0], length
        assert folder.figures.damaged == 0
        folder.close()


def test_flip_anywhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A damaged frame costs itself: it is copied into quarantine, counted, and told with file and offset."""
    octets = fill(tmp_path / "one", 3)[0].read_bytes()
    frame = (len(octets) - 32) // 3
    for place in range(0, len(octets), 41):
        case = tmp_path / f"case-{place}"
        case.mkdir()
        flipped = bytearray(octets)
        flipped[place] ^= 0x10
        (case / "1.queue").write_bytes(flipped)
        folder = QueueFolder(case, LIMITS)
        caplog.clear()
        found = numbers(folder, folder.first())
        hit = (place - 32) // frame if place >= 32 else None
        if folder.figures.damaged:
            assert hit is not None
            assert found == [number for number in range(3) if number != hit]
            (kept,) = (case / "quarantine").iterdir()
            assert kept.name == f"{case.name}-1-{32 + hit * frame}.octets"
            assert kept.read_bytes() == flipped[32 + hit * frame : 32 + (hit + 1) * frame]
            (told,) = [one.getMessage() for one in caplog.records if one.levelno == logging.ERROR]
            assert f"1.queue is damaged at offset {32 + hit * frame}:" in told
        else:
            assert found == [0, 1, 2]
        assert numbers(folder, folder.first()) == found
        assert folder.figures.damaged <= 1
        folder.close()


def test_a_file_that_is_none_is_put_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What cannot be read at all is kept, told of, and does not hold up what is behind it."""
    fill(tmp_path, 2)
    (tmp_path / "00000000000000000000.queue").write_bytes(b"something else, and long enough to be read")
    folder = QueueFolder(tmp_path, LIMITS)
    assert numbers(folder, folder.first()) == [0, 1]
    assert "cannot be read from offset 0" in caplog.text
    folder.release(None)
    assert (tmp_path / "quarantine" / "00000000000000000000.queue").exists()


def test_bounds_are_kept(tmp_path: Path) -> None:
    """Past its own bound or the disk's free room nothing is written, and the message says what to do."""
    folder = QueueFolder(tmp_path / "a", QueueLimits(octets=3000, free_octets=0))
    folder.append(batches(0, 4))
    with pytest.raises(QueueFullError, match=r"raise collector\.queue_octets"):
        folder.append(batches(4, 4))
    assert numbers(folder, folder.first()) == [0, 1, 2, 3]
    tight = QueueFolder(tmp_path / "b", QueueLimits(octets=1 << 30, free_octets=1 << 60))
    with pytest.raises(QueueFullError, match=r"lower collector\.queue_free_octets"):
        tight.append(batches(0, 1))


@pytest.mark.parametrize("call", ["writev", "fdatasync", "open", "fsync", "rename"])
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
def test_each_call_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, error: int) -> None:
    """A failed write says so, leaves what was written before readable, and the next one uses a new file."""
    folder = QueueFolder(tmp_path, LIMITS)
    folder.append(batches(0, 2))
    if call in {"open", "fsync", "rename"}:  # calls of a new file
        folder.append(batches(2, 10))
    before = numbers(folder, folder.first())

    def fail(*_: Any) -> int:
        raise OSError(error, os.strerror(error))

    with monkeypatch.context() as patched:
        patched.setattr(durable, call, fail)
        with pytest.raises(OSError, match=os.strerror(error)):
            folder.append(batches(50, 2))
    files = len(list(tmp_path.glob("*.queue")))
    folder.append(batches(60, 2))
    assert len(list(tmp_path.glob("*.queue"))) == files + 1
    assert numbers(folder, folder.first()) == [*before, 60, 61]
    folder.close()
    again = QueueFolder(tmp_path, LIMITS)
    assert numbers(again, again.first()) == [*before, 60, 61]


def test_a_disk_that_fails_each_time_is_not_filled_with_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often a write fails, at most one file is there that holds nothing."""
    folder = QueueFolder(tmp_path, LIMITS)

    def fail(*_: Any) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patched:
        patched.setattr(durable, "fdatasync", fail)
        for _ in range(5):
            with pytest.raises(OSError, match=os.strerror(errno.EIO)):
                folder.append(batches(0, 2))
            assert len(list(tmp_path.glob("*.queue"))) <= 1
    folder.append(batches(0, 2))
    assert numbers(folder, folder.first()) == [0, 1]
