"""What came from a UDP socket, put in order (RFC 5426): a datagram is a frame (section 3.1).

Everything here works on a whole drain of the socket at a time.
"""

import re
import socket
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress, groupby
from operator import itemgetter
from typing import Any, Final

from collector.peers import plain_address
from parsers.pipeline import Arrival
from parsers.schema import Flag

SO_RXQ_OVFL: Final = (
    40  # Linux, asm-generic/socket.h: the number of datagrams that the socket's buffer refused
)
ANCILLARY_OCTETS: Final = socket.CMSG_SPACE(struct.calcsize("=I"))

_FIRST: Final = itemgetter(0)
_COMPRESSED: Final = re.compile(rb"zx[\x01\x5e\x9c\xda]")  # rsyslog's compression.mode="single"
_WRAP: Final = 1 << 32

# What socket.recvmsg gives: octets, ancillary data, flags, address.
Received = tuple[bytes, Sequence[tuple[int, int, bytes]], int, Any]


@dataclass(frozen=True, slots=True)
class Datagrams:
    """A drain's worth of frames. ``flags`` is sparse, by number of the frame."""

    frames: Sequence[bytes]
    arrivals: list[Arrival]
    flags: dict[int, tuple[Flag, ...]]
    empty: int  # datagrams without an octet: counted, never records (RFC 5426 has no such message)
    dropped: (
        int | None
    )  # the kernel's count since the socket was opened, modulo 2**32; None when it says nothing
    compressed: bool  # whether the first one is compressed, which needs an operator


def sort_datagrams(received: Sequence[Received], received_at: int) -> Datagrams:
    """Make frames and arrivals of what one drain received.

    Args:
        received: at least one of what socket.recvmsg gave, in order.
        received_at: nanoseconds since 1970, for all of them.
    """
    octets, ancillary, flags, addresses = zip(*received, strict=True)
    dropped = dropped_count(next(filter(None, reversed(ancillary)), ()))
    empty = octets.count(b"")
    if empty:
        octets, flags, addresses = (tuple(compress(column, octets)) for column in (octets, flags, addresses))
    truncated: dict[int, tuple[Flag, ...]] = {}
    if any(flags):
        truncated = {
            number: (Flag.TRUNCATED,) for number, flag in enumerate(flags) if flag & socket.MSG_TRUNC
        }
    return Datagrams(
        frames=octets,
        arrivals=_arrivals(addresses, received_at),
        flags=truncated,
        empty=empty,
        dropped=dropped,
        compressed=bool(octets) and _COMPRESSED.match(octets[0]) is not None,
    )


def _arrivals(addresses: Sequence[Any], received_at: int) -> list[Arrival]:
    if addresses and addresses.count(addresses[0]) == len(addresses):
        return [Arrival(received_at, plain_address(addresses[0][0]), len(addresses))]
    hosts = map(_FIRST, addresses)
    return [Arrival(received_at, plain_address(host), len(list(run))) for host, run in groupby(hosts)]


def dropped_count(ancillary: Sequence[tuple[int, int, bytes]]) -> int | None:
    """Read SO_RXQ_OVFL's count from the ancillary data of one datagram."""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, SO_RXQ_OVFL):
            return int.from_bytes(data[:4], sys.byteorder)
    return None


class DropCounter:
    """Adds up what the kernel dropped at one socket, from both places that tell its count.

    The count in ancillary data (modulo 2**32) comes with datagrams only; /proc/net/udp has it at any time.
    """

    def __init__(self) -> None:
        self._seen = 0

    def advance(self, count: int) -> int:
        """Give how many were dropped since the last call. A count from before it, come late, is none."""
        difference = (count - self._seen) % _WRAP
        if difference >= _WRAP // 2:
            return 0
        self._seen += difference
        return difference


def drops_by_inode(table: str) -> dict[int, int]:
    """Read /proc/net/udp or udp6: inode of the socket to datagrams dropped at it."""
    rows = (line.split() for line in table.splitlines()[1:])
    return {int(row[9]): int(row[12]) for row in rows if len(row) > 12}  # noqa: PLR2004 - inode and drops
