"""One TLS connection without its socket: octets of the wire in, plaintext and answers out (RFC 5425).

States: *handshake*, *established*, *ended* (the peer said close_notify, and was answered), *failed*.
"""

import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from collector.certificate import CertificateFiles, fingerprint
from collector.errors import CertificateError
from collector.settings import ListenerSettings

# RFC 9662 section 3: ECDHE with GCM is preferred. TLS 1.3 has suites of its own and is preferred by itself.
_SUITES: Final = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
)
_LEGACY_SUITE: Final = "AES128-SHA"  # TLS_RSA_WITH_AES_128_CBC_SHA
_READ: Final = 262_144
_MODES: Final = {"none": ssl.CERT_NONE, "optional": ssl.CERT_OPTIONAL, "required": ssl.CERT_REQUIRED}


def configured_certificate(settings: ListenerSettings) -> CertificateFiles | None:
    """Give the certificate that the settings name, or None."""
    if settings.certificate is None or settings.key is None:
        return None
    return CertificateFiles(settings.certificate, settings.key)


def server_context(name: str, settings: ListenerSettings, files: CertificateFiles) -> ssl.SSLContext:
    """Give the TLS parameters of a listener.

    Args:
        name: the listener's name, for errors.
        settings: its settings.
        files: its certificate and key.

    Raises:
        CertificateError: when a file cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # section 4.2, RFC 9662 section 4
    context.set_ciphers(":".join([*_SUITES, *([_LEGACY_SUITE] if settings.legacy_cipher else [])]))
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE | ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    # No resumption: each connection proves itself anew, and early data (RFC 9662 section 6) has no ground.
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    _load_files(context, name, settings, files)
    context.verify_mode = _MODES[settings.client_certificate]
    # The senders' own certificates may stand in client_ca in place of an authority's.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _load_files(
    context: ssl.SSLContext, name: str, settings: ListenerSettings, files: CertificateFiles
) -> None:
    setting = f"collector.listeners.{name}"
    try:
        context.load_cert_chain(files.certificate, files.key)
    except (OSError, ssl.SSLError) as error:
        raise CertificateError(
            f"{setting}: {files.certificate} with key {files.key} cannot be used ({error}): "
            f"set {setting}.certificate and {setting}.key to PEM files that belong together"
        ) from error
    if settings.client_ca is not None:
        try:
            context.load_verify_locations(settings.client_ca)
        except (OSError, ssl.SSLError) as error:
            raise CertificateError(
                f"{setting}: {settings.client_ca} cannot be used ({error}): "
                f"set {setting}.client_ca to a PEM file with the certificates of your authorities"
            ) from error


@dataclass(frozen=True, slots=True)
class Progress:
    """What one call gave: plaintext that came, and octets that must go to the peer."""

    plaintext: bytes
    answer: bytes


class TlsSession:
    """The server's side of one connection.

    Attributes:
        established: the handshake is complete.
        identity: fingerprint of the certificate that the peer proved, or None.
        ended: the peer ended the connection by close_notify, which was answered.
        failure: why the connection cannot go on, or None.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self.established = False
        self.identity: str | None = None
        self.ended = False
        self.failure: str | None = None

    def receive(self, octets: bytes) -> Progress:
        """Take octets of the wire. Never raises: what went wrong is in ``failure``."""
        plaintext: list[bytes] = []
        self._incoming.write(octets)
        try:
            if not self.established:
                self._tls.do_handshake()
                self._establish()
            while octets := self._tls.read(_READ):
                plaintext.append(octets)
            self._answer_close_notify()
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            self.failure = _reason(error)
        return Progress(b"".join(plaintext), self._outgoing.read())

    def close(self) -> bytes:
        """End the connection from our side: give the octets of close_notify (section 4.4)."""
        if self.established and not self.ended and self.failure is None:
            self._answer_close_notify()
        return self._outgoing.read()

    def _establish(self) -> None:
        self.established = True
        if certificate := self._tls.getpeercert(binary_form=True):
            self.identity = fingerprint(certificate, "sha-256")

    def _answer_close_notify(self) -> None:
        self.ended = True
        with suppress(ssl.SSLError):  # it wants to wait for the peer's; ours is written by then
            self._tls.unwrap()


def _reason(error: ssl.SSLError) -> str:
    """OpenSSL's word for what went wrong, in lower case: a small set, so that it can be counted by."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate not accepted: {error.verify_message}"
    return str(error.reason or type(error).__name__).replace("_", " ").lower()
