"""One connection of a browser, which is closed when no whole request comes by it.

Only so many connections are open at a time. Without a bound on the time that a request takes to arrive, a
stranger who opens as many and says nothing, or half a request, would keep everybody else out; and so would
one who sends requests by all of them, without a bound on those of one address.
"""

import logging
import time
from asyncio import TimerHandle, Transport
from collections import Counter
from collections.abc import Callable, Sequence
from ipaddress import ip_network
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from access.attempts import network, plain_address

LOOK_SECONDS: Final = 15.0  # a request arrives within one of these, at the longest within two
_ARRIVING: Final = (h11.IDLE, h11.SEND_BODY)
_TELL_SECONDS: Final = 60.0  # at most one line of the log in these, whoever knocks how often
_REASON: Final = b"Too many connections from your address. Close some, then try again.\n"
_REFUSAL: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Type: text/plain\r\n"
    b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(_REASON), _REASON)
)

log = logging.getLogger(__name__)


class Shares:
    """How many connections each address has, of which it may have so many. For one thread.

    Args:
        most: connections of one address, or of one /64 of IPv6; 0 for no bound.
        proxies: addresses and networks without a bound: many people come from there.
        clock: gives seconds from any start.
    """

    def __init__(
        self, most: int, proxies: Sequence[str] = (), clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._proxies = [ip_network(one) for one in proxies]
        self._open: Counter[str] = Counter()
        self._clock = clock
        self._told = float("-inf")

    def take(self, address: str) -> bool:
        """Count one more connection of an address; False when it has its share already."""
        key = network(address)
        if self._open[key] >= self._most and not self._is_free(address):
            self._tell(key)
            return False
        self._open[key] += 1
        return True

    def give_back(self, address: str) -> None:
        """Count one less, which was taken before."""
        key = network(address)
        self._open[key] -= 1
        if not self._open[key]:
            del self._open[key]

    def _is_free(self, address: str) -> bool:
        if not self._most:
            return True
        found = plain_address(address)
        return found is not None and any(found in proxy for proxy in self._proxies)

    def _tell(self, key: str) -> None:
        if self._clock() - self._told >= _TELL_SECONDS:
            self._told = self._clock()
            log.warning(
                "%s has %d connections to the pages, and gets no more: when it is a proxy, name it in "
                "web.proxies; else see web.connections_per_address",
                key,
                self._most,
            )


class Connection(H11Protocol):
    """uvicorn's, but for its patience and the share of an address. Slow answers and readers are let be."""

    def __init__(self, *arguments: Any, shares: Shares, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._seen: object = self
        self._look: TimerHandle | None = None
        self._shares = shares
        self._address = ""
        self._is_counted = False

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Begin to wait for a request, or refuse who has a share already."""
        super().connection_made(transport)
        self._address = "" if self.client is None else self.client[0]
        self._is_counted = self._shares.take(self._address)
        if self._is_counted:
            self._wait()
        else:
            self.connections.discard(self)  # it takes nobody's place while it closes
            transport.write(_REFUSAL)
            transport.close()

    def data_received(self, data: bytes) -> None:
        """Take what arrives, but of who is refused."""
        if self._is_counted:
            super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        if self._look is not None:
            self._look.cancel()
        if self._is_counted:
            self._shares.give_back(self._address)
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
