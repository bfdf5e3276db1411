"""TLS as a client: whom a destination's settings trust, and how we prove ourselves."""

import asyncio
import errno
import hashlib
import ssl

from relay.settings import DestinationSettings, RelaySettings


def tls_context(settings: DestinationSettings) -> ssl.SSLContext:
    """Give a TLS client's context: TLS 1.2 at least, the other side verified by authority or fingerprint.

    Raises:
        OSError: when a file cannot be read or used; the message names it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # which verifies certificate and name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.fingerprint is not None:  # compared once the handshake is through, before anything is sent
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif settings.ca is None:
        context.load_default_certs()
    else:
        try:
            context.load_verify_locations(settings.ca)
        except OSError as error:  # an ssl.SSLError is one
            raise _unusable(f"ca {settings.ca}", error, "the authority's certificate") from error
    if settings.certificate is not None:
        files = f"certificate {settings.certificate} with key {settings.key}"
        try:
            # Without a password OpenSSL would ask for one, of a terminal that is not there.
            context.load_cert_chain(settings.certificate, settings.key, password="")
        except OSError as error:
            raise _unusable(files, error, "what belongs together, the key without a password") from error
    return context


def _unusable(what: str, error: OSError, wanted: str) -> OSError:
    if isinstance(error, ssl.SSLError):
        reason = (error.reason or "no certificate").lower().replace("_", " ")
    else:
        reason = error.strerror or str(error)
    return OSError(
        error.errno or errno.EINVAL, f"{what} cannot be used ({reason}): name PEM files with {wanted}"
    )


def check_fingerprint(settings: DestinationSettings, transport: asyncio.Transport) -> None:
    """Compare the certificate that was shown with the fingerprint of the settings, if they have one.

    Raises:
        ConnectionError: when it is another.
    """
    if settings.fingerprint is None:
        return
    shown = transport.get_extra_info("ssl_object").getpeercert(binary_form=True) or b""
    found = "sha-256:" + hashlib.sha256(shown).digest().hex(":").upper()
    if found != settings.fingerprint:
        raise ConnectionRefusedError(
            errno.ECONNREFUSED, f"its certificate is {found}; set fingerprint to that if it is the right one"
        )


def check_files(settings: RelaySettings) -> list[str]:
    """Look at the files that destinations' settings name, and tell what cannot be used."""
    found = []
    for name, destination in settings.enabled.items():
        if not destination.is_encrypted:
            continue
        try:
            tls_context(destination)
        except OSError as error:
            found.append(f"relay.destinations.{name}: {error.strerror}")
    return found
