"""The promises of storage on a disk that is full or read-only: it waits, readers read, nothing is lost."""

import gc
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zmq

from storage.blocks import utc_today
from storage.journal import Journal
from storage.keeper import Keeper
from storage.layout import Layout, StreamName
from storage.search import Request, Searcher
from storage.settings import JournalSettings, StorageSettings
from storage.verify import Wanted, verify
from tests.faults.small_disk import SmallDisk, missing
from tests.storage.conftest import parsed_batch
from tests.storage.test_worker import Client, Running

OCTETS = 16 << 20
PATIENCE_SECONDS = 20.0
MESSAGE = b"<13>1 2026-11-20T12:00:00Z h a - - - %06d "
FILLING = b"x" * 1000
ROWS = 200

pytestmark = pytest.mark.skipif(missing() is not None, reason=missing() or "")


@pytest.fixture
def disk(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[SmallDisk]:
    """Give a small ext4 file system."""
    with SmallDisk(tmp_path, OCTETS) as made:
        yield made
        caplog.get_records("call").clear()  # tracebacks hold files open, and these the disk
        gc.collect()


class Site:
    """A storage worker on the small disk, and the collector's side."""

    def __init__(self, disk: SmallDisk, keep_free: int = 0) -> None:
        self.disk = disk
        self.layout = Layout(disk.data)
        self._sockets = tempfile.TemporaryDirectory(prefix="sl")
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._settings = StorageSettings(
            merge_messages=0, keep_free=keep_free, journal=JournalSettings(messages=5 * ROWS)
        )
        self.start()
        self.sent: list[bytes] = []

    def start(self) -> None:
        """Start a worker, on another endpoint, and say HELLO."""
        endpoint = f"ipc://{self._sockets.name}/{time.monotonic_ns()}"
        self.running = Running(self.layout, endpoint, self._settings)
        self.client = Client(self._context, endpoint)

    def send(self, number: int, stream: str = "syslog") -> None:
        """Send a batch of ROWS messages."""
        messages = [MESSAGE % (number * ROWS + row) + FILLING for row in range(ROWS)]
        self.client.send(parsed_batch(messages, number, "c", name=StreamName("default", stream)))
        self.sent += messages

    def acknowledged(self) -> int:
        """Await the next acknowledgement; give the number."""
        kind, _, number, *_ = self.client.answer()
        assert kind == b"ACK"
        return int(number)

    def await_report(self, name: str, test: Callable[[object], bool]) -> None:
        """Wait until the worker reports such a value."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not (self.running.reports and test(self.running.reports[-1][name])):
            assert self.running.error is None, self.running.error
            assert time.monotonic() < until, f"{name} is {self.running.reports[-1:]}"
            threading.Event().wait(0.02)

    def check(self) -> None:
        """Everything that was sent is there, once; verify finds no fault."""
        (verified,) = [each for each in verify(self.layout, Wanted()) if each.name == StreamName()]
        assert not verified.faults
        assert verified.archive_messages + verified.journal_messages == len(self.sent)

    def close(self) -> None:
        """Stop everything, and let go of the disk."""
        self.client.close()
        if self.running.error is None:
            self.running.stop()
        self._context.destroy(linger=0)
        self._sockets.cleanup()


@pytest.fixture
def site(disk: SmallDisk) -> Iterator[Site]:
    """Give a worker that may fill the disk."""
    made = Site(disk)
    yield made
    made.close()


def test_a_full_disk(site: Site) -> None:
    """On a full disk nothing is acknowledged, and readers read; when there is room it goes on by itself."""
    assert site.client.hello()[0] == b"WELCOME"
    site.send(1)
    assert site.acknowledged() == 1
    site.disk.fill()
    for number in (2, 3, 4):
        site.send(number)
    site.await_report("cannot_write_since", lambda since: since is not None)
    assert "No space left" in str(site.running.reports[-1]["cannot_write_reason"])
    assert site.client.is_silent()
    assert Searcher(site.layout).count(Request(query="000200")).count == 1
    (verified,) = verify(site.layout, Wanted())
    assert not verified.faults
    site.disk.free()
    while site.acknowledged() < 4:
        pass
    site.await_report("cannot_write_since", lambda since: since is None)
    site.check()


def test_a_start_on_a_full_disk(site: Site) -> None:
    """A worker starts on a full disk, waits for room, and then stores; also for a stream that is new."""
    site.client.hello()
    site.send(1)
    site.acknowledged()
    site.running.stop()
    site.disk.fill()
    site.start()
    site.send(2)  # without HELLO: nobody answers that
    assert site.running.error is None
    site.sent = site.sent[:ROWS]
    site.client.raw(b"HELLO", b"c")
    site.send(1, "other")
    site.await_report("cannot_write_since", lambda since: since is not None)
    site.disk.free()
    answers = [site.client.answer()[:2], site.client.answer()[:2]]
    assert answers == [[b"WELCOME", b"64"], [b"ACK", b"default/other"]]
    site.sent = site.sent[:ROWS]
    site.send(2)
    assert site.acknowledged() == 2
    site.check()


def test_what_is_kept_free(disk: SmallDisk) -> None:
    """Below storage.keep_free nothing is taken; the journal is sealed meanwhile, which makes room."""
    site = Site(disk, keep_free=10 << 20)
    try:
        site.client.hello()
        site.send(1)
        assert site.acknowledged() == 1
        ballast = disk.data.parent / "ballast"
        ballast.write_bytes(bytes(3 << 20))
        for number in range(2, 8):
            site.send(number)
        site.await_report("cannot_write_since", lambda since: since is not None)
        assert "storage.keep_free" in str(site.running.reports[-1]["cannot_write_reason"])
        site.await_report("journals_waiting", lambda waiting: waiting == 0)
        assert list(site.layout.archive_day(StreamName(), utc_today()).parent.rglob("*.parquet"))
        ballast.unlink()
        while site.acknowledged() < 7:
            pass
        site.check()
    finally:
        site.close()


def test_a_seal_without_room(disk: SmallDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal that cannot be sealed for want of room stays searchable, says so, and is sealed later."""
    monkeypatch.setattr("storage.keeper.RETRY_SECONDS", 0.2)
    layout, name = Layout(disk.data), StreamName()
    journal = Journal(layout, name, JournalSettings(), time.time())
    messages = [MESSAGE % row + FILLING for row in range(ROWS)]
    journal.append([parsed_batch(messages, 1, "c")], time.time())
    journal.roll(time.time(), 30)
    journal.close()
    disk.fill()
    keeper = Keeper(layout, StorageSettings(merge_messages=0))
    keeper.start()
    keeper.give(name, journal.finished, journal.began)
    _await(lambda: bool(keeper.kept.seal_fails))
    assert "No space left" in keeper.kept.seal_fails
    assert Searcher(layout).count(Request()).count == ROWS
    assert not verify(layout, Wanted())[0].faults
    disk.free()
    _await(lambda: keeper.waiting() == 0)
    assert keeper.kept.seal_fails == ""
    assert keeper.stop(PATIENCE_SECONDS)
    (verified,) = verify(layout, Wanted())
    assert (verified.archive_messages, verified.faults) == (ROWS, [])


def test_a_disk_that_breaks(site: Site) -> None:
    """A disk turns read-only under the worker: nothing is acknowledged, readers read; it starts, and waits.

    Once the disk is repaired all that was acknowledged is there, and what comes again is stored once.
    """
    site.client.hello()
    site.send(1)
    assert site.acknowledged() == 1
    site.disk.break_off()
    site.send(2)
    assert site.client.is_silent()
    assert Searcher(site.layout).count(Request()).count >= ROWS
    if site.running.error is None:
        site.running.stop()
    site.start()
    site.client.raw(b"HELLO", b"c")
    assert site.client.is_silent()
    assert site.running.error is None, "it waits"
    assert not verify(site.layout, Wanted())[0].faults
    site.running.stop()
    site.disk.repair()
    site.start()
    assert site.client.hello()[0] == b"WELCOME"
    del site.sent[ROWS:]
    site.send(2)
    assert site.acknowledged() == 2
    site.check()


def _await(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until
        threading.Event().wait(0.02)
