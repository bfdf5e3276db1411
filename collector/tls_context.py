"""The parameters of TLS and DTLS: OpenSSL's context (RFC 5425 section 4, RFC 6012 section 5.3, RFC 9662)."""

from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from OpenSSL import SSL, crypto

from collector.authorisation import Authorisation
from collector.certificate import CertificateFiles
from collector.errors import CertificateError
from collector.settings import ListenerSettings
from collector.tls_alerts import say_why

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
# No resumption: each connection proves itself anew, and early data (RFC 9662 section 6) has no ground.
_OPTIONS: Final = (
    SSL.OP_CIPHER_SERVER_PREFERENCE | SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_COMPRESSION | SSL.OP_NO_TICKET
)
_COOKIES: Final[int] = SSL.OP_COOKIE_EXCHANGE  # type: ignore[assignment]  # None without DTLS: an error here
_DTLS_OPTIONS: Final = _COOKIES | SSL.OP_NO_QUERY_MTU
_DTLS_1_2: Final = 0xFEFD  # pyOpenSSL has no name for it
_VERIFY: Final = {
    "none": SSL.VERIFY_NONE,
    "optional": SSL.VERIFY_PEER,
    "required": SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT,
}
_UNUSABLE: Final = (OSError, ValueError, TypeError, SSL.Error, crypto.Error)


def tls_context(name: str, settings: ListenerSettings, files: CertificateFiles) -> SSL.Context:
    """Give the parameters of a TLS listener.

    Whoever makes a connection of it puts an ``Authorisation`` into it by ``set_app_data``.

    Args:
        name: the listener's name, for errors.
        settings: its settings.
        files: its certificate and key.

    Raises:
        CertificateError: when a file cannot be used.
    """
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)  # section 4.2, RFC 9662 section 4
    _set_up(context, name, settings, files)
    return context


def dtls_context(name: str, settings: ListenerSettings, files: CertificateFiles) -> SSL.Context:
    """Give the parameters of a DTLS listener; as ``tls_context``. Its user sets the cookie's callbacks."""
    context = SSL.Context(SSL.DTLS_SERVER_METHOD)
    context.set_min_proto_version(_DTLS_1_2)  # RFC 9662 section 5: DTLS 1.0 must not be used
    context.set_options(_DTLS_OPTIONS)
    _set_up(context, name, settings, files)
    return context


def check_context(name: str, settings: ListenerSettings, files: CertificateFiles | None) -> None:
    """See whether files can be used; without ``files``, whether the authorities can.

    Raises:
        CertificateError: when one cannot.
    """
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    if files is not None:
        _load_own(context, name, files)
    _load_authorities(context, name, settings)


def _set_up(context: SSL.Context, name: str, settings: ListenerSettings, files: CertificateFiles) -> None:
    suites = [*_SUITES, *([_LEGACY_SUITE] if settings.legacy_cipher else [])]
    context.set_cipher_list(":".join(suites).encode("ascii"))
    context.set_options(_OPTIONS)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)  # 28 KiB less for each connection that is silent
    mode = _VERIFY[settings.client_certificate]
    context.set_verify(mode, _consider)
    say_why(context, mode)
    _load_own(context, name, files, is_ours=settings.key is None)
    _load_authorities(context, name, settings)


def _consider(
    connection: SSL.Connection, certificate: crypto.X509, error: int, depth: int, _preverified: int
) -> bool:
    authorisation = connection.get_app_data()
    if not isinstance(authorisation, Authorisation):  # nobody to ask: nobody is accepted
        return False
    try:
        return authorisation.consider(certificate.to_cryptography(), error, depth)
    except Exception:  # noqa: BLE001 - cryptography has several for what peers may send; each is a refusal
        return authorisation.refuse_unreadable()


def _load_own(context: SSL.Context, name: str, files: CertificateFiles, *, is_ours: bool = False) -> None:
    """Use a key and certificate; ``is_ours`` when we made them: to look at the key's primes takes 90 ms."""
    setting = f"collector.listeners.{name}"
    try:
        own, *issuers = x509.load_pem_x509_certificates(files.certificate.read_bytes())
        context.use_certificate(own)
        for issuer in issuers:
            context.add_extra_chain_cert(issuer)
        key = serialization.load_pem_private_key(
            files.key.read_bytes(), None, unsafe_skip_rsa_key_validation=is_ours
        )
        context.use_privatekey(key)  # type: ignore[arg-type]  # others than those it can use are told below
        context.check_privatekey()
    except _UNUSABLE as error:
        raise CertificateError(
            f"{setting}: {files.certificate} with key {files.key} cannot be used ({_told(error)}): "
            f"set {setting}.certificate and {setting}.key to PEM files that belong together"
        ) from error


def _load_authorities(context: SSL.Context, name: str, settings: ListenerSettings) -> None:
    store, file = context.get_cert_store(), settings.client_ca
    assert store is not None  # noqa: S101 - a context has one from its start
    # The senders' own certificates may stand in client_ca in place of an authority's.
    store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
    if file is None:
        return
    setting = f"collector.listeners.{name}"
    try:
        for certificate in x509.load_pem_x509_certificates(file.read_bytes()):
            store.add_cert(crypto.X509.from_cryptography(certificate))
    except _UNUSABLE as error:
        raise CertificateError(
            f"{setting}: {file} cannot be used ({_told(error)}): "
            f"set {setting}.client_ca to a PEM file with the certificates of your authorities"
        ) from error


def _told(error: Exception) -> str:
    return reason_of(error) if isinstance(error, SSL.Error | crypto.Error) else str(error)


def reason_of(error: Exception) -> str:
    """Give OpenSSL's word for what went wrong: a small set, so that it can be counted by."""
    match error.args:
        case ([(_, _, reason), *_], *_) if reason:
            return str(reason).lower()
        case _:
            return type(error).__name__
