"""The GELF listeners: UDP with chunks and compression, TCP with objects ended by NUL or LF."""

import asyncio
import time
from typing import Any, Final

from collector.books import PARTS
from collector.datagram_reading import DatagramReader, Received
from collector.datagrams import sort_datagrams
from collector.framing import Framer
from collector.gelf import GelfFramer
from collector.gelf_datagrams import GelfDatagrams
from collector.given import GivenSocket
from collector.intake import Intake
from collector.settings import ListenerSettings
from collector.tcp import StreamConnection
from collector.udp import LARGEST_DATAGRAM, UdpListener

_LOOK_SECONDS: Final = 1.0  # between looks for messages that will never be complete


class GelfConnection(StreamConnection):
    """One connection of a sender of GELF."""

    def make_framer(self) -> Framer:
        """Give what cuts the stream."""
        return GelfFramer(self.listener.maximum_octets)


class GelfListener(UdpListener):
    """One UDP socket for GELF; see ``UdpListener``."""

    def __init__(
        self,
        name: str,
        settings: ListenerSettings,
        intake: Intake,
        *,
        shared: bool,
        given: GivenSocket | None = None,
    ) -> None:
        super().__init__(name, settings, intake, shared=shared, given=given)
        # A datagram is read whole, of whatever size the message in it may be.
        self._reader = DatagramReader(self._socket, LARGEST_DATAGRAM)
        self._datagrams = GelfDatagrams(settings.maximum_octets)
        self._looking: asyncio.TimerHandle | None = None

    def take(self, received: Received) -> None:
        """Take what one drain of the socket received."""
        sorted_out = sort_datagrams(received, time.time_ns(), guests=False)
        self.count(received, sorted_out)
        found = self._datagrams.read(
            sorted_out.frames, sorted_out.arrivals, sorted_out.flags, time.monotonic()
        )
        if parts := len(sorted_out.frames) - len(found.frames) - len(found.guests):
            self.intake.book.count(PARTS, parts)
        counts = self.intake.counts
        counts.discarded_octets += found.discarded
        counts.compressed_datagrams += found.inflated
        for guest, peer in found.guests:
            self.guest_book.add(guest, peer)
        self.intake.add(found.frames, found.arrivals, found.flags)
        self._count_lost()
        if self._datagrams.chunks.incomplete and self._looking is None:
            self._looking = asyncio.get_running_loop().call_later(_LOOK_SECONDS, self._look)

    def change(self, settings: ListenerSettings) -> None:
        """Go on with other settings, of the same place; chunks that have come stay."""
        self._datagrams.maximum_octets = settings.maximum_octets
        super().change(settings)

    def keep_at_most(self, octets: int) -> None:
        """Keep datagrams up to another length whole: here they always are."""

    async def close(self) -> None:
        """Take what the kernel still holds; what is incomplete then is lost."""
        await super().close()
        if self._looking is not None:
            self._looking.cancel()
        self._datagrams.chunks.close()
        self._count_lost()

    def report(self) -> dict[str, Any]:
        """Give the listener's state for the status, in JSON's types."""
        chunks = self._datagrams.chunks
        gelf = {"incomplete": chunks.incomplete, "duplicate_chunks": chunks.duplicates}
        return {**super().report(), "gelf": gelf}

    def _look(self) -> None:
        self._looking = None
        chunks = self._datagrams.chunks
        chunks.expire(time.monotonic())
        self._count_lost()
        if chunks.incomplete:
            self._looking = asyncio.get_running_loop().call_later(_LOOK_SECONDS, self._look)

    def _count_lost(self) -> None:
        lost = self._datagrams.chunks.lost
        self.intake.counts.lost.update(lost)
        lost.clear()
