"""TLS without sockets: a real client and our session exchange octets in memory."""

import re
import ssl
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from OpenSSL import SSL

from collector.certificate import fingerprint
from collector.credentials import Credentials
from collector.settings import ListenerSettings
from collector.tls import advice
from collector.tls_context import tls_context
from collector.tls_session import TlsSession
from tests.collector.conftest import Certificates
from tests.collector.identities import DER, Identities, Identity

SUBJECT_ALTERNATIVE_NAME = x509.SubjectAlternativeName.oid
OTHER_NAME_FORM = x509.UnrecognizedExtension(SUBJECT_ALTERNATIVE_NAME, bytes.fromhex("3006a504a1020c00"))
BROKEN_ADDRESS = x509.UnrecognizedExtension(SUBJECT_ALTERNATIVE_NAME, b"\x30\x05\x87\x03abc")
MANDATORY = "ECDHE-RSA-AES128-GCM-SHA256"
LEGACY = "AES128-SHA"


def credentials_of(certificates: Certificates, **settings: Any) -> Credentials:
    """What a listener with these settings shows and accepts."""
    listener = ListenerSettings.model_validate({"transport": "tls", "port": 6514, **settings})
    return Credentials("tls", listener, certificates.server.key.parent, tls_context)


class Client:
    """OpenSSL's side, and the wire between it and our session."""

    def __init__(self, certificates: Certificates, session: TlsSession, **settings: Any) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if "trusts_nobody" not in settings:
            context.load_verify_locations(certificates.server.certificate)
        if "ciphers" in settings:
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ciphers(settings["ciphers"])
        for name in ("maximum_version", "minimum_version"):
            if name in settings:
                setattr(context, name, settings[name])
        if "identity" in settings:
            context.load_cert_chain(settings["identity"].certificate, settings["identity"].key)
        self.session = session
        self.received = b""
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")

    def exchange(self) -> None:
        """Carry octets both ways until both are quiet."""
        while octets := self.outgoing.read():
            progress = self.session.receive(octets)
            self.received += progress.plaintext
            self.incoming.write(progress.answer)
            self.advance()

    def advance(self) -> None:
        """Go on with the handshake as far as it goes."""
        with suppress(ssl.SSLWantReadError):
            self.tls.do_handshake()

    def connect(self) -> None:
        """Do the handshake."""
        self.advance()
        self.exchange()

    def connect_and_read(self) -> None:
        """Do the handshake, and read: a client of TLS 1.3 hears of a refusal only then."""
        self.connect()
        self.tls.read(1)

    def write(self, octets: bytes) -> None:
        """Send plaintext."""
        self.tls.write(octets)
        self.exchange()

    def close_notify(self) -> None:
        """Send close_notify, and await the answer.

        Raises:
            ssl.SSLError: when none came.
        """
        try:
            self.tls.unwrap()
        except ssl.SSLWantReadError:
            self.exchange_only()
            self.tls.unwrap()

    def exchange_only(self) -> None:
        """Carry octets both ways once."""
        progress = self.session.receive(self.outgoing.read())
        self.incoming.write(progress.answer)


@pytest.fixture
def session(certificates: Certificates) -> TlsSession:
    """A session with the default settings."""
    return TlsSession(credentials_of(certificates))


def test_plaintext_comes_through(certificates: Certificates, session: TlsSession) -> None:
    """Handshake, then the octets as they were sent, over several records."""
    client = Client(certificates, session)
    client.connect()
    assert session.established
    client.write(b"19 <13>1 - h a - - - x")
    client.write(b"a" * 100_000)
    assert client.received == b"19 <13>1 - h a - - - x" + b"a" * 100_000
    assert session.identity is None


def test_cut_anywhere(certificates: Certificates, session: TlsSession) -> None:
    """One octet of the wire at a time gives the same."""
    client = Client(certificates, session)
    receive = session.receive

    def octet_by_octet(octets: bytes) -> Any:
        parts = [receive(octets[place : place + 1]) for place in range(len(octets))]
        return type(parts[0])(
            b"".join(part.plaintext for part in parts), b"".join(part.answer for part in parts)
        )

    session.receive = octet_by_octet  # type: ignore[method-assign]
    client.connect()
    client.write(b"<13>hello\n")
    assert client.received == b"<13>hello\n"


