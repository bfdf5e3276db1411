"""Sockets that another process has opened for us: systemd, or the supervisor (socket activation).

Who starts us can listen on ports that we may not open, and goes on listening while we are started anew, so
that nothing is refused meanwhile. Each socket belongs to one listener: to the one that has its name
(``FileDescriptorName=`` of systemd), or else to the one that is set to its address and port, or path.
"""

import errno
import os
import socket
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from collector.errors import ListenerError
from collector.settings import CollectorSettings, ListenerSettings
from collector.sockets import open_socket
from collector.unix_socket import UnixSocket

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
        the sockets by listener, non-blocking.

    Raises:
        ListenerError: when one has no listener, since what is sent there would be received by nobody.
    """
    enabled = {name: listener for name, listener in listeners.items() if listener.enabled}
    found: dict[str, GivenSocket] = {}
    for name, descriptor in sorted(given, key=lambda one: one[0] not in enabled):
        opened = _adopt(name, descriptor)
        listener = _listener_of(name, opened, {one: it for one, it in enabled.items() if one not in found})
        if listener is None:
            raise ListenerError(
                f"systemd gives a socket {name!r} for {_place(opened)}, and no enabled listener is left for "
                "it: set FileDescriptorName= of its socket unit to the name of a listener with such a "
                "transport, or address and port of that listener to the socket's"
            )
        opened.setblocking(False)
        found[listener] = GivenSocket(opened, first)
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


def _retire(opened: Iterable[UnixSocket]) -> None:
    for one in opened:
        one.retire()


@contextmanager
def opened_for_all(
    settings: CollectorSettings, given: Sequence[tuple[str, int]]
) -> Iterator[tuple[list[tuple[str, int]], Callable[[], None]]]:
    """Open what several collector processes cannot each open for themselves: the Unix sockets.

    Args:
        settings: the collector's.
        given: the sockets that are there already, by name and descriptor.

    Returns:
        all of them, by listener's name and descriptor; and what to call before the collectors are stopped
        for good, so that nothing is sent to a socket that nobody will read any more. Everything is closed at
        the end, and the paths that were made here are removed.

    Raises:
        ListenerError: when a socket has no listener, or a path cannot be had.
    """
    matched = match_sockets(given, settings.listeners)
    opened: dict[str, UnixSocket] = {}
    try:
        for name, listener in settings.listeners.items():
            if listener.enabled and listener.transport == "unix" and name not in matched:
                opened[name] = UnixSocket(name, listener)
        theirs = [(name, one.opened.fileno()) for name, one in matched.items()]
        ours = [(name, one.opened.fileno()) for name, one in opened.items()]
        yield [*theirs, *ours], partial(_retire, opened.values())
    finally:
        for made in opened.values():
            made.close()
        for one in matched.values():
            one.opened.close()
