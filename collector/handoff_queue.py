"""The hand-off's disk: has written, read and removed what ``Handoff`` asks for, by the queue's thread."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from collector.handoff import Handoff
from collector.queue_folder import QueueLimits, Written
from collector.queue_thread import Counted, DiskQueue, Event, Found, Read, WriteFailed, Wrote

_OPEN_AGAIN_SECONDS: Final = 10.0

log = logging.getLogger(__name__)


class HandoffQueue:
    """The disk queue of a ``Handoff``. Everything here is called in the event loop.

    Args:
        handoff: the state.
        folder: of this process; made when it is missing.
        limits: how much of the disk the queue may take.
        changed: called after every event.
        orphans: gives the folders of processes that are gone.
    """

    def __init__(
        self,
        handoff: Handoff,
        folder: Path,
        limits: QueueLimits,
        changed: Callable[[], None],
        orphans: Callable[[], Sequence[Path]] = tuple,
    ) -> None:
        self._handoff = handoff
        self._folder = folder
        self._limits = limits
        self._changed = changed
        self._orphans = orphans
        self._queue: DiskQueue | None = None
        self._open_at = 0.0
        self._told: str | None = None  # why writing failed

    def open(self) -> None:
        """Take the folder, and what an earlier run left in it.

        A folder that cannot be had is told of, and tried again by ``drive``: the collector works without.

        Raises:
            QueueLockedError: when another process has it.
        """
        loop = asyncio.get_running_loop()

        def heard(event: Event) -> None:
            loop.call_soon_threadsafe(self._heard, event)

        self._open_at = time.monotonic() + _OPEN_AGAIN_SECONDS
        try:
            self._queue = DiskQueue(self._folder, self._limits, heard, self._orphans)
        except OSError as error:
            self._tell_failure(str(error))
            return
        self._tell_success()
        if (first := self._queue.first) is not None:
            self._handoff.found(first)
            log.info("%d octets of an earlier run are sent first", self._queue.figures.octets)
        self._queue.start()

    def change(self, limits: QueueLimits, orphans: Callable[[], Sequence[Path]]) -> None:
        """Go by other bounds, and take over what ``orphans`` gives from now on."""
        self._limits, self._orphans = limits, orphans
        if self._queue is not None:
            self._queue.change(limits, orphans)

    def drive(self) -> None:
        """Have done what the state asks for."""
        now = time.monotonic()
        if self._queue is None:
            if now >= self._open_at:
                self.open()
            return
        if group := self._handoff.next_group(now):
            self._queue.write([Written(batch.header, batch.payload, batch.messages) for batch in group])
        changed, needed = self._handoff.spilled.needed()
        if changed:
            self._queue.release(needed)
        if (asked := self._handoff.next_read()) is not None:
            self._queue.read(*asked)

    def report(self) -> dict[str, Any]:
        """Give the queue's figures."""
        figures = asdict(self._queue.figures) if self._queue is not None else {"octets": 0, "files": 0}
        oldest = self._handoff.oldest_written
        spilled = self._handoff.spilled
        return {
            **figures,
            "messages": spilled.messages,
            "limit_octets": self._limits.octets,
            "oldest_seconds": max(0.0, time.time() - oldest) if oldest is not None else 0.0,
            "writes": spilled.active,
            "failing": self._told is not None,
        }

    def close(self) -> None:
        """Let the folder go."""
        if self._queue is not None:
            self._queue.close()
            self._queue = None

    def _heard(self, event: Event) -> None:
        now = time.monotonic()
        match event:
            case Wrote(places):
                self._handoff.wrote(places, now, time.time())
                self._tell_success()
            case WriteFailed(reason):
                self._handoff.write_failed(now)
                self._tell_failure(reason)
            case Read(batches, following):
                self._handoff.has_read(batches, following)
            case Counted(messages):
                self._handoff.spilled.messages += messages
            case Found(first):
                self._handoff.found(first)
        self._changed()

    def _tell_failure(self, reason: str) -> None:
        if self._told is None:
            log.error(
                "the disk queue %s cannot be written: %s. What storage has not taken stays in memory, and "
                "past collector.memory_octets senders wait and UDP is lost; it is tried again",
                self._folder,
                reason,
            )
        self._told = reason

    def _tell_success(self) -> None:
        if self._told is not None:
            self._told = None
            log.info("the disk queue %s can be written again", self._folder)