def test_tls_1_3_is_preferred(certificates: Certificates, session: TlsSession) -> None:
    """RFC 9662 section 4: a client that can do both gets TLS 1.3."""
    client = Client(certificates, session)
    client.connect()
    assert client.tls.version() == "TLSv1.3"


@pytest.mark.parametrize(
    ("legacy", "ciphers", "chosen"),
    [
        (False, MANDATORY, MANDATORY),
        (True, MANDATORY, MANDATORY),
        (True, LEGACY, LEGACY),
        (True, f"{LEGACY}:{MANDATORY}", MANDATORY),
    ],
)
def test_mandatory_suites(certificates: Certificates, legacy: bool, ciphers: str, chosen: str) -> None:  # noqa: FBT001 - a column
    """RFC 9662 sections 3 and 4: each mandatory suite alone completes, and ECDHE with GCM is preferred."""
    session = TlsSession(credentials_of(certificates, legacy_cipher=legacy))
    client = Client(certificates, session, ciphers=ciphers)
    client.connect()
    cipher = client.tls.cipher()
    assert cipher is not None
    assert cipher[0] == chosen


def test_legacy_suite_is_off_by_default(certificates: Certificates, session: TlsSession) -> None:
    """RSA key transport with CBC is refused with an alert unless it was asked for."""
    client = Client(certificates, session, ciphers=LEGACY)
    with pytest.raises(ssl.SSLError, match=r"(?i)handshake.failure"):
        client.connect()
    assert session.failure == "no shared cipher"


def test_tls_1_1_is_refused(session: TlsSession) -> None:
    """RFC 5425 section 4.2: TLS 1.2 at least; an older ClientHello gets the alert protocol_version (70)."""
    hello = b"\x03\x02" + bytes(32) + b"\x00" + b"\x00\x02\x00\x2f" + b"\x01\x00"
    handshake = b"\x01" + len(hello).to_bytes(3) + hello
    answer = session.receive(b"\x16\x03\x01" + len(handshake).to_bytes(2) + handshake).answer
    assert answer[0] == 21
    assert answer[-1] == 70
    assert session.failure == "unsupported protocol"


def test_no_early_data(certificates: Certificates, session: TlsSession) -> None:
    """RFC 9662 section 6: no session is resumed, so there is nothing for early data to stand on."""
    client = Client(certificates, session)
    client.connect()
    client.write(b"x")
    assert client.tls.session is None or not client.tls.session.has_ticket


def test_close_notify_is_answered(certificates: Certificates, session: TlsSession) -> None:
    """RFC 5425 section 4.4: the peer's close_notify gets ours back."""
    client = Client(certificates, session)
    client.connect()
    client.write(b"<13>last\n")
    client.close_notify()
    assert session.ended
    assert session.failure is None


def test_closing_says_close_notify(certificates: Certificates, session: TlsSession) -> None:
    """Closing from our side sends close_notify, which the client reads as the end."""
    client = Client(certificates, session)
    client.connect()
    client.incoming.write(session.close())
    assert client.tls.read(10) == b""


