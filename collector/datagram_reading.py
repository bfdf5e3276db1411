"""Reading a datagram socket: many datagrams in one system call where Linux has recvmmsg(2), else one by one.

The kernel puts each datagram into a slot of memory that is there for as long as the socket is. Nothing is
done for a single datagram but to copy it from its slot; addresses are compared as the octets that they are,
and only those that differ from the one before are read.

UDP_GRO, by which one call gives several datagrams glued together, is not asked for: the kernel then counts
what it drops by glued lumps, so that losses could not be told exactly.
"""

import ctypes
import errno
import mmap
import os
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, repeat
from operator import getitem, itemgetter
from typing import Any, Final

from collector.message_headers import FIELDS_ARE_KNOWN, MessageHeader, Piece
from collector.peers import plain_address

_AT_ONCE: Final = 64  # datagrams a call: what a call costs hardly shows any more
_HEADER: Final = ctypes.sizeof(MessageHeader)
_FIELD: Final = ctypes.sizeof(ctypes.c_uint)
_ADDRESSES: Final = {socket.AF_INET: slice(4, 8), socket.AF_INET6: slice(8, 28)}  # in a sockaddr
_IPV6_OCTETS: Final = 16  # the scope follows
_NAME_OCTETS: Final = 32  # a slot for a sockaddr_in6, which has 28
_EMPTY: Final = frozenset({errno.EAGAIN, errno.EWOULDBLOCK})

Runs = Sequence[tuple[str, int]]  # a peer, without port, and how many datagrams of it follow each other


@dataclass(frozen=True, slots=True)
class Received:
    """What one drain of a socket gave, in order."""

    octets: Sequence[bytes]
    flags: Sequence[int]  # of recvmsg(2), such as MSG_TRUNC
    runs: Runs


class DatagramReader:
    """Reads one socket.

    Args:
        opened: the socket, non-blocking.
        octets: the longest datagram that is kept whole.
        many: whether to use recvmmsg(2) where it is there.
    """

    def __init__(self, opened: socket.socket, octets: int, *, many: bool = True) -> None:
        self._read: Callable[[], Received] = (
            _ManyAtOnce(opened, octets).read
            if many and RECVMMSG is not None
            else _OneByOne(opened, octets).read
        )

    def read(self, most: int) -> Received:
        """Take what is there, until there are ``most`` datagrams or some more.

        Raises:
            OSError: an error that waited at the socket, before any datagram.
        """
        octets: list[bytes] = []
        flags: list[int] = []
        runs: list[tuple[str, int]] = []
        while len(octets) < most:
            try:
                received = self._read()
            except OSError:
                if not octets:
                    raise
                break
            octets += received.octets
            flags += received.flags
            _append(runs, received.runs)
            if len(received.octets) < _AT_ONCE:
                break
        return Received(octets, flags, runs)


def _append(runs: list[tuple[str, int]], more: Runs) -> None:
    """Append runs; those of one peer that meet become one."""
    if runs and more and runs[-1][0] == more[0][0]:
        runs[-1] = (more[0][0], runs[-1][1] + more[0][1])
        more = more[1:]
    runs += more


def _recvmmsg() -> Callable[..., int] | None:
    try:
        found = ctypes.CDLL(None, use_errno=True).recvmmsg if FIELDS_ARE_KNOWN else None
    except (AttributeError, OSError):  # a C library without it
        return None
    if found is not None:
        found.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p)
    return found


RECVMMSG: Final = _recvmmsg()


class _OneByOne:
    """One datagram a call, by what Python has."""

    def __init__(self, opened: socket.socket, octets: int) -> None:
        self._socket = opened
        self._octets = octets
        self._is_internet = opened.family in _ADDRESSES

    def read(self) -> Received:
        rows: list[tuple[bytes, Any, int, Any]] = []
        try:
            # The list keeps what it got before the call that finds the socket empty raises.
            rows.extend(map(self._socket.recvmsg, repeat(self._octets, _AT_ONCE)))
        except BlockingIOError:
            pass
        except OSError:
            if not rows:
                raise
        if not rows:
            return Received((), (), ())
        octets, _, flags, addresses = zip(*rows, strict=True)
        hosts = map(itemgetter(0), addresses) if self._is_internet else repeat("", len(rows))
        return Received(
            octets, flags, [(plain_address(host), len(list(run))) for host, run in groupby(hosts)]
        )


