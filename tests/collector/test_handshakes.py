"""Handshakes of real clients, mutated on their way: TLS and DTLS refuse, and harm nobody else."""

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from OpenSSL import SSL

from collector.credentials import Credentials
from collector.dtls_records import begins_session
from collector.dtls_session import Doorkeeper, DtlsSession, cookie_context
from collector.settings import ListenerSettings
from collector.tls_context import tls_context
from collector.tls_session import TlsSession
from tests.collector.conftest import Certificates
from tests.collector.identities import Identities, Identity

HANDSHAKES = 250
ROUNDS = 6
Mutate = Callable[[bytes, int], bytes]


def mutated(octets: bytes, chance: random.Random) -> bytes:
    """The octets with some changed, taken out, put in or repeated."""
    found = bytearray(octets)
    for _ in range(chance.choice((1, 1, 1, 2, 5, 20))):
        place = chance.randrange(len(found) + 1)
        size = chance.choice((1, 2, 10, 100))
        match chance.randrange(5):
            case 0 | 1:
                found[place : place + 1] = bytes([chance.choice((0, 1, 127, 128, 255))])
            case 2:
                del found[place : place + size]
            case 3:
                found[place:place] = chance.randbytes(size)
            case _:
                found[place:place] = found[: 2 * size]
    return bytes(found)


class Wire:
    """A real client, and what it sends to us."""

    def __init__(self, method: int, identity: Identity, version: int | None = None) -> None:
        context = SSL.Context(method)
        context.use_certificate_file(str(identity.files.certificate))
        context.use_privatekey_file(str(identity.files.key))
        context.set_options(SSL.OP_NO_QUERY_MTU)
        if version is not None:
            context.set_max_proto_version(version)
        self.client = SSL.Connection(context, None)
        if method == SSL.DTLS_CLIENT_METHOD:
            self.client.set_ciphertext_mtu(1_200)
        self.client.set_connect_state()

    def sent(self) -> Iterator[bytes]:
        """Let the client go on, and send messages when it may; give what it sends."""
        with suppress(SSL.Error):
            self.client.do_handshake()
            self.client.send(b"17 <13>1 - h a - - -")
        with suppress(SSL.Error):
            while True:
                yield self.client.bio_read(65_536)

    def take(self, octets: bytes) -> None:
        """Bring our answer to the client."""
        if octets:
            self.client.bio_write(octets)


def over_tls(credentials: Credentials, wire: Wire, mutate: Mutate) -> TlsSession:
    """Carry a whole connection, mutated on its way to us."""
    session = TlsSession(credentials)
    for number in range(ROUNDS):
        for octets in wire.sent():
            wire.take(session.receive(mutate(octets, number)).answer)
    return session


def over_dtls(doorkeeper: Doorkeeper, wire: Wire, mutate: Mutate, address: bytes) -> DtlsSession | None:
    """Carry a whole session, mutated on its way to us."""
    session = None
    for number in range(ROUNDS):
        for octets in wire.sent():
            datagram, answers = mutate(octets, number), list[bytes]()
            if session is not None:
                session.receive(datagram)
                answers = session.answers()
            elif begins_session(datagram):
                answers, session = doorkeeper.greet(datagram, address)
                assert session is not None or sum(map(len, answers)) <= len(datagram)  # nobody is flooded
            for answer in answers:
                wire.take(answer)
    return session


@pytest.fixture
def identity(identities: Identities) -> Identity:
    """A sender that is accepted."""
    return identities.issued("a.example")


@pytest.fixture
def credentials(certificates: Certificates, identities: Identities) -> Callable[..., Credentials]:
    """Give what a listener shows, and that it accepts that sender."""

    def of(transport: str, make: Any) -> Credentials:
        accepted = {"client_certificate": "optional", "client_ca": identities.ca}
        names = {"client_names": ["a.example"], "client_fingerprints": [f"sha-1{':00' * 20}"]}
        settings = {"transport": transport, "port": 6514, **accepted, **names}
        listener = ListenerSettings.model_validate(settings)
        return Credentials(transport, listener, certificates.server.key.parent, make)

    return of


def unchanged(octets: bytes, _number: int) -> bytes:
    """Carry octets as they are."""
    return octets


def at_times(chance: random.Random) -> Mutate:
    """Mutate one round of a connection, and now and then others."""
    chosen = chance.randrange(ROUNDS)
    return lambda octets, number: (
        mutated(octets, chance) if number == chosen or chance.random() < 0.1 else octets
    )


def test_tls(credentials: Callable[..., Credentials], identity: Identity) -> None:
    """No exception, nobody accepted without proof, and a connection beside it goes on."""
    chance, ours = random.Random(5425), credentials("tls", tls_context)
    beside = Wire(SSL.TLS_CLIENT_METHOD, identity)
    session = over_tls(ours, beside, unchanged)
    for _ in range(HANDSHAKES):
        version = chance.choice((None, SSL.TLS1_2_VERSION))
        hurt = over_tls(ours, Wire(SSL.TLS_CLIENT_METHOD, identity, version), at_times(chance))
        assert hurt.identity is None or hurt.identity.endswith(" a.example")
        hurt.close()
        beside.client.send(b"on")
        assert session.receive(beside.client.bio_read(65_536)).plaintext == b"on"
    assert session.failure is None


def test_dtls(credentials: Callable[..., Credentials], identity: Identity) -> None:
    """No exception, no answer to a stranger longer than its question, and all others are served."""
    chance = random.Random(6012)
    doorkeeper = Doorkeeper(credentials("dtls", cookie_context))
    beside = Wire(SSL.DTLS_CLIENT_METHOD, identity)
    session = over_dtls(doorkeeper, beside, unchanged, b"beside")
    assert session is not None
    for number in range(HANDSHAKES):
        hurt = over_dtls(doorkeeper, Wire(SSL.DTLS_CLIENT_METHOD, identity), at_times(chance), b"hurt")
        if hurt is not None:
            assert hurt.identity is None or hurt.identity.endswith(" a.example")
            hurt.retransmit()
            hurt.close()
        beside.client.send(b"on")
        (record,) = session.receive(beside.client.bio_read(65_536))
        assert record.plaintext == b"on"
        if not number % 25:
            later = over_dtls(doorkeeper, Wire(SSL.DTLS_CLIENT_METHOD, identity), unchanged, b"later")
            assert later is not None
            assert later.established
