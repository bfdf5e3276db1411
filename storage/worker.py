"""The storage worker: batches from ZeroMQ into the journal, acknowledged once they are on disk.

Group commit: everything that waits on the socket, up to a bound, is checked and appended, then every journal
file that was touched is synced once, then all of it is acknowledged. Under load commits grow by themselves,
at rest each batch is on disk at once.

After a failed write or sync the worker ends without acknowledging; its next start recovers.
"""

import asyncio
import logging
import os
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import zmq

from parsers.batch import BatchError, BatchHeader
from storage import quarantine
from storage.commit import Commit, Counts
from storage.handoff import Peers, Verdict, check_batch, names_in, stream_of
from storage.journal import Batch, Journal
from storage.keeper import Keeper
from storage.layout import Layout, StreamName
from storage.lock import FolderLock
from storage.settings import StorageSettings

POLL_MILLISECONDS: Final = 500  # at rest: how late it is noticed that a journal is old enough
REPORT_SECONDS: Final = 1.0
STOP_SECONDS: Final = 30.0  # for the seal at hand; what it does not finish it begins anew at the next start
STREAMS: Final = 1024  # written by one worker: each has a file open
COLLECTOR_OCTETS: Final = 200  # of a collector's id
LINGER_MILLISECONDS: Final = 1000  # for the last acknowledgements
WAITING: Final = 2  # messages of a peer that are read ahead of their turn: what waits, waits at the peer
LARGEST_PART: Final = 1 << 30  # octets of one ZeroMQ frame; ZeroMQ ends the connection over a larger one

Report = Callable[[Mapping[str, Any]], None]

log = logging.getLogger(__name__)


