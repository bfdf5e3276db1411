"""The UDP listener (RFC 5426): drains its socket whenever it has datagrams."""

import asyncio
import logging
import socket
import time
from abc import ABC, abstractmethod
from typing import Any, Final

from collector.books import DATAGRAMS, EMPTY
from collector.datagram_reading import DatagramReader, Received
from collector.datagrams import Datagrams, sort_datagrams
from collector.given import GivenSocket, open_listening
from collector.guest_book import GuestBook
from collector.intake import Intake
from collector.kernel_drops import KernelDrops
from collector.settings import ListenerSettings
from collector.sockets import enlarge_receive_buffer

log = logging.getLogger(__name__)

KERNEL_BUFFER_FULL: Final = "kernel buffer full"

_DRAIN: Final = 2048  # datagrams at a time: some 4 ms, then other sockets have their turn
_LAST_DRAINS: Final = 64  # senders that go on may not keep a stopping listener alive
_GATHER_SECONDS: Final = 0.002  # between looks at a socket that has datagrams; see DatagramListener
LARGEST_DATAGRAM: Final = 65_535


class DatagramListener(ABC):
    """One socket for datagrams, read whenever it has some. What they are is for ``take`` to say.

    A drain costs the more for each datagram the fewer there are. So the first datagram is taken at once, and
    after that the socket is looked at by the clock, until a look finds nothing: under load some hundred
    datagrams are there at each look.

    Args:
        name: the listener's name.
        intake: takes the frames.
        opened: the socket, bound and non-blocking.
        octets: the longest datagram that is kept whole.
    """

    def __init__(self, name: str, intake: Intake, opened: socket.socket, octets: int) -> None:
        self.name = name
        self.intake = intake
        self._socket = opened
        self._octets = min(octets, LARGEST_DATAGRAM)
        self._reader = DatagramReader(opened, self._octets)
        self.paused = True
        self._leaves_rest = False
        self._next: asyncio.Handle | None = None  # the next look, while there is no waiting for the socket

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
        """Read again, unless that is over."""
        if self._socket.fileno() < 0:
            return
        self.paused = False
        if self._next is None:
            self._await_datagrams()

    def pause(self) -> None:
        """Leave datagrams to the kernel's buffer."""
        self.paused = True
        asyncio.get_running_loop().remove_reader(self._socket)
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _await_datagrams(self) -> None:
        asyncio.get_running_loop().add_reader(self._socket, self._serve)

    def _serve(self) -> None:
        """Read, and decide when to read again."""
        loop = asyncio.get_running_loop()
        is_first, self._next = self._next is None, None
        try:
            count = self.read()
        except Exception:
            if not self.paused:  # whatever went wrong, the next datagrams are to be read
                self._await_datagrams()
            raise
        if self.paused:  # what was read has filled the hand-off
            return
        if not count:
            self._await_datagrams()
            return
        if is_first:
            loop.remove_reader(self._socket)
        several = count >= _DRAIN
        self._next = loop.call_soon(self._serve) if several else loop.call_later(_GATHER_SECONDS, self._serve)

    def read(self) -> int:
        """Take what there is, but not too much at a time; give how many datagrams it was."""
        try:
            received = self._reader.read(_DRAIN)
        except OSError as error:
            log.warning("listener %s: %s; reading goes on", self.name, error)
            return 0
        if received.octets:
            self.take(received)
        return len(received.octets)

    @abstractmethod
    def take(self, received: Received) -> None:
        """Take what one drain of the socket received, which is something."""

    async def close(self) -> None:
        """Take what the kernel still holds, and give the address back."""
        if self._socket.fileno() < 0:
            return
        self.pause()
        for _ in range(_LAST_DRAINS):
            if self._leaves_rest or not self.read():
                break
            await asyncio.sleep(0)
        self.look_at_drops()
        self._socket.close()

    def keep_at_most(self, octets: int) -> None:
        """Keep datagrams up to another length whole."""
        if self._octets != min(octets, LARGEST_DATAGRAM):
            self._octets = min(octets, LARGEST_DATAGRAM)
            self._reader = DatagramReader(self._socket, self._octets)

    def change(self, settings: ListenerSettings) -> None:
        """Go on with other settings, of the same place and transport."""
        self.keep_at_most(settings.maximum_octets)

    def stop_reading(self) -> None:
        """Read no more, also not at the end: another listener of ours goes on with the same socket."""
        self.pause()
        self._leaves_rest = True

    def look_at_drops(self) -> None:  # noqa: B027 - not every kind of socket counts drops
        """Take the kernel's count of what it dropped, if it has one."""

    @abstractmethod
    def report(self) -> dict[str, Any]:
        """Give the listener's state for the status, in JSON's types."""


class UdpListener(DatagramListener):
    """One UDP socket. What its kernel buffer cannot hold is lost and counted.

    Args:
        name: the listener's name.
        settings: its settings.
        intake: takes the frames.
        shared: whether other collector processes listen there, too.
        given: the socket, where another process has opened it for us.

    Raises:
        ListenerError: when its address cannot be had.
    """

    def __init__(
        self,
        name: str,
        settings: ListenerSettings,
        intake: Intake,
        *,
        shared: bool,
        given: GivenSocket | None = None,
    ) -> None:
        opened = open_listening(name, socket.SOCK_DGRAM, settings, shared=shared, given=given)
        super().__init__(name, intake, opened, settings.maximum_octets)
        self._settings = settings
        self._receive_buffer = enlarge_receive_buffer(
            self._socket, settings.receive_buffer, keep=given is not None
        )
        self._address, self._port = self._socket.getsockname()[:2]
        # The kernel counts by socket: of several processes that read one, the first adds up its drops.
        self._counts_drops = given is None or given.first
        self._drops = KernelDrops(self._socket, intake.book)
        self.guest_book = GuestBook(name, settings.transport, intake.counts)

    def take(self, received: Received) -> None:
        """Take what one drain of the socket received."""
        datagrams = sort_datagrams(received, time.time_ns(), maximum_octets=self._octets)
        self.count(received, datagrams)
        self.intake.add(datagrams.frames, datagrams.arrivals, datagrams.flags)

    def change(self, settings: ListenerSettings) -> None:
        """Go on with other settings, of the same place and transport."""
        super().change(settings)
        self._receive_buffer = enlarge_receive_buffer(self._socket, settings.receive_buffer, keep=True)
        self._settings = settings

    def count(self, received: Received, datagrams: Datagrams) -> None:
        """Count what one drain received, and what was found in it."""
        counts = self.intake.counts
        counts.octets += sum(map(len, received.octets))
        counts.empty_datagrams += datagrams.empty
        self.intake.book.count(DATAGRAMS, len(received.octets))
        if datagrams.empty:
            self.intake.book.count(EMPTY, datagrams.empty)
        counts.discarded_octets += datagrams.discarded
        for guest, peer in datagrams.guests:
            self.guest_book.add(guest, peer)
        counts.compressed_datagrams += datagrams.compressed

    def look_at_drops(self) -> None:
        """Take the kernel's count of dropped datagrams."""
        if self._counts_drops and (dropped := self._drops.look()):
            self.intake.counts.lost.count(KERNEL_BUFFER_FULL, dropped)

    def report(self) -> dict[str, Any]:
        """Give the listener's state for the status, in JSON's types."""
        return {
            "transport": self._settings.transport,
            "address": self._address,
            "port": self._port,
            "receive_buffer": self._receive_buffer,
            **self.intake.counts.report(),
        }
