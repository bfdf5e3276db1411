"""Every transport's listener, by its name in the settings. A new one is a file of its own and a line here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from collector.credentials import ContextMaker, Credentials
from collector.dtls import DtlsListener
from collector.dtls_session import cookie_context
from collector.gelf_listener import GelfConnection, GelfListener
from collector.given import GivenSocket
from collector.intake import Intake
from collector.relp_connection import RelpListener
from collector.settings import ListenerSettings, Transport
from collector.tcp import StreamConnection, StreamListener
from collector.tls import TlsConnection
from collector.tls_context import tls_context
from collector.udp import UdpListener
from collector.unix import UnixListener

Listener = UdpListener | StreamListener | DtlsListener | UnixListener


@dataclass(frozen=True, slots=True)
class Needs:
    """What a listener needs.

    Attributes:
        name: the listener's name.
        settings: its settings.
        intake: takes its messages.
        credentials: reads key and certificates, for contexts that the given function makes.
        shared: whether other collector processes listen at the same place.
        given: the socket, where another process has opened it for us.
    """

    name: str
    settings: ListenerSettings
    intake: Intake
    credentials: Callable[[ContextMaker], Credentials]
    shared: bool
    given: GivenSocket | None


def open_listener(needs: Needs) -> Listener:
    """Open the listener of a transport; it takes messages when it is started.

    Raises:
        ListenerError: when the address cannot be had.
        CertificateError: when a key or certificate cannot be used.
    """
    return _LISTENERS[needs.settings.transport](needs)


def credentials_for(transport: Transport) -> ContextMaker:
    """Give what makes the contexts of a transport inside TLS or DTLS."""
    return cookie_context if transport == "dtls" else tls_context


def _udp(one: Needs) -> Listener:
    return UdpListener(one.name, one.settings, one.intake, shared=one.shared, given=one.given)


def _gelf_udp(one: Needs) -> Listener:
    return GelfListener(one.name, one.settings, one.intake, shared=one.shared, given=one.given)


def _gelf_tcp(one: Needs) -> Listener:
    return _stream(one, GelfConnection)


def _unix(one: Needs) -> Listener:
    return UnixListener(one.name, one.settings, one.intake, given=one.given)


def _dtls(one: Needs) -> Listener:
    credentials = one.credentials(credentials_for("dtls"))
    return DtlsListener(one.name, one.settings, one.intake, credentials, shared=one.shared, given=one.given)


def _stream(one: Needs, connection: Callable[[StreamListener], StreamConnection]) -> Listener:
    return StreamListener(one.name, one.settings, one.intake, connection, shared=one.shared, given=one.given)


def _tcp(one: Needs) -> Listener:
    return _stream(one, StreamConnection)


def _tls(one: Needs) -> Listener:
    credentials = one.credentials(credentials_for("tls"))
    return _stream(one, lambda listener: TlsConnection(listener, credentials))


def _relp(one: Needs) -> Listener:
    return RelpListener(one.name, one.settings, one.intake, None, shared=one.shared, given=one.given)


def _relp_tls(one: Needs) -> Listener:
    credentials = one.credentials(credentials_for("tls"))
    return RelpListener(one.name, one.settings, one.intake, credentials, shared=one.shared, given=one.given)


_LISTENERS: Final[Mapping[Transport, Callable[[Needs], Listener]]] = {
    "udp": _udp,
    "tcp": _tcp,
    "tls": _tls,
    "dtls": _dtls,
    "relp": _relp,
    "relp-tls": _relp_tls,
    "gelf-udp": _gelf_udp,
    "gelf-tcp": _gelf_tcp,
    "unix": _unix,
}