class TestClientCertificates:
    """RFC 5425 sections 4.2.1 and 5.1."""

    @pytest.fixture
    def accepted(self, certificates: Certificates) -> dict[str, Any]:
        """Settings that accept the sender's own certificate, self-signed as it is."""
        return {"client_certificate": "required", "client_ca": certificates.client.certificate}

    def test_identity(self, certificates: Certificates, accepted: dict[str, Any]) -> None:
        """The peer's certificate is recorded by its fingerprint."""
        session = TlsSession(credentials_of(certificates, **accepted))
        client = Client(certificates, session, identity=certificates.client)
        client.connect()
        der = ssl.PEM_cert_to_DER_cert(certificates.client.certificate.read_text("ascii"))
        assert session.identity == f"{fingerprint(der, 'sha-256')} CN=sender.test"

    @pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
    def test_without_one(
        self, certificates: Certificates, accepted: dict[str, Any], version: ssl.TLSVersion
    ) -> None:
        """Section 5: the handshake is aborted by an alert."""
        session = TlsSession(credentials_of(certificates, **accepted))
        client = Client(certificates, session, maximum_version=version)
        with pytest.raises(ssl.SSLError, match=r"(?i)alert"):
            client.connect_and_read()
        assert session.failure == "peer did not return a certificate"
        assert not session.established

    def test_unknown_one(self, certificates: Certificates, accepted: dict[str, Any]) -> None:
        """A certificate that is not accepted is refused, and the reason told."""
        session = TlsSession(credentials_of(certificates, **accepted))
        client = Client(certificates, session, identity=certificates.server)
        with pytest.raises(ssl.SSLError, match=r"(?i)alert"):
            client.connect_and_read()
        assert session.failure is not None
        assert session.failure.startswith("certificate not accepted: ")

    def test_optional(self, certificates: Certificates, accepted: dict[str, Any]) -> None:
        """Where it is optional, a sender without one is received, without identity."""
        session = TlsSession(credentials_of(certificates, **(accepted | {"client_certificate": "optional"})))
        client = Client(certificates, session)
        client.connect()
        assert session.established
        assert session.identity is None


VERSIONS = pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])


