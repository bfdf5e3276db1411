"""What a stream that is no syslog at all begins with.

Such a stream cannot be framed, and its sender waits for an answer that will never come: closing the
connection tells it so, where keeping it would store noise in place of messages.
"""

from typing import Final

_PROTOCOLS: Final = (
    (b"\x16\x03\x00", "TLS on a listener without TLS"),
    (b"\x16\x03\x01", "TLS on a listener without TLS"),
    (b"\x16\x03\x03", "TLS on a listener without TLS"),
    (b"x\x01", "a zlib-compressed stream"),
    (b"x\x9c", "a zlib-compressed stream"),
    (b"x\xda", "a zlib-compressed stream"),
    (b"1 open ", "RELP on a listener without RELP"),
)


def foreign_protocol(first_octets: bytes) -> str | None:
    """The protocol that a stream with these first octets certainly speaks, or None."""
    return next((name for start, name in _PROTOCOLS if first_octets.startswith(start)), None)


def may_become_foreign(first_octets: bytes) -> bool:
    """Whether more octets are needed to tell."""
    return any(start.startswith(first_octets) for start, _ in _PROTOCOLS)
