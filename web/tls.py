"""The pages' certificate: what is served by TLS, the names that it has, the mark that it is known by."""

import os
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from web.settings import WebSettings


class CertificateFileError(Exception):
    """The certificate or its key cannot be used; the message names the setting to change."""

    exit_code = os.EX_CONFIG


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """Where a certificate, with what signed it, and its key lie, in PEM."""

    certificate: Path
    key: Path


def server_context(files: CertificateFiles) -> ssl.SSLContext:
    """Give the context of a server that shows this certificate, by TLS 1.2 or later.

    Raises:
        CertificateFileError: when the files cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(files.certificate, files.key)
    except (OSError, ssl.SSLError) as error:
        which = f"{files.certificate} and {files.key}"
        raise CertificateFileError(
            f"web.certificate: {which} cannot be used ({error}): name a certificate in PEM that may be read, "
            "and the key that belongs to it, without a password"
        ) from error
    return context


class Renewal:
    """Follows a server's certificate on disk, so that a renewed one is shown without a new start.

    Args:
        context: of the server.
        files: that it was made of.
    """

    def __init__(self, context: ssl.SSLContext, files: CertificateFiles) -> None:
        self._context = context
        self._files = files
        self._seen = self._state()

    def look(self) -> bool:
        """Take files that were changed; say whether there were any. Connections to come are shown them.

        Raises:
            CertificateFileError: once for each change, when they cannot be used; the old ones stay.
        """
        state = self._state()
        if state == self._seen:
            return False
        self._seen = state
        server_context(self._files)
        self._context.load_cert_chain(self._files.certificate, self._files.key)
        return True

    def _state(self) -> list[tuple[int, int]]:
        """Give what changes with the files; nothing of one that is away, as when it is being replaced."""
        state = []
        for file in (self._files.certificate, self._files.key):
            with suppress(OSError):
                found = file.stat()
                state.append((found.st_mtime_ns, found.st_ino))
        return state


def check_files(settings: WebSettings) -> list[str]:
    """Look at the files that the settings name, and tell what cannot be used."""
    found = []
    if settings.certificate is not None and settings.key is not None:
        try:
            server_context(CertificateFiles(settings.certificate, settings.key))
        except CertificateFileError as error:
            found.append(str(error))
    for name, provider in settings.openid.items():
        for setting, file in (("client_secret_file", provider.client_secret_file), ("ca", provider.ca)):
            try:
                if file is not None:
                    file.read_text("utf-8")
            except (OSError, UnicodeDecodeError) as error:
                found.append(f"web.openid.{name}.{setting}: {file} cannot be read ({error}): see to its mode")
    return found


def names(files: CertificateFiles) -> list[str]:
    """Give the DNS names of a certificate.

    Raises:
        CertificateFileError: when it cannot be read.
    """
    try:
        extension = _read(files).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return extension.value.get_values_for_type(x509.DNSName)


def fingerprint(files: CertificateFiles) -> str:
    """Give the fingerprint of a certificate, as RFC 5425 section 4.2.2 writes it.

    Raises:
        CertificateFileError: when it cannot be read.
    """
    octets = _read(files).fingerprint(SHA256())
    return ":".join(["sha-256", *(f"{octet:02X}" for octet in octets)])


def machine_names() -> list[str]:
    """Give what this machine is called, as far as it knows."""
    return [socket.gethostname(), socket.getfqdn()]


def _read(files: CertificateFiles) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(files.certificate.read_bytes())
    except (OSError, ValueError) as error:
        raise CertificateFileError(
            f"web.certificate: {files.certificate} cannot be read ({error}): name a certificate in PEM"
        ) from error
