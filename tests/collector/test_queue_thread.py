"""The disk queue's thread: commands in, events out, in order; a folder that cannot be had ends nothing."""

import queue
from pathlib import Path

import pytest

from collector.queue_folder import QueueFolder, QueueLimits, Written
from collector.queue_thread import Counted, DiskQueue, Event, Found, Read, WriteFailed, Wrote

LIMITS = QueueLimits(octets=1 << 30, free_octets=0)


def batches(count: int) -> list[Written]:
    """Batches of two messages each."""
    return [Written(b"%d" % number, b"payload", 2) for number in range(count)]


def left_in(folder: Path, count: int) -> None:
    """Leave a queue behind."""
    earlier = QueueFolder(folder, LIMITS)
    earlier.append(batches(count))
    earlier.close()


def test_written_read_and_removed(tmp_path: Path) -> None:
    """What was written is read in order; what is released is gone."""
    heard: queue.Queue[Event] = queue.Queue()
    disk = DiskQueue(tmp_path, LIMITS, heard.put)
    disk.start()
    disk.write(batches(3))
    wrote = heard.get(timeout=20)
    assert isinstance(wrote, Wrote)
    disk.read(wrote.places[1], 1 << 20)
    read = heard.get(timeout=20)
    assert isinstance(read, Read)
    assert ([one.header for one in read.batches], read.next) == ([b"1", b"2"], None)
    disk.release(None)
    disk.close()
    assert not list(tmp_path.glob("*.queue"))


def test_what_an_earlier_run_left_is_counted(tmp_path: Path) -> None:
    """Where it begins is known at once; how many messages there are is counted beside the work."""
    left_in(tmp_path, 5)
    heard: queue.Queue[Event] = queue.Queue()
    disk = DiskQueue(tmp_path, LIMITS, heard.put)
    assert disk.first is not None
    disk.start()
    assert heard.get(timeout=20) == Counted(10)
    disk.close()


def test_queues_of_others_are_taken_over_at_the_start(tmp_path: Path) -> None:
    """The folders of processes that are gone are read behind one's own."""
    left_in(tmp_path / "one", 1)
    left_in(tmp_path / "two", 2)
    heard: queue.Queue[Event] = queue.Queue()
    disk = DiskQueue(tmp_path / "one", LIMITS, heard.put, lambda: [tmp_path / "two"])
    assert disk.first is not None
    disk.start()
    disk.read(disk.first, 1 << 20)
    read = heard.get(timeout=20)
    while isinstance(read, Counted | Found):
        read = heard.get(timeout=20)
    assert isinstance(read, Read)
    assert [one.header for one in read.batches] == [b"0", b"0", b"1"]
    disk.close()


def test_a_write_that_fails_is_told(tmp_path: Path) -> None:
    """The reason comes back, and the next command is obeyed."""
    heard: queue.Queue[Event] = queue.Queue()
    disk = DiskQueue(tmp_path, QueueLimits(octets=100, free_octets=0), heard.put)
    disk.start()
    disk.write(batches(3))
    failed = heard.get(timeout=20)
    assert isinstance(failed, WriteFailed)
    assert failed.full
    disk.change(LIMITS, tuple)
    disk.write(batches(3))
    assert isinstance(heard.get(timeout=20), Wrote)
    disk.close()


def test_a_queue_that_cannot_be_taken_over_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The queue of a process that is gone, with something wrong about it, is told of; the others are sent."""
    for name in ("gone", "there"):
        left_in(tmp_path / name, 1)
    (tmp_path / "gone" / "lock").unlink()
    (tmp_path / "gone" / "lock").mkdir()
    heard: queue.Queue[Event] = queue.Queue()
    disk = DiskQueue(tmp_path / "own", LIMITS, heard.put, lambda: [tmp_path / "gone", tmp_path / "there"])
    assert disk.first is not None
    assert "gone cannot be taken over" in caplog.text
    disk.start()
    disk.read(disk.first, 1 << 20)
    found = [heard.get(timeout=20), heard.get(timeout=20)]
    assert [len(one.batches) for one in found if isinstance(one, Read)] == [1]
    disk.close()