class _ManyAtOnce:
    """Up to _AT_ONCE datagrams a call, by recvmmsg(2)."""

    def __init__(self, opened: socket.socket, octets: int) -> None:
        assert RECVMMSG is not None  # noqa: S101 - who makes this has looked
        self._call = RECVMMSG
        self._descriptor = opened.fileno
        self._address = _ADDRESSES.get(opened.family)
        # Fresh pages: of a slot that only short datagrams come to, the first one or two are ever in memory.
        memory = mmap.mmap(-1, octets * _AT_ONCE)
        first_octet = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        names = (ctypes.c_char * (_NAME_OCTETS * _AT_ONCE))()
        pieces = (Piece * _AT_ONCE)()
        headers = (MessageHeader * _AT_ONCE)()
        for number in range(_AT_ONCE):
            pieces[number] = Piece(first_octet + number * octets, octets)
            header = headers[number]
            header.name = ctypes.addressof(names) + number * _NAME_OCTETS
            header.name_octets = _NAME_OCTETS
            header.pieces = ctypes.addressof(pieces) + number * ctypes.sizeof(Piece)
            header.piece_count = 1
        self._owned = pieces, headers
        self._where = ctypes.addressof(headers)
        self._names = memoryview(names).cast("B")
        self._headers = memoryview(headers).cast("B")
        self._unused = bytes(self._headers)
        fields = self._headers.cast("I")
        self._lengths = fields[MessageHeader.octets.offset // _FIELD :: _HEADER // _FIELD]
        self._flags = fields[MessageHeader.flags.offset // _FIELD :: _HEADER // _FIELD]
        view = memoryview(memory)
        self._slots = [view[number * octets : (number + 1) * octets] for number in range(_AT_ONCE)]

    def read(self) -> Received:
        self._headers[:] = self._unused
        count = self._call(self._descriptor(), self._where, _AT_ONCE, socket.MSG_DONTWAIT, None)
        if count <= 0:
            return _nothing(ctypes.get_errno())
        lengths = self._lengths[:count].tolist()
        octets = list(map(bytes, map(getitem, self._slots, map(slice, lengths))))
        return Received(octets, self._flags[:count].tolist(), self._runs(count))

    def _runs(self, count: int) -> Runs:
        if self._address is None:
            return [("", count)]
        names = self._names[: count * _NAME_OCTETS].tobytes()
        if names == names[:_NAME_OCTETS] * count:
            return [(_host(names[self._address]), count)]
        first, last = self._address.start, self._address.stop
        each = [names[at + first : at + last] for at in range(0, count * _NAME_OCTETS, _NAME_OCTETS)]
        return [(_host(address), len(list(run))) for address, run in groupby(each)]


@lru_cache(maxsize=4096)
def _host(address: bytes) -> str:
    """Give an address as text: IPv4, or IPv6 with its scope, as recvmsg(2) of Python has it."""
    if len(address) < _IPV6_OCTETS:
        return socket.inet_ntop(socket.AF_INET, address)
    text = plain_address(socket.inet_ntop(socket.AF_INET6, address[:_IPV6_OCTETS]))
    scope = int.from_bytes(address[_IPV6_OCTETS:], sys.byteorder)
    return f"{text}%{_interface(scope)}" if scope else text


def _interface(number: int) -> str:
    """Give an interface's name; its number when there is none, such as one that is gone by now."""
    try:
        return socket.if_indextoname(number)
    except OSError:
        return str(number)


def _nothing(number: int) -> Received:
    if number not in _EMPTY:
        raise OSError(number, os.strerror(number))
    return Received((), (), ())
