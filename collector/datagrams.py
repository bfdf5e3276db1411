"""What came from a UDP socket, put in order (RFC 5426): a datagram is a frame (section 3.1).

Everything here works on a whole drain of the socket at a time.
"""

import re
import socket
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress, count, groupby
from operator import itemgetter
from typing import Any, Final

from collector.guests import Guest, datagram_guests
from collector.inflate import inflate
from collector.peers import plain_address
from parsers.pipeline import Arrival
from parsers.schema import Flag

SO_RXQ_OVFL: Final = (
    40  # Linux, asm-generic/socket.h: the number of datagrams that the socket's buffer refused
)
ANCILLARY_OCTETS: Final = socket.CMSG_SPACE(struct.calcsize("=I"))

_FIRST: Final = itemgetter(0)
_Z: Final = ord("z")
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
    compressed: int  # how many came compressed, and were inflated
    guests: Sequence[tuple[Guest, str]] = ()  # who spoke another protocol, whose datagrams are no frames
    discarded: int = 0  # octets of theirs


def sort_datagrams(
    received: Sequence[Received], received_at: int, *, guests: bool = True, maximum_octets: int = 65_535
) -> Datagrams:
    """Make frames and arrivals of what one drain received.

    Args:
        received: at least one of what socket.recvmsg gave, in order.
        received_at: nanoseconds since 1970, for all of them.
        guests: whether to look for datagrams of other protocols, which are no frames.
        maximum_octets: the longest message that a compressed datagram may give; the rest is cut.
    """
    octets, ancillary, flags, addresses = zip(*received, strict=True)
    dropped = dropped_count(next(filter(None, reversed(ancillary)), ()))
    empty = octets.count(b"")
    if empty:
        octets, flags, addresses = (tuple(compress(column, octets)) for column in (octets, flags, addresses))
    found = datagram_guests(octets, "udp") if guests else {}
    strangers = [(guest, plain_address(addresses[number][0])) for number, guest in found.items()]
    discarded = sum(len(octets[number]) for number in found)
    if found:
        wanted = [number not in found for number in range(len(octets))]
        octets, flags, addresses = (tuple(compress(column, wanted)) for column in (octets, flags, addresses))
    truncated: dict[int, tuple[Flag, ...]] = {}
    if any(flags):
        truncated = {
            number: (Flag.TRUNCATED,) for number, flag in enumerate(flags) if flag & socket.MSG_TRUNC
        }
    compressed = 0
    if _Z in map(_FIRST, octets):
        octets, compressed = _inflate(octets, truncated, maximum_octets)
    return Datagrams(
        frames=octets,
        arrivals=_arrivals(addresses, received_at),
        flags=truncated,
        empty=empty,
        dropped=dropped,
        compressed=compressed,
        guests=strangers,
        discarded=discarded,
    )


def _inflate(
    datagrams: Sequence[bytes], flags: dict[int, tuple[Flag, ...]], maximum_octets: int
) -> tuple[tuple[bytes, ...], int]:
    """Inflate those that came compressed, flag them, and tell how many they are."""
    frames, inflated = list(datagrams), 0
    for number in compress(count(), map(_COMPRESSED.match, datagrams)):
        found = inflate(datagrams[number][1:], maximum_octets)
        # Of texts such as "zx^2" something may come out, too.
        if found is not None and (found.whole or found.octets.startswith(b"<")):
            frames[number] = found.octets
            flags[number] = (Flag.INFLATED,) if found.whole else (Flag.TRUNCATED, Flag.INFLATED)
            inflated += 1
    return tuple(frames), inflated


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