class TestPolicy:
    """RFC 5425 section 5: whom the policy does not accept is told so by an alert within the handshake."""

    @pytest.fixture
    def meet(self, certificates: Certificates) -> Any:
        """Let a sender with an identity meet a listener with a policy; give our session and its alert."""

        def meet(
            identity: Identity, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3, **policy: Any
        ) -> tuple[TlsSession, str]:
            settings = {"client_certificate": "required", **policy}
            session = TlsSession(credentials_of(certificates, **settings))
            client = Client(certificates, session, identity=identity.files, maximum_version=version)
            alert = ""
            try:
                client.connect()
                with suppress(ssl.SSLWantReadError):
                    client.tls.read(1)
            except ssl.SSLError as error:
                alert = str(error.reason)
            assert session.established == (not alert)
            assert (session.identity is None) == bool(alert)
            return session, alert

        return meet

    @VERSIONS
    @pytest.mark.parametrize("label", ["sha-1", "sha-256"])
    def test_self_signed_by_fingerprint(
        self, identities: Identities, meet: Any, version: ssl.TLSVersion, label: str
    ) -> None:
        """Sections 4.2.1, 5.1: a self-signed certificate is accepted by its fingerprint, another is not."""
        known, other = identities.self_signed("a.example"), identities.self_signed("a.example")
        policy = {"client_fingerprints": [known.fingerprint(label)]}
        session, _ = meet(known, version, **policy)
        assert session.identity == f"{known.fingerprint()} CN=a.example"
        session, alert = meet(other, version, **policy)
        assert re.search("CERTIFICATE_UNKNOWN|UNKNOWN_CA|BAD_CERTIFICATE", alert)
        assert session.failure == (
            "certificate not accepted: not in client_fingerprints, and self-signed, and not in client_ca"
        )
        assert session.refused == other.fingerprint()

    @VERSIONS
    def test_a_fingerprint_needs_no_path(
        self, identities: Identities, meet: Any, version: ssl.TLSVersion
    ) -> None:
        """Of a certificate with a listed fingerprint, neither issuer, nor date, nor name matters."""
        foreign = identities.issued("a.example", ends=timedelta(days=-1), by=identities.intermediate())
        listed = {"client_fingerprints": [foreign.fingerprint()]}
        session, _ = meet(foreign, version, **listed)
        assert session.identity is not None
        known = {**listed, "client_ca": identities.ca, "client_names": ["b.example"]}
        session, _ = meet(foreign, version, **known)
        assert session.identity is not None

    def test_a_fingerprint_is_of_the_end_entity(self, identities: Identities, meet: Any) -> None:
        """The fingerprint of an authority in the peer's chain accepts nobody."""
        between = identities.intermediate()
        sender = identities.issued("a.example", by=between, chain=[between.certificate])
        issuer = fingerprint(between.certificate.public_bytes(DER), "sha-256")
        session, alert = meet(sender, client_fingerprints=[issuer])
        assert alert
        assert session.refused == sender.fingerprint()

    def test_authority_or_fingerprint(self, identities: Identities, meet: Any) -> None:
        """With both configured either is enough."""
        pinned = identities.self_signed("x.example")
        policy = {"client_ca": identities.ca, "client_fingerprints": [pinned.fingerprint()]}
        for accepted in (pinned, identities.issued("a.example")):
            assert meet(accepted, **policy)[1] == ""
        assert meet(identities.self_signed("y.example"), **policy)[1]

    @VERSIONS
    def test_path(self, identities: Identities, meet: Any, version: ssl.TLSVersion) -> None:
        """RFC 5280: a path to the authority, through an intermediate that the peer sends."""
        between = identities.intermediate()
        by_chain = identities.issued("a.example", by=between, chain=[between.certificate])
        session, alert = meet(by_chain, version, client_ca=identities.ca)
        assert alert == ""
        assert session.identity == f"{by_chain.fingerprint()} CN=a.example"

    @pytest.mark.parametrize("fingerprints", [(), (f"sha-1{':00' * 20}",)])
    @VERSIONS
    def test_broken_paths(
        self, identities: Identities, meet: Any, version: ssl.TLSVersion, fingerprints: tuple[str, ...]
    ) -> None:
        """No issuer, a foreign one, and a date that is over: each is refused with its reason."""
        policy = {"client_ca": identities.ca, "client_fingerprints": fingerprints}
        expired = identities.issued("a.example", ends=timedelta(days=-1))
        gap = identities.issued("a.example", by=identities.intermediate())
        for sender, reason in ((expired, "expired"), (gap, "its issuer is not in client_ca")):
            session, alert = meet(sender, version, **policy)
            assert re.search("CERTIFICATE_EXPIRED|UNKNOWN_CA|CERTIFICATE_UNKNOWN", alert)
            assert session.failure is not None
            assert session.failure.endswith(reason)

    @VERSIONS
    def test_names(self, identities: Identities, meet: Any, version: ssl.TLSVersion) -> None:
        """Section 5.2: the authority alone is not enough when names are configured."""
        policy = {"client_ca": identities.ca, "client_names": ["fw-*.example", "192.0.2.7"]}
        for sender, name in (
            (identities.issued("x.example", "FW-1.example"), "FW-1.example"),
            (identities.issued("192.0.2.7"), "192.0.2.7"),
        ):
            session, alert = meet(sender, version, **policy)
            assert alert == ""
            assert session.identity == f"{sender.fingerprint()} {name}"
        session, alert = meet(identities.issued("gw-1.example", subject="fw-1.example"), version, **policy)
        assert "BAD_CERTIFICATE" in alert
        assert session.failure == "certificate not accepted: none of its names is in client_names"

    def test_switches(self, identities: Identities, meet: Any) -> None:
        """Wildcards in certificates and the common name count when they are switched on."""
        policy = {"client_ca": identities.ca, "client_names": ["a.example.com"]}
        wild, old = identities.issued("*.example.com"), identities.issued(subject="a.example.com")
        assert meet(wild, **policy)[1]
        assert meet(wild, **policy, client_wildcards=True)[1] == ""
        assert meet(old, **policy)[1]
        assert meet(old, **policy, client_common_name=True)[1] == ""

    def test_purpose(self, identities: Identities, meet: Any) -> None:
        """An authority's own certificate, which signs and does not speak, is no sender's."""
        authority = identities.as_identity(identities.authority)
        assert meet(authority, client_ca=identities.ca)[1]

    @pytest.mark.parametrize("extension", [OTHER_NAME_FORM, BROKEN_ADDRESS])
    def test_names_that_cannot_be_read(
        self, identities: Identities, meet: Any, extension: x509.UnrecognizedExtension
    ) -> None:
        """Names that cannot be read are no names, and no reason to take the common name in their place."""
        sender = identities.issued(subject="a.example", extension=extension)
        policy = {"client_ca": identities.ca, "client_names": ["a.example"], "client_common_name": True}
        session, alert = meet(sender, **policy)
        assert alert
        assert session.failure == "certificate not accepted: none of its names is in client_names"

    @pytest.mark.parametrize("by", ["authority", "fingerprint"])
    def test_a_certificate_that_cannot_be_read(self, identities: Identities, meet: Any, by: str) -> None:
        """A certificate of a version that does not exist is refused, and raises nothing."""
        sender = identities.of_no_version()
        print_ = fingerprint(ssl.PEM_cert_to_DER_cert(sender.certificate.read_text()), "sha-256")
        policy = {"client_ca": identities.ca} if by == "authority" else {"client_fingerprints": [print_]}
        session, alert = meet(Identity(sender, identities.authority.certificate), **policy)
        assert alert
        assert session.failure == "certificate not accepted: it cannot be read"


