"""The hand-off's socket: ZeroMQ DEALER to storage's ROUTER, driven by collector/handoff.py.

A connection that breaks is replaced by a new socket, so that nothing which ZeroMQ queued for the old one
is sent twice or out of order.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import zmq
import zmq.asyncio
from zmq.utils.monitor import recv_monitor_message

from collector.handoff import Done, Handoff

log = logging.getLogger(__name__)

_TICK_SECONDS: Final = 0.2
_RECONNECT_MILLISECONDS: Final = 100
_AFTER_FAILURE_SECONDS: Final = 1.0
_LARGEST_ANSWER: Final = 65_536  # octets


class HandoffLink:
    """Carries a ``Handoff``'s messages until it is closed.

    Args:
        handoff: the state; this link alone feeds it with events.
        endpoint: storage's ZeroMQ address.
        changed: called after every event, so that listeners can be paused or resumed.
    """

    def __init__(self, handoff: Handoff, endpoint: str, changed: Callable[[], None]) -> None:
        self._handoff = handoff
        self._endpoint = endpoint
        self._changed = changed
        self._context = zmq.asyncio.Context()
        self._work_to_do = asyncio.Event()
        self._answered = asyncio.Event()
        self._told_at: int | None = None  # batches acknowledged when silence was told
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to connect, and to connect again whenever the connection is lost."""
        self._task = asyncio.create_task(self._keep_connected())

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
    ) -> None:
        """Take a batch; see ``Handoff.submit``. ``done`` is called from the event loop, never from here."""
        self._handoff.submit(
            tenant, stream, messages=messages, octets=octets, payload=payload, lost=lost, done=done
        )
        self._work_to_do.set()
        self._changed()

    def check(self) -> None:
        """Raise what ended the work on the connection, if anything did: that would be our mistake."""
        if self._task is not None and self._task.done():
            self._task.result()

    def give_up(self) -> int:
        """Let go of all that is unacknowledged, answer who waits for it, and give how many are lost."""
        lost = self._handoff.give_up()
        self._answer()
        return lost

    async def drain(self, seconds: float) -> bool:
        """Wait until everything is answered, but no longer than ``seconds``; tell whether it is."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self._handoff.idle:
                    self._answered.clear()
                    await self._answered.wait()
        return self._handoff.idle

    async def close(self) -> None:
        """End the connection. What is unacknowledged stays in the ``Handoff``, to be counted."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._context.destroy(linger=0)

    async def _keep_connected(self) -> None:
        while True:
            socket = self._context.socket(zmq.DEALER)
            monitor = socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
            try:
                self._connect(socket)
                await self._first_to_end(self._send(socket), self._receive(socket), self._watch(monitor))
            except zmq.ZMQError as error:
                self._tell_failure(error)
                await asyncio.sleep(_AFTER_FAILURE_SECONDS)
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
        socket.connect(self._endpoint)
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
            self._tell()
            self._answer()
            self._work_to_do.set()
            self._answered.set()
            self._changed()

    async def _watch(self, monitor: zmq.asyncio.Socket) -> None:
        """End when the connection is lost, or storage has been silent for too long."""
        lost = asyncio.ensure_future(recv_monitor_message(monitor))
        try:
            while not lost.done():
                await asyncio.wait([lost], timeout=_TICK_SECONDS)
                if self._handoff.silent(time.monotonic()):
                    self._tell_silence()
                    return
        finally:
            lost.cancel()

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
            log.info("storage at %s answers again", self._endpoint)
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

    def _tell_failure(self, error: zmq.ZMQError) -> None:
        log.error(
            "the hand-off to storage at %s fails: %s; it is tried again, see to that address",
            self._endpoint,
            error,
        )

    def _tell_silence(self) -> None:
        if self._told_at is None:
            self._told_at = self._handoff.totals.acknowledged
            log.warning(
                "storage at %s does not answer; %d messages are held until it does: "
                "see whether role storage runs",
                self._endpoint,
                self._handoff.held_messages,
            )
