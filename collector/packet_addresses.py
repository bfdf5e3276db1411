"""Which of our addresses a datagram was sent to, so that the answer comes from there (ip(7), ipv6(7)).

A socket on every address would else answer from whichever address the route prefers, and the peer would not
know it.
"""

import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

Ancillary = Sequence[tuple[int, int, bytes]]

_IP_PKTINFO: Final = 8  # Linux, in.h: int ifindex, in_addr spec_dst, in_addr addr
_INTERFACE_OCTETS: Final = 4
_IPV6_ADDRESS: Final = slice(0, 16)  # in6_pktinfo: in6_addr, then int ifindex
_IPV4_ADDRESS: Final = slice(8, 12)
_LINK_LOCAL: Final = b"\xfe\x80"
ANCILLARY_OCTETS: Final = socket.CMSG_SPACE(20) + socket.CMSG_SPACE(12)


def ask_for_addresses(opened: socket.socket) -> None:
    """Let the socket tell the local address with each datagram, where the system can."""
    if sys.platform != "linux":
        return
    with suppress(OSError):
        if opened.family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        else:
            opened.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)


def answer_from(ancillary: Ancillary) -> list[tuple[int, int, bytes]]:
    """Give the ancillary data that makes an answer come from where a datagram with ``ancillary`` went to.

    It is also the local part of the session's address: equal for equal addresses. The interface is left to
    the routing table, but for link-local addresses, which mean nothing without it.
    """
    for level, kind, data in ancillary:
        if (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO):
            kept = data if data.startswith(_LINK_LOCAL) else data[_IPV6_ADDRESS] + bytes(_INTERFACE_OCTETS)
            return [(level, kind, kept)]
        if (level, kind) == (socket.IPPROTO_IP, _IP_PKTINFO):
            return [(level, kind, bytes(_INTERFACE_OCTETS) + data[_IPV4_ADDRESS] + bytes(4))]
    return []
