"""Links to destinations: messages out, and the news that messages have arrived."""

import asyncio
import errno
import fcntl
import struct
import termios
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from relay.connecting import CLOSE_SECONDS, CONNECT_SECONDS, Opened, in_words, open_connection
from relay.reading import Messages
from relay.relp_client import RelpClient, RelpError
from relay.settings import DestinationSettings

TOGETHER: Final = 512  # messages written at a time
_QUEUE_SECONDS: Final = 0.01  # between two looks at what the other kernel has not taken: no event tells
_READ_OCTETS: Final = 65_536
_CLOSED: Final = "the other side has closed"

Arrived = Callable[[int], None]  # is given a seq: it and all before it have arrived


class Link(Protocol):
    """An open connection, as a destination's protocol uses it."""

    def check(self) -> None:
        """See whether the connection is still open.

        Raises:
            ConnectionError: when the other side has ended it.
        """
        ...

    async def deliver(self, messages: Messages, arrived: Arrived) -> None:
        """Send messages and wait until all have arrived.

        Raises:
            OSError: when the connection ends, or the other side stays silent too long.
        """
        ...

    async def close(self) -> None:
        """End the connection in order, in a few seconds at most."""
        ...

    def abort(self) -> None:
        """End the connection at once."""
        ...


async def connect(settings: DestinationSettings) -> Link:
    """Open a link as a destination's settings say.

    Raises:
        OSError: when it cannot be had; the message says why.
    """
    opened = await open_connection(settings)
    if settings.protocol in {"tls", "tcp"}:
        return StreamLink(settings, opened)
    link = RelpLink(settings, opened)
    try:
        await link.open()
    except BaseException:
        opened.abort()
        raise
    return link


class StreamLink:
    """Messages by TCP or TLS: arrived is what the other machine's kernel has taken."""

    def __init__(self, settings: DestinationSettings, opened: Opened) -> None:
        self._settings = settings
        self._opened = opened
        self._end = asyncio.ensure_future(_until_end(opened.reader))

    def check(self) -> None:
        """See whether the connection is still open; see Link."""
        if self._end.done() or self._opened.raw.is_closing():
            told = self._end.result() if self._end.done() else _CLOSED
            raise ConnectionResetError(errno.ECONNRESET, told)

    async def deliver(self, messages: Messages, arrived: Arrived) -> None:
        """Send messages and wait until the other kernel has them; see Link."""
        counted = self._settings.framing == "octet-counted"
        for begin in range(0, len(messages.seqs), TOGETHER):
            some = messages.octets[begin : begin + TOGETHER]
            self._opened.writer.write(framed(some, octet_counting=counted))
            await self._taken()
            arrived(messages.seqs[begin + len(some) - 1])

    async def _taken(self) -> None:
        """Wait until nothing is on its way: not in our buffers, not in the kernel's."""
        left = -1
        until = 0.0
        loop = asyncio.get_running_loop()
        while (now_left := self._queued()) > 0:
            if now_left != left:
                left, until = now_left, loop.time() + self._settings.answer_seconds
            elif loop.time() > until:
                raise TimeoutError(
                    errno.ETIMEDOUT, f"it has taken nothing for {self._settings.answer_seconds:g} seconds"
                )
            await asyncio.wait([self._end], timeout=_QUEUE_SECONDS)

    def _queued(self) -> int:
        """Give the octets that the other side has not taken.

        Raises:
            ConnectionError: when it has ended the connection.
        """
        self.check()
        raw, transport = self._opened.raw, self._opened.writer.transport
        descriptor = raw.get_extra_info("socket").fileno()
        unacknowledged = struct.unpack("i", fcntl.ioctl(descriptor, termios.TIOCOUTQ, b"\0" * 4))[0]
        buffered = raw.get_write_buffer_size()
        if transport is not raw:
            buffered += transport.get_write_buffer_size()
        return int(unacknowledged) + buffered

    async def close(self) -> None:
        """End the connection in order."""
        await self._opened.close()
        self._end.cancel()

    def abort(self) -> None:
        """End the connection at once."""
        self._opened.abort()
        self._end.cancel()


async def _until_end(reader: asyncio.StreamReader) -> str:
    """Read whatever comes, which means nothing here, until the other side closes; say why it did."""
    try:
        while await reader.read(_READ_OCTETS):
            pass
    except OSError as error:
        return in_words(error)
    return _CLOSED


def framed(messages: Sequence[bytes], *, octet_counting: bool) -> bytes:
    """Give messages with their framing (RFC 6587 sections 3.4.1 and 3.4.2); empty ones cannot have any."""
    if octet_counting:
        return b"".join(b"%d %b" % (len(message), message) for message in messages if message)
    return b"".join(b"%b\n" % message for message in messages if message)


class RelpLink:
    """Messages by RELP: arrived is what the server has acknowledged."""

    def __init__(self, settings: DestinationSettings, opened: Opened) -> None:
        self._settings = settings
        self._opened = opened
        self._session = RelpClient()

    def check(self) -> None:
        """See whether the connection is still open; see Link."""
        if self._opened.raw.is_closing():
            raise RelpError(_CLOSED)

    async def open(self) -> None:
        """Begin the session.

        Raises:
            OSError: when the server does not answer as a RELP server does.
        """
        self._opened.writer.write(self._session.open())
        while self._session.sent:
            await self._receive(min(self._settings.answer_seconds, CONNECT_SECONDS))

    async def deliver(self, messages: Messages, arrived: Arrived) -> None:
        """Send messages and wait until each was acknowledged; see Link."""
        session, begin = self._session, 0
        while begin < len(messages.seqs) or session.sent:
            end = session.room(messages.octets, begin, self._settings.window)
            frames = map(session.syslog, messages.seqs[begin:end], messages.octets[begin:end])
            self._opened.writer.write(b"".join(frames))
            begin = end
            await self._receive(self._settings.answer_seconds, arrived)

    async def _receive(self, seconds: float, arrived: Arrived | None = None) -> None:
        try:
            async with asyncio.timeout(seconds):
                octets = await self._opened.reader.read(_READ_OCTETS)
        except TimeoutError as error:
            raise TimeoutError(errno.ETIMEDOUT, f"it gave no answer for {seconds:g} seconds") from error
        if not octets:
            raise RelpError(_CLOSED)
        acknowledged: list[int] = []
        try:
            acknowledged.extend(self._session.receive(octets))  # keeps what came before an answer that raises
        finally:
            if acknowledged and arrived is not None:
                arrived(acknowledged[-1])

    async def close(self) -> None:
        """End the session and the connection in order."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                self._opened.writer.write(self._session.close())
                while self._session.sent:
                    await self._receive(CLOSE_SECONDS)
        except OSError:
            pass  # its answer would change nothing
        await self._opened.close()

    def abort(self) -> None:
        """End the connection at once."""
        self._opened.abort()
