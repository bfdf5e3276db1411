"""The promises of the storage worker: acknowledged is durable and stored once, whenever it is killed."""

import asyncio
import errno
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import zmq

import durable
from parsers.batch import BatchHeader, decode_records, encode_records
from parsers.rebuild import exact_octets
from storage.catalogue import Catalogue
from storage.journal import Batch
from storage.layout import Layout, StreamName
from storage.lock import StreamLockedError
from storage.settings import JournalSettings, StorageSettings
from storage.worker import Worker, run

ANSWER_MILLISECONDS = 20_000  # a bound, not a measure: an answer is awaited, and its lack is a failure
SILENCE_MILLISECONDS = 300
ROUNDS = 6
BURST = 30  # batches sent before the kill

MakeBatch = Callable[..., Batch]
AllRecords = Callable[[], list[tuple[int, bytes]]]

PROGRAM = """
import asyncio, signal, sys
from pathlib import Path
from storage.layout import Layout
from storage.settings import StorageSettings
from storage.worker import run

async def main():
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    settings = StorageSettings(journal={"messages": 40}, merge_messages=0)
    await run(settings, layout=Layout(Path(sys.argv[1])), endpoint=sys.argv[2],
              report=lambda state: None, ready=lambda: print("ready", flush=True), stop=stop)

asyncio.run(main())
"""


@pytest.fixture
def endpoint() -> Iterator[str]:
    """Give an address in a folder whose path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="sl") as folder:
        yield f"ipc://{folder}/s"


class Client:
    """A collector's side, step by step."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], endpoint: str, collector: str = "c") -> None:
        self._socket = context.socket(zmq.DEALER)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.RCVTIMEO, ANSWER_MILLISECONDS)
        self._socket.connect(endpoint)
        self.collector = collector

    def hello(self) -> list[bytes]:
        """Say HELLO and give the answer."""
        self._socket.send_multipart([b"HELLO", self.collector.encode()])
        return self._socket.recv_multipart()

    def send(self, batch: Batch) -> None:
        """Send a batch as a collector does: with all octets, which journalled ones have not."""
        records = decode_records(batch.content.payload)
        records = records.set_column(records.schema.get_field_index("raw"), "raw", exact_octets(records))
        self._socket.send_multipart([b"BATCH", batch.content.header, encode_records(records)])

    def raw(self, *parts: bytes) -> None:
        """Send anything."""
        self._socket.send_multipart(list(parts))

    def answer(self) -> list[bytes]:
        """Give the next answer."""
        return self._socket.recv_multipart()

    def is_silent(self) -> bool:
        """Say whether no answer comes."""
        return not self._socket.poll(SILENCE_MILLISECONDS)

    def close(self) -> None:
        """Break the connection."""
        self._socket.close(linger=0)


@pytest.fixture
def context() -> Iterator[zmq.Context[zmq.Socket[bytes]]]:
    """Give a ZeroMQ context that ends with the test."""
    made = zmq.Context()
    yield made
    made.destroy(linger=0)


