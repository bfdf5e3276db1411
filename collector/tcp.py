"""The TCP listener (RFC 6587): one framer a connection. Nothing is ever written back (section 3.2)."""

import asyncio
import logging
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from collector.framing import Frames, StreamFramer
from collector.intake import Intake
from collector.peers import plain_address
from collector.settings import ListenerSettings
from collector.sockets import BACKLOG, open_socket
from parsers.pipeline import Arrival

log = logging.getLogger(__name__)

# After so much silence the end of what came counts as the end of a counted frame. A sender's pause
# inside a frame does no harm: only what is complete by its count is given out.
_SETTLE_SECONDS: Final = 0.05
_TOLD_MOST: Final = 1000  # kinds of refusal that are remembered, and logged
_KEEPALIVE: Final = (
    (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
    (
        socket.IPPROTO_TCP,
        "TCP_KEEPIDLE",
        120,
    ),  # seconds; a peer that vanished must not hold its place for ever
    (socket.IPPROTO_TCP, "TCP_KEEPINTVL", 30),
    (socket.IPPROTO_TCP, "TCP_KEEPCNT", 4),
)


class StreamConnection(asyncio.Protocol):
    """One connection of a sender. It may be idle as long as it likes."""

    identity: str | None = None

    def __init__(self, listener: "StreamListener") -> None:
        self.listener = listener
        self.peer = ""
        self.refused = False
        self._framer = StreamFramer(listener.maximum_octets)
        self._transport: asyncio.Transport | None = None
        self._settling: asyncio.TimerHandle | None = None
        self._fed = False  # since the timer was set

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, unless there are too many."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what asyncio promises of create_server
        self._transport = transport
        self.peer = plain_address(transport.get_extra_info("peername", ("",))[0])
        _keep_alive(transport.get_extra_info("socket"))
        if not self.listener.admit(self):
            self.refused = True
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """Frame what came."""
        self.listener.intake.counts.octets += len(data)
        self.take(data)

    def take(self, octets: bytes) -> None:
        """Take octets of the stream, any encryption removed."""
        self._give(self._framer.feed(octets))
        self._fed = True
        if self._framer.holding and self._settling is None:
            self._arm()

    def connection_lost(self, _error: Exception | None) -> None:
        """Keep what is left, whichever way the connection ended (RFC 6587 section 3.5)."""
        self.finish()
        self.listener.forget(self)

    def finish(self) -> None:
        """Take the stream as ended, and frame what is left of it."""
        if self._settling is not None:
            self._settling.cancel()
        self._give(self._framer.finish())

    def pause(self) -> None:
        """Read no more: the sender's TCP will wait."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if self._transport is not None:
            self._transport.resume_reading()

    def send(self, octets: bytes) -> None:
        """Write to the peer; syslog itself never does."""
        if self._transport is not None and octets:
            self._transport.write(octets)

    def close(self) -> None:
        """Close the connection from our side."""
        if self._transport is not None:
            self._transport.close()

    def refuse(self, reason: str) -> None:
        """Close the connection, because it cannot be used."""
        self.refused = True
        self.listener.count_refused(self.peer, reason)
        self.close()

    def _give(self, out: Frames) -> None:
        intake = self.listener.intake
        intake.counts.discarded_octets += out.discarded
        if out.frames:
            arrival = Arrival(time.time_ns(), self.peer, len(out.frames), self.identity)
            intake.add(out.frames, [arrival], out.flags)
        if out.lost is not None and self._transport is not None and not self._transport.is_closing():
            self.refuse(out.lost)

    def _arm(self) -> None:
        self._fed = False
        self._settling = asyncio.get_running_loop().call_later(_SETTLE_SECONDS, self._settle)

    def _settle(self) -> None:
        self._settling = None
        if not self._framer.holding:
            return
        if self._fed:
            self._arm()
        else:
            self._give(self._framer.settle())


def _keep_alive(connected: socket.socket) -> None:
    for level, option, value in _KEEPALIVE:
        with suppress(OSError, AttributeError):  # not every system has every option
            connected.setsockopt(level, getattr(socket, option), value)


class StreamListener:
    """A listening socket and its connections, for TCP and for TLS over it.

    Args:
        name: the listener's name.
        settings: its settings.
        intake: takes the frames.
        connection: makes the protocol of a new connection.
        shared: whether other collector processes listen there, too.

    Raises:
        ListenerError: when the address cannot be had.
    """

    def __init__(
        self,
        name: str,
        settings: ListenerSettings,
        intake: Intake,
        connection: Callable[["StreamListener"], StreamConnection],
        *,
        shared: bool,
    ) -> None:
        self.name = name
        self.intake = intake
        self.maximum_octets = settings.maximum_octets
        self._settings = settings
        self._connection = connection
        self._socket = open_socket(name, socket.SOCK_STREAM, settings.address, settings.port, shared=shared)
        self._port = self._socket.getsockname()[1]
        self._server: asyncio.Server | None = None
        self._connections: set[StreamConnection] = set()
        self.paused = False
        self._told: set[tuple[str, str]] = set()

    async def start(self) -> None:
        """Accept connections from now on."""
        self._server = await asyncio.get_running_loop().create_server(
            lambda: self._connection(self), sock=self._socket, backlog=BACKLOG
        )

    def admit(self, connection: StreamConnection) -> bool:
        """Count a new connection, and say whether there is room for it."""
        self.intake.counts.connections += 1
        if len(self._connections) >= self._settings.maximum_connections:
            self.count_refused(connection.peer, "too many connections")
            return False
        self._connections.add(connection)
        if self.paused:
            connection.pause()
        return True

    def forget(self, connection: StreamConnection) -> None:
        """Take the end of a connection."""
        self._connections.discard(connection)

    def count_refused(self, peer: str, reason: str) -> None:
        """Count a connection that could not be used, and log the first of its kind."""
        self.intake.counts.refused[reason] += 1
        if (peer, reason) not in self._told and len(self._told) < _TOLD_MOST:
            self._told.add((peer, reason))
            log.error(
                "listener %s: connection from %s closed: %s; what it sends is not received until that is "
                "mended (further ones are only counted)",
                self.name,
                peer,
                reason,
            )

    def pause(self) -> None:
        """Read from no connection: senders wait."""
        self.paused = True
        for connection in self._connections:
            connection.pause()

    def resume(self) -> None:
        """Read from all connections again."""
        self.paused = False
        for connection in self._connections:
            connection.resume()

    async def close(self) -> None:
        """Accept no more, take what is left of every stream, and close the connections."""
        if self._server is not None:
            self._server.close()
        self._socket.close()
        for connection in list(self._connections):
            connection.finish()
            connection.close()

    def report(self) -> dict[str, Any]:
        """Give the listener's state for the status, in JSON's types."""
        return {
            "transport": self._settings.transport,
            "address": self._settings.address,
            "port": self._port,
            "connections": len(self._connections),
            **self.intake.counts.report(),
        }
