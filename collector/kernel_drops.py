"""How many datagrams the kernel dropped at a socket, since the books last heard of that socket.

A socket outlives a collector process when another process holds it; its count goes on. The socket's cookie
(SO_COOKIE) tells which socket a count is of, so that what was dropped while no collector ran is counted, and
nothing twice.
"""

import socket
from contextlib import suppress
from itertools import count
from typing import Final

from collector.listener_book import ListenerBook
from collector.sockets import dropped_datagrams

_SO_COOKIE: Final = 57  # Linux, asm-generic/socket.h: 64 bits, for no other socket since the machine started
_COOKIE_OCTETS: Final = 8
_WRAP: Final = 1 << 32  # the kernel's count begins anew there

_unknown = count(-1, -1)


class KernelDrops:
    """Adds up the drops of one socket in the books.

    Args:
        opened: the socket.
        book: its listener's.
    """

    def __init__(self, opened: socket.socket, book: ListenerBook) -> None:
        self._socket = opened
        self._book = book
        self._cookie = cookie_of(opened)

    def look(self) -> int:
        """Count what was dropped since the books last looked, and give how many that is."""
        now = dropped_datagrams(self._socket)
        if now is None:
            return 0
        book = self._book.book
        dropped = (now - book.drops.get(self._cookie, 0)) % _WRAP
        if dropped:
            book.kernel_dropped(self._book.listener, self._cookie, now, dropped)
        return dropped


def cookie_of(opened: socket.socket) -> int:
    """Give what no other socket has; below 0 where the kernel says nothing (before Linux 4.12)."""
    with suppress(OSError):
        octets = opened.getsockopt(socket.SOL_SOCKET, _SO_COOKIE, _COOKIE_OCTETS)
        if len(octets) == _COOKIE_OCTETS:
            return int.from_bytes(octets, "little")
    return next(_unknown)
