"""The web role: uvicorn on one socket, from bind to the last answer."""

import asyncio
import errno
import logging
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from uvicorn import Config, Server

from access.access import Access
from access.trail import ToListener, telling
from storage.layout import Layout
from web.app import create_app
from web.appliance import Appliance
from web.connection import Connection, Shares
from web.desk import SourceOf
from web.identify import identifier
from web.settings import WebSettings
from web.tls import (
    CertificateFileError,
    CertificateFiles,
    Renewal,
    fingerprint,
    machine_names,
    names,
    server_context,
)
from web.trailing import tell_what_waits
from web.visiting import everybody

_GRACE_SECONDS: Final = 5  # for answers under way when the role stops; longer exports are cut off, visibly
_REPORT_SECONDS: Final = 5.0
_HEADER_OCTETS: Final = 65_536  # of a request: the longest query, every character of it percent-encoded
_CONNECTIONS: Final = 200  # at once; more are answered 503, so that the memory has a bound

log = logging.getLogger(__name__)


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
    appliance: Appliance | None = None,
    trail: Path | None = None,
    numbered: bool = True,
    certificate: CertificateFiles | None = None,
) -> None:
    """Serve the pages over ``layout`` until ``stop`` is set.

    Args:
        settings: where, and within which bounds.
        layout: the data folder that is searched; only accounts and reviews are written to it.
        report: is given the role's state when it changes and every few seconds: ``url``, ``requests``,
            ``waits`` (see ``reviews.standing``), and by TLS the certificate's ``fingerprint``.
        ready: is called once, when requests are accepted.
        stop: ends the role after the answers under way, or a few seconds.
        source_of: see ``create_app``.
        appliance: likewise.
        trail: the socket of the trail's listener; without it nobody is told what is done.
        numbered: whether what it is told bears numbers; not where several collectors each count for itself.
        certificate: the appliance's own, for where the settings want TLS and name none.

    Raises:
        WebError: when the address and port cannot be had.
        CertificateFileError: when there is to be TLS, and the certificate cannot be used.
        DatabaseError: when the accounts cannot be read.
    """
    files, known, state = _identity(settings, certificate)
    tls = None if files is None else server_context(files)
    access = None if settings.sign_in == "off" else opened_access(layout, settings)
    bound = _bind(settings)
    state["url"] = address_url(bound, settings)
    app = create_app(
        layout,
        settings,
        source_of,
        everybody if access is None else identifier(access, settings),
        appliance=appliance,
        access=access,
        names=known,
    )
    server = _Server(_config(app, tls, settings), ready)

    def said() -> dict[str, Any]:
        waits = app.state.desk.reviewing.standing.document()
        return {**state, "requests": server.server_state.total_requests, "waits": waits}

    with bound, telling(None if trail is None else ToListener(trail), numbered=numbered):
        helpers = [
            asyncio.create_task(_stop(server, stop)),
            asyncio.create_task(_report(said, report)),
            asyncio.create_task(_renew(tls, files, state)),
            asyncio.create_task(tell_what_waits(trail, layout.access)),
            asyncio.create_task(app.state.desk.reviewing.keep()),
        ]
        try:
            await server.serve(sockets=[bound])
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
            report(said())
            if access is not None:
                access.close()


def opened_access(layout: Layout, settings: WebSettings) -> Access:
    """Open the accounts, whose sessions last as long as the settings say."""
    return Access(
        layout.access,
        idle_seconds=settings.idle_minutes * 60,
        longest_seconds=settings.session_hours * 3600,
    )


def address_url(bound: socket.socket, settings: WebSettings) -> str:
    """Give the address of the first page on a bound socket."""
    port: int = bound.getsockname()[1]
    return settings.model_copy(update={"port": port}).url


def _identity(
    settings: WebSettings, own: CertificateFiles | None
) -> tuple[CertificateFiles | None, list[str], dict[str, Any]]:
    """Give the pages' certificate, the names of this machine, and what is reported of the certificate."""
    if not settings.is_tls:
        return None, [], {}
    if settings.certificate is not None and settings.key is not None:
        files = CertificateFiles(settings.certificate, settings.key)
    elif own is not None:
        files = own
    else:
        raise WebError("web.certificate: there is none for TLS: name one with its key, or set web.address")
    known = [*machine_names(), *names(files)]
    return files, known, {"fingerprint": fingerprint(files)}


def _config(app: Starlette, tls: ssl.SSLContext | None, settings: WebSettings) -> Config:
    shares = Shares(settings.connections_per_address, settings.proxies)
    config = Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        http=partial(Connection, shares=shares),  # type: ignore[arg-type] # as good as a class
        ws="none",
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=list(settings.proxies),
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        limit_concurrency=_CONNECTIONS,
        h11_max_incomplete_event_size=_HEADER_OCTETS,
    )
    config.load()
    config.ssl = tls  # uvicorn makes its own of file names only
    return config


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


async def _renew(tls: ssl.SSLContext | None, files: CertificateFiles | None, state: dict[str, Any]) -> None:
    """Show a certificate that was renewed on disk, from then on."""
    if tls is None or files is None:
        return
    renewal = Renewal(tls, files)
    while True:
        await asyncio.sleep(_REPORT_SECONDS)
        try:
            if renewal.look():
                state["fingerprint"] = fingerprint(files)
                log.info("the pages have a new certificate: %s", state["fingerprint"])
        except CertificateFileError as error:
            log.warning("the pages keep the old certificate: %s", error)


async def _report(state: Callable[[], dict[str, Any]], report: Callable[[Mapping[str, Any]], None]) -> None:
    while True:
        report(state())
        await asyncio.sleep(_REPORT_SECONDS)
