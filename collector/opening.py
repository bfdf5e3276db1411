"""The opening of a connection: a balancer's header, and a look at who knocks, before the protocol begins.

Pure: octets in, and out comes what the listener shall do with the connection.
"""

from dataclasses import dataclass

from collector.guests import Guest, NeedMore, guest
from collector.proxy import Malformed, read_header


@dataclass(frozen=True, slots=True)
class Opened:
    """How a connection opened.

    Attributes:
        octets: what the listener's protocol is to read, from its first octet on.
        source: the address that a balancer says the connection comes from; None without one.
        guest: the other protocol that is spoken, if that is certain; then nothing is to be read.
        failure: why the connection cannot be used, or None.
        discarded: octets that are not to be read, because of a guest or failure.
    """

    octets: bytes = b""
    source: str | None = None
    guest: Guest | None = None
    failure: str | None = None
    discarded: int = 0


class Opening:
    """Reads the first octets of one connection.

    Args:
        transport: by whose protocol guests are told (see ``collector.guests.guest``); None looks for none.
        proxied: whether a PROXY header must come first.
    """

    def __init__(self, transport: str | None, *, proxied: bool) -> None:
        self.proxied = proxied  # and its header has not come yet
        self._transport = transport
        self._octets = bytearray()
        self._needed = 1
        self._source: str | None = None

    def feed(self, octets: bytes) -> Opened | None:
        """Take the next octets; None while more are needed."""
        ends_a_line = b"\n" in octets or b"\0" in octets
        self._octets += octets
        if len(self._octets) < self._needed and (self.proxied or not ends_a_line):
            return None
        return self._look(complete=False)

    def finish(self) -> Opened:
        """Take the end of the connection. One without an octet, a balancer's health check, is no failure."""
        return self._look(complete=True) or self._fail("PROXY header cut short")

    def _look(self, *, complete: bool) -> Opened | None:
        if self.proxied and self._octets:
            header = read_header(bytes(self._octets))
            if isinstance(header, Malformed):
                return self._fail(header.reason)
            if isinstance(header, NeedMore):
                self._needed = header.octets
                return None
            self.proxied = False
            self._source = header.source
            del self._octets[: header.octets]
        held = bytes(self._octets)
        if self._transport is None or (complete and not held):
            return Opened(held, self._source)
        found = guest(held, self._transport, complete=complete)
        if isinstance(found, NeedMore):
            self._needed = found.octets
            return None
        if found is not None:
            return Opened(source=self._source, guest=found, discarded=len(held))
        return Opened(held, self._source)

    def _fail(self, reason: str) -> Opened:
        return Opened(failure=reason, discarded=len(self._octets))
