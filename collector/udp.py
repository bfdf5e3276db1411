"""The UDP listener (RFC 5426): drains its socket whenever it has datagrams."""

import asyncio
import logging
import os
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import repeat
from operator import itemgetter
from typing import Any, Final

from collector.datagrams import (
    ANCILLARY_OCTETS,
    SO_RXQ_OVFL,
    Datagrams,
    DropCounter,
    Received,
    sort_datagrams,
)
from collector.given import GivenSocket, open_listening
from collector.guest_book import GuestBook
from collector.intake import Intake
from collector.settings import ListenerSettings
from collector.sockets import enlarge_receive_buffer

log = logging.getLogger(__name__)

KERNEL_BUFFER_FULL: Final = "kernel buffer full"

_DRAIN: Final = 2048  # datagrams at a time: some 4 ms, then other sockets have their turn
_LAST_DRAINS: Final = 64  # senders that go on may not keep a stopping listener alive
LARGEST_DATAGRAM: Final = 65_535
_FIRST: Final = itemgetter(0)


class DatagramListener:
    """One socket for datagrams, read whenever it has some. What they are is for ``take`` to say.

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

    async def start(self) -> None:
        """Take datagrams from now on."""
        self.resume()

    def resume(self) -> None:
        """Read again."""
        asyncio.get_running_loop().add_reader(self._socket, self.read)

    def pause(self) -> None:
        """Leave datagrams to the kernel's buffer."""
        asyncio.get_running_loop().remove_reader(self._socket)

    def read(self) -> bool:
        """Take what there is, but not too much at a time; tell whether there was anything."""
        received: list[Received] = []
        try:
            # The list keeps what it got before the call that finds the socket empty raises.
            received.extend(map(self._socket.recvmsg, repeat(self._octets, _DRAIN), repeat(ANCILLARY_OCTETS)))
        except BlockingIOError:
            pass
        except OSError as error:
            log.warning("listener %s: %s; reading goes on", self.name, error)
        if received:
            self.take(received)
        return bool(received)

    def take(self, received: list[Received]) -> None:
        """Take what one drain of the socket received, which is something."""
        raise NotImplementedError

    async def close(self) -> None:
        """Take what the kernel still holds, and give the address back."""
        if self._socket.fileno() < 0:
            return
        self.pause()
        for _ in range(_LAST_DRAINS):
            if not self.read():
                break
            await asyncio.sleep(0)
        self._socket.close()

    def report(self) -> dict[str, Any]:
        """Give the listener's state for the status, in JSON's types."""
        raise NotImplementedError


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
        with suppress(OSError):  # Linux only; elsewhere drops stay unknown
            self._socket.setsockopt(socket.SOL_SOCKET, SO_RXQ_OVFL, 1)
        self._address, self._port = self._socket.getsockname()[:2]
        self._inode = os.fstat(self._socket.fileno()).st_ino
        # The kernel counts by socket: of several processes that read one, the first adds up its drops.
        self._counts_drops = given is None or given.first
        self._drops = DropCounter()
        self.guest_book = GuestBook(name, settings.transport, intake.counts)

    def take(self, received: list[Received]) -> None:
        """Take what one drain of the socket received."""
        datagrams = sort_datagrams(received, time.time_ns(), maximum_octets=self._octets)
        self.count(received, datagrams)
        self.intake.add(datagrams.frames, datagrams.arrivals, datagrams.flags)

    def count(self, received: Sequence[Received], datagrams: Datagrams) -> None:
        """Count what one drain received, and what was found in it."""
        counts = self.intake.counts
        counts.octets += sum(map(len, map(_FIRST, received)))
        counts.empty_datagrams += datagrams.empty
        if datagrams.dropped is not None:
            self._count_dropped(datagrams.dropped)
        counts.discarded_octets += datagrams.discarded
        for guest, peer in datagrams.guests:
            self.guest_book.add(guest, peer)
        counts.compressed_datagrams += datagrams.compressed

    def look_at_drops(self, drops: Mapping[int, int]) -> None:
        """Take the kernel's counts of dropped datagrams, by inode of the socket."""
        if self._inode in drops:
            self._count_dropped(drops[self._inode])

    def _count_dropped(self, count: int) -> None:
        if self._counts_drops and (dropped := self._drops.advance(count)):
            self.intake.counts.lost[KERNEL_BUFFER_FULL] += dropped

    def report(self) -> dict[str, Any]:
        """Give the listener's state for the status, in JSON's types."""
        return {
            "transport": self._settings.transport,
            "address": self._address,
            "port": self._port,
            "receive_buffer": self._receive_buffer,
            **self.intake.counts.report(),
        }
