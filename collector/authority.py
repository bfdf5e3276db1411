"""A small authority of one's own, for sites without any: it certifies collectors and devices (RFC 5425).

Its folder holds ``ca.pem``, to be given to everybody, and ``ca.key``, which signs: whoever reads that can be
any sender. Neither is needed to receive messages; the key may be kept elsewhere between two uses.
"""

import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from collector.certificate import (
    CLOCKS_DIFFER,
    CertificateFiles,
    end_entity,
    fingerprints,
    fingerprints_of,
    key_octets,
    new_key,
    read_certificate,
    subject_named,
    write_new,
)
from collector.certificate_request import names_in, read_request, subject_but_its_name
from collector.errors import CertificateError, KeyFileError
from collector.tls_settings import configured_name

AUTHORITY: Final = "ca"
_AUTHORITY_VALID: Final = timedelta(days=3650)
_PLACE: Final = re.compile(r"\[?(?P<host>[^\[\]]+?)\]?:(?P<port>[0-9]{1,5})")
_SECRET: Final = 0o600
_PUBLIC: Final = 0o644
_WILDCARD: Final = "*"
_WILDCARD_NAME: Final = re.compile(r"\*(?:\.[^*.]+)+")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]")
_REACH_SECONDS: Final = 10.0
_UNREADABLE: Final = (OSError, ValueError, TypeError, UnsupportedAlgorithm)
SIGNS: Final = x509.KeyUsage(
    key_cert_sign=True,
    crl_sign=True,
    digital_signature=False,
    key_encipherment=False,
    content_commitment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority's certificate and key, in memory."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    def certify(self, builder: x509.CertificateBuilder) -> bytes:
        """Sign a certificate, and give it as PEM."""
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        signed = builder.add_extension(identifier, critical=False).sign(self.key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM)


def authority_files(folder: Path) -> CertificateFiles:
    """Say where an authority in ``folder`` has its certificate and key."""
    return CertificateFiles(folder / f"{AUTHORITY}.pem", folder / f"{AUTHORITY}.key")


def make_authority(folder: Path, name: str, now: datetime, *, force: bool) -> CertificateFiles:
    """Make an authority: its key, and a certificate that it signs itself.

    Args:
        folder: for both files; made when it is not there.
        name: its common name.
        now: valid from a day before it, for ten years.
        force: whether files that are there are replaced, which makes what the old one signed worthless.

    Raises:
        KeyFileError: when a file is there already, or cannot be written.
    """
    files = authority_files(folder)
    key, subject = new_key(), subject_named(name)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCKS_DIFFER)
        .not_valid_after(now + _AUTHORITY_VALID)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(SIGNS, critical=True)
        .sign(key, hashes.SHA256())
    )
    _write(files, key_octets(key), certificate.public_bytes(serialization.Encoding.PEM), force=force)
    return files


def read_authority(folder: Path) -> Authority:
    """Read an authority that ``make_authority`` made.

    Raises:
        CertificateError: when it is not there, or cannot be read.
    """
    files = authority_files(folder)
    if not files.certificate.exists():
        raise CertificateError(f"{folder}: there is no authority yet: make one with `sysledger tls init-ca`")
    certificate = read_certificate(files.certificate)
    try:
        key = serialization.load_pem_private_key(files.key.read_bytes(), None)
    except _UNREADABLE as error:
        raise CertificateError(
            f"{files.key}: the authority's key cannot be read ({error}): "
            "bring it back, or run this as its owner"
        ) from error
    if not isinstance(key, rsa.RSAPrivateKey) or key.public_key() != certificate.public_key():
        raise CertificateError(
            f"{files.key} is not the key of {files.certificate}: bring back the two that belong together"
        )
    return Authority(certificate, key)


def issue(  # noqa: PLR0913 - what is issued, each by name
    authority: Authority, names: Sequence[str], out: Path, *, now: datetime, days: int, force: bool
) -> CertificateFiles:
    """Make a key and a certificate for a collector or a device.

    Args:
        authority: signs.
        names: DNS names and addresses; the first names subject and files, too.
        out: folder for ``NAME.pem`` and ``NAME.key``; made when it is not there.
        now: valid from a day before it.
        days: valid for, but no longer than the authority.
        force: whether files that are there are replaced.

    Raises:
        KeyFileError: when a file is there already, or cannot be written.
        CertificateError: when a name can be in no certificate.
    """
    written = _certified(names)
    stem = out / _UNSAFE.sub("_", names[0])
    files = CertificateFiles(stem.with_name(f"{stem.name}.pem"), stem.with_name(f"{stem.name}.key"))
    key = new_key()
    builder = _end_entity(authority, key.public_key(), subject_named(names[0]), written, now, days)
    _write(files, key_octets(key), authority.certify(builder), force=force)
    return files


