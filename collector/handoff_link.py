"""The hand-off's socket: ZeroMQ DEALER to storage's ROUTER, driven by collector/handoff.py.

A connection that breaks is replaced by a new socket, so that nothing which ZeroMQ queued for the old one
is sent twice or out of order. Of several storages one is used until it is silent for ``answer_seconds``; then
the next. A batch that the silent one has on disk, and did not acknowledge any more, is then on both.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import zmq
import zmq.asyncio
from zmq.utils.monitor import recv_monitor_message

from collector.handoff import Handoff
from collector.handoff_batch import Done
from collector.handoff_queue import HandoffQueue
from collector.queue_folder import QueueLimits
from collector.storage_endpoint import EndpointError, StorageEndpoint, secure
from curve import KeyPair

log = logging.getLogger(__name__)

_TICK_SECONDS: Final = 0.2
_RECONNECT_MILLISECONDS: Final = 100
_AFTER_FAILURE_SECONDS: Final = 1.0
_SPILL_SECONDS: Final = 10.0  # for the disk queue to take all, at the end
_HANDSHAKES: Final = 3
_LARGEST_ANSWER: Final = 65_536  # octets
_REFUSED_EVENTS: Final = (
    zmq.EVENT_HANDSHAKE_FAILED_AUTH
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | (zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL)
)


DAMAGED: Final = "damaged in the disk queue"


class HandoffLink:
    """Carries a ``Handoff``'s messages until it is closed.

    Args:
        handoff: the state; this link alone feeds it with events.
        endpoints: storage's ZeroMQ addresses, in the order in which they are used.
        changed: called after every event, so that listeners can be paused or resumed.
        keys: this machine's, for storage on others.
    """

    def __init__(
        self,
        handoff: Handoff,
        endpoints: str | Sequence[StorageEndpoint],
        changed: Callable[[], None],
        keys: KeyPair | None = None,
    ) -> None:
        self._handoff = handoff
        self._endpoints = [StorageEndpoint(endpoints)] if isinstance(endpoints, str) else list(endpoints)
        self._used = 0  # of the endpoints
        self._changed = changed
        self._keys = keys
        self._context = zmq.asyncio.Context()
        self._work_to_do = asyncio.Event()
        self._answered = asyncio.Event()
        self._told_at: int | None = None  # batches acknowledged when silence was told
        self._handshakes = 0  # that failed since storage was there
        self._tasks: list[asyncio.Task[None]] = []
        self._queue: HandoffQueue | None = None

    @property
    def endpoint(self) -> str:
        """The address of the storage that is used now."""
        return self._endpoints[self._used].address

    def use_queue(
        self, folder: Path, limits: QueueLimits, orphans: Callable[[], Sequence[Path]] = tuple
    ) -> None:
        """Have a disk queue; to be called before ``start``.

        Args:
            folder: of this process.
            limits: how much of the disk it may take.
            orphans: gives the folders of processes that are gone.
        """
        self._queue = HandoffQueue(self._handoff, folder, limits, self._drive, orphans)

    def use_endpoints(self, endpoints: Sequence[StorageEndpoint], keys: KeyPair | None) -> None:
        """Use other storages from now on, beginning with the first; the same ones change nothing."""
        if list(endpoints) != self._endpoints:
            self._endpoints, self._used, self._keys = list(endpoints), 0, keys

    def change_queue(self, limits: QueueLimits, orphans: Callable[[], Sequence[Path]]) -> None:
        """Have the disk queue go by other bounds, and take over what ``orphans`` gives."""
        if self._queue is not None:
            self._queue.change(limits, orphans)

    def start(self) -> None:
        """Begin to connect, and to connect again whenever the connection is lost.

        Raises:
            QueueLockedError: when another process has the disk queue.
        """
        self._handoff.begin(time.monotonic())
        if self._queue is not None:
            self._queue.open()
        self._tasks = [asyncio.create_task(self._keep_connected()), asyncio.create_task(self._keep_time())]

    def submit(  # noqa: PLR0913 - as there
        self,
        tenant: str,
        stream: str,
        *,
        messages: int,
        octets: int,
        payload: Any,
        lost: Counter[str],
        done: Done | None = None,
        can_wait: bool = True,
    ) -> None:
        """Take a batch; see ``Handoff.submit``. ``done`` is called from the event loop, never from here."""
        self._handoff.submit(
            tenant,
            stream,
            messages=messages,
            octets=octets,
            payload=payload,
            lost=lost,
            done=done,
            can_wait=can_wait,
        )
        if self._queue is not None and self._handoff.spilled.active:
            self._queue.drive()
        self._work_to_do.set()
        self._changed()

    def press(self, pressed: bool) -> None:  # noqa: FBT001 - one word says it
        """Take in whether the appliance is under pressure; see ``Handoff.press``."""
        self._handoff.press(pressed)

    def spill(self) -> None:
        """Put what storage has not acknowledged into the disk queue now; see ``Handoff.spill``."""
        self._handoff.spill()
        self._drive()

    def check(self) -> None:
        """Raise what ended the work on the connection, if anything did: that would be our mistake."""
        for task in self._tasks:
            if task.done():
                task.result()

    def give_up(self) -> int:
        """Let go of all that is unacknowledged, answer who waits for it, and give how many are lost."""
        lost = self._handoff.give_up()
        self._answer()
        return lost

    async def drain(self, seconds: float) -> bool:
        """Wait until everything is on disk, here or with storage, but no longer than ``seconds``.

        Tell whether it is. With a disk queue this is soon: where storage is silent, it takes all.
        """
        self._handoff.end()
        self._drive()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._until_safe()
        if not self._handoff.safe and self._queue is not None:
            self.spill()
            with suppress(TimeoutError):
                async with asyncio.timeout(_SPILL_SECONDS):
                    await self._until_safe()
        return self._handoff.safe

    async def _until_safe(self) -> None:
        while not self._handoff.safe:
            self._answered.clear()
            await self._answered.wait()

    async def close(self) -> None:
        """End the connection. What is unacknowledged stays in the ``Handoff``, to be counted."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._queue is not None:
            await asyncio.to_thread(self._queue.close)
        self._context.destroy(linger=0)

    def report(self) -> dict[str, Any]:
        """Give the hand-off's state and figures, in JSON's types."""
        handoff = self._handoff
        queue = self._queue.report() if self._queue is not None else {}
        lost = Counter(handoff.lost)
        lost[DAMAGED] += queue.get("damaged_messages", 0)
        return {
            "open": handoff.open,
            "unacknowledged": handoff.unacknowledged,
            "waiting": handoff.waiting,
            "held_messages": handoff.held_messages,
            "held_octets": handoff.held_octets,
            "memory_octets": handoff.memory_octets,
            **asdict(handoff.totals),
            "lost": dict(+lost),
            "queue": queue,
        }

    def _drive(self) -> None:
        """Do what an event has made necessary."""
        if self._queue is not None:
            self._queue.drive()
        self._tell()
        self._answer()
        self._work_to_do.set()
        self._answered.set()
        self._changed()

    async def _keep_time(self) -> None:
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            self._handoff.tick(time.monotonic())
            self._drive()

    async def _keep_connected(self) -> None:
        while True:
            if self._handoff.silent(time.monotonic()):
                self._tell_silence()
                self._use_next()
            endpoints = self._endpoints
            socket = self._context.socket(zmq.DEALER)
            monitor = socket.get_monitor_socket(zmq.EVENT_DISCONNECTED | _REFUSED_EVENTS)
            try:
                self._connect(socket)
                await self._first_to_end(
                    self._send(socket), self._receive(socket), self._watch(monitor, endpoints)
                )
            except (zmq.ZMQError, EndpointError) as error:
                self._tell_failure(error)
                await asyncio.sleep(_AFTER_FAILURE_SECONDS)
                self._use_next()
            finally:
                socket.disable_monitor()
                monitor.close(linger=0)  # the event loop would hold on to it
                socket.close(linger=0)
            # Storage that is up but answers wrongly must not make this a busy loop.
            await asyncio.sleep(_RECONNECT_MILLISECONDS / 1000)

    def _connect(self, socket: zmq.asyncio.Socket) -> None:
        socket.setsockopt(zmq.SNDHWM, 0)  # the window bounds what is sent; nothing may be dropped here
        socket.setsockopt(zmq.RCVHWM, 0)
        socket.setsockopt(zmq.MAXMSGSIZE, _LARGEST_ANSWER)
        socket.setsockopt(zmq.RECONNECT_IVL, _RECONNECT_MILLISECONDS)
        socket.setsockopt(zmq.IPV6, 1)
        secure(socket, self._endpoints[self._used], self._keys)
        socket.connect(self.endpoint)
        self._handoff.connected(time.monotonic())
        self._work_to_do.set()

    async def _first_to_end(self, *work: Any) -> None:
        tasks = [asyncio.create_task(one) for one in work]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _send(self, socket: zmq.asyncio.Socket) -> None:
        while True:
            await self._work_to_do.wait()
            self._work_to_do.clear()
            while self._handoff.outgoing:
                await socket.send_multipart(self._handoff.outgoing.popleft(), copy=False)

    async def _receive(self, socket: zmq.asyncio.Socket) -> None:
        while True:
            answer = await socket.recv_multipart()
            self._handoff.received(answer, time.monotonic())
            self._drive()

    async def _watch(self, monitor: zmq.asyncio.Socket, endpoints: list[StorageEndpoint]) -> None:
        """End when the connection is lost, storage is silent for too long, or ``endpoints`` are no more."""
        heard = asyncio.ensure_future(recv_monitor_message(monitor))
        try:
            while self._endpoints is endpoints:
                await asyncio.wait([heard], timeout=_TICK_SECONDS)
                if self._handoff.silent(time.monotonic()):
                    return
                if heard.done():
                    if heard.result()["event"] == zmq.EVENT_DISCONNECTED:
                        return
                    self._tell_key_refused()
                    heard = asyncio.ensure_future(recv_monitor_message(monitor))
        finally:
            heard.cancel()

    def _use_next(self) -> None:
        """Turn to the next storage, when there is one."""
        if len(self._endpoints) == 1:
            return
        silent, self._used = self.endpoint, (self._used + 1) % len(self._endpoints)
        self._told_at = None
        log.warning(
            "storage at %s takes over from %s, which does not answer; what that one has and did not "
            "acknowledge is then on both",
            self.endpoint,
            silent,
        )

    def _answer(self) -> None:
        while self._handoff.answers:
            done, ok = self._handoff.answers.popleft()
            done(ok)

    def _tell(self) -> None:
        answers = self._handoff.open and (
            self._handoff.idle or self._handoff.totals.acknowledged != self._told_at
        )
        if self._told_at is not None and answers:
            self._told_at = None
            log.info("storage at %s answers again", self.endpoint)
        if self._handoff.open:
            self._handshakes = 0
        while self._handoff.refusals:
            refusal = self._handoff.refusals.popleft()
            log.error(
                "storage refused batch %d of %s with %d messages: %s; "
                "they lie in storage's quarantine and are not found by searches: report this",
                refusal.number,
                refusal.name,
                refusal.messages,
                refusal.reason,
            )

    def _tell_failure(self, error: Exception) -> None:
        log.error(
            "the hand-off to storage at %s fails: %s; it is tried again, see to that address",
            self.endpoint,
            error,
        )

    def _tell_key_refused(self) -> None:
        self._handshakes += 1
        # One may fail because storage ends.
        if self._handshakes != _HANDSHAKES or self._keys is None:
            return
        log.error(
            "storage at %s and this collector do not accept each other's keys: name this machine's public "
            "key %s in storage.listen.collectors there, and its key in collector.storage.keys here",
            self.endpoint,
            self._keys.public,
        )

    def _tell_silence(self) -> None:
        if self._told_at is None:
            self._told_at = self._handoff.totals.acknowledged
            log.warning(
                "storage at %s does not answer; %d messages are held until it does: "
                "see whether role storage runs",
                self.endpoint,
                self._handoff.held_messages,
            )
