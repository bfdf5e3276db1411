"""The TCP listener (RFC 6587): one framer a connection. Nothing is ever written back (section 3.2)."""

import asyncio
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from collector.admission import NOT_ADMITTED, Admission
from collector.framing import Framer, Frames, StreamFramer
from collector.given import GivenSocket, open_listening
from collector.guest_book import GuestBook
from collector.guests import Guest
from collector.intake import Intake
from collector.opening import Opened, Opening
from collector.pacing import Pace
from collector.peers import plain_address
from collector.proxy import Balancers
from collector.refusals import Refusals
from collector.settings import ListenerSettings
from collector.sockets import BACKLOG
from collector.sources import Sources
from collector.turns import Turns
from collector.unpacking import Unpacking
from parsers.pipeline import Arrival
from parsers.schema import Flag
from tenants.rules import network_of

# After so much silence the end of what came counts as the end of a counted frame. A sender's pause
# inside a frame does no harm: only what is complete by its count is given out.
_SETTLE_SECONDS: Final = 0.05
_HEADER_SECONDS: Final = 10.0  # for a balancer's header, which comes with the first octets or never
PANIC: Final = "the appliance is in panic"  # and has said so: a line a connection would not help
_ACCEPTED_AT_ONCE: Final = 64  # connections, then other sockets have their turn
# Octets that all connections together may bring in one turn of the event loop, and so each of them, within
# bounds: others must not wait long, and a read costs the more for each octet the fewer they are.
_A_TURN: Final = 16_777_216
_LARGEST_READ: Final = 262_144
_SMALLEST_READ: Final = 4_096
_PIECES: Final = 8  # of a compressed stream, 2 MiB, then others have their turn
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
        self._framer = self.make_framer()
        self._held = 0  # octets of a frame that has not ended, as accounted for
        self._unpacking: Unpacking | None = Unpacking()  # as long as something may have to be unpacked
        self._inflates = False
        self._waits_for_pieces = False
        self._resting: asyncio.TimerHandle | None = None  # until its sender's rate allows more
        self._transport: asyncio.Transport | None = None
        self._settling: asyncio.TimerHandle | None = None
        self._fed = False  # since the timer was set
        self._opening: Opening | None = None  # while the connection's first octets are looked at
        self._header_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, unless there are too many."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what asyncio promises of create_server
        self._transport = transport
        self.peer = plain_address(transport.get_extra_info("peername", ("",))[0])
        _keep_alive(transport.get_extra_info("socket"))
        if not self.listener.admit(self):
            self.refused = True
            transport.abort()
            return
        self._opening = self.listener.opening(self.peer)
        if self._opening is not None and self._opening.proxied:
            self._await_header()

    def data_received(self, data: bytes) -> None:
        """Frame what came."""
        self.listener.intake.counts.octets += len(data)
        if self._opening is not None:
            self._open(self._opening.feed(data))
        elif not self.refused:
            self.take(data)

    def take(self, octets: bytes) -> None:
        """Take octets of the stream, any encryption removed."""
        if self._unpacking is None:
            self._frame(octets)
            return
        if plain := self._unpacking.feed(octets):
            self._frame(plain)
        self._unpack()

    def make_framer(self) -> Framer:
        """Give what cuts the stream."""
        return StreamFramer(self.listener.maximum_octets)

    def connection_lost(self, _error: Exception | None) -> None:
        """Keep what is left, whichever way the connection ended (RFC 6587 section 3.5)."""
        self.finish()
        self.listener.forget(self)

    def finish(self) -> None:
        """Take the stream as ended, and frame what is left of it."""
        for timer in (self._settling, self._resting):
            if timer is not None:
                timer.cancel()
        if self._opening is not None:
            self._open(self._opening.finish())
        if self._unpacking is not None:
            self._give(self._framer.feed(self._unpacking.feed(b"", complete=True)))
            while self._unpacking.pending:
                self._give(self._framer.feed(self._unpacking.piece()))
        self._give(self._framer.finish())
        self._account()

    def pause(self) -> None:
        """Read no more: the sender's TCP will wait."""
        if self._transport is not None:
            self._transport.pause_reading()

    @property
    def waits(self) -> bool:
        """Whether its sender has to wait for us, so that its silence means nothing."""
        return self.listener.paused or self._resting is not None

    def resume(self) -> None:
        """Read again, unless this sender has to wait."""
        if self._resting is not None:
            return
        if self._unpacking is not None and self._unpacking.pending:
            asyncio.get_running_loop().call_soon(self._unpack)
        elif self._transport is not None:
            self._transport.resume_reading()

    def read_at_most(self, octets: int) -> None:
        """Read so much in one turn of the event loop."""
        if self._transport is not None:
            self._transport.max_size = octets  # type: ignore[attr-defined]  # asyncio's own attribute

    def rest(self, messages: int) -> None:
        """Read no more for a while if ``messages``, just taken, were more than the sender's rate allows."""
        seconds = self.listener.pace.rest(self.peer, messages)
        if not seconds:
            return
        if self._resting is not None:
            self._resting.cancel()
        self._resting = asyncio.get_running_loop().call_later(seconds, self._rested)
        self.pause()

    def _rested(self) -> None:
        self._resting = None
        if not self.listener.paused:
            self.resume()

    def leave(self) -> None:
        """Say that we will read no more soon; what the sender sends until it has heard that is taken."""
        if (
            self._transport is not None
            and self._transport.can_write_eof()
            and not self._transport.is_closing()
        ):
            self._transport.write_eof()

    def adapt(self) -> None:
        """Take that the listener's settings have changed."""

    def send(self, octets: bytes) -> None:
        """Write to the peer; syslog itself never does."""
        if self._transport is not None and octets:
            self._transport.write(octets)

    def close(self) -> None:
        """Close the connection from our side."""
        if self._transport is not None:
            self._transport.close()

    def refuse(self, reason: str, detail: str = "") -> None:
        """Close the connection, because it cannot be used. ``reason`` is counted by, so there are few."""
        self.refused = True
        self.listener.count_refused(self.peer, reason, detail)
        self.close()

    def turn_away(self, guest: Guest) -> None:
        """Close the connection, because another protocol is spoken on it."""
        self.refused = True
        self.listener.guest_book.add(guest, self.peer)
        self.close()

    def _open(self, opened: Opened | None) -> None:
        """Go on as the first octets of the connection say; None leaves them waiting for more."""
        if opened is None:
            return
        self._opening = None
        if self._header_due is not None:
            self._header_due.cancel()
        self.listener.intake.counts.discarded_octets += opened.discarded
        if opened.source is not None:
            self.peer = plain_address(opened.source)
        if opened.failure is not None:
            self.refuse(opened.failure, self.listener.proxy_advice)
        elif opened.source is None and not opened.octets and opened.guest is None:
            return  # a health check of the balancer's, or its end: nobody has sent anything
        elif not self.listener.may_send(self.peer):
            self.refused = True
            self.close()
        elif opened.guest is not None:
            self.turn_away(opened.guest)
        elif opened.octets:
            self.take(opened.octets)

    def _await_header(self) -> None:
        self._header_due = asyncio.get_running_loop().call_later(_HEADER_SECONDS, self._header_is_late)

    def _header_is_late(self) -> None:
        if self._opening is None or not self._opening.proxied:
            return
        if self.waits:  # the balancer waits for us
            self._await_header()
            return
        self._opening = None
        self.refuse("PROXY header not sent in time", self.listener.proxy_advice)

    def _frame(self, octets: bytes) -> None:
        self._give(self._framer.feed(octets))
        self._account()
        self._fed = True
        if self._framer.holding and self._settling is None:
            self._arm()

    def _account(self) -> None:
        """Say how much is held of a frame that has not ended, and take it as it is when that is too much."""
        unfinished, framer = self.listener.intake.unfinished, self._framer
        self._say_held()
        if framer.holding and unfinished.is_too_much(self._held):
            self._give(framer.settle())  # it has ended, and waits only to be told so by the next one
            self._say_held()
        if unfinished.is_too_much(self._held):
            self._give(framer.truncate())
            self._say_held()

    def _say_held(self) -> None:
        held = self._framer.held_octets
        self.listener.intake.unfinished.change(self._held, held)
        self._held = held

    def _unpack(self) -> None:
        """Go on with a compressed stream, a few pieces at a time, and not while senders have to wait."""
        unpacking = self._unpacking
        if unpacking is None or not unpacking.compressed:
            self._unpacking = None if unpacking is None or unpacking.plain else unpacking
            return
        if not self._inflates:
            self._inflates = True
            self.listener.intake.counts.compressed_connections += 1
        for _ in range(_PIECES):
            if unpacking.pending and not self.waits and not self.refused:
                self._frame(unpacking.piece())
        if unpacking.failure is not None and not self.refused:
            self.refuse(unpacking.failure)
        elif unpacking.pending and not self.refused:
            self._wait_for_pieces()
        elif self._waits_for_pieces:
            self._waits_for_pieces = False
            if not self.waits:
                self.resume()

    def _wait_for_pieces(self) -> None:
        """Read no more before all pieces are taken; others have their turn between."""
        self._waits_for_pieces = True
        self.pause()
        if not self.waits:
            asyncio.get_running_loop().call_soon(self._unpack)

    def _give(self, out: Frames) -> None:
        intake = self.listener.intake
        if self._inflates:
            flags = {number: (*out.flags.get(number, ()), Flag.INFLATED) for number in range(len(out.frames))}
            out.flags.update(flags)
        intake.counts.discarded_octets += out.discarded
        if out.frames:
            arrival = Arrival(time.time_ns(), self.peer, len(out.frames), self.identity)
            intake.add(out.frames, [arrival], out.flags)
            if self.listener.pace.limited:
                self.rest(len(out.frames))
        if out.guest is not None and not self.refused:
            self.turn_away(out.guest)

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
            self._account()


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
        given: the socket, where another process has opened it for us.

    Raises:
        ListenerError: when the address cannot be had.
    """

    def __init__(  # noqa: PLR0913 - a listener, and where its socket comes from
        self,
        name: str,
        settings: ListenerSettings,
        intake: Intake,
        connection: Callable[["StreamListener"], StreamConnection],
        *,
        shared: bool,
        given: GivenSocket | None = None,
    ) -> None:
        self.name = name
        self.intake = intake
        self.maximum_octets = settings.maximum_octets
        self.idle_seconds = settings.idle_seconds
        self._settings = settings
        self._connection = connection
        self._socket = open_listening(name, socket.SOCK_STREAM, settings, shared=shared, given=given)
        self._address, self._port = self._socket.getsockname()[:2]
        self._server: asyncio.Server | None = None
        self._connections: set[StreamConnection] = set()
        self.paused = False
        self._refusals = Refusals(name, intake.counts)
        self.guest_book = GuestBook(name, settings.transport, intake.counts)
        self.proxy_advice = (
            "see that the load balancer sends it, or set proxy_protocol to 'off', or proxy_networks to the "
            f"balancers' addresses, in collector.listeners.{name}"
        )
        self._balancers = Balancers(map(network_of, settings.proxy_networks))
        self._admission = Admission(settings.sender_networks)
        self.pace = Pace(name, settings, Sources(name, settings, {}), {})
        self.turns_away = False  # all new connections
        self.handshakes = Turns()

    @property
    def descriptor(self) -> int:
        """The listening socket's; -1 when that is closed."""
        return self._socket.fileno()

    def forgo(self) -> None:
        """Close the socket, before anything was started."""
        self._socket.close()

    async def start(self) -> None:
        """Accept connections from now on."""
        self._server = await asyncio.get_running_loop().create_server(
            lambda: self._connection(self), sock=self._socket, backlog=_ACCEPTED_AT_ONCE
        )
        self._socket.listen(
            BACKLOG
        )  # asyncio has one number for what waits and for what it accepts in a turn

    def opening(self, peer: str) -> Opening | None:
        """Give what looks at the first octets of a connection of ``peer``; None when nothing has to."""
        proxied = self._is_proxied(peer)
        # Under TCP the framer looks itself, as it does inside TLS.
        transport = None if self._settings.transport == "tcp" else self._settings.transport
        return Opening(transport, proxied=proxied) if proxied or transport else None

    def _is_proxied(self, peer: str) -> bool:
        return self._settings.proxy_protocol == "required" and peer in self._balancers

    def may_send(self, peer: str) -> bool:
        """Say whether messages of ``peer`` are taken; count it when they are not."""
        if self._admission.admits(peer):
            return True
        self.count_refused(peer, NOT_ADMITTED)
        return False

    def admit(self, connection: StreamConnection) -> bool:
        """Count a new connection, and say whether there is room for it."""
        self.intake.counts.connections += 1
        if self.turns_away:
            self.intake.counts.refused[PANIC] += 1
            return False
        if not self._is_proxied(connection.peer) and not self.may_send(connection.peer):
            return False
        if len(self._connections) >= self._settings.maximum_connections:
            self.count_refused(connection.peer, "too many connections")
            return False
        self._connections.add(connection)
        count = len(self._connections)
        is_power_of_two = not count & (count - 1)
        for one in self._connections if is_power_of_two else (connection,):
            one.read_at_most(max(_SMALLEST_READ, min(_LARGEST_READ, _A_TURN // count)))
        if self.paused:
            connection.pause()
        return True

    def forget(self, connection: StreamConnection) -> None:
        """Take the end of a connection."""
        self._connections.discard(connection)

    def count_refused(self, peer: str, reason: str, detail: str = "") -> None:
        """Count a connection that could not be used, and log the first of its kind."""
        self._refusals.add(peer, reason, detail)

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

    def change(self, settings: ListenerSettings) -> None:
        """Go on with other settings, of the same place and transport.

        Connections stay, but for those of senders that are not admitted any more. They keep the
        ``maximum_octets`` with which they began.
        """
        self._settings = settings
        self.maximum_octets = settings.maximum_octets
        self.idle_seconds = settings.idle_seconds
        self._balancers = Balancers(map(network_of, settings.proxy_networks))
        self._admission = Admission(settings.sender_networks)
        for connection in list(self._connections):
            if not self._is_proxied(connection.peer) and not self.may_send(connection.peer):
                connection.finish()
                connection.refused = True
                connection.close()
            else:
                connection.adapt()

    def part(self) -> None:
        """Accept no more, and let the senders leave: this place is not listened at any more."""
        self.stop_accepting()
        for connection in list(self._connections):
            connection.leave()

    @property
    def connected(self) -> int:
        """How many connections are open."""
        return len(self._connections)

    def stop_accepting(self) -> None:
        """Accept no more, and give the address back."""
        if self._server is not None:
            self._server.close()
        self._socket.close()

    async def close(self) -> None:
        """Accept no more, take what is left of every stream, and close the connections."""
        self.stop_accepting()
        for connection in list(self._connections):
            connection.finish()
            connection.close()

    def report(self) -> dict[str, Any]:
        """Give the listener's state for the status, in JSON's types."""
        return {
            "transport": self._settings.transport,
            "address": self._address,
            "port": self._port,
            "connections": len(self._connections),
            **self.intake.counts.report(),
        }
