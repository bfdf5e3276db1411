"""The appliance's own key and certificate, and fingerprints (RFC 5425 section 4.2)."""

import fcntl
import ipaddress
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from collector.errors import CertificateError

KEY_FILE: Final = "key.pem"
CERTIFICATE_FILE: Final = "certificate.pem"

_KEY_BITS: Final = 3072
_VALID: Final = timedelta(days=3650)
CLOCKS_DIFFER: Final = timedelta(days=1)  # a sender's clock may be behind ours
_HASHES: Final[dict[str, type[hashes.HashAlgorithm]]] = {"sha-1": hashes.SHA1, "sha-256": hashes.SHA256}
_DER: Final = b"\x30"  # a SEQUENCE; PEM begins with text
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
    """Give the fingerprints of the first certificate in a PEM or DER file, SHA-256 first.

    Raises:
        CertificateError: when there is none.
    """
    return fingerprints_of(read_certificate(file).public_bytes(serialization.Encoding.DER))


def fingerprints_of(certificate: bytes) -> list[str]:
    """Give the fingerprints of a certificate in DER, SHA-256 first."""
    return [fingerprint(certificate, label) for label in ("sha-256", "sha-1")]


def read_certificate(file: Path) -> x509.Certificate:
    """Give the first certificate in a PEM or DER file.

    Raises:
        CertificateError: when there is none.
    """
    try:
        octets = file.read_bytes()
        if octets.startswith(_DER):
            return x509.load_der_x509_certificate(octets)
        return x509.load_pem_x509_certificate(octets)
    except (OSError, ValueError, x509.InvalidVersion) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise CertificateError(
            f"{file}: no certificate can be read from it ({reason}): name a file with one in PEM or DER"
        ) from error


def own_certificate_files(folder: Path) -> CertificateFiles:
    """Say where the appliance's own certificate is, or will be at its first start."""
    return CertificateFiles(folder / CERTIFICATE_FILE, folder / KEY_FILE)


def own_certificate(folder: Path) -> CertificateFiles:
    """Give the appliance's own certificate, and make it when there is none yet.

    Args:
        folder: holds, or will hold, key and certificate.

    Raises:
        CertificateError: when it cannot be made.
    """
    files = own_certificate_files(folder)
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
    key = new_key()
    certificate = self_signed(key, [socket.gethostname(), *_own_names()], datetime.now(UTC))
    # Not durable: what is lost is made anew, and shown anew.
    write_new(files.key, key_octets(key))
    write_new(files.certificate, certificate.public_bytes(serialization.Encoding.PEM))


def new_key() -> rsa.RSAPrivateKey:
    """Make a key; RSA, because both suites that RFC 9662 section 4 makes mandatory need one."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=_KEY_BITS)


def key_octets(key: rsa.RSAPrivateKey) -> bytes:
    """Give a key as PEM, without a password: a service starts without anybody there to type it."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def write_new(file: Path, octets: bytes, mode: int = 0o600) -> None:
    """Write a file that only we can read, whole or not at all, over one that may be there.

    Args:
        file: its folder is there.
        octets: the content.
        mode: who else may read it; the umask applies.

    Raises:
        OSError: when it cannot be written.
    """
    temporary = file.with_name(f"{file.name}.new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(octets)
        opened.flush()
        os.fsync(descriptor)  # a crash must leave no empty file in place of an authority's key
    temporary.rename(file)


def self_signed(key: rsa.RSAPrivateKey, names: Sequence[str], now: datetime) -> x509.Certificate:
    """Make a self-signed certificate, for either end of a connection (RFC 5425 section 4.2.1).

    Args:
        key: signs, and is certified.
        names: DNS names and addresses of this machine; the first becomes the common name.
        now: valid from a day before it.
    """
    name = subject_named(names[0])
    return end_entity(key.public_key(), name, names, issuer=name, now=now, until=now + _VALID).sign(
        key, hashes.SHA256()
    )


def subject_named(name: str) -> x509.Name:
    """Give a subject with nothing but a common name, cut to what one may be."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:_LONGEST_COMMON_NAME])])


def end_entity(  # noqa: PLR0913 - what a certificate says, each by name
    key: CertificatePublicKeyTypes,
    subject: x509.Name,
    names: Sequence[str],
    *,
    issuer: x509.Name,
    now: datetime,
    until: datetime,
) -> x509.CertificateBuilder:
    """Begin a certificate for either end of a connection; it lacks the signature only.

    Args:
        key: is certified.
        subject: whom it names.
        names: DNS names and addresses; what can be in no certificate is left out.
        issuer: who will sign it.
        now: valid from a day before it.
        until: valid until then.
    """
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCKS_DIFFER)
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName(list(_alternative_names(names))), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.ExtendedKeyUsage(_PURPOSES), critical=False)
        .add_extension(_KEY_USAGE, critical=True)
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


def _alternative_names(names: Sequence[str]) -> Iterator[x509.GeneralName]:
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
