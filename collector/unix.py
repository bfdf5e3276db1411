"""The listener on a Unix datagram socket, to which the programs of this machine log by syslog(3).

Their messages come without HOSTNAME, and no address is at the other end: the peer is ``local``. A sender
waits while the kernel's queue is full, so that nothing is lost there.
"""

import os
import time
from typing import Any, Final

from collector.books import DATAGRAMS, EMPTY
from collector.datagram_reading import Received
from collector.datagrams import sort_datagrams
from collector.given import GivenSocket
from collector.intake import Intake
from collector.settings import ListenerSettings
from collector.udp import DatagramListener
from collector.unix_socket import UnixSocket

PEER: Final = "local"


class UnixListener(DatagramListener):
    """One Unix datagram socket.

    Args:
        name: the listener's name.
        settings: its settings.
        intake: takes the frames.
        given: the socket, where another process has opened it for us.

    Raises:
        ListenerError: when its path cannot be had.
    """

    def __init__(
        self, name: str, settings: ListenerSettings, intake: Intake, *, given: GivenSocket | None = None
    ) -> None:
        self._own: UnixSocket | None = None
        if given is None:
            self._own = UnixSocket(name, settings)
            opened = self._own.opened
        else:
            opened = given.opened
        super().__init__(name, intake, opened, settings.maximum_octets)
        self._path = os.fsdecode(opened.getsockname())  # an abstract one, as systemd can give, is octets

    def take(self, received: Received) -> None:
        """Take what one drain of the socket received. Who sent it has no address of its own."""
        own = Received(received.octets, received.flags, [(PEER, len(received.octets))])
        datagrams = sort_datagrams(own, time.time_ns(), guests=False)
        counts = self.intake.counts
        counts.octets += sum(map(len, datagrams.frames))
        counts.empty_datagrams += datagrams.empty
        self.intake.book.count(DATAGRAMS, len(received.octets))
        if datagrams.empty:
            self.intake.book.count(EMPTY, datagrams.empty)
        self.intake.add(datagrams.frames, datagrams.arrivals, datagrams.flags)

    def change(self, settings: ListenerSettings) -> None:
        """Go on with other settings, of the same path."""
        super().change(settings)
        if self._own is not None:
            self._own.change_mode(int(settings.mode, 8))

    def forgo(self) -> None:
        """Close the socket unread, before anything was started."""
        super().forgo()
        if self._own is not None:
            self._own.close()

    async def close(self) -> None:
        """Take what the kernel still holds; remove the path, if we have made it."""
        if self._own is not None:
            self._own.retire()
        await super().close()

    def report(self) -> dict[str, Any]:
        """Give the listener's state for the status, in JSON's types."""
        return {"transport": "unix", "address": self._path, "port": 0, **self.intake.counts.report()}
