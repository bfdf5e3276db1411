"""The supervisor's end of a role's lifeline, for one start of its process: what it said, and orders to it."""

import asyncio
import socket
import time
from collections.abc import Sequence
from typing import Any, Final

from supervisor.lifeline import Document, Lines, send

_READ_OCTETS: Final = 65_536


class RoleLine:
    """Listens from its making on, in the event loop that runs.

    Attributes:
        ready: what the role is bound to, once it is ready; None when the line ended before.
        obeys: the orders that the role takes.

    Args:
        line: our end.
    """

    def __init__(self, line: socket.socket) -> None:
        self._loop = asyncio.get_running_loop()
        self._line = line
        self._lines = Lines()
        self._heard = time.monotonic()
        self._report_age = 0.0
        self._answers: dict[int, asyncio.Future[str | None]] = {}
        self._state: str | None = None
        self.ready: asyncio.Future[dict[str, Any] | None] = self._loop.create_future()
        self.obeys: frozenset[str] = frozenset()
        line.setblocking(False)
        self._loop.add_reader(line, self._read)

    def silence(self, now: float, *, works_aloud: bool) -> float:
        """Give the seconds since something was heard; of one that works aloud, since its work was.

        Args:
            now: the monotonic clock.
            works_aloud: whether the age of the role's last report counts, too.
        """
        return max(now - self._heard, 0.0) + (self._report_age if works_aloud else 0.0)

    def go(self, state: str) -> None:
        """Let the role begin, in a state of the appliance."""
        self._state = state
        send(self._line, {"order": "go", "state": state})

    def tell_state(self, state: str) -> None:
        """Order the role into a state of the appliance. One that reads no orders is seen by its silence."""
        if self._state not in {None, state} and send(self._line, {"order": "state", "state": state}):
            self._state = state

    async def reload(
        self, number: int, names: Sequence[str], descriptors: Sequence[int], seconds: float
    ) -> str | None:
        """Order the role to be on other settings; give what was wrong, in a sentence, or None.

        Args:
            number: of this reload.
            names: of the sockets that go with it.
            descriptors: of the settings, and of these sockets.
            seconds: how long that may take.

        Raises:
            TimeoutError: when it takes longer; the role may be on the new settings later.
        """
        answer = self._answers[number] = self._loop.create_future()
        if not send(self._line, {"order": "reload", "number": number, "sockets": list(names)}, descriptors):
            return "it reads no orders"
        return await asyncio.wait_for(answer, seconds)

    def close(self) -> None:
        """Take what was said last, and listen no more: every question is answered. Twice is well."""
        if self._line.fileno() < 0:
            return
        self._read()
        self._hang_up()

    def _read(self) -> None:
        """Take what the role says. The end of the line is the end of every question to it."""
        try:
            octets = self._line.recv(_READ_OCTETS)
        except BlockingIOError:
            return
        except OSError:
            octets = b""
        for said in self._lines.feed(octets):
            self._take(said)
        if not octets:
            self._hang_up()

    def _take(self, said: Document) -> None:
        self._heard = time.monotonic()
        if "alive" in said:
            self._report_age = said["alive"] or 0.0
        elif "obeys" in said:
            self.obeys = frozenset(said["obeys"])
        elif "answer" in said:
            answer = self._answers.pop(said["answer"], None)
            if answer is not None and not answer.done():
                answer.set_result(said["problem"])
        elif said.pop("ready", False) and not self.ready.done():
            self.ready.set_result(said)

    def _hang_up(self) -> None:
        if self._line.fileno() >= 0:
            self._loop.remove_reader(self._line)
            self._line.close()
        if not self.ready.done():
            self.ready.set_result(None)
        for answer in self._answers.values():
            if not answer.done():
                answer.set_result("it ended meanwhile")
        self._answers.clear()
