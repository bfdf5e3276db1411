"""Records on the wire: RFC 6347 section 4.1."""

import pytest

from collector.dtls_records import begins_session, carries_data, datagrams_of, number_of, records_of


def record(
    kind: int, fragment: bytes, epoch: int = 0, sequence: int = 0, version: bytes = b"\xfe\xfd"
) -> bytes:
    """One record."""
    return b"%c%b%b%b%b%b" % (
        kind,
        version,
        epoch.to_bytes(2),
        sequence.to_bytes(6),
        len(fragment).to_bytes(2),
        fragment,
    )


HELLO = record(22, b"\x01" + bytes(40))
DATA = record(23, b"data", epoch=1, sequence=7)


def test_records_of_a_datagram() -> None:
    """Several records in one datagram, in order."""
    assert records_of(HELLO + DATA + DATA) == [HELLO, DATA, DATA]


@pytest.mark.parametrize(
    "rest",
    [b"x", DATA[:-1], DATA[:12], b"\x99" + DATA[1:], record(23, b"x", version=b"\x03\x03"), b"<13>hello"],
)
def test_what_is_no_record_ends_the_datagram(rest: bytes) -> None:
    """A record that is cut, or of a type that DTLS does not have, is discarded with all behind it."""
    assert records_of(HELLO + rest) == [HELLO]


def test_numbers() -> None:
    """Epoch and sequence number are one number; the next record's is one more."""
    assert number_of(record(23, b"", 1, 8)) == number_of(DATA) + 1
    assert number_of(record(23, b"", 2, 0)) > number_of(DATA)


@pytest.mark.parametrize(
    ("datagram", "begins", "carries"),
    [
        (HELLO, True, False),
        (DATA, False, True),
        (record(22, b"\x02x"), False, False),
        (record(22, b"\x01x", epoch=1), False, False),
        (record(22, b"\x01" + bytes(7) + b"\1" + bytes(40)), False, False),  # a later fragment
        (HELLO[:13], False, False),
        (b"", False, False),
        (b"<13>1 - h a - - - plain syslog", False, False),
        (record(23, b"x", version=b"\x03\x03"), False, False),
    ],
)
def test_kinds(datagram: bytes, begins: bool, carries: bool) -> None:  # noqa: FBT001 - columns
    """Only a ClientHello in the clear needs no session; only data is lost without one."""
    assert begins_session(datagram) == begins
    assert carries_data(datagram) == carries


def test_packing() -> None:
    """Section 4.1.1: several records may share a datagram, and none spans two."""
    assert datagrams_of([b"a" * 400, b"b" * 400, b"c" * 400, b"d" * 1300], 1000) == [
        b"a" * 400 + b"b" * 400,
        b"c" * 400,
        b"d" * 1300,
    ]
    assert datagrams_of([], 1000) == []
