"""Linux' recvmmsg(2) and sendmmsg(2), through ctypes: many datagrams in one system call.

A message header (struct mmsghdr) says where a datagram and its address are to be found, or to be put; its
fields are of the sizes that this machine's C has. glibc and musl lay them out alike on machines of 64 bits
that store the lowest octet first, which is where FIELDS_ARE_KNOWN holds.
"""

import ctypes
import sys
from typing import Final

FIELDS_ARE_KNOWN: Final = (
    sys.platform == "linux" and sys.byteorder == "little" and ctypes.sizeof(ctypes.c_void_p) == 8  # noqa: PLR2004 - octets
)


class Piece(ctypes.Structure):
    """struct iovec: memory that octets are in."""

    _fields_ = (("base", ctypes.c_void_p), ("octets", ctypes.c_size_t))


class MessageHeader(ctypes.Structure):
    """struct mmsghdr: one datagram, with the number of octets that were received or sent."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_octets", ctypes.c_uint),
        ("pieces", ctypes.c_void_p),
        ("piece_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_octets", ctypes.c_size_t),
        ("flags", ctypes.c_uint),
        ("padding", ctypes.c_uint),
        ("octets", ctypes.c_uint),
    )
