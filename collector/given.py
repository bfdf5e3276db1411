"""Sockets that another process has opened for us: systemd, or the supervisor (socket activation).

Who starts us can listen on ports that we may not open, and goes on listening while we are started anew, so
that nothing is refused meanwhile. Each socket belongs to one listener: to the one that has its name
(``FileDescriptorName=`` of systemd), or else to the one that is set to its address and port, or path.

The supervisor opens all other sockets, too (``collector.held``), each for one listener, whose name they have
with ``HELD`` after it.
"""

import errno
import logging
import os
import socket
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from collector.errors import ListenerError
from collector.settings import ListenerSettings
from collector.sockets import open_socket

log = logging.getLogger(__name__)

HELD: Final = "/held"  # ends the name of a socket that the supervisor has opened; no listener is called so
_DATAGRAMS: Final = frozenset({"udp", "dtls", "gelf-udp", "unix"})
_ANY: Final = frozenset({"::", "0.0.0.0"})  # noqa: S104 - told apart here, not bound
_MAPPED: Final = "::ffff:"


@dataclass(frozen=True, slots=True)
class GivenSocket:
    """A socket that is open, and whether this is the first of the processes that were given it."""

    opened: socket.socket
    first: bool = True


def open_listening(
    name: str,
    kind: socket.SocketKind,
    settings: ListenerSettings,
    *,
    shared: bool,
    given: GivenSocket | None = None,
) -> socket.socket:
    """Give the socket of a listener: the one that was given, or else a new one (see ``open_socket``).

    Raises:
        ListenerError: when the address cannot be had.
    """
    if given is not None:
        return given.opened
    return open_socket(name, kind, settings.address, settings.port, shared=shared)


def match_sockets(
    given: Sequence[tuple[str, int]], listeners: Mapping[str, ListenerSettings], *, first: bool = True
) -> dict[str, GivenSocket]:
    """Find the listener of each socket.

    Args:
        given: names and numbers of descriptors.
        listeners: by name; those that are not enabled get none.
        first: whether this is the first of the processes that were given them.

    Returns:
        the sockets by listener, non-blocking. One that the supervisor has opened and that has no listener is
        closed: the configuration has changed since, which a reload brings in order.

    Raises:
        ListenerError: when another has no listener, since what is sent there would be received by nobody.
    """
    adopted = adopt_sockets(given)
    held = {name.removesuffix(HELD): one for name, one in adopted if name.endswith(HELD)}
    found: dict[str, GivenSocket] = {}
    for name, opened in held.items():
        if name in listeners and listeners[name].enabled and _is_of_kind(opened, listeners[name]):
            found[name] = GivenSocket(opened)
        else:
            log.warning("listener %s: it is no more in the configuration; run `sysledger reload`", name)
            opened.close()
    theirs = [(name, one) for name, one in adopted if not name.endswith(HELD)]
    rest = {name: one for name, one in listeners.items() if name not in found}
    return found | {name: GivenSocket(one, first) for name, one in listeners_of(theirs, rest).items()}


def adopt_sockets(given: Sequence[tuple[str, int]]) -> list[tuple[str, socket.socket]]:
    """Make sockets, non-blocking, of descriptors.

    Raises:
        ListenerError: when one is none.
    """
    adopted = [(name, _adopt(name, descriptor)) for name, descriptor in given]
    for _, opened in adopted:
        opened.setblocking(False)
    return adopted


def listeners_of(
    given: Sequence[tuple[str, socket.socket]], listeners: Mapping[str, ListenerSettings]
) -> dict[str, socket.socket]:
    """Give the sockets by listener: the one of a socket's name, or of its place.

    Raises:
        ListenerError: when one has no enabled listener.
    """
    enabled = {name: listener for name, listener in listeners.items() if listener.enabled}
    found: dict[str, socket.socket] = {}
    for name, opened in sorted(given, key=lambda one: one[0] not in enabled):
        listener = _listener_of(name, opened, {one: it for one, it in enabled.items() if one not in found})
        if listener is None:
            raise ListenerError(
                f"systemd gives a socket {name!r} for {_place(opened)}, and no enabled listener is left for "
                "it: set FileDescriptorName= of its socket unit to the name of a listener with such a "
                "transport, or address and port of that listener to the socket's"
            )
        found[listener] = opened
    return found


def _adopt(name: str, descriptor: int) -> socket.socket:
    try:
        if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
            return socket.socket(fileno=descriptor)
    except OSError as error:
        if error.errno != errno.EBADF:
            raise
    raise ListenerError(
        f"systemd gives descriptor {descriptor} ({name!r}), which is no socket: use ListenStream= and "
        "ListenDatagram= only, in the socket unit of the service"
    )


def _listener_of(name: str, opened: socket.socket, listeners: Mapping[str, ListenerSettings]) -> str | None:
    if name in listeners and _is_of_kind(opened, listeners[name]):
        return name
    place = _address(opened)
    return next(
        (
            one
            for one, listener in listeners.items()
            if _is_of_kind(opened, listener) and place == _configured_address(listener)
        ),
        None,
    )


def _is_of_kind(opened: socket.socket, listener: ListenerSettings) -> bool:
    if (opened.family == socket.AF_UNIX) != (listener.transport == "unix"):
        return False
    if listener.transport in _DATAGRAMS:
        return opened.type == socket.SOCK_DGRAM
    listening = opened.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    return opened.type == socket.SOCK_STREAM and bool(listening)  # else it is one connection (Accept=yes)


def _address(opened: socket.socket) -> tuple[str, int]:
    name = opened.getsockname()
    if opened.family == socket.AF_UNIX:
        return os.fsdecode(name), 0
    host, port = name[:2]
    return "*" if host in _ANY else host.removeprefix(_MAPPED), port


def _configured_address(listener: ListenerSettings) -> tuple[str, int]:
    if listener.transport == "unix":
        return str(listener.path), 0
    return "*" if listener.address in _ANY else listener.address, listener.port


def _place(opened: socket.socket) -> str:
    host, port = _address(opened)
    if opened.family == socket.AF_UNIX:
        return f"path {host}"
    return f"{'UDP' if opened.type == socket.SOCK_DGRAM else 'TCP'} port {port} on {host.replace('*', '::')}"