def sign(  # noqa: PLR0913 - as above
    authority: Authority, request: Path, names: Sequence[str], *, now: datetime, days: int, force: bool
) -> tuple[Path, list[str]]:
    """Certify a device's own key by its request (PKCS #10). Of the request only subject, key and names count.

    The subject's common name becomes the first name: listeners may take it for one, as old devices need it.

    Args:
        authority: signs.
        request: file with the request, PEM or DER.
        names: DNS names and addresses, in place of those that the request asks for.
        now: valid from a day before it.
        days: valid for, but no longer than the authority.
        force: whether a file that is there is replaced.

    Returns:
        The certificate's file, beside the request (``NAME.csr`` gives ``NAME.pem``), and the names in it.

    Raises:
        KeyFileError: when the file is there already, or cannot be written.
        CertificateError: when the request cannot be used.
    """
    asked = read_request(request)
    wanted = _certified(names or names_in(request, asked))
    subject = x509.Name([*subject_but_its_name(asked), *subject_named(wanted[0])])
    builder = _end_entity(authority, asked.public_key(), subject, wanted, now, days)
    certificate = request.with_suffix(".pem")
    if certificate == request:
        certificate = request.with_suffix(".certificate.pem")
    _refuse_to_replace([certificate], force=force)
    _write_file(certificate, authority.certify(builder), _PUBLIC)
    return certificate, wanted


def shown_at(place: str) -> list[str]:
    """Give the fingerprints of a certificate file, or of what a TLS server shows, SHA-256 first.

    Args:
        place: a file (PEM or DER), or HOST:PORT.

    Raises:
        CertificateError: when there is no certificate.
    """
    found = None if Path(place).exists() else _PLACE.fullmatch(place)
    if found is None:
        return fingerprints(Path(place))
    try:
        shown = ssl.get_server_certificate((found["host"], int(found["port"])), timeout=_REACH_SECONDS)
    except (OSError, ValueError, OverflowError) as error:
        raise CertificateError(
            f"{place} shows no certificate ({error}): see that a TLS server listens there, "
            "or name a file with a certificate"
        ) from error
    return fingerprints_of(ssl.PEM_cert_to_DER_cert(shown))


def _end_entity(  # noqa: PLR0913, PLR0917 - as end_entity
    authority: Authority,
    key: CertificatePublicKeyTypes,
    subject: x509.Name,
    names: Sequence[str],
    now: datetime,
    days: int,
) -> x509.CertificateBuilder:
    until = min(now + timedelta(days=days), authority.certificate.not_valid_after_utc)
    if until <= now:
        raise CertificateError(
            "the authority's certificate has ended: make a new one with `sysledger tls init-ca --force`"
        )
    return end_entity(key, subject, names, issuer=authority.certificate.subject, now=now, until=until)


def _certified(names: Sequence[str]) -> list[str]:
    """Give names as a certificate has them.

    Raises:
        CertificateError: when one can be in no certificate.
    """
    try:
        written = [configured_name(name) for name in names]
    except ValueError as error:
        raise CertificateError(str(error)) from error
    for name in written:
        if _WILDCARD in name and not _WILDCARD_NAME.fullmatch(name):
            raise CertificateError(
                f"{name!r} would mean nothing: in a certificate '*' stands for a whole label, the first"
            )
    return written


def _write(files: CertificateFiles, key: bytes, certificate: bytes, *, force: bool) -> None:
    _refuse_to_replace([files.key, files.certificate], force=force)
    _write_file(files.key, key, _SECRET)
    _write_file(files.certificate, certificate, _PUBLIC)


def _refuse_to_replace(files: Sequence[Path], *, force: bool) -> None:
    there = next((file for file in files if file.exists()), None)
    if there is not None and not force:
        raise KeyFileError(f"{there} is there already: move it away, or replace it with --force")


def _write_file(file: Path, octets: bytes, mode: int) -> None:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_new(file, octets, mode)
    except OSError as error:
        raise KeyFileError(
            f"{file} cannot be written ({error.strerror or error}): see to the folder's owner and mode"
        ) from error
