"""Opening a connection to a destination: its addresses, TCP, TLS, and in words why it cannot be had."""

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from typing import Any, Final

from relay.settings import DestinationSettings
from relay.tls import check_fingerprint, tls_context

CONNECT_SECONDS: Final = 20.0  # for all of it
CLOSE_SECONDS: Final = 2.0  # for an orderly end
_NO_TLS: Final = "it speaks no TLS; see to port and protocol"
_OF_NO_TLS: Final = frozenset({"wrong version number", "packet length too long", "record layer failure"})
_KEEPALIVE: Final = (
    (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
    (socket.IPPROTO_TCP, "TCP_KEEPIDLE", 120),  # seconds; else nobody would notice that the peer vanished
    (socket.IPPROTO_TCP, "TCP_KEEPINTVL", 30),
    (socket.IPPROTO_TCP, "TCP_KEEPCNT", 4),
)

_Place = tuple[Any, ...]  # what getaddrinfo gives: family, kind, protocol, name, address


@dataclass(frozen=True, slots=True)
class Opened:
    """An open connection.

    Attributes:
        reader: gives what comes, any encryption removed.
        writer: takes what goes.
        raw: the TCP connection below, which is the writer's own transport where there is no TLS.
    """

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    raw: asyncio.Transport

    def abort(self) -> None:
        """End the connection at once, whatever has not been sent."""
        self.writer.transport.abort()
        self.raw.abort()

    async def close(self) -> None:
        """End the connection in order, or at once when that takes too long."""
        self.writer.close()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.writer.wait_closed()
        except OSError:  # TimeoutError is one
            self.abort()


class _BeforeTls(asyncio.Protocol):
    """Takes what the other side says before TLS, which a TLS server never does, as the end.

    It must not come to be read as if it had come encrypted.
    """

    spoke = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, _data: bytes) -> None:
        self.spoke = True
        assert isinstance(self._transport, asyncio.Transport)  # noqa: S101 - what asyncio gives
        self._transport.abort()


class _Protocol(asyncio.StreamReaderProtocol):
    """Takes the end of what the other side sends as the end of the connection."""

    def eof_received(self) -> bool:
        super().eof_received()
        return False


async def open_connection(settings: DestinationSettings) -> Opened:
    """Open a connection as a destination's settings say.

    Raises:
        OSError: when it cannot be had in time; the message says why.
    """
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            # In a thread, since it reads files.
            context = await asyncio.to_thread(tls_context, settings) if settings.is_encrypted else None
            connection = await _first_that_answers(await _resolve(settings.host, settings.port))
            return await _opened(connection, settings, context)
    except TimeoutError as error:
        if error.errno is not None:  # one with a reason of its own
            raise
        raise TimeoutError(errno.ETIMEDOUT, f"no connection within {CONNECT_SECONDS:.0f} seconds") from error


async def _resolve(host: str, port: int) -> list[_Place]:
    """Look a host up, in a thread that a stopping process need not wait for.

    Raises:
        OSError: when it cannot be found.
    """
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[_Place]] = loop.create_future()

    def tell(places: list[_Place], error: OSError | None) -> None:
        if found.done():
            return
        if error is None:
            found.set_result(places)
        else:
            found.set_exception(error)

    def look() -> None:
        places: list[_Place] = []
        failure: OSError | None = None
        try:
            places = list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            failure = OSError(errno.EHOSTUNREACH, f"{host} cannot be looked up ({reason}); see to host")
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(tell, places, failure)

    Thread(target=look, name=f"look up {host}", daemon=True).start()
    return await found


async def _first_that_answers(places: list[_Place]) -> socket.socket:
    """Connect to the first address that answers; each gets its share of the time.

    Raises:
        OSError: the last one's, when none does.
    """
    failure: OSError = ConnectionError(errno.EHOSTUNREACH, "it has no address")
    for family, kind, protocol, _, address in places:
        try:
            return await _within(
                CONNECT_SECONDS / (len(places) + 1), _connect(family, kind, protocol, address)
            )
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else "no answer"
            failure = OSError(error.errno or errno.ETIMEDOUT, f"{address[0]} port {address[1]}: {reason}")
    raise failure


async def _within(seconds: float, work: Awaitable[socket.socket]) -> socket.socket:
    async with asyncio.timeout(seconds):
        return await work


async def _connect(family: int, kind: int, protocol: int, address: Any) -> socket.socket:
    connection = socket.socket(family, kind, protocol)
    try:
        connection.setblocking(False)
        for level, option, value in _KEEPALIVE:
            with suppress(OSError, AttributeError):  # not every system has every option
                connection.setsockopt(level, getattr(socket, option), value)
        await asyncio.get_running_loop().sock_connect(connection, address)
    except BaseException:
        connection.close()
        raise
    return connection


async def _opened(
    connection: socket.socket, settings: DestinationSettings, context: ssl.SSLContext | None
) -> Opened:
    """Put streams on a connection, with TLS below them where the settings say so.

    Raises:
        OSError: when the other side is not who it should be, or speaks no TLS.
    """
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    protocol = _Protocol(reader)
    if context is None:
        raw, _ = await loop.create_connection(lambda: protocol, sock=connection)
        return Opened(reader, asyncio.StreamWriter(raw, protocol, reader, loop), raw)
    raw, before = await loop.create_connection(_BeforeTls, sock=connection)
    try:
        transport = await _encrypted(raw, protocol, context, settings)
        check_fingerprint(settings, transport)
    except OSError as error:
        raw.abort()
        told = _NO_TLS if before.spoke else in_words(error)
        raise ConnectionError(errno.ECONNABORTED, told) from error
    except BaseException:
        raw.abort()
        raise
    protocol.connection_made(transport)
    return Opened(reader, asyncio.StreamWriter(transport, protocol, reader, loop), raw)


async def _encrypted(
    raw: asyncio.Transport,
    protocol: asyncio.Protocol,
    context: ssl.SSLContext,
    settings: DestinationSettings,
) -> asyncio.Transport:
    """Put TLS on a connection.

    Raises:
        OSError: when the other side does not do its part.
    """
    transport = await asyncio.get_running_loop().start_tls(
        raw,
        protocol,
        context,
        server_hostname=settings.server_name or settings.host,
        ssl_handshake_timeout=CONNECT_SECONDS,
        ssl_shutdown_timeout=CLOSE_SECONDS,
    )
    if transport is None:
        raise ConnectionResetError(errno.ECONNRESET, "the other side has closed")
    return transport


def in_words(error: OSError) -> str:
    """Say why a connection failed, and what to do where that is known."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not accepted: {error.verify_message}; set ca to the file of its authority, "
            "server_name to a name that is in it, or fingerprint to what 'sysledger tls fingerprint' prints"
        )
    if isinstance(error, ssl.SSLError):
        reason = (error.reason or str(error)).lower().replace("_", " ")
        if "alert" in reason and ("certificate" in reason or "unknown ca" in reason):
            return (
                f"it does not accept our certificate ({reason}); set certificate and key, and see that the "
                "other side accepts them"
            )
        return f"{_NO_TLS} ({reason})" if reason in _OF_NO_TLS else f"TLS: {reason}"
    return error.strerror or str(error) or type(error).__name__
