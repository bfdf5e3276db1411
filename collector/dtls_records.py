"""DTLS on the wire, as far as it can be read without its keys (RFC 6347 section 4.1): records in datagrams.

type(1) version(2) epoch(2) sequence_number(6) length(2) fragment(length)
"""

from collections.abc import Iterable
from typing import Final

HEADER_OCTETS: Final = 13
# Sender and receiver see the same number as one: epoch and sequence_number together.
_NUMBER: Final = slice(3, 11)
_ALERT: Final = 21
_HANDSHAKE: Final = 22
_APPLICATION_DATA: Final = 23
_KNOWN_TYPES: Final = frozenset({20, _ALERT, _HANDSHAKE, _APPLICATION_DATA})
_CLIENT_HELLO: Final = 1
# Of a ClientHello: record header, then msg_type(1) length(3) message_seq(2) fragment_offset(3)
# fragment_length(3), then client_version(2) random(32) (RFC 6347 section 4.2.2).
_FRAGMENT_OFFSET: Final = slice(19, 22)
_RANDOM: Final = slice(27, 59)
_MAJOR_VERSION: Final = 0xFE


def records_of(datagram: bytes) -> list[bytes]:
    """Give the records of a datagram; what is no whole record ends it (section 4.1.1)."""
    records = []
    start, size = 0, len(datagram)
    while start + HEADER_OCTETS <= size and datagram[start] in _KNOWN_TYPES:
        end = start + HEADER_OCTETS + int.from_bytes(datagram[start + 11 : start + 13])
        if end > size or datagram[start + 1] != _MAJOR_VERSION:
            break
        records.append(datagram[start:end])
        start = end
    return records


def number_of(record: bytes) -> int:
    """Give a record's epoch and sequence_number as one number, which grows by one within an epoch."""
    return int.from_bytes(record[_NUMBER])


def begins_session(datagram: bytes) -> bool:
    """Whether this is a ClientHello in the clear, from its first octet on: all that needs no session."""
    return (
        len(datagram) > HEADER_OCTETS
        and datagram[0] == _HANDSHAKE
        and datagram[1] == _MAJOR_VERSION
        and datagram[3:5] == b"\0\0"
        and datagram[HEADER_OCTETS] == _CLIENT_HELLO
        and datagram[_FRAGMENT_OFFSET] == b"\0\0\0"
    )


def random_of(datagram: bytes) -> bytes:
    """Give the random of a ClientHello, which is another in each session that a peer begins."""
    return datagram[_RANDOM]


def carries_data(datagram: bytes) -> bool:
    """Whether this is a record with messages in it, of whatever session."""
    return (
        len(datagram) > HEADER_OCTETS and datagram[0] == _APPLICATION_DATA and datagram[1] == _MAJOR_VERSION
    )


def datagrams_of(records: Iterable[bytes], most_octets: int) -> list[bytes]:
    """Put records that are to be sent into datagrams of at most so many octets; no record spans two."""
    datagrams: list[bytes] = []
    for record in records:
        if datagrams and len(datagrams[-1]) + len(record) <= most_octets:
            datagrams[-1] += record
        else:
            datagrams.append(record)
    return datagrams
