"""What other protocols' senders begin with, and texts that only look so."""

import gzip
import json
import ssl
import zlib
from contextlib import suppress

from collector.guests import Guest


def client_hello() -> bytes:
    """What a TLS client sends first."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="collector.test")
    with suppress(ssl.SSLWantReadError):
        session.do_handshake()
    return outgoing.read()


GELF = json.dumps({"version": "1.1", "host": "h", "short_message": "of GELF", "_a": 1}).encode()
DTLS_HELLO = b"\x16\xfe\xff" + bytes(8) + b"\0\x10\x01" + bytes(15)
GREETING = b"Content-Type: application/beep+xml\r\n\r\n<greeting />\r\nEND\r\n"

# One of each kind that is told where syslog over TCP is expected.
STREAMS_OF_GUESTS = {
    Guest.TLS: client_hello(),
    Guest.HTTP: b"GET /index.html HTTP/1.1\r\nHost: collector\r\n\r\n",
    Guest.SSH: b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
    Guest.BEEP: b"RPY 0 0 . 0 52\r\n" + GREETING,
    Guest.RELP: b"1 open 85 relp_version=0\nrelp_software=librelp\n",
    Guest.GELF: GELF + b"\0",
    Guest.COMPRESSED: zlib.compress(b"<13>compressed"),
    Guest.RDP: bytes.fromhex("030000130ee000000000000100080003000000"),
    Guest.SMB: b"\0\0\0\x54\xffSMBr" + bytes(75),
}
DATAGRAMS_OF_GUESTS = {
    "DTLS": (Guest.DTLS, DTLS_HELLO),
    "search": (Guest.SSDP, b"M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n\r\n"),
    "announcement": (Guest.SSDP, b"NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n\r\n"),
    "request": (Guest.HTTP, b"GET / HTTP/1.0\r\n\r\n"),
    "RELP": (Guest.RELP, STREAMS_OF_GUESTS[Guest.RELP]),
    "GELF": (Guest.GELF, GELF),
    "GELF by zlib": (Guest.GELF, zlib.compress(GELF, 1)),
    "GELF by gzip": (Guest.GELF, gzip.compress(GELF)),
    "chunk": (Guest.GELF, b"\x1e\x0f" + b"message!" + b"\0\2" + GELF[:20]),
    "long GELF": (Guest.GELF, zlib.compress(GELF[:-1] + b', "_b": "' + b"b" * 100_000 + b'"}')),
}
# Lines without PRI that begin like another protocol, and are messages.
LIKE_GUESTS = [
    b"xylophone",
    b"x\x9cnever compressed",
    b"x\x9cK\x4c\x4c is text in Shift_JIS, of which something comes out",
    b"\x16",
    b"\x16\x03\x01 is how TLS begins",
    b"\x1f\x8b\x08 is how gzip begins",
    b"1 op",
    b"1 openssl started",
    b"1 open 85 connections",
    b"GET",
    b"GET /index.html HTTP/1.1",
    b'GET /index.html HTTP/1.1" 200 512',
    b"POST 5 done",
    b"PRI 13 was assumed",
    b"SSH-2.0 is spoken",
    b"SSH login of root",
    b"SSH-2.0-Go of 192.0.2.7 tried to log in",
    b"RPY 0 0 failed",
    b"{",
    b'{"message": "JSON, but not GELF"}',
    b'{"short_message": "neither version nor host"}',
    b'{"version": "3.2.0", "host": "h", "short_message": "a version of its own"}',
    b'{"version": 1.1, "host": "h", "short_message": "a number"}',
    b'{"version": "1.1", "host": "h", "short_message": "cut off',
]
