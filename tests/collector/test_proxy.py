"""The PROXY protocol's headers, as its specification writes them, and what is none."""

import socket
import struct
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.checksum import crc32c
from collector.guests import NeedMore
from collector.proxy import Balancers, Header, Malformed, read_header

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
IPV4 = socket.inet_aton("192.0.2.7") + socket.inet_aton("198.51.100.1") + struct.pack("!HH", 56_324, 514)
IPV6 = socket.inet_pton(socket.AF_INET6, "2001:db8::7") + bytes(16) + struct.pack("!HH", 56_324, 514)
MAPPED = socket.inet_pton(socket.AF_INET6, "::ffff:192.0.2.7") + bytes(20)
LONGEST = b"PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535".ljust(105, b".") + b"\r\n"


def binary(kind: int, rest: bytes, *, version_command: int = 0x21) -> bytes:
    """A header of version 2."""
    return SIGNATURE + struct.pack("!BBH", version_command, kind, len(rest)) + rest


def tlv(kind: int, value: bytes) -> bytes:
    """A type, length and value."""
    return struct.pack("!BH", kind, len(value)) + value


def checked(kind: int, rest: bytes) -> bytes:
    """A header of version 2 with its checksum, which is computed over 0 in its place."""
    blank = binary(kind, rest + tlv(3, bytes(4)))
    return blank[:-4] + crc32c(blank).to_bytes(4, "big")


RIGHT = {
    "TCP4": (b"PROXY TCP4 192.0.2.7 198.51.100.1 56324 514\r\n", "192.0.2.7"),
    "TCP6": (b"PROXY TCP6 2001:DB8:0:0::7 ::1 56324 514\r\n", "2001:db8::7"),
    "TCP6 mapped": (b"PROXY TCP6 ::ffff:192.0.2.7 ::1 0 65535\r\n", "::ffff:192.0.2.7"),
    "UNKNOWN": (b"PROXY UNKNOWN\r\n", None),
    "UNKNOWN with more": (b"PROXY UNKNOWN ::1 ::2 1 2\r\n", None),
    "longest": (LONGEST, None),
    "LF alone": (b"PROXY TCP4 192.0.2.7 192.168.1.36 8371 514\n", "192.0.2.7"),
    "v2 IPv4": (binary(0x11, IPV4), "192.0.2.7"),
    "v2 IPv4 datagram": (binary(0x12, IPV4), "192.0.2.7"),
    "v2 IPv6": (binary(0x21, IPV6), "2001:db8::7"),
    "v2 IPv6 mapped": (binary(0x21, MAPPED), "::ffff:192.0.2.7"),
    "v2 Unix": (binary(0x31, b"/run/a".ljust(108, b"\0") * 2), None),
    "v2 local": (binary(0x00, b"", version_command=0x20), None),
    "v2 local with an address": (binary(0x11, IPV4 + b"more", version_command=0x20), None),
    "v2 unspecified": (binary(0x00, b"whatever"), None),
    "v2 values": (binary(0x11, IPV4 + tlv(4, b"\0" * 9) + tlv(0x20, b"tls")), "192.0.2.7"),
    "v2 checksum": (checked(0x11, IPV4 + tlv(5, b"id")), "192.0.2.7"),
    "v2 long": (binary(0x21, IPV6 + tlv(0xE0, bytes(60_000))), "2001:db8::7"),
}
WRONG = {
    "syslog": b"<13>message",
    "other word": b"PROXX TCP4",
    "other signature": b"\r\n\r\n\0\r\nQUIT\r",
    "UDP4": b"PROXY UDP4 192.0.2.7 198.51.100.1 56324 514\r\n",
    "family": b"PROXY TCP4 2001:db8::7 ::1 56324 514\r\n",
    "family 6": b"PROXY TCP6 192.0.2.7 192.0.2.8 56324 514\r\n",
    "address": b"PROXY TCP4 192.0.2.256 198.51.100.1 56324 514\r\n",
    "leading zero": b"PROXY TCP4 192.0.2.07 198.51.100.1 56324 514\r\n",
    "destination": b"PROXY TCP4 192.0.2.7 collector 56324 514\r\n",
    "port": b"PROXY TCP4 192.0.2.7 198.51.100.1 65536 514\r\n",
    "port with zero": b"PROXY TCP4 192.0.2.7 198.51.100.1 0514 514\r\n",
    "two SP": b"PROXY TCP4  192.0.2.7 198.51.100.1 56324 514\r\n",
    "octets that are not ASCII": b"PROXY TCP4 192.0.2.\xb2 198.51.100.1 56324 514\r\n",
    "too long": LONGEST[:-2] + b"." + LONGEST[-2:],
    "without end": b"PROXY UNKNOWN ".ljust(107, b"."),
    "v2 version": binary(0x11, IPV4, version_command=0x11),
    "v2 command": binary(0x11, IPV4, version_command=0x22),
    "v2 family": binary(0x41, IPV4),
    "v2 protocol": binary(0x13, IPV4),
    "v2 short": binary(0x11, IPV4[:-1]),
    "v2 IPv6 short": binary(0x21, IPV4),
    "v2 value too long": binary(0x11, IPV4 + tlv(4, b"abc")[:-1]),
    "v2 rest": binary(0x11, IPV4 + b"\4\0"),
    "v2 wrong checksum": checked(0x11, IPV4)[:-1] + b"?",
    "v2 two checksums": checked(0x11, IPV4 + tlv(3, bytes(4))),
    "v2 checksum of another length": binary(0x11, IPV4 + tlv(3, b"ab")),
}


@pytest.mark.parametrize("name", RIGHT)
def test_header(name: str) -> None:
    """A header gives its length and the source, and what follows it is not looked at."""
    octets, source = RIGHT[name]
    assert read_header(octets) == Header(len(octets), source)
    assert read_header(octets + b"<13>message\n") == Header(len(octets), source)


@pytest.mark.parametrize("name", RIGHT)
def test_header_in_pieces(name: str) -> None:
    """As long as the header is not whole more octets are asked for, never more than there are to come."""
    octets, _ = RIGHT[name]
    for size in [*range(min(len(octets), 300)), len(octets) - 1]:
        found = read_header(octets[:size])
        assert isinstance(found, NeedMore)
        assert size < found.octets <= len(octets)


@pytest.mark.parametrize("name", WRONG)
def test_malformed(name: str) -> None:
    """What is no header is malformed, and stays so whatever follows."""
    assert isinstance(read_header(WRONG[name]), Malformed)
    assert isinstance(read_header(WRONG[name] + b"<13>message\r\n"), Malformed)


@given(st.sampled_from([octets for octets, _ in RIGHT.values()]), st.binary(max_size=30), st.data())
def test_any_octets(octets: bytes, noise: bytes, data: st.DataObject) -> None:
    """Whatever comes gives an answer."""
    place = data.draw(st.integers(0, min(len(octets), 60)))
    read_header(octets[:place] + noise + octets[place:])


def test_balancers() -> None:
    """Without networks everybody is a balancer; with some only those in them."""
    assert "192.0.2.7" in Balancers([])
    balancers = Balancers([ip_network("192.0.2.0/28"), ip_network("fe80::/10")])
    assert "192.0.2.7" in balancers
    assert "fe80::1%eth0" in balancers
    assert "192.0.2.17" not in balancers
    assert "2001:db8::1" not in balancers
    assert "" not in balancers  # gone before its address was asked for
