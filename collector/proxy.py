"""The PROXY protocol, versions 1 and 2: the header by which a balancer says whose connection it passes on.

    version 1    "PROXY" SP ("TCP4" / "TCP6") SP source SP destination SP port SP port CR LF
                 "PROXY UNKNOWN" [SP anything] CR LF                 ; at most 107 octets in all
                                                                     ; syslog-ng's loggen sends LF alone
    version 2    12 octets of signature, version and command, family and protocol, length (2 octets);
                 so many octets follow: the addresses, then TLVs: type, length (2 octets), value

The specification is proxy-protocol.txt of HAProxy. Pure: octets in, header out.
"""

import re
import socket
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from collector.checksum import crc32c
from collector.guests import NeedMore

_SIGNATURE: Final = b"\r\n\r\n\0\r\nQUIT\n"
_LONGEST_LINE: Final = 107
_FIXED_OCTETS: Final = 16  # of version 2, before the addresses
_PORT: Final = b"(?:0|[1-9][0-9]{0,4})"
_LINE: Final = re.compile(
    rb"PROXY (?:UNKNOWN(?: [^\r\n]*)?|TCP([46]) ([!-~]+) ([!-~]+) (%b) (%b))\r?\n" % (_PORT, _PORT)
)
_LARGEST_PORT: Final = 65_535
_IP_VERSION_4: Final = b"4"

_VERSION: Final = 0x20
_LOCAL: Final = 0  # the balancer's own connection, a health check
_PROXY: Final = 1
_UNSPECIFIED: Final = 0  # AF_UNSPEC
# Family to the octets of all addresses, of one of them, and its kind; AF_UNIX has paths for addresses.
_FAMILIES: Final = {1: (12, 4, socket.AF_INET), 2: (36, 16, socket.AF_INET6), 3: (216, 0, socket.AF_UNIX)}
_PROTOCOLS: Final = frozenset({0, 1, 2})  # UNSPEC, STREAM, DGRAM
_PP2_TYPE_CRC32C: Final = 0x03
_TLV_HEADER: Final = struct.Struct("!BH")


@dataclass(frozen=True, slots=True)
class Header:
    """A header: its length in octets, and the address that the connection comes from.

    ``source`` is None where the balancer speaks for itself, or does not say: its own address stands then.
    """

    octets: int
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Malformed:
    """What came is no header; ``reason`` is one of few, so that it can be counted by."""

    reason: str


class Balancers:
    """Those who must send the header, by their own addresses.

    Args:
        networks: theirs; without any it is everybody.
    """

    def __init__(self, networks: Iterable[IPv4Network | IPv6Network]) -> None:
        self._networks = tuple(networks)

    def __contains__(self, peer: str) -> bool:
        """Whether the connection of ``peer``, a numeric address, must begin with the header."""
        if not self._networks:
            return True
        try:
            address = ip_address(peer.partition("%")[0])  # after it stands the interface of a link-local one
        except ValueError:  # gone before its address was asked for
            return False
        return any(address in network for network in self._networks)


def read_header(octets: bytes) -> Header | NeedMore | Malformed:
    """Read the header that a connection begins with.

    Args:
        octets: of the connection, as far as they came and from the first on.
    """
    if octets.startswith(b"PROXY "[: len(octets)]):
        return _read_line(octets)
    if octets.startswith(_SIGNATURE[: len(octets)]):
        return _read_binary(octets)
    return Malformed("no PROXY header")


def _read_line(octets: bytes) -> Header | NeedMore | Malformed:
    end = octets.find(b"\n", 0, _LONGEST_LINE)
    if end < 0:
        more = len(octets) < _LONGEST_LINE
        return NeedMore(len(octets) + 1) if more else Malformed("PROXY header without an end")
    line = _LINE.fullmatch(octets, 0, end + 1)
    if line is None:
        return Malformed("PROXY header malformed")
    if line[1] is None:  # UNKNOWN
        return Header(end + 1)
    if max(int(line[4]), int(line[5])) > _LARGEST_PORT:
        return Malformed("PROXY header malformed")
    kind = IPv4Address if line[1] == _IP_VERSION_4 else IPv6Address
    try:
        source, _ = kind(line[2].decode()), kind(line[3].decode())
    except AddressValueError:
        return Malformed("PROXY header malformed")
    return Header(end + 1, _text(source.packed))


def _text(packed: bytes) -> str:
    """Write an address as the kernel does."""
    return socket.inet_ntop(socket.AF_INET6 if len(packed) > 4 else socket.AF_INET, packed)  # noqa: PLR2004 - IPv4's


def _read_binary(octets: bytes) -> Header | NeedMore | Malformed:
    if len(octets) < _FIXED_OCTETS:
        return NeedMore(_FIXED_OCTETS)
    version_command, kind, length = struct.unpack_from("!BBH", octets, len(_SIGNATURE))
    size = _FIXED_OCTETS + length
    if not _is_known(version_command - _VERSION, kind >> 4, kind & 15):
        return Malformed("PROXY header of an unknown kind")
    if len(octets) < size:
        return NeedMore(size)
    if version_command - _VERSION == _LOCAL or kind >> 4 == _UNSPECIFIED:
        return Header(size)  # whatever else it says is to be ignored
    return _read_addresses(octets[:size], *_FAMILIES[kind >> 4])


def _is_known(command: int, family: int, protocol: int) -> bool:
    known = family == _UNSPECIFIED or family in _FAMILIES
    return command in {_LOCAL, _PROXY} and known and protocol in _PROTOCOLS


def _read_addresses(
    header: bytes, addresses: int, one: int, family: socket.AddressFamily
) -> Header | Malformed:
    start = _FIXED_OCTETS + addresses
    if len(header) < start:
        return Malformed("PROXY header malformed")
    if not _tlvs_are_right(header, start):
        return Malformed("PROXY header with a wrong checksum or TLV")
    if not one:
        return Header(len(header))
    return Header(len(header), socket.inet_ntop(family, header[_FIXED_OCTETS : _FIXED_OCTETS + one]))


def _tlvs_are_right(header: bytes, start: int) -> bool:
    """Whether the TLVs fill the header exactly, and its checksum, if it has one, is right."""
    try:
        found = list(_tlvs(header, start))
    except struct.error:
        return False
    if [kind for kind, _, _ in found].count(_PP2_TYPE_CRC32C) > 1:  # each costs a look at the whole header
        return False
    for kind, place, size in found:
        if place + size > len(header):
            return False
        if kind == _PP2_TYPE_CRC32C:
            blank = header[:place] + bytes(size) + header[place + size :]
            if header[place : place + size] != crc32c(blank).to_bytes(4, "big"):
                return False
    return True


def _tlvs(header: bytes, place: int) -> Iterator[tuple[int, int, int]]:
    """Give type, place and size of each value."""
    while place < len(header):
        kind, size = _TLV_HEADER.unpack_from(header, place)
        place += _TLV_HEADER.size
        yield kind, place, size
        place += size
