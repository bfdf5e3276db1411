"""DTLS without sockets: a real client and our session exchange datagrams in memory."""

import re
from contextlib import suppress
from typing import Any

import pytest
from OpenSSL import SSL

from collector.credentials import Credentials
from collector.dtls_records import begins_session, records_of
from collector.dtls_session import Doorkeeper, DtlsSession, Record, cookie_context
from collector.settings import ListenerSettings
from tests.collector.conftest import Certificates
from tests.collector.identities import Identities, Identity
from tests.machine import await_true

ADDRESS = b"192.0.2.1 40000"
MANDATORY = "ECDHE-RSA-AES128-GCM-SHA256"
LEGACY = "AES128-SHA"


def credentials_of(certificates: Certificates, **settings: Any) -> Credentials:
    """What a listener with these settings shows and accepts."""
    listener = ListenerSettings.model_validate({"transport": "dtls", "port": 6514, **settings})
    return Credentials("dtls", listener, certificates.server.key.parent, cookie_context)


class Client:
    """OpenSSL's side, and the wire between it and our door."""

    def __init__(
        self,
        doorkeeper: Doorkeeper,
        *,
        identity: Identity | None = None,
        ciphers: str = "DEFAULT",
        address: bytes = ADDRESS,
    ) -> None:
        context = SSL.Context(SSL.DTLS_CLIENT_METHOD)
        context.set_cipher_list(ciphers.encode())
        context.set_options(SSL.OP_NO_QUERY_MTU)
        if identity is not None:
            context.use_certificate_chain_file(str(identity.files.certificate))
            context.use_privatekey_file(str(identity.files.key))
        self.doorkeeper = doorkeeper
        self.address = address
        self.session: DtlsSession | None = None
        self.records: list[Record] = []
        self.greetings: list[bytes] = []
        self.answers: list[bytes] = []  # every datagram that we sent
        self.connection = SSL.Connection(context, None)
        self.connection.set_ciphertext_mtu(1400)
        self.connection.set_connect_state()

    def sent(self) -> list[bytes]:
        """What the client has to send: one datagram, however many records."""
        with suppress(SSL.WantReadError):
            return [self.connection.bio_read(65_536)]
        return []

    def deliver(self, datagram: bytes) -> None:
        """Bring a datagram to our side, and our answers back."""
        if self.session is None:
            assert begins_session(datagram)
            self.greetings.append(datagram)
            answers, self.session = self.doorkeeper.greet(datagram, self.address)
        else:
            self.records += self.session.receive(datagram)
            answers = self.session.answers()
        self.answers += answers
        for answer in answers:
            self.connection.bio_write(answer)

    def connect(self) -> None:
        """Do the handshake.

        Raises:
            SSL.Error: when we are refused.
        """
        for _ in range(6):
            with suppress(SSL.WantReadError):
                self.connection.do_handshake()
            for datagram in self.sent():
                self.deliver(datagram)

    def write(self, plaintext: bytes) -> bytes:
        """Give the datagram with a record."""
        self.connection.send(plaintext)
        return self.connection.bio_read(65_536)


@pytest.fixture
def doorkeeper(certificates: Certificates) -> Doorkeeper:
    """A door with the default settings."""
    return Doorkeeper(credentials_of(certificates))


@pytest.fixture
def client(doorkeeper: Doorkeeper) -> Client:
    """A client that has shaken hands."""
    client = Client(doorkeeper)
    client.connect()
    return client


def session_of(client: Client) -> DtlsSession:
    """The session on our side."""
    assert client.session is not None
    return client.session


def test_messages_come_through(client: Client) -> None:
    """DTLS 1.2, and the plaintext of each record by itself; several records in one datagram as well."""
    assert client.connection.get_protocol_version_name() == "DTLSv1.2"
    assert session_of(client).established
    client.deliver(client.write(b"one"))
    client.deliver(client.write(b"two") + client.write(b"three"))
    assert [record.plaintext for record in client.records] == [b"one", b"two", b"three"]
    assert not any(record.gap for record in client.records)


def test_nothing_is_kept_before_the_cookie(doorkeeper: Doorkeeper) -> None:
    """RFC 6012 section 5.3: a ClientHello is answered by a cookie alone, smaller than it, and forgotten."""
    client = Client(doorkeeper)
    with suppress(SSL.WantReadError):
        client.connection.do_handshake()
    hello = client.connection.bio_read(65_536)
    for _ in range(3):
        answers, session = doorkeeper.greet(hello, ADDRESS)
        assert session is None
        assert len(answers) == 1
        assert len(answers[0]) < len(hello)
        assert answers[0][13] == 3  # HelloVerifyRequest