@VERSIONS
def test_a_sender_that_refuses_us(
    certificates: Certificates, session: TlsSession, version: ssl.TLSVersion
) -> None:
    """A sender that does not know our authority says so by an alert, for which there is advice."""
    client = Client(certificates, session, maximum_version=version, trusts_nobody=True)
    with pytest.raises(ssl.SSLCertVerificationError):
        client.connect()
    client.exchange_only()
    assert session.failure is not None
    assert "give it our authority's" in advice(session.failure, session.refused)


def test_nobody_is_accepted_without_a_decision(certificates: Certificates, identities: Identities) -> None:
    """Should OpenSSL ever complete a handshake without having asked, the peer is no-one."""
    sender = identities.self_signed("a.example")
    policy = {"client_certificate": "required", "client_fingerprints": [sender.fingerprint()]}
    credentials = credentials_of(certificates, **policy)
    credentials.context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
    session = TlsSession(credentials)
    Client(certificates, session, identity=sender.files).connect()
    assert not session.established
    assert session.failure == "certificate not accepted: nothing vouches for it"


def test_renegotiation_is_refused(session: TlsSession) -> None:
    """RFC 6012 section 9.1, and good for TLS 1.2 as well: whom we accepted cannot become another."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    client = SSL.Connection(context, None)
    client.set_connect_state()
    shake_hands(client, session)
    assert session.established
    client.renegotiate()
    with pytest.raises(SSL.Error, match="no renegotiation"):
        shake_hands(client, session)


def shake_hands(client: SSL.Connection, session: TlsSession) -> None:
    """Carry octets both ways, often enough for a handshake.

    Raises:
        SSL.Error: when the client has had enough.
    """
    for _ in range(4):
        with suppress(SSL.WantReadError):
            client.do_handshake()
        with suppress(SSL.WantReadError):
            if answer := session.receive(client.bio_read(65_536)).answer:
                client.bio_write(answer)


def test_plaintext_to_the_peer(certificates: Certificates, session: TlsSession) -> None:
    """What is sent is encrypted; before the handshake and after the end nothing is."""
    assert session.send(b"too early") == b""
    client = Client(certificates, session)
    client.connect()
    wire = session.send(b"1 rsp 6 200 OK\n")
    assert b"200 OK" not in wire
    client.incoming.write(wire)
    assert client.tls.read(100) == b"1 rsp 6 200 OK\n"
    client.close_notify()
    assert session.send(b"too late") == b""


@pytest.mark.parametrize(
    "octets", [b"<13>plain syslog\n", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x05hello"]
)
def test_octets_that_are_no_tls(session: TlsSession, octets: bytes) -> None:
    """Whatever else comes is a failure with a reason, never an exception."""
    session.receive(octets)
    assert session.failure
    assert not session.established


def test_nothing_is_sent_behind_the_handshake_until_the_end(certificates: Certificates) -> None:
    """A sender that never reads has nothing unread when it closes, which would reset the connection.

    TLS 1.3's session tickets are what OpenSSL would send; they go before the answer to close_notify.
    """
    session = TlsSession(credentials_of(certificates))
    client = Client(certificates, session, minimum_version=ssl.TLSVersion.TLSv1_3)
    client.advance()
    client.incoming.write(session.receive(client.outgoing.read()).answer)
    client.advance()
    client.tls.write(b"<13>first")
    progress = session.receive(client.outgoing.read())
    assert session.established
    assert (progress.plaintext, progress.answer) == (b"<13>first", b"")
    with suppress(ssl.SSLWantReadError):
        client.tls.unwrap()
    progress = session.receive(client.outgoing.read())
    assert session.ended
    client.incoming.write(progress.answer)
    client.tls.unwrap()
