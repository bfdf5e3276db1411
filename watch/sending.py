"""Sends one canary to one listener, by whichever transport. Each call blocks, for a bounded time.

Nothing is verified of the listener's certificate: what is tried is whether messages arrive, at an address
that this machine's own collector has said it is bound to.
"""

import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Final

from watch.listeners import Place

_READ_OCTETS: Final = 4_096
_LONGEST_ANSWER: Final = 65_536
_RSP: Final = re.compile(rb"([0-9]{1,9}) rsp ([0-9]{1,9})(?: ([0-9]{3})[^\n]*(?:\n[^\n]+)*)?\n", re.ASCII)
_OFFERS: Final = b"relp_version=0\nrelp_software=sysledger-canary\ncommands=syslog"
_OK: Final = b"200"


def send(place: Place, message: bytes, seconds: float) -> None:
    """Send ``message`` through a listener; RELP's acknowledgement is waited for.

    Args:
        place: which listener, and where it is.
        message: one SYSLOG-MSG, or one GELF object.
        seconds: the longest time that one step may take.

    Raises:
        OSError: when it cannot be sent; its text says why.
    """
    _SENDERS[place.listener.transport](place, message, seconds)


def _datagram(place: Place, message: bytes, seconds: float) -> None:
    family = socket.AF_INET6 if ":" in place.address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sender:
        sender.settimeout(seconds)
        sender.connect((place.address, place.port))
        sender.send(message)


def _unix(place: Place, message: bytes, seconds: float) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.settimeout(seconds)  # a queue that is full makes the sender wait
        sender.connect(place.address)
        sender.send(message)


def _tcp(place: Place, message: bytes, seconds: float) -> None:
    with _connected(place, seconds) as stream:
        stream.sendall(_counted(message))


def _tls(place: Place, message: bytes, seconds: float) -> None:
    with _encrypted(place, seconds) as stream:
        stream.sendall(_counted(message))


def _gelf_tcp(place: Place, message: bytes, seconds: float) -> None:
    with _connected(place, seconds) as stream:
        stream.sendall(message + b"\0")


def _relp(place: Place, message: bytes, seconds: float) -> None:
    with _connected(place, seconds) as stream:
        _speak_relp(stream, message)


def _relp_tls(place: Place, message: bytes, seconds: float) -> None:
    with _encrypted(place, seconds) as stream:
        _speak_relp(stream, message)


def _dtls(place: Place, message: bytes, seconds: float) -> None:
    from watch.dtls import send_by_dtls  # noqa: PLC0415 - its library takes 10 MB, which few need

    send_by_dtls(place.address, place.port, _counted(message), seconds)


_SENDERS: Final[Mapping[str, Callable[[Place, bytes, float], None]]] = {
    "udp": _datagram,
    "gelf-udp": _datagram,
    "unix": _unix,
    "tcp": _tcp,
    "tls": _tls,
    "gelf-tcp": _gelf_tcp,
    "relp": _relp,
    "relp-tls": _relp_tls,
    "dtls": _dtls,
}


def _counted(message: bytes) -> bytes:
    """Give a message with octet counting (RFC 6587 section 3.4.1, RFC 5425 section 4.3)."""
    return b"%d %b" % (len(message), message)


@contextmanager
def _connected(place: Place, seconds: float) -> Iterator[socket.socket]:
    with socket.create_connection((place.address, place.port), seconds) as stream:
        yield stream
        with suppress(OSError):
            stream.shutdown(socket.SHUT_WR)


@contextmanager
def _encrypted(place: Place, seconds: float) -> Iterator[socket.socket]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection((place.address, place.port), seconds) as plain,
        context.wrap_socket(plain) as stream,
    ):
        yield stream
        with suppress(OSError):
            stream.unwrap()  # close_notify (RFC 5425 section 4.4)


def _speak_relp(stream: socket.socket, message: bytes) -> None:
    """Send a message in a RELP session of its own, and wait until it is acknowledged."""
    stream.sendall(b"1 open %d %b\n" % (len(_OFFERS), _OFFERS))
    _await_rsp(stream, b"1")
    stream.sendall(b"2 syslog %d %b\n" % (len(message), message))
    _await_rsp(stream, b"2")
    stream.sendall(b"3 close 0\n")
    with suppress(OSError):
        stream.recv(_READ_OCTETS)


def _await_rsp(stream: socket.socket, txnr: bytes) -> None:
    received = b""
    while (found := _RSP.match(received)) is None or len(received) < _end(found):
        octets = stream.recv(_READ_OCTETS)
        if not octets or len(received) > _LONGEST_ANSWER:
            raise ConnectionError(f"it ended the RELP session without an answer ({received[:40]!r})")
        received += octets
    if found[1] != txnr or found[3] != _OK:
        raise ConnectionError(f"it refused the RELP session: {received[:80]!r}")


def _end(rsp: re.Match[bytes]) -> int:
    return rsp.end(2) + 1 + int(rsp[2]) if int(rsp[2]) else rsp.end(2) + 1
