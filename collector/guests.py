"""Guests at the wrong port: senders whose first octets show that they speak another protocol.

Their octets are no messages, and most of them wait for an answer that will never come. So they are counted
by protocol, the connection is closed, which tells them, and nothing is stored (checklist D-8). Only the
beginning of a connection, or a datagram, makes a guest: a line ``GET / HTTP/1.1`` further on is a message.

Everything here is pure. ``guest`` never changes its answer when more octets come, so that cuts do not matter.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import compress, count
from operator import itemgetter
from typing import Final

from collector.guest_patterns import LONGEST_TARGET, Guest, Patterns
from collector.guest_payloads import compressed_stream, gelf_datagram, gelf_stream

__all__ = ["LONGEST_OPENING", "SENDERS", "Guest", "NeedMore", "advice", "datagram_guests", "guest"]

LONGEST_OPENING: Final = 65_536  # octets after which nothing is awaited any more; only GELF may need as many
_LONGEST_FIXED: Final = 64  # what needs more octets than that needs a line
_LONGEST_LINE: Final = LONGEST_TARGET + 128

_KNOCKING: Final = frozenset(
    {
        Guest.TLS,
        Guest.HTTP,
        Guest.SSH,
        Guest.BEEP,
        Guest.RELP,
        Guest.GELF,
        Guest.COMPRESSED,
        Guest.RDP,
        Guest.SMB,
    }
)
_DATAGRAMS: Final = frozenset({Guest.DTLS, Guest.HTTP, Guest.SSDP, Guest.RELP, Guest.GELF})

# What is a guest where a transport's own protocol is expected. Under tls and relp-tls it is what comes in
# place of the handshake; what comes inside it is judged as under tcp and relp.
_GUESTS: Final[Mapping[str, frozenset[Guest]]] = {
    "tcp": _KNOCKING,
    "tls": _KNOCKING - {Guest.TLS} | {Guest.SYSLOG},
    "relp": _KNOCKING - {Guest.RELP} | {Guest.SYSLOG},
    "relp-tls": _KNOCKING - {Guest.TLS} | {Guest.SYSLOG},
    "gelf-tcp": _KNOCKING - {Guest.GELF} | {Guest.SYSLOG},
    "udp": _DATAGRAMS,
    "dtls": _DATAGRAMS - {Guest.DTLS} | {Guest.SYSLOG},
    "gelf-udp": _DATAGRAMS - {Guest.GELF} | {Guest.SYSLOG},
}
_DATAGRAM_TRANSPORTS: Final = frozenset({"udp", "dtls", "gelf-udp"})


@cache
def _patterns(transport: str) -> Patterns:
    """Give the patterns of a transport; made when one of its listeners is opened, for each takes a while."""
    return Patterns(_GUESTS[transport])


_PAYLOADS: Final = ((Guest.GELF, gelf_stream), (Guest.COMPRESSED, compressed_stream))

# What a drain of a UDP socket is sifted by: a look at each first octet, then a match of each datagram.
_FIRST_OCTET: Final = itemgetter(0)
_SUSPECT_OCTETS: Final = frozenset(b"\x16\x1e\x1f{x1ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_SUSPECT: Final = re.compile(
    rb"[\x16\x1e\x1f{]|x[\x01\x5e\x9c\xda]|1 open |[A-Z-]{3,10} [!-~]{1,%d} HTTP/" % LONGEST_TARGET
)

_NO_SENDER: Final = "no sender of logs does that, see what runs there"
_NAMES_AND_ADVICE: Final[Mapping[Guest, tuple[str, str]]] = {
    Guest.TLS: ("TLS", "send TLS to a listener with transport tls (by default on port 6514)"),
    Guest.DTLS: ("DTLS", "send DTLS to a listener with transport dtls"),
    Guest.HTTP: (
        "an HTTP request",
        "set a sender of logs to syslog, and a health check to a look at the port; else see what runs there",
    ),
    Guest.SSDP: ("SSDP (UPnP)", _NO_SENDER),
    Guest.SSH: ("SSH", _NO_SENDER),
    Guest.BEEP: ("BEEP (RFC 3195)", "that is spoken nowhere here, set the sender to TCP or TLS"),
    Guest.RELP: ("RELP", "send RELP to a listener with transport relp (by default on port 2514) or relp-tls"),
    Guest.GELF: ("GELF", "send GELF to a listener with transport gelf-udp or gelf-tcp"),
    Guest.COMPRESSED: ("a compressed stream", "switch compression off there (compression.mode of rsyslog)"),
    Guest.RDP: ("RDP", _NO_SENDER),
    Guest.SMB: ("SMB", _NO_SENDER),
    Guest.SYSLOG: (
        "plain syslog",
        "send that to a listener with transport tcp or udp, or use this one's protocol",
    ),
}
_SPEAKS: Final[Mapping[str, str]] = {
    "tcp": "plain syslog over TCP",
    "tls": "syslog over TLS",
    "relp": "plain RELP",
    "relp-tls": "RELP over TLS",
    "gelf-tcp": "GELF over TCP",
    "udp": "plain syslog over UDP",
    "dtls": "syslog over DTLS",
    "gelf-udp": "GELF over UDP",
}
# These may be senders of logs that were set up wrongly. The others are mostly scanners.
SENDERS: Final = frozenset(
    {Guest.TLS, Guest.DTLS, Guest.BEEP, Guest.RELP, Guest.GELF, Guest.COMPRESSED, Guest.SYSLOG}
)


@dataclass(frozen=True, slots=True)
class NeedMore:
    """Not to be told yet: ask again at so many octets, or earlier when a LF or NUL is among the new ones."""

    octets: int


def guest(first_octets: bytes, transport: str, *, complete: bool = False) -> Guest | NeedMore | None:
    """Tell who begins a connection, or sends a datagram, in another protocol than the listener's.

    Args:
        first_octets: of the connection, as far as they came and from the first on; or the whole datagram.
        transport: the listener's setting. Inside TLS it is that of the plaintext: tcp, relp.
        complete: whether no more octets come, as with a datagram and at the end of a connection.

    Returns:
        the protocol; NeedMore while it cannot be told; None for what the listener shall read itself, whatever
        it is.
    """
    patterns = _patterns(transport)
    if found := patterns.find(first_octets):
        return found
    size = len(first_octets)
    if not complete and (not size or patterns.may_become(first_octets)):
        return NeedMore(size + 1 if size < _LONGEST_FIXED else _LONGEST_LINE)
    guests = _GUESTS[transport]
    if transport in _DATAGRAM_TRANSPORTS:
        return Guest.GELF if Guest.GELF in guests and gelf_datagram(first_octets) else None
    for one, look in _PAYLOADS:
        if one in guests and (is_one := look(first_octets, complete=complete)) is not False:
            return one if is_one else NeedMore(2 * size)
    return None


def datagram_guests(datagrams: Sequence[bytes], transport: str) -> dict[int, Guest]:
    """Find the guests among the datagrams of one drain, by number.

    Nearly every drain has none, which a look at each first octet tells.

    Args:
        datagrams: none of them empty.
        transport: the listener's; plain UDP.
    """
    if _SUSPECT_OCTETS.isdisjoint(map(_FIRST_OCTET, datagrams)):
        return {}
    found = {
        number: guest(datagrams[number], transport, complete=True)
        for number in compress(count(), map(_SUSPECT.match, datagrams))
    }
    return {number: one for number, one in found.items() if isinstance(one, Guest)}


def advice(found: Guest, transport: str) -> str:
    """Say what came, what is spoken here, and what to do about it."""
    name, next_step = _NAMES_AND_ADVICE[found]
    return f"{name}, but this listener speaks {_SPEAKS[transport]}: {next_step}"
