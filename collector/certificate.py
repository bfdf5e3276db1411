"""The appliance's own key and certificate, and fingerprints (RFC 5425 section 4.2)."""

import fcntl
import ipaddress
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from collector.errors import CertificateError

KEY_FILE: Final = "key.pem"
CERTIFICATE_FILE: Final = "certificate.pem"

# RSA, because both suites that RFC 9662 section 4 makes mandatory need an RSA key.
_KEY_BITS: Final = 3072
_VALID: Final = timedelta(days=3650)
_CLOCKS_DIFFER: Final = timedelta(days=1)  # a sender's clock may be behind ours
_HASHES: Final[dict[str, type[hashes.HashAlgorithm]]] = {"sha-1": hashes.SHA1, "sha-256": hashes.SHA256}
_LONGEST_COMMON_NAME: Final = 64  # RFC 5280, ub-common-name


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """Where a listener's certificate and key lie."""

    certificate: Path
    key: Path


def fingerprint(certificate: bytes, label: str) -> str:
    """Give the fingerprint of a certificate in the form of RFC 5425 section 4.2.2.

    Args:
        certificate: DER.
        label: IANA's textual name of the hash: "sha-1" or "sha-256".

    Returns:
        ``sha-1:E1:2D:53:...``: the label, and each octet in upper case hexadecimal after a colon.
    """
    digest = hashes.Hash(_HASHES[label]())
    digest.update(certificate)
    return ":".join([label, *(f"{octet:02X}" for octet in digest.finalize())])


def fingerprints(file: Path) -> list[str]:
    """Give the fingerprints of the first certificate in a PEM file, SHA-256 first.

    Raises:
        CertificateError: when there is none.
    """
    try:
        found = x509.load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError) as error:
        raise CertificateError(
            f"{file}: no certificate can be read from it ({error}); make it PEM"
        ) from error
    der = found.public_bytes(serialization.Encoding.DER)
    return [fingerprint(der, label) for label in ("sha-256", "sha-1")]


def own_certificate(folder: Path) -> CertificateFiles:
    """Give the appliance's own certificate, and make it when there is none yet.

    Args:
        folder: holds, or will hold, key and certificate.

    Raises:
        CertificateError: when it cannot be made.
    """
    files = CertificateFiles(folder / CERTIFICATE_FILE, folder / KEY_FILE)
    if not _there(files):
        try:
            _make_once(files)
        except OSError as error:
            raise CertificateError(
                f"{folder}: a key and certificate cannot be written there ({error}): "
                "see to the folder's owner and mode, or name your own with certificate and key"
            ) from error
    return files


def _there(files: CertificateFiles) -> bool:
    return files.certificate.exists() and files.key.exists()


def _make_once(files: CertificateFiles) -> None:
    """Make both files, unless another collector process does so right now."""
    folder = files.key.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if not _there(files):
            _make(files)
    finally:
        os.close(descriptor)


def _make(files: CertificateFiles) -> None:
    key = rsa.generate_private_key(public_exponent=65_537, key_size=_KEY_BITS)
    certificate = self_signed(key, [socket.gethostname(), *_own_names()], datetime.now(UTC))
    _write_new(
        files.key,
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )
    _write_new(files.certificate, certificate.public_bytes(serialization.Encoding.PEM))


def _write_new(file: Path, octets: bytes) -> None:
    """Write a file that only we can read. Not durable: one that is lost is made anew, and shown anew."""
    temporary = file.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(octets)
    temporary.rename(file)


def self_signed(key: rsa.RSAPrivateKey, names: list[str], now: datetime) -> x509.Certificate:
    """Make a self-signed certificate, for either end of a connection (RFC 5425 section 4.2.1).

    Args:
        key: signs, and is certified.
        names: DNS names and addresses of this machine; the first becomes the common name.
        now: valid from a day before it.
    """
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:_LONGEST_COMMON_NAME])])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectAlternativeName(list(_alternative_names(names))), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.ExtendedKeyUsage(_PURPOSES), critical=False)
        .add_extension(_KEY_USAGE, critical=True)
        .sign(key, hashes.SHA256())
    )


_PURPOSES: Final = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
# key_encipherment is for RFC 5425's old suite, which encrypts to the key.
_KEY_USAGE: Final = x509.KeyUsage(
    digital_signature=True,
    key_encipherment=True,
    content_commitment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


def _alternative_names(names: list[str]) -> Iterator[x509.GeneralName]:
    for name in dict.fromkeys(names):
        try:
            yield x509.IPAddress(ipaddress.ip_address(name))
        except ValueError:
            with suppress(ValueError):  # a host name that is not ASCII can be in no certificate as it stands
                yield x509.DNSName(name)


def _own_names() -> Iterator[str]:
    """What this machine is called, as far as it knows."""
    yield from (socket.getfqdn(), "localhost", "127.0.0.1", "::1")
    with suppress(OSError):
        for _, _, _, _, place in socket.getaddrinfo(socket.gethostname(), None):
            yield str(place[0]).partition("%")[0]
