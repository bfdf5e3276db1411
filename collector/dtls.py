"""The DTLS listener (RFC 6012): one UDP socket, and a session for each pair of addresses (section 5.1)."""

import asyncio
import logging
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, Final

from collector.counts import NO_SESSION
from collector.credentials import Credentials
from collector.dtls_framing import RecordFramer
from collector.dtls_records import begins_session, carries_data
from collector.dtls_session import Doorkeeper, DtlsSession
from collector.framing import Frames
from collector.given import GivenSocket, open_listening
from collector.guest_book import GuestBook
from collector.guests import Guest, guest
from collector.intake import Intake
from collector.kernel_drops import KernelDrops
from collector.packet_addresses import ANCILLARY_OCTETS, answer_from, ask_for_addresses
from collector.peers import plain_address
from collector.refusals import Refusals
from collector.settings import ListenerSettings
from collector.sockets import enlarge_receive_buffer
from collector.tls import advice
from collector.udp import KERNEL_BUFFER_FULL
from parsers.pipeline import Arrival

log = logging.getLogger(__name__)

_DRAIN: Final = 512  # datagrams at a time: some 10 ms, then other sockets have their turn
_LAST_DRAINS: Final = 64
_LARGEST_DATAGRAM: Final = 65_535
_TICK_SECONDS: Final = 0.25  # how exact the times below are
_HANDSHAKE_SECONDS: Final = 30.0
_SETTLE_SECONDS: Final = 1.0  # after so much silence nothing more comes of a frame that was begun
_LEFT_SECONDS: Final = 3_600.0  # silence after which a session gives way to a new one, where many are
_FORGET_SECONDS: Final = 86_400.0  # silence after which a session is taken as left, if nothing else is set

_Ancillary = list[tuple[int, int, bytes]]
_Place = tuple[Any, ...]  # the peer's address and port, and our address


@dataclass(slots=True, eq=False)
class _Association:
    """One session with its two addresses, and what came of it in the drain at hand."""

    session: DtlsSession
    address: Any
    ancillary: _Ancillary
    framer: RecordFramer
    began: float
    heard: float  # when it was last heard of
    frames: Frames = field(default_factory=Frames)

    def add(self, frames: Frames) -> None:
        """Take what a record gave."""
        for number, flags in frames.flags.items():
            self.frames.flags[len(self.frames.frames) + number] = flags
        self.frames.frames += frames.frames
        self.frames.discarded += frames.discarded