class Running:
    """A worker in a thread of this process."""

    def __init__(
        self,
        layout: Layout,
        endpoint: str,
        settings: StorageSettings,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.worker = Worker(settings, layout=layout, endpoint=endpoint, clock=clock)
        self.reports: list[Mapping[str, Any]] = []
        self.error: BaseException | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        self._ready.wait(20)

    def _serve(self) -> None:
        try:
            self.worker.serve(report=self.reports.append, ready=self._ready.set)
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            self.error = error
            self._ready.set()

    def stop(self) -> None:
        """Stop it and wait for its end."""
        self.worker.stop()
        self._thread.join(20)
        assert not self._thread.is_alive()

    def ended(self) -> BaseException | None:
        """Wait until it ends by itself; give the error."""
        self._thread.join(20)
        return self.error


@pytest.fixture
def start(layout: Layout, endpoint: str) -> Iterator[Callable[..., Running]]:
    """Give a function that starts a worker in this process."""
    started: list[Running] = []

    def begin(**settings: Any) -> Running:
        started.append(Running(layout, endpoint, StorageSettings(merge_messages=0, **settings)))
        return started[-1]

    yield begin
    for running in started:
        running.stop()


def test_a_batch_is_acknowledged_when_it_is_stored(
    start: Callable[..., Running],
    endpoint: str,
    context: zmq.Context[zmq.Socket[bytes]],
    make_parsed: MakeBatch,
    all_records: AllRecords,
) -> None:
    """HELLO is answered with the window, a batch with ACK; when that comes, readers find its records."""
    start()
    client = Client(context, endpoint)
    assert client.hello() == [b"WELCOME", b"64"]
    client.send(make_parsed([b"a", b"b"], 1, "c"))
    assert client.answer() == [b"ACK", b"default/syslog", b"1", b"64", b"c"]
    assert all_records() == [(1, b"a"), (2, b"b")]


def test_a_batch_sent_twice_is_stored_once(
    start: Callable[..., Running],
    endpoint: str,
    context: zmq.Context[zmq.Socket[bytes]],
    make_parsed: MakeBatch,
    all_records: AllRecords,
) -> None:
    """What comes again after a HELLO, or after a restart, is acknowledged and not stored again."""
    running = start()
    client = Client(context, endpoint)
    for _ in range(2):
        client.hello()
        client.send(make_parsed([b"a"], 1, "c"))
        assert client.answer()[2] == b"1"
    running.stop()
    start()
    again = Client(context, endpoint)
    again.hello()
    again.send(make_parsed([b"a"], 1, "c"))
    assert again.answer()[2] == b"1"
    assert all_records() == [(1, b"a")]


def test_out_of_order_waits(
    start: Callable[..., Running],
    endpoint: str,
    context: zmq.Context[zmq.Socket[bytes]],
    make_parsed: MakeBatch,
    all_records: AllRecords,
) -> None:
    """Batches behind a missing one, and those without HELLO, get no answer until all is sent again."""
    start()
    client = Client(context, endpoint)
    client.send(make_parsed([b"early"], 1, "c"))
    assert client.is_silent()
    client.hello()
    client.send(make_parsed([b"1"], 1, "c"))
    assert client.answer()[2] == b"1"
    client.send(make_parsed([b"3"], 3, "c"))
    assert client.is_silent()
    client.hello()
    client.send(make_parsed([b"2"], 2, "c"))
    client.send(make_parsed([b"3"], 3, "c"))
    acknowledged = client.answer()[2]
    assert acknowledged == b"3" or client.answer()[2] == b"3"
    assert [octets for _, octets in all_records()] == [b"1", b"2", b"3"]


def test_bad_batches_go_to_quarantine(
    start: Callable[..., Running],
    endpoint: str,
    context: zmq.Context[zmq.Socket[bytes]],
    make_parsed: MakeBatch,
    layout: Layout,
    all_records: AllRecords,
) -> None:
    """A malformed batch is kept with the reason and refused; those before and behind it are stored."""
    running = start()
    client = Client(context, endpoint)
    client.hello()
    client.send(make_parsed([b"1"], 1, "c"))
    assert client.answer()[2] == b"1"
    client.raw(b"BATCH", BatchHeader("default", "syslog", "c", 2, 1, 1).encode(), b"not Arrow")
    kind, stream, number, reason, collector = client.answer()
    assert (kind, stream, number, collector) == (b"REFUSED", b"default/syslog", b"2", b"c")
    assert b"not an Arrow IPC payload" in reason
    client.send(make_parsed([b"3"], 3, "c"))
    assert client.answer()[2] == b"3"
    client.raw(b"BATCH", b"no header", b"?")
    assert client.answer()[:3] == [b"REFUSED", b"unknown", b"0"]
    client.raw(b"NONSENSE")
    assert client.hello()[0] == b"WELCOME"
    kept = sorted(path.read_bytes() for path in (layout.data / "quarantine").rglob("*.octets"))
    assert kept == [b"?", b"not Arrow"]
    assert [octets for _, octets in all_records()] == [b"1", b"3"]
    running.stop()
    assert running.reports[-1]["batches_refused"] == 2
    assert running.reports[-1]["unreadable"] == 1


def test_tenants_and_streams_are_kept_apart(
    start: Callable[..., Running],
    endpoint: str,
    context: zmq.Context[zmq.Socket[bytes]],
    make_parsed: MakeBatch,
    layout: Layout,
) -> None:
    """Each stream has its own journal, seqs and batch numbers."""
    start()
    client = Client(context, endpoint)
    client.hello()
    for tenant in ("one", "two"):
        name = StreamName(tenant, "syslog")
        client.send(make_parsed([tenant.encode()], 1, "c", name=name))
        assert client.answer()[1:3] == [f"{tenant}/syslog".encode(), b"1"]
        (block,) = Catalogue(layout).snapshot(name).blocks
        table = block.read()
        assert (table["seq"].to_pylist(), exact_octets(table).to_pylist()) == ([1], [tenant.encode()])


def test_nothing_is_acknowledged_after_a_failed_sync(
    start: Callable[..., Running],
    endpoint: str,
    context: zmq.Context[zmq.Socket[bytes]],
    make_parsed: MakeBatch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When the sync fails the worker ends with the error, and the collector hears nothing."""

    def fail(_descriptor: int) -> None:
        raise OSError(errno.EIO, "made to fail")

    running = start()
    client = Client(context, endpoint)
    client.hello()
    monkeypatch.setattr(durable, "fdatasync", fail)
    client.send(make_parsed([b"a"], 1, "c"))
    assert isinstance(running.ended(), OSError)
    assert client.is_silent()


def test_one_worker_a_stream(
    start: Callable[..., Running],
    endpoint: str,
    context: zmq.Context[zmq.Socket[bytes]],
    make_parsed: MakeBatch,
    layout: Layout,
) -> None:
    """A second worker on the same data folder is refused, with the first one's process id and what to do."""
    start()
    client = Client(context, endpoint)
    client.hello()
    client.send(make_parsed([b"a"], 1, "c"))
    client.answer()
    second = Running(layout, endpoint + "2", StorageSettings())
    assert isinstance(second.ended(), StreamLockedError)
    assert f"process {os.getpid()}" in str(second.error)
    assert "stop that process first" in str(second.error)


def test_a_full_journal_is_sealed_meanwhile(
    start: Callable[..., Running],
    endpoint: str,
    context: zmq.Context[zmq.Socket[bytes]],
    make_parsed: MakeBatch,
    layout: Layout,
    name: StreamName,
    all_records: AllRecords,
) -> None:
    """Full journals become segments while batches go on being taken; a stop seals or leaves the rest."""
    running = start(journal=JournalSettings(messages=10))
    client = Client(context, endpoint)
    client.hello()
    sent = [b"<13>%d" % number for number in range(100)]
    for number in range(20):
        client.send(make_parsed(sent[number * 5 : number * 5 + 5], number + 1, "c"))
        assert client.answer()[2] == b"%d" % (number + 1)
    assert all_records() == list(enumerate(sent, 1))
    running.stop()
    assert all_records() == list(enumerate(sent, 1))
    report = running.reports[-1]
    sealed = list(layout.archive(name).rglob("*.parquet"))
    assert (report["messages"], report["seal_errors"]) == (100, 0)
    assert len(sealed) == report["journals_sealed"]


def test_the_role_stops_when_asked(layout: Layout, endpoint: str) -> None:
    """The role reports, says that it is ready, and ends without an error when it is stopped."""

    async def role() -> list[Mapping[str, Any]]:
        stop = asyncio.Event()
        reports: list[Mapping[str, Any]] = []
        await asyncio.wait_for(
            run(
                StorageSettings(),
                layout=layout,
                endpoint=endpoint,
                report=reports.append,
                ready=stop.set,
                stop=stop,
            ),
            30,
        )
        await asyncio.sleep(0)
        return reports

    assert asyncio.run(role())[-1]["endpoint"] == endpoint


class Process:
    """A worker as a process of its own, to be killed."""

    def __init__(self, layout: Layout, endpoint: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(layout.data), endpoint],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def end(self, sent: signal.Signals) -> int:
        """Send a signal, wait for the end, give the exit code."""
        self._process.send_signal(sent)
        code = self._process.wait(30)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code


def test_killed_again_and_again(
    layout: Layout,
    endpoint: str,
    context: zmq.Context[zmq.Socket[bytes]],
    make_parsed: MakeBatch,
    all_records: AllRecords,
    name: StreamName,
) -> None:
    """A worker killed (SIGKILL) while batches and seals are under way loses nothing and doubles nothing."""
    sent = [b"<13>1 - h a - - - %d" % number for number in range(ROUNDS * BURST * 7)]
    batches = [make_parsed(sent[first : first + 7], first // 7 + 1, "c") for first in range(0, len(sent), 7)]
    acknowledged = 0
    for _ in range(ROUNDS):
        process = Process(layout, endpoint)
        client = Client(context, endpoint)
        client.hello()
        for batch in batches[acknowledged : acknowledged + BURST]:
            client.send(batch)
        acknowledged = int(client.answer()[2])
        assert process.end(signal.SIGKILL) == -signal.SIGKILL
        client.close()
        stored = all_records()
        assert stored == list(enumerate(sent, 1))[: len(stored)], "in order, nothing twice"
        assert len(stored) >= 7 * acknowledged, "nothing acknowledged is lost"
    process = Process(layout, endpoint)
    client = Client(context, endpoint)
    client.hello()
    for batch in batches[acknowledged:]:
        client.send(batch)
    while acknowledged < len(batches):
        acknowledged = int(client.answer()[2])
    until = time.monotonic() + 20
    while len(list(layout.journal(name).glob("*.journal"))) > 1 and time.monotonic() < until:
        threading.Event().wait(0.05)  # the seals have no other sign
    assert process.end(signal.SIGTERM) == 0
    assert all_records() == list(enumerate(sent, 1))
    assert list(layout.archive(name).rglob("*.parquet"))
