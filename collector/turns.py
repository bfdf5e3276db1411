"""Costly work a little at a time: so much in one turn of the event loop, and others have theirs between."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

AT_ONCE: Final = 16  # handshakes: some 30 ms


class Turns:
    """Does work at once while there is little of it, and the rest turn by turn, in its order.

    Args:
        at_once: pieces of work in one turn.
    """

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._left = at_once
        self._waiting: deque[Callable[[], None]] = deque()
        self._armed = False

    def take(self) -> bool:
        """Whether a piece of work may be done in this turn; then it counts as done."""
        self._arm()
        if not self._left or self._waiting:
            return False
        self._left -= 1
        return True

    def wait(self, work: Callable[[], None]) -> None:
        """Do ``work`` in a later turn."""
        self._waiting.append(work)
        self._arm()

    def _arm(self) -> None:
        if not self._armed:
            self._armed = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._armed = False
        self._left = self._at_once
        while self._waiting and self._left:
            self._left -= 1
            self._waiting.popleft()()
        if self._waiting:
            self._arm()
