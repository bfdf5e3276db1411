"""Certificates of senders for tests: of an authority, expired, self-signed, below an intermediate."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from collector.authority import SIGNS, Authority
from collector.certificate import CertificateFiles, end_entity, fingerprint

PEM = serialization.Encoding.PEM
DER = serialization.Encoding.DER


@dataclass(frozen=True)
class Identity:
    """A sender's certificate and key."""

    files: CertificateFiles
    certificate: x509.Certificate

    def fingerprint(self, label: str = "sha-256") -> str:
        """Give its fingerprint."""
        return fingerprint(self.certificate.public_bytes(DER), label)


class Identities:
    """Makes senders' certificates in a folder, and an authority for them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = 0
        self.now = datetime.now(UTC)
        self.authority = self._root()
        self.ca = folder / "ca.pem"
        self.ca.write_bytes(self.authority.certificate.public_bytes(PEM))

    def issued(
        self,
        *names: str,
        subject: str = "",
        ends: timedelta = timedelta(days=1),
        by: Authority | None = None,
        chain: Sequence[x509.Certificate] = (),
        extension: x509.UnrecognizedExtension | None = None,
    ) -> Identity:
        """A certificate of the authority, valid until ``ends`` from now; with ``extension``, nothing else."""
        by = by or self.authority
        if extension is not None:
            return self._odd(subject, extension)
        key = ec.generate_private_key(ec.SECP256R1())
        return self._write(key, by, names, _named(subject or (names[0] if names else "x")), ends, chain)

    def of_no_version(self) -> CertificateFiles:
        """A sender's certificate that is said to be of X.509's version 8, which does not exist."""
        made = self.issued("a.example")
        der = made.certificate.public_bytes(DER)
        written = ssl.DER_cert_to_PEM_cert(der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07", 1))
        made.files.certificate.write_text(written)
        return made.files

    def self_signed(self, *names: str, ends: timedelta = timedelta(days=1)) -> Identity:
        """A certificate that nobody vouches for."""
        key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
        subject = _named(names[0])
        builder = end_entity(
            key.public_key(),
            subject,
            names,
            issuer=subject,
            now=self.now + min(ends, timedelta()),
            until=self.now + ends,
        )
        return self._store(builder.sign(key, hashes.SHA256()), key, ())

    def intermediate(self) -> Authority:
        """An authority below the authority."""
        key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
        return Authority(self._signing("Intermediate", "Test authority", key, self.authority.key), key)

    def _root(self) -> Authority:
        key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
        return Authority(self._signing("Test authority", "Test authority", key, key), key)

    def _signing(
        self, name: str, issuer: str, key: rsa.RSAPrivateKey, signer: rsa.RSAPrivateKey
    ) -> x509.Certificate:
        return (
            x509.CertificateBuilder()
            .subject_name(_named(name))
            .issuer_name(_named(issuer))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now - timedelta(days=2))
            .not_valid_after(self.now + timedelta(days=2))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(SIGNS, critical=True)
            .sign(signer, hashes.SHA256())
        )

    def as_identity(self, authority: Authority) -> Identity:
        """An authority's own certificate, in a sender's place."""
        return self._store(authority.certificate, authority.key, ())

    def _odd(self, subject: str, extension: x509.UnrecognizedExtension) -> Identity:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = (
            x509.CertificateBuilder()
            .subject_name(_named(subject))
            .issuer_name(self.authority.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now)
            .not_valid_after(self.now + timedelta(days=1))
            .add_extension(extension, critical=False)
        )
        return self._store(builder.sign(self.authority.key, hashes.SHA256()), key, ())

    def _write(
        self,
        key: ec.EllipticCurvePrivateKey,
        by: Authority,
        names: Sequence[str],
        subject: x509.Name,
        ends: timedelta,
        chain: Sequence[x509.Certificate],
    ) -> Identity:
        begins = self.now + min(ends, timedelta())
        builder = end_entity(
            key.public_key(), subject, names, issuer=by.certificate.subject, now=begins, until=self.now + ends
        )
        return self._store(x509.load_pem_x509_certificate(by.certify(builder)), key, chain)

    def _store(
        self,
        certificate: x509.Certificate,
        key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
        chain: Sequence[x509.Certificate],
    ) -> Identity:
        self._made += 1
        files = CertificateFiles(self._folder / f"{self._made}.pem", self._folder / f"{self._made}.key")
        files.certificate.write_bytes(b"".join(one.public_bytes(PEM) for one in (certificate, *chain)))
        files.key.write_bytes(
            key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        return Identity(files, certificate)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
