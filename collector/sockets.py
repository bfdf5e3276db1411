"""Opening the sockets that listeners listen on."""

import errno
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from collector.errors import ListenerError

_ANY_ADDRESS: Final = "::"
BACKLOG: Final = 4096  # connections that wait while we are busy
_SO_RCVBUFFORCE: Final = 33  # Linux, asm-generic/socket.h; needs CAP_NET_ADMIN
_SO_MEMINFO: Final = 55  # Linux, asm-generic/socket.h: nine numbers about the socket's memory ...
_MEMORY_NUMBERS: Final = struct.Struct("=9I")
_DROPS: Final = 8  # ... of which this is the number of datagrams that its buffer refused
_RMEM_MAX: Final = Path("/proc/sys/net/core/rmem_max")
_NO_IPV6: Final = frozenset({errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EINVAL})


def open_socket(
    name: str, kind: socket.SocketKind, address: str, port: int, *, shared: bool
) -> socket.socket:
    """Give a bound, non-blocking socket; one for streams listens already.

    Args:
        name: the listener's name, for errors.
        kind: SOCK_DGRAM or SOCK_STREAM.
        address: numeric or a host name; "::" is every address, and every IPv4 address where there is no IPv6.
        port: 0 takes any.
        shared: whether other collector processes listen there, too (SO_REUSEPORT).

    Raises:
        ListenerError: which names the setting to change.
    """
    try:
        if address == _ANY_ADDRESS and not socket.has_ipv6:
            return _open(kind, "0.0.0.0", port, shared=shared)  # noqa: S104 - every address is what was asked for
        return _open(kind, address, port, shared=shared)
    except OSError as error:
        if address == _ANY_ADDRESS and error.errno in _NO_IPV6:
            return open_socket(name, kind, "0.0.0.0", port, shared=shared)  # noqa: S104 - as above
        raise ListenerError(_explain(name, kind, address, port, error)) from error


def _open(kind: socket.SocketKind, address: str, port: int, *, shared: bool) -> socket.socket:
    found = socket.getaddrinfo(address, port, type=kind, flags=socket.AI_PASSIVE)
    family, _, _, _, place = found[0]
    opened = socket.socket(family, kind)
    try:
        opened.setblocking(False)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if address == _ANY_ADDRESS else 1)
        if shared:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if kind == socket.SOCK_STREAM:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(place)
        if kind == socket.SOCK_STREAM:
            opened.listen(BACKLOG)
    except OSError:
        opened.close()
        raise
    return opened


def unbound_beside(first: socket.socket) -> socket.socket:
    """Give a socket like ``first``, which must be shared; ``bind_beside`` is what brings anything to it."""
    opened = socket.socket(first.family, first.type)
    opened.setblocking(False)
    if first.family == socket.AF_INET6:
        only = first.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if first.type == socket.SOCK_STREAM:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return opened


def bind_beside(opened: socket.socket, first: socket.socket) -> None:
    """Bind a socket of ``unbound_beside``; one for streams listens then.

    Raises:
        OSError: when it cannot be bound, which nothing of ours makes so.
    """
    opened.bind(first.getsockname())
    if opened.type == socket.SOCK_STREAM:
        opened.listen(BACKLOG)


def _explain(name: str, kind: socket.SocketKind, address: str, port: int, error: OSError) -> str:
    setting = f"collector.listeners.{name}"
    place = f"{'UDP' if kind == socket.SOCK_DGRAM else 'TCP'} port {port} on {address}"
    if error.errno == errno.EADDRINUSE:
        return (
            f"{setting}: {place} is taken by another program: "
            f"stop that program, or set {setting}.port to a free port"
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return (
            f"{setting}: {place} may not be bound by this user: set {setting}.port to 1024 or more, "
            "or give the service the capability CAP_NET_BIND_SERVICE"
        )
    return (
        f"{setting}: {place} cannot be bound ({error.strerror or error}): "
        f"set {setting}.address to an address of this machine"
    )


def enlarge_receive_buffer(opened: socket.socket, octets: int, *, keep: bool = False) -> int:
    """Ask for a receive buffer, past the system's limit where we may; give what was granted, in octets.

    Linux reports twice what it grants, because it counts its own bookkeeping (socket(7)).

    Args:
        opened: the socket.
        octets: what to ask for; 0 for nothing.
        keep: whether the buffer is kept when it has more already, as one may that systemd has opened.
    """
    granted = opened.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2
    if octets and not (keep and granted >= min(octets, _largest_receive_buffer())):
        with suppress(OSError):
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, octets)
    if octets and not (keep and granted >= octets):
        with suppress(OSError):
            opened.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, octets)
    return opened.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2


def dropped_datagrams(opened: socket.socket) -> int | None:
    """Give how many datagrams the kernel dropped at a socket since that was opened, modulo 2**32.

    Exact at any time, also for what was dropped after the last datagram that was read (as SO_RXQ_OVFL, which
    comes with datagrams, is not). None where that is not known: elsewhere than on Linux, since 4.12.
    """
    with suppress(OSError):
        numbers = opened.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMORY_NUMBERS.size)
        if len(numbers) == _MEMORY_NUMBERS.size:
            return int(_MEMORY_NUMBERS.unpack(numbers)[_DROPS])
    return None


def _largest_receive_buffer() -> int:
    """What the system grants to everybody, in octets."""
    with suppress(OSError, ValueError):
        return int(_RMEM_MAX.read_text("ascii"))
    return sys.maxsize
