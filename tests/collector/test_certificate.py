"""The appliance's own certificate, and fingerprints as RFC 5425 writes them."""

import hashlib
import re
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from collector.certificate import fingerprint, fingerprints, own_certificate
from collector.errors import CertificateError
from tests.collector.conftest import Certificates


def test_fingerprint_form() -> None:
    """RFC 5425 section 4.2.2: the hash's textual name, then octets in upper case, each after a colon."""
    assert re.fullmatch(r"sha-1(:[0-9A-F]{2}){20}", fingerprint(b"x", "sha-1"))
    assert len(fingerprint(b"x", "sha-1")) == 65
    told = fingerprint(b"x", "sha-256")
    assert told.replace(":", "").removeprefix("sha-256") == hashlib.sha256(b"x").hexdigest().upper()
    assert len(told) == 103


def test_fingerprints_of_a_file(certificates: Certificates) -> None:
    """Both fingerprints are those of the certificate's DER form."""
    der = ssl.PEM_cert_to_DER_cert(certificates.server.certificate.read_text("ascii"))
    expected = [fingerprint(der, "sha-256"), fingerprint(der, "sha-1")]
    assert fingerprints(certificates.server.certificate) == expected


def test_own_certificate_fits_a_server(certificates: Certificates) -> None:
    """It is self-signed, RSA for both mandatory suites, for servers, and names this machine."""
    certificate = x509.load_pem_x509_certificate(certificates.server.certificate.read_bytes())
    certificate.verify_directly_issued_by(certificate)
    assert isinstance(certificate.public_key(), rsa.RSAPublicKey)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "localhost" in names.get_values_for_type(x509.DNSName)
    assert "127.0.0.1" in map(str, names.get_values_for_type(x509.IPAddress))
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert ExtendedKeyUsageOID.SERVER_AUTH in usage


def test_own_certificate_is_made_once(certificates: Certificates) -> None:
    """A second start finds the same key and certificate; only we can read them."""
    folder = certificates.server.key.parent
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert own_certificate(folder) == certificates.server
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert {path.stat().st_mode & 0o777 for path in before} == {0o600}


def test_folder_that_cannot_be(tmp_path: Path) -> None:
    """Where nothing can be written, the error names the folder and what to do."""
    (tmp_path / "tls").write_text("a file, not a folder")
    with pytest.raises(CertificateError, match=r"tls: a key and certificate cannot be written there"):
        own_certificate(tmp_path / "tls")


def test_file_without_certificate(tmp_path: Path) -> None:
    """A file without a certificate is told by its name."""
    (tmp_path / "empty.pem").write_text("")
    with pytest.raises(CertificateError, match=r"empty\.pem: no certificate can be read"):
        fingerprints(tmp_path / "empty.pem")
