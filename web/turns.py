"""Whose turn it is: so much work goes on at a time, and no account's keeps others from theirs.

Whoever works asks between two steps whether to make way. It does when somebody waits of an account that has
less under way: so one account may have all places while nobody else wants one, and keeps one of them, at
least some of the time, however many others come.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from threading import Condition
from time import monotonic
from typing import Final

import anyio
from starlette.exceptions import HTTPException

TURN_SECONDS: Final = 0.5  # that a turn lasts at least
RETRY_SECONDS: Final = 10  # after which somebody may ask again
_LOOK_SECONDS: Final = 1.0  # between two looks whether who waits has given up


class BusyError(HTTPException):
    """There is no place for it at the moment; ``detail`` says why and what to do."""

    def __init__(self, detail: str) -> None:
        super().__init__(503, detail, {"Retry-After": str(RETRY_SECONDS)})


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """One piece of work that waits, of an account."""

    account: str


class Turns:
    """Places to work in. Safe to use from several threads.

    Args:
        most: places.
        seconds: that a turn lasts at least.
    """

    def __init__(self, most: int, seconds: float = TURN_SECONDS) -> None:
        self._free = most
        self._seconds = seconds
        self._working: Counter[str] = Counter()
        self._waiting: list[_Waiting] = []  # the longest first
        self._changed = Condition()

    def take(self, account: str, gives_up: Callable[[], bool]) -> float | None:
        """Wait for a place, and give when the turn is over (monotonic, seconds); None when given up.

        Whoever was given a place calls ``leave``.
        """
        own = _Waiting(account)
        with self._changed:
            self._waiting.append(own)
            try:
                while not (self._free and self._next() is own):
                    if gives_up():
                        return None
                    self._changed.wait(_LOOK_SECONDS)
                self._free -= 1
                self._working[account] += 1
            finally:
                self._waiting.remove(own)
                self._changed.notify_all()
        return monotonic() + self._seconds

    def leave(self, account: str) -> None:
        """Give a place back."""
        with self._changed:
            self._free += 1
            self._working[account] -= 1
            if not self._working[account]:
                del self._working[account]
            self._changed.notify_all()

    def is_wanted(self, account: str) -> bool:
        """Say whether an account that works should make way for another that has less under way."""
        with self._changed:
            own = self._working[account]
            return any(self._working[one.account] < own for one in self._waiting)

    def look(self) -> None:
        """Have those who wait see at once whether they have given up."""
        with self._changed:
            self._changed.notify_all()

    def _next(self) -> _Waiting:
        """Give who is next: of an account that has least under way, the longest."""
        return min(self._waiting, key=lambda one: self._working[one.account])


class Shares:
    """What of something each account may have at a time. Of one event loop.

    Args:
        most: of an account.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._limiters: dict[str, anyio.CapacityLimiter] = {}
        self._users: Counter[str] = Counter()

    @asynccontextmanager
    async def of(self, account: str) -> AsyncIterator[None]:
        """Wait until an account may have one more, which it has within the block."""
        limiter = self._limiters.setdefault(account, anyio.CapacityLimiter(self._most))
        self._users[account] += 1
        try:
            async with limiter:
                yield
        finally:
            self._users[account] -= 1
            if not self._users[account]:
                del self._users[account], self._limiters[account]
