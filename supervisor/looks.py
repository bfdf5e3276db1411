"""Looks at the appliance for whoever asks: one at a time, seldom, and nobody waits long for one.

A look reads the roles' reports from the disk. A disk that hangs (a network file system, a failing drive) may
hold it for minutes, in a system call that nothing ends. So it has a thread of its own, and who asks meanwhile
gets the last one, with its age.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

FRESH_SECONDS: Final = 0.3  # within them a look is not repeated, however many ask
WAIT_SECONDS: Final = 2.0  # for a look, before the last one is given instead

Document = dict[str, Any]
Source = Callable[[], Document]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen, and how long ago in seconds; ``document`` is None before the first."""

    document: Document | None
    age: float


class Looks:
    """Gives looks by ``source``; of one event loop, which is where ``take`` is awaited."""

    def __init__(self, source: Source, *, fresh: float = FRESH_SECONDS, wait: float = WAIT_SECONDS) -> None:
        self._source = source
        self._fresh = fresh
        self._wait = wait
        self._began = time.monotonic()
        self._last: Document | None = None
        self._taken_at = float("-inf")
        self._under_way: asyncio.Future[None] | None = None

    async def take(self) -> Look:
        """Give a look that is fresh, or the last one when there is none within the time to wait."""
        if time.monotonic() - self._taken_at > self._fresh:
            if self._under_way is None:
                self._begin()
            if self._under_way is not None:
                await asyncio.wait([self._under_way], timeout=self._wait)
        since = self._began if self._last is None else self._taken_at
        return Look(self._last, time.monotonic() - since)

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        self._under_way = loop.create_future()
        # A daemon, so that a look which never ends does not keep the process from ending.
        threading.Thread(target=self._look, args=(loop,), name="look", daemon=True).start()

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        document: Document | None = None
        try:
            document = self._source()
        except Exception:
            log.exception("the state of the appliance cannot be read; the status listener tells an old one")
        try:
            loop.call_soon_threadsafe(self._end, document)
        except RuntimeError:
            return  # the loop is closed: nobody asks any more

    def _end(self, document: Document | None) -> None:
        if document is not None:
            self._last, self._taken_at = document, time.monotonic()
        if self._under_way is not None:
            self._under_way.set_result(None)
            self._under_way = None