async def run(  # noqa: PLR0913 - what every role is given
    settings: StorageSettings,
    *,
    layout: Layout,
    endpoint: str,
    report: Report,
    ready: Callable[[], None],
    stop: asyncio.Event,
) -> None:
    """Be the storage role until ``stop`` is set.

    The work is done in a thread; ``report`` and ``ready`` are called in the event loop's.

    Raises:
        StreamLockedError: when another worker writes to this data folder.
        OSError: when something could not be made durable.
    """
    loop = asyncio.get_running_loop()
    worker = Worker(settings, layout=layout, endpoint=endpoint)
    work = asyncio.create_task(
        asyncio.to_thread(
            worker.serve,
            report=lambda state: _call(loop, report, state),
            ready=lambda: _call(loop, ready),
        )
    )
    asked = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({work, asked}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        asked.cancel()
        worker.stop()
        await work


def _call(loop: asyncio.AbstractEventLoop, function: Callable[..., None], *arguments: Any) -> None:
    loop.call_soon_threadsafe(function, *arguments)


class Worker:
    """Serves one endpoint and the streams that collectors send to it. ``serve`` may be called once."""

    def __init__(self, settings: StorageSettings, *, layout: Layout, endpoint: str) -> None:
        self._settings = settings
        self._layout = layout
        self._endpoint = endpoint
        self._peers = Peers()
        self._journals: dict[StreamName, Journal] = {}
        self._locks: list[FolderLock] = []
        self._keeper = Keeper(layout, settings)
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        weakref.finalize(self, os.close, self._wake)
        self._stopping = False
        self._counts = Counts()

    def stop(self) -> None:
        """Ask ``serve`` to end; from any thread."""
        self._stopping = True
        os.eventfd_write(self._wake, 1)

    def serve(self, *, report: Report, ready: Callable[[], None]) -> None:
        """Work until ``stop`` is called: what was received by then is journalled and acknowledged.

        Raises:
            StreamLockedError: when another worker writes one of the streams.
            OSError: when something could not be made durable. Nothing of it was acknowledged.
        """
        try:
            for name in self._layout.streams():
                self._open(name)
            self._keeper.start()
            with zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
                self._bind(socket)
                ready()
                self._loop(socket, report)
        finally:
            if not self._keeper.stop(STOP_SECONDS):
                log.warning("a seal is still at work; it is begun anew at the next start")
            for journal in self._journals.values():
                journal.close()
            for lock in self._locks:
                lock.release()
        self._report(report)

    def _bind(self, socket: zmq.Socket[bytes]) -> None:
        socket.setsockopt(zmq.LINGER, LINGER_MILLISECONDS)
        socket.setsockopt(zmq.RCVHWM, WAITING)
        socket.setsockopt(zmq.SNDHWM, 0)  # answers are small, and one a batch: the window bounds them
        socket.setsockopt(zmq.MAXMSGSIZE, LARGEST_PART)
        if self._endpoint.startswith("ipc://"):
            Path(self._endpoint.removeprefix("ipc://")).parent.mkdir(parents=True, exist_ok=True)
        socket.bind(self._endpoint)

    def _loop(self, socket: zmq.Socket[bytes], report: Report) -> None:
        poller = zmq.Poller()
        poller.register(socket, zmq.POLLIN)
        poller.register(self._wake, zmq.POLLIN)
        report_at = 0.0
        while True:
            stopping = self._stopping
            poller.poll(POLL_MILLISECONDS)
            while self._commit(socket):
                self._roll_full()
            self._roll_full()
            if time.monotonic() >= report_at:
                self._report(report)
                report_at = time.monotonic() + REPORT_SECONDS
            if stopping:
                return

    def _commit(self, socket: zmq.Socket[bytes]) -> bool:
        """Take what waits on the socket, make it durable, answer; say whether more may be waiting."""
        commit = Commit()
        octets = 0
        while octets < self._settings.commit_octets:
            try:
                parts = socket.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                break
            octets += sum(len(part) for part in parts)
            self._take(commit, parts)
        if commit.batches:
            self._write(commit)
        for answer in commit.answers(self._journals, self._settings.window):
            socket.send_multipart(answer)
        return octets >= self._settings.commit_octets

    def _write(self, commit: Commit) -> None:
        began = time.monotonic()
        now = time.time()
        for name, batches in commit.batches.items():
            self._journals[name].append(batches, now)
            self._counts.stored(batches)
        self._counts.commits += 1
        self._counts.slowest_commit = max(self._counts.slowest_commit, time.monotonic() - began)

    def _take(self, commit: Commit, parts: list[zmq.Frame]) -> None:
        identity, kind = parts[0].bytes, parts[1].bytes if len(parts) > 1 else b""
        match kind, parts[2:]:
            case b"HELLO", [collector] if len(collector) <= COLLECTOR_OCTETS:
                self._peers.hello(identity, collector.bytes.decode(errors="replace"))
                commit.greet(identity)
            case b"BATCH", [header, payload]:
                self._take_batch(commit, identity, header.bytes, payload.buffer)
            case _:
                self._counts.unreadable += 1
                log.error(
                    "a message of %d parts that is not of the hand-off; see who sends there", len(parts)
                )

    def _take_batch(self, commit: Commit, identity: bytes, octets: bytes, payload: Any) -> None:
        try:
            header = BatchHeader.decode(octets)
            name = stream_of(header)
            journal = self._journal(name)
            verdict = self._peers.judge(identity, header, commit.last_number(journal, header.collector))
            if verdict is Verdict.STORE:
                commit.store(name, Batch(header, check_batch(header, octets, payload)))
        except BatchError as error:
            self._refuse(commit, identity, octets, payload, str(error))
            return
        if verdict is Verdict.WAIT:
            self._counts.batches_waiting += 1
            return
        self._counts.batches_again += verdict is Verdict.KNOWN
        commit.acknowledge(identity, name, header.collector)

    def _refuse(self, commit: Commit, identity: bytes, octets: bytes, payload: Any, reason: str) -> None:
        """Put a batch into quarantine and tell its collector, as far as its header can be read."""
        stream, number, collector = names_in(octets)
        key = f"batch-{stream}-{collector}-{number}"
        kept = quarantine.keep(quarantine.folder_of(self._layout, None), key, bytes(payload), reason)
        log.error("refused batch %d of %s: %s; it lies in %s. Report this", number, stream, reason, kept)
        self._counts.batches_refused += 1
        commit.refuse(identity, stream, number, reason)

    def _journal(self, name: StreamName) -> Journal:
        """Give a stream's journal, a new one when it is the first time.

        Raises:
            BatchError: when there are too many streams.
        """
        if name not in self._journals:
            if len(self._journals) >= STREAMS:
                raise BatchError(f"more than {STREAMS} streams; send to fewer")
            self._open(name)
        return self._journals[name]

    def _open(self, name: StreamName) -> None:
        """Lock a stream, and recover its journal."""
        self._locks.append(FolderLock(self._layout.journal(name), f"stream {name.tenant}/{name.stream}"))
        journal = Journal(self._layout, name, self._settings.journal, time.time())
        self._journals[name] = journal
        self._give(journal)

    def _roll_full(self) -> None:
        now = time.time()
        for journal in self._journals.values():
            if journal.is_full(now):
                journal.roll(now, self._settings.collector_days)
                self._give(journal)

    def _give(self, journal: Journal) -> None:
        self._keeper.give(journal.name, journal.finished)
        journal.finished = []

    def _report(self, report: Report) -> None:
        report(
            {
                "endpoint": self._endpoint,
                **asdict(self._counts),
                **asdict(self._keeper.kept),
                "journals_waiting": self._keeper.waiting(),
                "streams": {
                    f"{name.tenant}/{name.stream}": {
                        "next_seq": journal.state.next_seq,
                        "damages": len(journal.damages),
                    }
                    for name, journal in self._journals.items()
                },
            }
        )