def test_a_cookie_is_for_one_address(doorkeeper: Doorkeeper) -> None:
    """A cookie that was sent to another address opens nothing."""
    client = Client(doorkeeper)
    with suppress(SSL.WantReadError):
        client.connection.do_handshake()
    client.deliver(client.connection.bio_read(65_536))
    with suppress(SSL.WantReadError):
        client.connection.do_handshake()
    with_cookie = client.connection.bio_read(65_536)
    answers, session = doorkeeper.greet(with_cookie, b"192.0.2.66 40000")
    assert session is None
    assert answers[0][13] == 3
    assert doorkeeper.greet(with_cookie, ADDRESS)[1] is not None


@pytest.mark.parametrize(
    "junk", [b"\x16\xfe\xfd" + bytes(10) + b"\x01" + b"x" * 50, b"\x16\xfe\xfd" + bytes(8) + b"\0\1\1"]
)
def test_junk_at_the_door(doorkeeper: Doorkeeper, junk: bytes) -> None:
    """What only looks like a ClientHello gets no answer, and harms nobody who comes later."""
    assert doorkeeper.greet(junk, ADDRESS) == ([], None)
    later = Client(doorkeeper)
    later.connect()
    assert session_of(later).established


def test_what_lies_behind_a_greeting_is_nobody_elses(doorkeeper: Doorkeeper) -> None:
    """What a peer puts into its datagram behind a ClientHello does not wait there for the next peer."""
    client, junk = Client(doorkeeper), b"\x16\xfe\xfd" + bytes(8) + b"\x20\x00" + bytes(0x2000)
    with suppress(SSL.WantReadError):
        client.connection.do_handshake()
    hello = client.connection.bio_read(65_536)
    for _ in range(3):
        answers, session = doorkeeper.greet(hello + junk * 6, ADDRESS)
        assert session is None
        assert len(answers) == 1
    later = Client(doorkeeper, address=b"192.0.2.2 40000")
    later.connect()
    assert session_of(later).established


def test_only_another_greeting_begins_another_session(doorkeeper: Doorkeeper, client: Client) -> None:
    """A copy of a session's own ClientHello, however late it comes, does not end that session."""
    session = session_of(client)
    assert not session.gives_way_to(client.greetings[0])
    assert not session.gives_way_to(client.greetings[-1])
    other = Client(doorkeeper)
    other.connect()
    assert session.gives_way_to(other.greetings[-1])


@pytest.mark.parametrize(
    ("legacy", "ciphers", "chosen"),
    [
        (False, MANDATORY, MANDATORY),
        (True, MANDATORY, MANDATORY),
        (True, LEGACY, LEGACY),
        (True, f"{LEGACY}:{MANDATORY}", MANDATORY),
        (False, LEGACY, None),
    ],
)
def test_mandatory_suites(certificates: Certificates, legacy: bool, ciphers: str, chosen: str | None) -> None:  # noqa: FBT001 - a column
    """RFC 9662 section 5: both suites, ECDHE with GCM preferred, RSA-CBC only when it was asked for."""
    client = Client(Doorkeeper(credentials_of(certificates, legacy_cipher=legacy)), ciphers=ciphers)
    if chosen is None:
        with pytest.raises(SSL.Error, match="handshake failure"):
            client.connect()
        assert session_of(client).failure == "no shared cipher"
    else:
        client.connect()
        assert client.connection.get_cipher_name() == chosen


def test_no_null_suites(certificates: Certificates) -> None:
    """RFC 6012 section 5.3: suites without integrity or authentication are never taken."""
    client = Client(
        Doorkeeper(credentials_of(certificates, legacy_cipher=True)), ciphers="eNULL:aNULL:@SECLEVEL=0"
    )
    with pytest.raises(SSL.Error, match="handshake failure"):
        client.connect()


def test_gaps_are_seen(client: Client) -> None:
    """A record that did not come is noticed at the next one; so is one that was overtaken."""
    first, second, third, fourth = (client.write(b"%d" % number) for number in range(4))
    for datagram in (first, third, fourth, second):
        client.deliver(datagram)
    found = [(record.plaintext, record.gap) for record in client.records]
    assert found == [(b"0", False), (b"2", True), (b"3", False), (b"1", True)]


def test_replayed_and_forged_records_are_nothing(client: Client) -> None:
    """A record that came already, or was changed, gives nothing, and no gap."""
    first = client.write(b"first")
    forged = bytearray(client.write(b"forged"))
    client.deliver(first)
    client.deliver(first)
    changed = bytearray(forged)
    changed[-1] ^= 1
    client.deliver(bytes(changed))
    client.deliver(bytes(forged))
    assert client.records == [Record(b"first", gap=False), Record(b"forged", gap=False)]
    assert not session_of(client).over


