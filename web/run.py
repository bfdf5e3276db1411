"""The web role: uvicorn on one socket, from bind to the last answer."""

import asyncio
import errno
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any, Final

from uvicorn import Config, Server

from storage.layout import Layout
from web.app import create_app
from web.desk import SourceOf
from web.settings import WebSettings

_GRACE_SECONDS: Final = 5  # for answers under way when the role stops; longer exports are cut off, visibly
_REPORT_SECONDS: Final = 5.0
_HEADER_OCTETS: Final = 65_536  # of a request: the longest query, every character of it percent-encoded
_CONNECTIONS: Final = 200  # at once; more are answered 503, so that the memory has a bound


class WebError(Exception):
    """The pages cannot be served; the message names the setting to change."""


class _Server(Server):
    """Uvicorn under our life cycle: it says when it is bound, and leaves signals to its caller."""

    def __init__(self, config: Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


async def run(  # noqa: PLR0913 - what every role is given, and how messages are read
    settings: WebSettings,
    *,
    layout: Layout,
    report: Callable[[Mapping[str, Any]], None],
    ready: Callable[[], None],
    stop: asyncio.Event,
    source_of: SourceOf | None = None,
) -> None:
    """Serve the pages over ``layout`` until ``stop`` is set.

    Args:
        settings: where, and within which bounds.
        layout: the data folder that is searched; nothing is written to it.
        report: is given the role's state when it changes and every few seconds: ``url`` and ``requests``.
        ready: is called once, when requests are accepted.
        stop: ends the role after the answers under way, or a few seconds.
        source_of: see ``create_app``.

    Raises:
        WebError: when the address and port cannot be had.
    """
    bound = _bind(settings)
    url = address_url(bound)
    app = create_app(layout, settings, source_of)
    server = _Server(
        Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            http="h11",
            ws="none",
            proxy_headers=False,  # nobody stands before us whose word on the client's address would count
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
            limit_concurrency=_CONNECTIONS,
            h11_max_incomplete_event_size=_HEADER_OCTETS,
        ),
        ready,
    )

    def state() -> dict[str, Any]:
        return {"url": url, "requests": server.server_state.total_requests}

    with bound:
        helpers = [asyncio.create_task(_stop(server, stop)), asyncio.create_task(_report(state, report))]
        try:
            await server.serve(sockets=[bound])
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
            report(state())


def address_url(bound: socket.socket) -> str:
    """Give the address of the first page on a bound socket."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _bind(settings: WebSettings) -> socket.socket:
    family = socket.AF_INET if ip_address(settings.address).version == 4 else socket.AF_INET6  # noqa: PLR2004 - IPv4
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((settings.address, settings.port))
        bound.listen()
    except OSError as error:
        bound.close()
        raise WebError(_explain(error, settings)) from error
    bound.setblocking(False)
    return bound


def _explain(error: OSError, settings: WebSettings) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"web.port: {settings.port} on {settings.address} is taken by another program: "
            "stop that program, or set web.port to a free port"
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"web.port: {settings.port} may not be bound by this user: set web.port to 1024 or more"
    reason = f"{settings.address} cannot be bound ({error.strerror})"
    return f"web.address: {reason}: set web.address to 127.0.0.1 or ::1"


async def _stop(server: Server, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True


async def _report(state: Callable[[], dict[str, Any]], report: Callable[[Mapping[str, Any]], None]) -> None:
    while True:
        report(state())
        await asyncio.sleep(_REPORT_SECONDS)
