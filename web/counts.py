"""Counting all matches, within the time that a page may take and beyond it.

A page of results needs a few blocks; the number of all matches may need every block of years. So a page waits
for a count only so long. A count that takes longer goes on in the background, and the same question finds its
answer later. Only so many go on at a time, and only so many are remembered.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Condition, Event, Thread
from time import monotonic
from typing import Final

from storage.search import Histogram

MAXIMUM_UNDERWAY: Final = 2  # each keeps a core busy
MAXIMUM_REMEMBERED: Final = 64
REMEMBERED_SECONDS: Final = 600.0  # for an answer that no page waited for; nobody comes back later
_WORTH: Final = 10  # an answer is given again for ten times as long as it took


@dataclass(frozen=True, slots=True)
class Counted:
    """All matches of a search: over time, and their number, which may hold some that have no time."""

    histogram: Histogram
    total: int


@dataclass(frozen=True, slots=True)
class Finished:
    """A count, and when it began: what came later is not in it."""

    counted: Counted
    asked_at: datetime


class _Count:
    """One count, on its way or finished."""

    def __init__(self, work: Callable[[], Counted]) -> None:
        self._work = work
        self._began = monotonic()
        self._took = 0.0
        self.asked_at = datetime.now(UTC)
        self.done = Event()
        self.counted: Counted | None = None
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self.counted = self._work()
        except Exception as error:  # noqa: BLE001 - raised again in the thread that asked
            self.error = error
        self._took = monotonic() - self._began
        self.done.set()

    def is_stale(self, patience: float) -> bool:
        """Say whether it is to be forgotten; ``patience`` is how many seconds a page waits."""
        kept = REMEMBERED_SECONDS if self._took > patience else _WORTH * self._took
        return self.done.is_set() and monotonic() - self._began > kept


class Counts:
    """The counts that pages asked for. Safe to use from several threads."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._counts: dict[Hashable, _Count] = {}
        self._underway = 0
        self._changed = Condition()

    def ask(self, question: Hashable, work: Callable[[], Counted]) -> Finished | None:
        """Give the answer to ``question``, or None when it takes longer than a page may wait.

        The same question asked again waits for the same ``work``.

        Raises:
            Exception: what ``work`` raised.
        """
        with self._changed:
            self._forget_stale()
            if question not in self._counts:
                self._changed.wait_for(self._is_free, self._seconds)
            count = self._counts.get(question) or self._begin(question, work)
        if count is None or not count.done.wait(self._seconds):
            return None
        if count.error is not None:
            raise count.error
        assert count.counted is not None  # noqa: S101 - for the type checker: no error means an answer
        return Finished(count.counted, count.asked_at)

    def _begin(self, question: Hashable, work: Callable[[], Counted]) -> _Count | None:
        if not self._is_free():
            return None
        count = self._counts[question] = _Count(work)
        self._underway += 1
        # Not of a pool: the interpreter would wait for a pool's threads when the role stops.
        Thread(target=self._run, args=(count,), name="count", daemon=True).start()
        return count

    def _run(self, count: _Count) -> None:
        count.run()
        with self._changed:
            self._underway -= 1
            self._changed.notify_all()

    def _is_free(self) -> bool:
        return self._underway < MAXIMUM_UNDERWAY

    def _forget_stale(self) -> None:
        for question, count in list(self._counts.items()):
            crowded = len(self._counts) > MAXIMUM_REMEMBERED
            if count.is_stale(self._seconds) or (crowded and count.done.is_set()):
                del self._counts[question]