def test_lost_flight_is_sent_again(doorkeeper: Doorkeeper) -> None:
    """Our last flight is repeated when the peer stays silent for a second, and the handshake completes."""
    client = Client(doorkeeper)
    with suppress(SSL.WantReadError):
        client.connection.do_handshake()
    client.deliver(client.connection.bio_read(65_536))
    with suppress(SSL.WantReadError):
        client.connection.do_handshake()
    _lost, session = doorkeeper.greet(client.connection.bio_read(65_536), ADDRESS)
    assert session is not None
    repeated: list[bytes] = []

    def sent_again() -> bool:
        session.retransmit()
        repeated.extend(session.answers())
        return bool(repeated)

    await_true(sent_again, "OpenSSL's timer")
    client.session = session
    for answer in repeated:
        client.connection.bio_write(answer)
    client.connect()
    assert session.established


def test_close_notify_is_answered(client: Client) -> None:
    """RFC 6012 section 5.5: the peer's close_notify gets ours back."""
    client.connection.shutdown()
    client.deliver(client.connection.bio_read(65_536))
    assert session_of(client).ended
    assert client.connection.shutdown()


def test_closing_says_close_notify(client: Client) -> None:
    """Closing from our side sends close_notify, which the client reads as the end."""
    session_of(client).close()
    for answer in session_of(client).answers():
        client.connection.bio_write(answer)
    with pytest.raises(SSL.ZeroReturnError):
        client.connection.recv(10)


def test_renegotiation_is_refused(client: Client) -> None:
    """RFC 6012 section 9.1."""
    client.connection.renegotiate()
    with pytest.raises(SSL.Error, match="no renegotiation"):
        client.connect()


def test_answers_fit_every_path(certificates: Certificates, identities: Identities) -> None:
    """No datagram of ours is longer than what every path over IPv6 carries."""
    client = Client(
        Doorkeeper(credentials_of(certificates, client_certificate="required", client_ca=identities.ca))
    )
    with pytest.raises(SSL.Error):
        client.connect()
    assert max(map(len, client.answers)) <= 1232
    assert all(b"".join(records_of(answer)) == answer for answer in client.answers)


class TestPolicy:
    """RFC 6012 section 5.3.1: the same certificates and fingerprints as for TLS."""

    def meet(
        self, certificates: Certificates, identity: Identity | None, **policy: Any
    ) -> tuple[DtlsSession, str]:
        """Let a sender meet a listener with a policy; give our session and its alert."""
        settings = {"client_certificate": "required", **policy}
        client = Client(Doorkeeper(credentials_of(certificates, **settings)), identity=identity)
        alert = ""
        try:
            client.connect()
            with suppress(SSL.WantReadError):
                client.connection.recv(1)
        except SSL.Error as error:
            alert = str(error)
        session = session_of(client)
        assert session.established == (not alert)
        return session, alert

    def test_fingerprint(self, certificates: Certificates, identities: Identities) -> None:
        """A self-signed certificate is accepted by its fingerprint, another is told bad_certificate."""
        known, other = identities.self_signed("a.example"), identities.self_signed("a.example")
        policy = {"client_fingerprints": [known.fingerprint("sha-1")]}
        session, _ = self.meet(certificates, known, **policy)
        assert session.identity == f"{known.fingerprint()} CN=a.example"
        session, alert = self.meet(certificates, other, **policy)
        assert re.search("bad certificate|unknown ca|certificate unknown", alert)
        assert session.refused == other.fingerprint()

    def test_names(self, certificates: Certificates, identities: Identities) -> None:
        """A path to the authority, and one of the configured names."""
        policy = {"client_ca": identities.ca, "client_names": ["a.example"]}
        known, other = identities.issued("a.example"), identities.issued("b.example")
        assert self.meet(certificates, known, **policy)[0].identity == f"{known.fingerprint()} a.example"
        assert "bad certificate" in self.meet(certificates, other, **policy)[1]

    def test_without_one(self, certificates: Certificates, identities: Identities) -> None:
        """A sender without certificate is refused where one is required, and received where it is not."""
        policy = {"client_ca": identities.ca}
        session, alert = self.meet(certificates, None, **policy)
        assert "alert handshake failure" in alert
        assert session.failure == "peer did not return a certificate"
        session, _ = self.meet(certificates, None, **policy, client_certificate="optional")
        assert session.identity is None


def test_new_certificates_are_shown(certificates: Certificates) -> None:
    """When the files were read again, the next handshake uses them."""
    credentials = credentials_of(certificates)
    doorkeeper = Doorkeeper(credentials)
    other = credentials_of(certificates)
    credentials.context = other.context
    client = Client(doorkeeper)
    client.connect()
    assert session_of(client).established
    assert session_of(client)._connection.get_context() is other.context  # noqa: SLF001 - what was used
