"""Reading records from C: the same as pyOpenSSL's own way gives."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from OpenSSL import SSL

from collector import tls_reading
from collector.certificate import CertificateFiles
from tests.collector.conftest import Certificates

READERS = [tls_reading.read_records, tls_reading.read_by_recv]
Reader = Callable[[SSL.Connection], tuple[list[bytes], SSL.Error]]


def connected(files: CertificateFiles) -> tuple[SSL.Connection, SSL.Connection]:
    """A client and a server that have shaken hands in memory."""
    context = SSL.Context(SSL.TLS_METHOD)
    context.use_certificate_chain_file(str(files.certificate))
    context.use_privatekey_file(str(files.key))
    client, server = SSL.Connection(context, None), SSL.Connection(context, None)
    client.set_connect_state()
    server.set_accept_state()
    for _ in range(3):
        for one, other in ((client, server), (server, client)):
            with suppress(SSL.WantReadError):
                one.do_handshake()
            carry(one, other)
    return client, server


def carry(one: SSL.Connection, other: SSL.Connection) -> None:
    """Carry octets of the wire from one to the other."""
    with suppress(SSL.WantReadError):
        while True:
            other.bio_write(one.bio_read(65_536))


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 300])
def test_all_records_are_read(certificates: Certificates, read: Reader, count: int) -> None:
    """Any number of records comes back, each by itself, and then the want of more."""
    client, server = connected(certificates.server)
    sent = [b"%d" % number * (1 + 50 * number) for number in range(count)]
    for octets in sent:
        client.send(octets[: tls_reading.LARGEST_RECORD])
    carry(client, server)
    records, reason = read(server)
    assert records == [octets[: tls_reading.LARGEST_RECORD] for octets in sent]
    assert type(reason) is SSL.WantReadError


@pytest.mark.parametrize("read", READERS)
def test_close_notify_ends_reading(certificates: Certificates, read: Reader) -> None:
    """What came before close_notify is read, and the end told."""
    client, server = connected(certificates.server)
    client.send(b"last")
    client.shutdown()
    carry(client, server)
    records, reason = read(server)
    assert records == [b"last"]
    assert type(reason) is SSL.ZeroReturnError


@pytest.mark.parametrize("read", READERS)
def test_broken_records_end_reading(certificates: Certificates, read: Reader) -> None:
    """What came before a forged record is read, and the reason told."""
    client, server = connected(certificates.server)
    client.send(b"good")
    carry(client, server)
    client.send(b"forged")
    wire = bytearray(client.bio_read(65_536))
    wire[-1] ^= 1
    server.bio_write(bytes(wire))
    records, reason = read(server)
    assert records == [b"good"]
    assert "bad record mac" in str(reason)


def test_the_quick_way_is_taken() -> None:
    """pyOpenSSL still has what the quick way needs; without it each record costs more, and nobody notices."""
    assert tls_reading.DIRECT


@pytest.mark.parametrize("read", READERS)
def test_nothing_waits_for_the_garbage_collector(certificates: Certificates, read: Reader) -> None:
    """Records are let go with the last who holds them, though their reader still holds the reason."""
    client, server = connected(certificates.server)
    client.send(b"text")
    carry(client, server)
    records, reason = read(server)
    assert records == [b"text"]
    assert isinstance(reason, SSL.WantReadError)
    assert reason.__traceback__ is None
