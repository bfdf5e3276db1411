"""TLS without sockets: a real client and our session exchange octets in memory."""

import ssl
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from collector.certificate import CertificateFiles, fingerprint
from collector.errors import CertificateError
from collector.settings import ListenerSettings
from collector.tls_session import TlsSession, configured_certificate, server_context
from tests.collector.conftest import Certificates

MANDATORY = "ECDHE-RSA-AES128-GCM-SHA256"
LEGACY = "AES128-SHA"


def context_of(certificates: Certificates, **settings: Any) -> ssl.SSLContext:
    """The parameters of a listener with these settings."""
    listener = ListenerSettings.model_validate({"transport": "tls", "port": 6514, **settings})
    return server_context("tls", listener, certificates.server)


class Client:
    """OpenSSL's side, and the wire between it and our session."""

    def __init__(self, certificates: Certificates, session: TlsSession, **settings: Any) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
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
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname="localhost")

    def exchange(self) -> None:
        """Carry octets both ways until both are quiet."""
        while octets := self._outgoing.read():
            progress = self.session.receive(octets)
            self.received += progress.plaintext
            self._incoming.write(progress.answer)
            self._advance()

    def _advance(self) -> None:
        with suppress(ssl.SSLWantReadError):
            self.tls.do_handshake()

    def connect(self) -> None:
        """Do the handshake."""
        self._advance()
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
        progress = self.session.receive(self._outgoing.read())
        self._incoming.write(progress.answer)


@pytest.fixture
def session(certificates: Certificates) -> TlsSession:
    """A session with the default settings."""
    return TlsSession(context_of(certificates))


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
    session = TlsSession(context_of(certificates, legacy_cipher=legacy))
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
    client._incoming.write(session.close())  # noqa: SLF001 - the wire
    assert client.tls.read(10) == b""


class TestClientCertificates:
    """RFC 5425 sections 4.2.1 and 5.1."""

    @pytest.fixture
    def accepted(self, certificates: Certificates) -> dict[str, Any]:
        """Settings that accept the sender's own certificate, self-signed as it is."""
        return {"client_certificate": "required", "client_ca": certificates.client.certificate}

    def test_identity(self, certificates: Certificates, accepted: dict[str, Any]) -> None:
        """The peer's certificate is recorded by its fingerprint."""
        session = TlsSession(context_of(certificates, **accepted))
        client = Client(certificates, session, identity=certificates.client)
        client.connect()
        der = ssl.PEM_cert_to_DER_cert(certificates.client.certificate.read_text("ascii"))
        assert session.identity == fingerprint(der, "sha-256")

    @pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
    def test_without_one(
        self, certificates: Certificates, accepted: dict[str, Any], version: ssl.TLSVersion
    ) -> None:
        """Section 5: the handshake is aborted by an alert."""
        session = TlsSession(context_of(certificates, **accepted))
        client = Client(certificates, session, maximum_version=version)
        with pytest.raises(ssl.SSLError, match=r"(?i)alert"):
            client.connect_and_read()
        assert session.failure == "peer did not return a certificate"
        assert not session.established

    def test_unknown_one(self, certificates: Certificates, accepted: dict[str, Any]) -> None:
        """A certificate that is not accepted is refused, and the reason told."""
        session = TlsSession(context_of(certificates, **accepted))
        client = Client(certificates, session, identity=certificates.server)
        with pytest.raises(ssl.SSLError, match=r"(?i)alert"):
            client.connect_and_read()
        assert session.failure is not None
        assert session.failure.startswith("certificate not accepted: ")

    def test_optional(self, certificates: Certificates, accepted: dict[str, Any]) -> None:
        """Where it is optional, a sender without one is received, without identity."""
        session = TlsSession(context_of(certificates, **(accepted | {"client_certificate": "optional"})))
        client = Client(certificates, session)
        client.connect()
        assert session.established
        assert session.identity is None


@pytest.mark.parametrize(
    "octets", [b"<13>plain syslog\n", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x05hello"]
)
def test_octets_that_are_no_tls(session: TlsSession, octets: bytes) -> None:
    """Whatever else comes is a failure with a reason, never an exception."""
    session.receive(octets)
    assert session.failure
    assert not session.established


def unusable(tmp_path: Path, certificates: Certificates) -> Iterator[tuple[dict[str, Any], CertificateFiles]]:
    """Settings and files that cannot be used."""
    nothing = tmp_path / "nothing.pem"
    nothing.write_text("")
    yield {}, CertificateFiles(nothing, certificates.server.key)
    yield {}, CertificateFiles(tmp_path / "absent.pem", certificates.server.key)
    yield {}, CertificateFiles(certificates.server.certificate, certificates.client.key)
    yield {"client_certificate": "required", "client_ca": nothing}, certificates.server


def test_unusable_files_are_told(tmp_path: Path, certificates: Certificates) -> None:
    """Files that are empty, absent or do not belong together: the error names the setting."""
    for settings, files in unusable(tmp_path, certificates):
        listener = ListenerSettings.model_validate({"transport": "tls", "port": 6514, **settings})
        with pytest.raises(CertificateError, match=r"collector\.listeners\.tls: .* cannot be used"):
            server_context("tls", listener, files)


def test_configured_certificate() -> None:
    """The settings' own files are taken when they name any."""
    settings = {"transport": "tls", "port": 6514}
    assert configured_certificate(ListenerSettings.model_validate(settings)) is None
    named = ListenerSettings.model_validate({**settings, "certificate": "c.pem", "key": "k.pem"})
    assert configured_certificate(named) == CertificateFiles(Path("c.pem"), Path("k.pem"))
