"""The UDP listener (RFC 5426): drains its socket whenever it has datagrams."""

import asyncio
import logging
import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from itertools import repeat
from typing import Any, Final

from collector.datagrams import (
    ANCILLARY_OCTETS,
    SO_RXQ_OVFL,
    DropCounter,
    Received,
    sort_datagrams,
)
from collector.intake import Intake
from collector.settings import ListenerSettings
from collector.sockets import enlarge_receive_buffer, open_socket

log = logging.getLogger(__name__)

KERNEL_BUFFER_FULL: Final = "kernel buffer full"

_DRAIN: Final = 2048  # datagrams at a time: some 4 ms, then other sockets have their turn
_LAST_DRAINS: Final = 64  # senders that go on may not keep a stopping listener alive
_LARGEST_DATAGRAM: Final = 65_535


class UdpListener:
    """One UDP socket.

    Args:
        name: the listener's name.
        settings: its settings.
        intake: takes the frames.
        shared: whether other collector processes listen there, too.

    Raises:
        ListenerError: when its address cannot be had.
    """

    def __init__(self, name: str, settings: ListenerSettings, intake: Intake, *, shared: bool) -> None:
        self.name = name
        self.intake = intake
        self._address = settings.address
        self._socket = open_socket(name, socket.SOCK_DGRAM, settings.address, settings.port, shared=shared)
        self._receive_buffer = enlarge_receive_buffer(self._socket, settings.receive_buffer)
        with suppress(OSError):  # Linux only; elsewhere drops stay unknown
            self._socket.setsockopt(socket.SOL_SOCKET, SO_RXQ_OVFL, 1)
        self._port = self._socket.getsockname()[1]
        self._octets = min(settings.maximum_octets, _LARGEST_DATAGRAM)
        self._inode = os.fstat(self._socket.fileno()).st_ino
        self._drops = DropCounter()
        self._told_compressed = False

    async def start(self) -> None:
        """Take datagrams from now on."""
        self.resume()

    def resume(self) -> None:
        """Read again."""
        asyncio.get_running_loop().add_reader(self._socket, self.read)

    def pause(self) -> None:
        """Leave datagrams to the kernel's buffer; what it cannot hold, it counts."""
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
            self._take(received)
        return bool(received)

    def _take(self, received: list[Received]) -> None:
        datagrams = sort_datagrams(received, time.time_ns())
        counts = self.intake.counts
        counts.octets += sum(map(len, datagrams.frames))
        counts.empty_datagrams += datagrams.empty
        if datagrams.dropped is not None:
            self._count_dropped(datagrams.dropped)
        if datagrams.compressed:
            self._tell_compressed(datagrams.arrivals[0].peer)
        self.intake.add(datagrams.frames, datagrams.arrivals, datagrams.flags)

    def look_at_drops(self, drops: Mapping[int, int]) -> None:
        """Take the kernel's counts of dropped datagrams, by inode of the socket."""
        if self._inode in drops:
            self._count_dropped(drops[self._inode])

    def _count_dropped(self, count: int) -> None:
        if dropped := self._drops.advance(count):
            self.intake.counts.lost[KERNEL_BUFFER_FULL] += dropped

    def _tell_compressed(self, peer: str) -> None:
        self.intake.counts.compressed_datagrams += 1
        if not self._told_compressed:
            self._told_compressed = True
            log.error(
                "listener %s: %s sends compressed datagrams, which are kept as they are and cannot be read: "
                'switch compression.mode="single" off there',
                self.name,
                peer,
            )

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
        return {
            "transport": "udp",
            "address": self._address,
            "port": self._port,
            "receive_buffer": self._receive_buffer,
            **self.intake.counts.report(),
        }
