"""The status listener: a small HTTP server that answers while everything else is saturated.

It has a thread and an event loop of its own in the supervisor's process, which handles no messages. Not a
thread a connection (http.server): the time-outs of its sockets are of each call, so that a client that sends
an octet now and then holds its thread for ever, and nothing bounds the number of them. Here a request has one
deadline as a whole, connections have a bound, and past it the oldest goes: so a newcomer is served always,
and an answer takes no longer than a look at the appliance (supervisor/looks.py), which is bounded, too.
"""

import asyncio
import contextlib
import errno
import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from ipaddress import ip_address
from typing import Final

from supervisor.http import HEAD_END, MAXIMUM_HEAD, Answer, Request, encode, parse_request, refusal
from supervisor.looks import Looks, Source
from supervisor.status_pages import HEALTH, answer, health, refused
from supervisor.status_settings import StatusSettings

_LINGER_SECONDS: Final = (
    1.0  # for what a client still sends after our answer: a reset would destroy the answer
)
_LINGER_OCTETS: Final = 1 << 20
_STOP_SECONDS: Final = 5.0
_BACKLOG: Final = 128

log = logging.getLogger(__name__)


class StatusError(Exception):
    """The status listener cannot be had; the message names the setting to change."""

    exit_code = os.EX_UNAVAILABLE


class StatusListener:
    """Serves from ``start`` to ``close``.

    Args:
        settings: where, and within which bounds.
        source: gives the state of the appliance as a document of JSON's types; called in a thread.
        idle_seconds: how long ago the supervisor's own event loop last turned.
    """

    def __init__(
        self, settings: StatusSettings, source: Source, idle_seconds: Callable[[], float] = lambda: 0.0
    ) -> None:
        self._settings = settings
        self._source = source
        self._idle_seconds = idle_seconds
        self._local_only = ip_address(settings.address).is_loopback
        self._connections: dict[asyncio.Task[None], None] = {}  # in the order in which they came
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._running = threading.Event()
        self.url = ""

    def start(self) -> None:
        """Bind, and serve from now on in a thread; ``url`` says where.

        Raises:
            StatusError: when address and port cannot be had.
        """
        bound = _bind(self._settings)
        host, port = bound.getsockname()[:2]
        self.url = f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
        self._thread = threading.Thread(target=self._run, args=(bound,), name="status", daemon=True)
        self._thread.start()
        self._running.wait(_STOP_SECONDS)

    def close(self) -> None:
        """End the answers under way and give the port back. A second time does nothing."""
        if self._thread is None:
            return
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # it has ended by itself
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_STOP_SECONDS)
        self._thread = None

    def _run(self, bound: socket.socket) -> None:
        try:
            asyncio.run(self._serve(bound))
        except Exception:
            log.exception("the status listener ended; the appliance works on without it")
        finally:
            bound.close()
            self._running.set()

    async def _serve(self, bound: socket.socket) -> None:
        self._loop = asyncio.get_running_loop()
        self._looks = Looks(self._source)
        server = await asyncio.start_server(self._connected, sock=bound, limit=MAXIMUM_HEAD, backlog=_BACKLOG)
        self._running.set()
        await self._stop.wait()
        server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine that runs has its task
        if len(self._connections) >= self._settings.connections:
            oldest = next(iter(self._connections))
            del self._connections[oldest]  # at once: others come before it has ended
            oldest.cancel()
        self._connections[task] = None
        try:
            await self._speak(reader, writer)
        except (ConnectionError, TimeoutError, asyncio.CancelledError) as error:
            log.debug("a connection to the status listener ended early: %r", error)
        finally:
            self._connections.pop(task, None)
            writer.transport.abort()  # after a whole answer nothing is left to send

    async def _speak(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request, one answer."""
        head_only, found = await self._heard(reader)
        if found is None:
            return
        writer.write(encode(found, head_only=head_only, now=time.time()))
        async with asyncio.timeout(self._settings.request_seconds):
            await _drained(writer)
        writer.write_eof()
        async with asyncio.timeout(_LINGER_SECONDS):
            await reader.read(_LINGER_OCTETS)

    async def _heard(self, reader: asyncio.StreamReader) -> tuple[bool, Answer | None]:
        """Give whether HEAD was asked for, and the answer; none to a client that went without a request."""
        try:
            async with asyncio.timeout(self._settings.request_seconds):
                head = await reader.readuntil(HEAD_END)
        except asyncio.IncompleteReadError:
            return False, None
        except asyncio.LimitOverrunError:
            return False, refusal(431, f"the header is longer than {MAXIMUM_HEAD:,} octets: send less of it")
        except TimeoutError:
            return False, refusal(408, "no whole request came in time: send it at once")
        request = parse_request(head.removesuffix(HEAD_END))
        if isinstance(request, Answer):
            return False, request
        return request.method == "HEAD", await self._answer(request)

    async def _answer(self, request: Request) -> Answer:
        if (found := refused(request, local_only=self._local_only)) is not None:
            return found
        if request.path == HEALTH:  # needs no look: it answers though the disk hangs
            return health(self._idle_seconds())
        return answer(request, await self._looks.take())


async def _drained(writer: asyncio.StreamWriter) -> None:
    """Wait until the system has taken everything; ``drain`` alone is content with less."""
    writer.transport.set_write_buffer_limits(high=0)
    await writer.drain()


def _bind(settings: StatusSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.address else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((settings.address, settings.port))
        bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        raise StatusError(_explain(error, settings)) from error
    bound.setblocking(False)
    return bound


def _explain(error: OSError, settings: StatusSettings) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"supervisor.status.port: {settings.port} on {settings.address} is taken by another program: "
            "stop that program, or set supervisor.status.port to a free port, or to 0 for any"
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return (
            f"supervisor.status.port: {settings.port} may not be bound by this user: "
            "set supervisor.status.port to 1024 or more"
        )
    return (
        f"supervisor.status.address: {settings.address} cannot be bound ({error.strerror}): "
        "set supervisor.status.address to an address of this machine"
    )
