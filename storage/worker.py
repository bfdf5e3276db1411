"""The storage worker: batches from ZeroMQ into the journal, acknowledged once they are on disk.

Group commit: everything that waits on the socket, up to a bound, is checked and appended, then every journal
file that was touched is synced once, then all of it is acknowledged. Under load commits grow by themselves,
at rest each batch is on disk at once.

After a failed write or sync the worker ends without acknowledging; its next start recovers. A disk that is
full or read-only is no such failure (storage/room.py): the commit at hand is held and tried again each
second, nothing is read from the socket meanwhile, so that collectors keep what they have, and a worker that
starts on such a disk waits in the same way.
"""

import asyncio
import contextlib
import logging
import os
import select
import time
import weakref
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Final

import zmq

from curve import KeyPair
from durable import NotWrittenError
from parsers.batch import BatchError, BatchHeader
from storage import quarantine
from storage.commit import Commit, Counts
from storage.handoff import NotTheirsError, Peers, Verdict, check_batch, check_sender, names_in, stream_of
from storage.journal import Batch
from storage.layout import Layout
from storage.listen import Listening, check_same_place, elsewhere
from storage.orders import OK, PAUSED_IN, Obey, obey_nobody
from storage.room import Room
from storage.settings import StorageSettings
from storage.streams import Streams

POLL_MILLISECONDS: Final = 500  # at rest: how late it is noticed that a journal is old enough
RETRY_MILLISECONDS: Final = 1000  # how often it is tried whether the disk has room again
REPORT_SECONDS: Final = 1.0
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
    keys: KeyPair | None = None,
    report: Report,
    ready: Callable[[], None],
    stop: asyncio.Event,
    obey: Obey = obey_nobody,
) -> None:
    """Be the storage role until ``stop`` is set.

    The work is done in a thread; ``report`` and ``ready`` are called in the event loop's.

    Raises:
        StreamLockedError: when another worker writes to this data folder.
        OSError: when something could not be made durable.
    """
    loop = asyncio.get_running_loop()
    worker = Worker(settings, layout=layout, endpoint=endpoint, keys=keys)
    obey(state=worker.hear, reload=partial(_reload, worker))
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


async def _reload(worker: "Worker", settings: StorageSettings, _sockets: Sequence[tuple[str, int]]) -> None:
    """Have the worker go by other settings; returns when it does."""
    worker.check_change(settings)
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    worker.change(settings, lambda: _call(loop, done.set))
    await done.wait()


def _call(loop: asyncio.AbstractEventLoop, function: Callable[..., None], *arguments: Any) -> None:
    loop.call_soon_threadsafe(function, *arguments)