class DtlsListener:
    """One UDP socket and its sessions.

    Args:
        name: the listener's name.
        settings: its settings.
        intake: takes the frames.
        credentials: made with ``dtls_session.cookie_context``.
        shared: whether other collector processes listen there, too.
        given: the socket, where another process has opened it for us.

    Raises:
        ListenerError: when its address cannot be had.
    """

    def __init__(  # noqa: PLR0913 - a listener, and where its socket comes from
        self,
        name: str,
        settings: ListenerSettings,
        intake: Intake,
        credentials: Credentials,
        *,
        shared: bool,
        given: GivenSocket | None = None,
    ) -> None:
        self.name = name
        self.intake = intake
        self._settings = settings
        self._socket = open_listening(name, socket.SOCK_DGRAM, settings, shared=shared, given=given)
        self._receive_buffer = enlarge_receive_buffer(
            self._socket, settings.receive_buffer, keep=given is not None
        )
        ask_for_addresses(self._socket)
        self._port = self._socket.getsockname()[1]
        self._drops = KernelDrops(self._socket, intake.book)
        self._doorkeeper = Doorkeeper(credentials)
        self._sessions: dict[_Place, _Association] = {}
        self._refusals = Refusals(name, intake.counts)
        self._guests = GuestBook(name, settings.transport, intake.counts)
        self._timer: asyncio.TimerHandle | None = None
        self.paused = True
        self._leaves_rest = False

    @property
    def descriptor(self) -> int:
        """The socket's; -1 when that is closed."""
        return self._socket.fileno()

    def forgo(self) -> None:
        """Close the socket unread, before anything was started."""
        self._socket.close()

    async def start(self) -> None:
        """Take datagrams from now on."""
        self.resume()

    def resume(self) -> None:
        """Read again, unless that is over. Sessions were not heard meanwhile: their silence begins now."""
        if self._socket.fileno() < 0:
            return
        self.paused = False
        for association in self._sessions.values():
            association.heard = association.began = time.monotonic()
        asyncio.get_running_loop().add_reader(self._socket, self.read)

    def pause(self) -> None:
        """Leave datagrams to the kernel's buffer; what it cannot hold, it counts."""
        self.paused = True
        asyncio.get_running_loop().remove_reader(self._socket)

    # What comes.

    def read(self) -> bool:
        """Take what there is, but not too much at a time; tell whether there was anything."""
        received: list[Any] = []
        try:
            # The list keeps what it got before the call that finds the socket empty raises.
            receiving = map(self._socket.recvmsg, repeat(_LARGEST_DATAGRAM, _DRAIN), repeat(ANCILLARY_OCTETS))
            received.extend(receiving)
        except BlockingIOError:
            pass
        except OSError as error:
            log.warning("listener %s: %s; reading goes on", self.name, error)
        now = time.monotonic()
        touched: dict[_Place, _Association] = {}
        for datagram, ancillary, _flags, address in received:
            self.intake.counts.octets += len(datagram)
            self._take(datagram, address, answer_from(ancillary), now, touched)
        for place, association in touched.items():
            self._settle_up(place, association)
        return bool(received)

    def _take(
        self,
        datagram: bytes,
        address: Any,
        ancillary: _Ancillary,
        now: float,
        touched: dict[_Place, _Association],
    ) -> None:
        place = (address, *ancillary)
        association = self._sessions.get(place)
        if begins_session(datagram) and (association is None or association.session.gives_way_to(datagram)):
            # RFC 6347 section 4.2.8: a peer that lost its session begins anew from the same address; the old
            # one stays until the new one has shown its cookie.
            self._greet(datagram, place, address, ancillary, now)
        elif association is None:
            self._turn_away(datagram, plain_address(address[0]))
        else:
            association.heard = now
            touched[place] = association
            for record in association.session.receive(datagram):
                association.add(association.framer.feed(record.plaintext, gap=record.gap))

    def _greet(self, datagram: bytes, place: _Place, address: Any, ancillary: _Ancillary, now: float) -> None:
        answers, session = self._doorkeeper.greet(datagram, repr(place).encode())
        if session is not None:
            self.intake.counts.connections += 1
            peer = plain_address(address[0])
            if (former := self._sessions.get(place)) is not None:
                self._forget(place, former, farewell=False)  # it would disturb the new handshake
            if len(self._sessions) >= self._settings.maximum_connections and not self._make_room(now):
                self._refusals.add(peer, "too many connections")
                return
            framer = RecordFramer(self._settings.maximum_octets)
            association = _Association(session, address, ancillary, framer, began=now, heard=now)
            self._sessions[place] = association
            self._settle_up(place, association, answers)
            self._arm()
        else:
            self._send(answers, address, ancillary)

    def _make_room(self, now: float) -> bool:
        """Forget the handshake that was silent for longest, else such a session; tell whether there was one.

        Handshakes need little silence, so that many that go nowhere keep nobody out.
        """
        unfinished = [one for one in self._sessions.items() if not one[1].session.established]
        left = unfinished or [one for one in self._sessions.items() if now - one[1].heard >= _LEFT_SECONDS]
        if not left:
            return False
        place, association = min(left, key=lambda one: one[1].heard)
        self.intake.counts.refused["DTLS: made room for another"] += 1
        self._forget(place, association)
        return True

    def _turn_away(self, datagram: bytes, peer: str) -> None:
        """Count what belongs to no session."""
        if not datagram:
            self.intake.counts.empty_datagrams += 1
        elif carries_data(datagram):
            self.intake.counts.lost[NO_SESSION] += 1
        elif isinstance(found := guest(datagram, self._settings.transport, complete=True), Guest):
            self._guests.add(found, peer)
        else:
            self.intake.counts.discarded_octets += len(datagram)

    def _settle_up(
        self, place: _Place, association: _Association, answers: list[bytes] | None = None
    ) -> None:
        """Hand over what came, send what must be sent, and see whether the session goes on."""
        session = association.session
        self._give(association)
        self._send([*(answers or []), *session.answers()], association.address, association.ancillary)
        if session.failure is not None:
            phase = "DTLS" if session.established else "DTLS handshake"
            told = advice(session.failure, session.refused)
            self._refusals.add(plain_address(association.address[0]), f"{phase}: {session.failure}", told)
        if session.over:
            self._forget(place, association)

    def _give(self, association: _Association) -> None:
        out, association.frames = association.frames, Frames()
        self.intake.counts.discarded_octets += out.discarded
        if out.frames:
            peer = plain_address(association.address[0])
            arrival = Arrival(time.time_ns(), peer, len(out.frames), association.session.identity)
            self.intake.add(out.frames, [arrival], out.flags)

    def _send(self, datagrams: list[bytes], address: Any, ancillary: _Ancillary) -> None:
        for datagram in datagrams:
            with suppress(OSError):  # lost, as datagrams may be: what matters is sent again
                self._socket.sendmsg([datagram], ancillary, 0, address)

    def _forget(self, place: _Place, association: _Association, *, farewell: bool = True) -> None:
        """End a session; what was begun of a frame is given out."""
        if self._sessions.get(place) is not association:  # forgotten before, or another has taken its place
            return
        del self._sessions[place]
        association.add(association.framer.finish())
        self._give(association)
        if farewell:
            association.session.close()
            self._send(association.session.answers(), association.address, association.ancillary)

    # What time brings.

    def _arm(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_TICK_SECONDS, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if not self.paused:
            now = time.monotonic()
            for place, association in list(self._sessions.items()):
                self._look_after(place, association, now)
        if self._sessions:
            self._arm()

    def _look_after(self, place: _Place, association: _Association, now: float) -> None:
        silence = now - association.heard
        if not association.session.established:
            if now - association.began >= _HANDSHAKE_SECONDS:
                self.intake.counts.refused["DTLS handshake: not completed"] += 1
                self._forget(place, association)
            else:
                association.session.retransmit()
                self._settle_up(place, association)
        elif silence >= (self._settings.idle_seconds or _FORGET_SECONDS):
            self._forget(place, association)
        elif silence >= _SETTLE_SECONDS and association.framer.holding:
            association.add(association.framer.finish())
            self._give(association)

    # The listener as the collector knows it.

    def change(self, settings: ListenerSettings) -> None:
        """Go on with other settings, of the same place. Sessions stay, and keep their ``maximum_octets``."""
        self._settings = settings
        self._receive_buffer = enlarge_receive_buffer(self._socket, settings.receive_buffer, keep=True)

    def stop_reading(self) -> None:
        """Read no more, also not at the end: another listener of ours goes on with the same socket."""
        self.pause()
        self._leaves_rest = True

    def look_at_drops(self) -> None:
        """Take the kernel's count of dropped datagrams."""
        if dropped := self._drops.look():
            self.intake.counts.lost.count(KERNEL_BUFFER_FULL, dropped)

    async def close(self) -> None:
        """Take what the kernel still holds, end all sessions, and give the address back."""
        if self._socket.fileno() < 0:
            return
        self.pause()
        for _ in range(_LAST_DRAINS):
            if self._leaves_rest or not self.read():
                break
            await asyncio.sleep(0)
        if self._timer is not None:
            self._timer.cancel()
        for place, association in list(self._sessions.items()):
            self._forget(place, association)
        self.look_at_drops()
        self._socket.close()

    def report(self) -> dict[str, Any]:
        """Give the listener's state for the status, in JSON's types."""
        return {
            "transport": self._settings.transport,
            "address": self._settings.address,
            "port": self._port,
            "receive_buffer": self._receive_buffer,
            "connections": len(self._sessions),
            **self.intake.counts.report(),
        }
