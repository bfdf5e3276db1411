"""One connection of a browser, which is closed when no whole request comes by it.

Only so many connections are open at a time. Without a bound on the time that a request takes to arrive, a
stranger who opens as many and says nothing, or half a request, would keep everybody else out.
"""

from asyncio import TimerHandle, Transport
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

LOOK_SECONDS: Final = 15.0  # a request arrives within one of these, at the longest within two
_ARRIVING: Final = (h11.IDLE, h11.SEND_BODY)


class Connection(H11Protocol):
    """uvicorn's, but for its patience. Answers that take long, and who reads them slowly, are let be."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._seen: object = self
        self._look: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        if self._look is not None:
            self._look.cancel()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._look = self.loop.call_later(LOOK_SECONDS, self._look_at_it)

    def _look_at_it(self) -> None:
        """Close the connection when, since the last look, one and the same request has not arrived."""
        is_arriving = self.conn.their_state in _ARRIVING
        if is_arriving and self.cycle is self._seen:
            self.transport.close()
            return
        self._seen = self.cycle if is_arriving else self
        self._wait()