class Worker:
    """Serves one endpoint and the streams that collectors send to it. ``serve`` may be called once."""

    def __init__(
        self,
        settings: StorageSettings,
        *,
        layout: Layout,
        endpoint: str,
        keys: KeyPair | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._keys = keys
        self._network: Listening | None = None
        self._layout = layout
        self._endpoint = endpoint
        self._peers = Peers()
        self._clock = clock
        self._streams = Streams(layout, settings, clock)
        self._room = Room(layout.data)
        self._state = OK
        self._orders: deque[Callable[[], None]] = deque()  # from other threads
        self._untaken: list[zmq.Frame] | None = None  # read from the socket, and refused by the disk
        self._held: Commit | None = None  # that could not be written yet
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        weakref.finalize(self, os.close, self._wake)
        self._stopping = False
        self._counts = Counts()

    def stop(self) -> None:
        """Ask ``serve`` to end; from any thread."""
        self._stopping = True
        os.eventfd_write(self._wake, 1)

    def hear(self, state: str) -> None:
        """Go by this state of the appliance from now on; from any thread."""
        self._state = state
        self._streams.keeper.pause_merging(paused=state in PAUSED_IN)

    def check_change(self, settings: StorageSettings) -> None:
        """See whether the worker can go by these settings.

        Raises:
            ListenError: when it would have to listen elsewhere.
        """
        check_same_place(self._settings.listen, settings.listen)

    def change(self, settings: StorageSettings, done: Callable[[], None]) -> None:
        """Go by other settings, and call ``done`` from then on; from any thread."""
        self._orders.append(partial(self._change, settings, done))
        os.eventfd_write(self._wake, 1)

    def serve(self, *, report: Report, ready: Callable[[], None]) -> None:
        """Work until ``stop`` is called: what was received by then is journalled and acknowledged.

        Raises:
            StreamLockedError: when another worker writes one of the streams.
            OSError: when something could not be made durable. Nothing of it was acknowledged.
        """
        try:
            self._open_streams()
            self._streams.keeper.start()
            with zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
                self._bind(socket)
                with self._listening(context, socket):
                    ready()
                    self._loop(socket, report)
        finally:
            self._streams.close()
        self._report(report)

    def _bind(self, socket: zmq.Socket[bytes]) -> None:
        socket.setsockopt(zmq.LINGER, LINGER_MILLISECONDS)
        socket.setsockopt(zmq.RCVHWM, WAITING)
        socket.setsockopt(zmq.SNDHWM, 0)  # answers are small, and one a batch: the window bounds them
        socket.setsockopt(zmq.MAXMSGSIZE, LARGEST_PART)
        if self._endpoint.startswith("ipc://"):
            Path(self._endpoint.removeprefix("ipc://")).parent.mkdir(parents=True, exist_ok=True)
        socket.bind(self._endpoint)

    def _listening(
        self, context: zmq.Context[zmq.Socket[bytes]], socket: zmq.Socket[bytes]
    ) -> contextlib.AbstractContextManager[Any]:
        """Listen on the network, too, when that is configured."""
        if self._settings.listen.endpoint is None:
            return contextlib.nullcontext()
        self._network = Listening(context, socket, self._settings.listen, self._keys)
        return contextlib.closing(self._network)

    def _loop(self, socket: zmq.Socket[bytes], report: Report) -> None:
        poller = zmq.Poller()
        poller.register(socket, zmq.POLLIN)
        poller.register(self._wake, zmq.POLLIN)
        report_at = 0.0
        while True:
            stopping = self._stopping
            self._await(poller, 0 if stopping else POLL_MILLISECONDS)
            while self._orders:
                self._orders.popleft()()
            while self._open_streams() and self._commit(socket):
                self._roll_full()
            self._roll_full()
            if time.monotonic() >= report_at:
                self._report(report)
                report_at = time.monotonic() + REPORT_SECONDS
            if stopping:
                return

    def _await(self, poller: zmq.Poller, milliseconds: int) -> None:
        """Wait for something to do. While the disk takes nothing, what comes waits where it is."""
        if self._room.since is None or not milliseconds:
            poller.poll(milliseconds)
        else:
            select.select([self._wake], [], [], RETRY_MILLISECONDS / 1000)
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._wake)

    def _commit(self, socket: zmq.Socket[bytes]) -> bool:
        """Take what waits on the socket, make it durable, answer; say whether more may be waiting."""
        commit, is_more = (self._held, True) if self._held is not None else self._taken(socket)
        if commit.batches and not self._tries(partial(self._write, commit)):
            self._held = commit
            return False
        self._held = None
        if self._room.since is not None and self._untaken is None:
            self._look_for_room()
        for answer in commit.answers(self._streams.journals, self._settings.window):
            socket.send_multipart(answer)
        return is_more

    def _taken(self, socket: zmq.Socket[bytes]) -> tuple[Commit, bool]:
        """Take what waits on the socket, within a bound; say whether more may be waiting."""
        commit = Commit()
        octets = 0
        while octets < self._settings.commit_octets:
            try:
                parts = self._untaken or socket.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                return commit, False
            octets += sum(len(part) for part in parts)
            self._untaken = parts
            if not self._tries(partial(self._take, commit, parts)):
                return commit, False
            self._untaken = None
        return commit, True

    def _look_for_room(self) -> None:
        """See whether the disk has room again, now that nothing waits for it."""
        if self._tries(partial(self._room.need, 0, self._settings.keep_free)):
            self._room.found(self._clock())

    def _open_streams(self) -> bool:
        return self._tries(self._streams.open_all)

    def _tries(self, step: Callable[[], None]) -> bool:
        """Do something; say whether the disk took it. If not, it can be done again."""
        try:
            step()
        except NotWrittenError as error:
            self._room.refused(error, self._clock())
            return False
        return True

    def _write(self, commit: Commit) -> None:
        """Write a commit's batches; what has been written stays so when it is refused, and tried again."""
        self._room.need(commit.octets, self._settings.keep_free)
        began = time.monotonic()
        now = self._clock()
        while commit.batches:
            name, batches = next(iter(commit.batches.items()))
            self._streams.journals[name].append(batches, now)
            self._counts.stored(batches)
            del commit.batches[name]
        self._counts.commits += 1
        self._counts.slowest_commit = max(self._counts.slowest_commit, time.monotonic() - began)

    def _take(self, commit: Commit, parts: list[zmq.Frame]) -> None:
        identity, kind = parts[0].bytes, parts[1].bytes if len(parts) > 1 else b""
        match kind, parts[2:]:
            case b"HELLO", [collector] if len(collector) <= COLLECTOR_OCTETS:
                self._peers.hello(identity, collector.bytes.decode(errors="replace"))
                commit.greet(identity)
            case b"BATCH", [header, payload]:
                self._take_batch(commit, identity, header, payload.buffer)
            case _:
                self._counts.unreadable += 1
                log.error(
                    "a message of %d parts that is not of the hand-off; see who sends there", len(parts)
                )

    def _take_batch(self, commit: Commit, identity: bytes, frame: zmq.Frame, payload: Any) -> None:
        octets = frame.bytes
        try:
            header = BatchHeader.decode(octets)
            name = stream_of(header)
            check_sender(name, elsewhere(frame))
            journal = self._streams.journal(name)
            verdict = self._peers.judge(identity, header, commit.last_number(journal, header.collector))
            if verdict is Verdict.STORE:
                commit.store(name, Batch(header, check_batch(header, octets, payload)))
        except BatchError as error:
            self._refuse(commit, identity, octets, payload, error)
            return
        if verdict is Verdict.WAIT:
            self._counts.batches_waiting += 1
            return
        self._counts.batches_again += verdict is Verdict.KNOWN
        commit.acknowledge(identity, name, header.collector)

    def _refuse(
        self, commit: Commit, identity: bytes, octets: bytes, payload: Any, error: BatchError
    ) -> None:
        """Put a batch into quarantine and tell its collector, as far as its header can be read."""
        stream, number, collector = names_in(octets)
        reason, report = str(error), "" if isinstance(error, NotTheirsError) else ". Report this"
        key = f"batch-{stream}-{collector}-{number}"
        kept = quarantine.keep(quarantine.folder_of(self._layout, None), key, bytes(payload), reason)
        log.error("refused batch %d of %s: %s; it lies in %s%s", number, stream, reason, kept, report)
        self._counts.batches_refused += 1
        commit.refuse(identity, stream, number, reason, collector)

    def _roll_full(self) -> None:
        self._streams.roll(early=self._state != OK, at_once=self._room.since is not None)

    def _change(self, settings: StorageSettings, done: Callable[[], None]) -> None:
        self._settings = settings
        self._streams.change(settings)
        if self._network is not None:
            self._network.admit(settings.listen.collectors)
        done()

    def _report(self, report: Report) -> None:
        report(
            {
                "endpoint": self._endpoint,
                **asdict(self._counts),
                **asdict(self._streams.keeper.kept),
                "journals_waiting": self._streams.keeper.waiting(),
                "oldest_journal_seconds": round(self._streams.oldest_seconds(), 3),
                "disk_free_octets": self._room.free(),
                "cannot_write_since": self._room.since,
                "cannot_write_reason": self._room.reason,
                "streams": {
                    f"{name.tenant}/{name.stream}": {
                        "next_seq": journal.state.next_seq,
                        "damages": len(journal.damages),
                    }
                    for name, journal in self._streams.journals.items()
                },
            }
        )
