"""What the protocols that knock at a syslog port begin with, as far as a pattern can tell.

A protocol is a row of steps. Each is a pattern of at least one octet, and whatever begins a match of it may
become one. From the steps come two patterns: for what certainly is the protocol, and for octets that may
become it when more of them come. A step too few would take a message for a guest, so each row goes on until
no text that a person or a program logs still matches.
"""

import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import reduce
from typing import Final

Steps = tuple[bytes, ...]
LONGEST_TARGET: Final = 2_048  # octets of a request-target; longer ones are no scanner's


class Guest(StrEnum):
    """A protocol that a sender can speak to the wrong port. The values are counted by, and reported."""

    TLS = "tls"
    DTLS = "dtls"
    HTTP = "http"
    SSDP = "ssdp"
    SSH = "ssh"
    BEEP = "beep"
    RELP = "relp"
    GELF = "gelf"
    COMPRESSED = "compressed"
    RDP = "rdp"
    SMB = "smb"
    SYSLOG = "syslog"


def _literal(octets: bytes) -> Steps:
    return tuple(re.escape(octets[place : place + 1]) for place in range(len(octets)))


def _request(method: bytes, version: Steps, end: Steps) -> Steps:
    """The request line (RFC 9112 section 3): ``method SP request-target SP HTTP-version CRLF``."""
    target = rb"[!-~]{1,%d}" % LONGEST_TARGET
    return (*_literal(method), b" ", target, *_literal(b" HTTP/"), *version, *end)


_VERSION: Final = (b"[12]", rb"\.", b"[0-9]")
_CR_LF: Final = _literal(b"\r\n")
# A line that ends in LF alone may be a message; a header field, or nothing, after it shows that it is none.
_LF_AND_FIELD: Final = (rb"\n", b"[A-Za-z-]{1,40}", b":")
_LF_AND_END: Final = _literal(b"\n\n")
_METHODS: Final = (
    *(b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"CONNECT", b"OPTIONS", b"TRACE", b"PATCH"),
    *(b"PRI", b"PROPFIND", b"DESCRIBE"),
)
_SSDP_METHODS: Final = (b"M-SEARCH", b"NOTIFY")

_ROWS: Final[tuple[tuple[Guest, Steps], ...]] = (
    # RFC 8446 section 5.1: type handshake, version 3.x, length; then section 4: ClientHello is 1.
    (Guest.TLS, (*_literal(b"\x16\x03"), rb"[\0-\4]", b".", b".", rb"\x01")),
    # RFC 5246 appendix E.2: the ClientHello of SSL 2.0, which old scanners still send.
    (Guest.TLS, (rb"\x80", b".", *_literal(b"\1\3"), rb"[\0-\3]")),
    # RFC 6347 section 4.1: type handshake, version, epoch 0, sequence number, length; then ClientHello.
    (Guest.DTLS, (*_literal(b"\x16\xfe"), rb"[\xfd\xff]", *_literal(b"\0\0"), *[b"."] * 8, rb"\x01")),
    *(
        (Guest.HTTP, _request(one, _VERSION, end))
        for one in _METHODS
        for end in (_CR_LF, _LF_AND_FIELD, _LF_AND_END)
    ),
    *((Guest.SSDP, _request(one, _VERSION, end)) for one in _SSDP_METHODS for end in (_CR_LF, _LF_AND_FIELD)),
    # RFC 4253 section 4.2: SSH-protoversion-softwareversion SP comments CR LF; SSH 1 ended it by LF.
    *(
        (Guest.SSH, (*_literal(b"SSH-"), b"[12]", rb"\.", b"[0-9]{1,2}", b"-", b"[!-~]{1,200}", *end))
        for end in (_literal(b"\n"), _CR_LF, (b" ", b"[ -~]{1,200}", *_CR_LF))
    ),
    # RFC 3080 section 2.2.1: the greeting is the reply to message 0 of channel 0, as nothing asked for.
    *(
        (Guest.BEEP, (*_literal(word + b" 0 0 "), b"[.*]", *_literal(b" 0 "), b"[0-9]{1,10}", *_CR_LF))
        for word in (b"RPY", b"ERR")
    ),
    # RELP: TXNR SP "open" SP DATALEN, and offers, each perhaps after a LF.
    *(
        (Guest.RELP, (*_literal(b"1 open "), b"[1-9][0-9]{0,8}", b" ", *before, *_literal(offer)))
        for before in ((), (rb"\n",))
        for offer in (b"relp_version=", b"relp_software=", b"commands=")
    ),
    # RFC 1006 and X.224: TPKT of version 3, then a connection request, as RDP's first packet is.
    (Guest.RDP, (*_literal(b"\3\0"), rb"[\0\1]", b".", rb"[\6-\xfe]", rb"\xe0", *_literal(b"\0\0"))),
    # RFC 1002 section 4.3.1: a session message; then the protocol identifier of SMB 1, 2 or 3.
    (Guest.SMB, (rb"\0", rb"[\0\1]", b".", b".", rb"[\xfc-\xff]", *_literal(b"SMB"))),
    # What is no guest where syslog is spoken, but is one where something else is. RFC 6587 section 3.4.
    (Guest.SYSLOG, (b"<", b"[0-9]{1,3}", b">")),
    (Guest.SYSLOG, (b"[1-9][0-9]{0,8}", b" ", b"<", b"[0-9]{1,3}", b">")),
)


class Patterns:
    """What certainly is, and what may become, one of several protocols."""

    def __init__(self, guests: Iterable[Guest]) -> None:
        wanted = set(guests)
        rows = [(guest, steps) for guest, steps in _ROWS if guest in wanted]
        by_guest = {guest: [steps for one, steps in rows if one is guest] for guest in wanted}
        self._whole = _compile(
            b"(?P<%b>%b)" % (guest.encode(), _either(map(b"".join, several)))
            for guest, several in by_guest.items()
            if several
        )
        self._unfinished = _compile(_unfinished(steps) for _, steps in rows)

    def find(self, octets: bytes) -> Guest | None:
        """Give the protocol that ``octets`` certainly begin, or None."""
        found = self._whole(octets)
        return Guest(found.lastgroup) if found is not None and found.lastgroup else None

    def may_become(self, octets: bytes) -> bool:
        """Whether more octets are needed to tell."""
        return self._unfinished(octets) is not None


def _unfinished(steps: Steps) -> bytes:
    """A pattern for everything that ends within the steps: ``a(?:b(?:c)?)?`` and the end."""
    nested = reduce(lambda inner, step: b"%b(?:%b)?" % (step, inner), reversed(steps[:-1]))
    return nested + rb"\Z"


def _either(patterns: Iterable[bytes]) -> bytes:
    return b"(?:%b)" % b"|".join(patterns)


def _compile(patterns: Iterable[bytes]) -> Callable[[bytes], re.Match[bytes] | None]:
    return re.compile(_either(patterns), re.DOTALL).match
