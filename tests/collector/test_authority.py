"""A small authority: what it makes is right, kept secret, and never replaced by accident."""

import ssl
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store

from collector.authority import Authority, issue, make_authority, read_authority, shown_at, sign
from collector.certificate import CertificateFiles, fingerprints
from collector.errors import CertificateError, KeyFileError
from tests.collector.conftest import Certificates

NOW = datetime.now(UTC)
Tool = Callable[[str], str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an authority."""
    folder = tmp_path_factory.mktemp("authority")
    make_authority(folder, "Test authority", NOW, force=False)
    return folder


@pytest.fixture(scope="module")
def authority(folder: Path) -> Authority:
    """That authority."""
    return read_authority(folder)


def request(folder: Path, *names: str, subject: str = "device", key: Any = None) -> Path:
    """A device's request."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)] if subject else [])
    )
    if names:
        asked = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        builder = builder.add_extension(asked, critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    (folder / "device.csr").write_bytes(
        builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )
    return folder / "device.csr"


def read(file: Path) -> x509.Certificate:
    """The certificate in a file."""
    return x509.load_pem_x509_certificate(file.read_bytes())


def test_what_is_issued_proves_itself_at_both_ends(authority: Authority, tmp_path: Path) -> None:
    """RFC 5280: the path validates for servers and for clients, with the names that were given."""
    files = issue(
        authority, ["Fw1.Example.com", "bücher.example", "192.0.2.7"], tmp_path, now=NOW, days=30, force=False
    )
    assert files == CertificateFiles(tmp_path / "Fw1.Example.com.pem", tmp_path / "Fw1.Example.com.key")
    certificate = read(files.certificate)
    policy = PolicyBuilder().store(Store([authority.certificate]))
    for name in ("fw1.example.com", "xn--bcher-kva.example"):
        policy.build_server_verifier(x509.DNSName(name)).verify(certificate, [])
    verified = policy.build_client_verifier().verify(certificate, [])
    assert verified.subjects is not None
    assert len(verified.subjects) == 3
    assert certificate.not_valid_after_utc - NOW < timedelta(days=31)
    assert isinstance(certificate.public_key(), rsa.RSAPublicKey)  # for both mandatory suites


def test_openssl_agrees(authority: Authority, folder: Path, tmp_path: Path, tool: Tool) -> None:
    """OpenSSL validates the path, strictly, and the key belongs to its certificate."""
    files = issue(authority, ["a.example"], tmp_path, now=NOW, days=30, force=False)
    command = [tool("openssl"), "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile"]
    subprocess.run([*command, str(folder / "ca.pem"), str(files.certificate)], check=True, timeout=20)
    ssl.create_default_context().load_cert_chain(files.certificate, files.key)


def test_secrets_are_ours_alone(authority: Authority, folder: Path, tmp_path: Path) -> None:
    """Keys have mode 0600; certificates are for everybody."""
    files = issue(authority, ["a.example"], tmp_path / "new", now=NOW, days=30, force=False)
    for key in (files.key, folder / "ca.key"):
        assert key.stat().st_mode & 0o777 == 0o600
    assert files.certificate.stat().st_mode & 0o400


def test_nothing_is_replaced_by_accident(authority: Authority, folder: Path, tmp_path: Path) -> None:
    """A key or certificate that is there stays, unless the command is forced."""
    before = (folder / "ca.key").read_bytes()
    with pytest.raises(KeyFileError, match=r"ca\.key is there already: .*--force"):
        make_authority(folder, "Another", NOW, force=False)
    assert (folder / "ca.key").read_bytes() == before
    first = issue(authority, ["a.example"], tmp_path, now=NOW, days=30, force=False)
    key = first.key.read_bytes()
    with pytest.raises(KeyFileError, match="--force"):
        issue(authority, ["a.example"], tmp_path, now=NOW, days=30, force=False)
    assert first.key.read_bytes() == key
    issue(authority, ["a.example"], tmp_path, now=NOW, days=30, force=True)
    assert first.key.read_bytes() != key


def test_requests_are_signed(authority: Authority, tmp_path: Path) -> None:
    """A device's own key is certified for the names that it asks for, and never as an authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    file = request(tmp_path, "dev.example", "dev2.example", key=key)
    signed, names = sign(authority, file, [], now=NOW, days=30, force=False)
    assert signed == tmp_path / "device.pem"
    assert names == ["dev.example", "dev2.example"]
    certificate = read(signed)
    assert certificate.public_key() == key.public_key()
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    policy = PolicyBuilder().store(Store([authority.certificate]))
    policy.build_server_verifier(x509.DNSName("dev2.example")).verify(certificate, [])
    with pytest.raises(KeyFileError, match="--force"):
        sign(authority, file, [], now=NOW, days=30, force=False)


def test_names_of_a_request(authority: Authority, tmp_path: Path) -> None:
    """Given names count in place of those asked for; without any the common name does."""
    assert sign(authority, request(tmp_path, "x.example"), ["y.example"], now=NOW, days=1, force=True)[1] == [
        "y.example"
    ]
    assert sign(authority, request(tmp_path), [], now=NOW, days=1, force=True)[1] == ["device"]
    with pytest.raises(CertificateError, match="give the device's names with --name"):
        sign(authority, request(tmp_path, subject=""), [], now=NOW, days=1, force=True)
    with pytest.raises(CertificateError, match="write a name such as"):
        sign(authority, request(tmp_path, subject="My Device"), [], now=NOW, days=1, force=True)


def test_a_device_gets_no_name_of_others(authority: Authority, tmp_path: Path) -> None:
    """Names that stand for others, too, are given by a person or not at all; so is the common name."""
    with pytest.raises(CertificateError, match="which is the name of others, too: give the device's names"):
        sign(authority, request(tmp_path, "x.example", "*.example"), [], now=NOW, days=1, force=True)
    signed, names = sign(
        authority, request(tmp_path, subject="victim.example"), ["192.0.2.7"], now=NOW, days=1, force=True
    )
    assert names == ["192.0.2.7"]
    assert read(signed).subject.rfc4514_string() == "CN=192.0.2.7"
    given = sign(authority, request(tmp_path, "x.example"), ["*.x.example"], now=NOW, days=1, force=True)
    assert given[1] == ["*.x.example"]


def test_names_that_cannot_be_read_are_none(authority: Authority, tmp_path: Path) -> None:
    """A request with names of a form that nobody uses asks for none."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x.example")])
    )
    odd = x509.UnrecognizedExtension(x509.SubjectAlternativeName.oid, bytes.fromhex("3006a504a1020c00"))
    signed = builder.add_extension(odd, critical=False).sign(
        ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()
    )
    (tmp_path / "odd.csr").write_bytes(signed.public_bytes(serialization.Encoding.DER))
    with pytest.raises(CertificateError, match="asks for no name"):
        sign(authority, tmp_path / "odd.csr", [], now=NOW, days=1, force=True)


@pytest.mark.parametrize("name", ["", "fw-*.example", "a.*.example", "*", "a b", "../x"])
def test_names_that_can_be_in_no_certificate(authority: Authority, tmp_path: Path, name: str) -> None:
    """What would be worthless, or be written elsewhere, is refused before anything is written."""
    with pytest.raises(CertificateError):
        issue(authority, [name], tmp_path / "out", now=NOW, days=1, force=True)
    assert not (tmp_path / "out").exists()


def test_a_request_beside_itself(authority: Authority, tmp_path: Path) -> None:
    """A request in a file NAME.pem is not overwritten by its certificate."""
    file = request(tmp_path, "x.example").rename(tmp_path / "device.pem")
    assert sign(authority, file, [], now=NOW, days=1, force=True)[0] == tmp_path / "device.certificate.pem"


def test_requests_that_cannot_be_used(authority: Authority, tmp_path: Path) -> None:
    """No request, a forged one, and one with a key that no handshake accepts: each with a next step."""
    (tmp_path / "junk.csr").write_text("junk")
    short = rsa.generate_private_key(public_exponent=65_537, key_size=1024)  # noqa: S505 - on purpose
    weak = request(tmp_path, "x.example", key=short)
    with pytest.raises(CertificateError, match="1024 bits, which no handshake accepts"):
        sign(authority, weak, [], now=NOW, days=1, force=True)
    der = bytearray(x509.load_pem_x509_csr(weak.read_bytes()).public_bytes(serialization.Encoding.DER))
    der[-1] ^= 1
    (tmp_path / "forged.csr").write_bytes(der)
    for name, told in (
        ("junk.csr", "no certificate request can be read"),
        ("absent.csr", "no certificate request can be read"),
        ("forged.csr", "signature is wrong"),
    ):
        with pytest.raises(CertificateError, match=told):
            sign(authority, tmp_path / name, [], now=NOW, days=1, force=True)


def test_nothing_outlives_the_authority(authority: Authority, tmp_path: Path) -> None:
    """A certificate ends with its authority at the latest; after that there are none."""
    files = issue(authority, ["a.example"], tmp_path, now=NOW, days=36_500, force=False)
    assert read(files.certificate).not_valid_after_utc == authority.certificate.not_valid_after_utc
    with pytest.raises(CertificateError, match="has ended"):
        issue(authority, ["b.example"], tmp_path, now=NOW + timedelta(days=4000), days=1, force=False)


def test_authorities_that_cannot_be_used(folder: Path, tmp_path: Path, certificates: Certificates) -> None:
    """No authority, no key, and the key of another: each with a next step."""
    with pytest.raises(CertificateError, match="sysledger tls init-ca"):
        read_authority(tmp_path)
    (tmp_path / "ca.pem").write_bytes((folder / "ca.pem").read_bytes())
    with pytest.raises(CertificateError, match="key cannot be read"):
        read_authority(tmp_path)
    (tmp_path / "ca.key").write_bytes(certificates.server.key.read_bytes())
    with pytest.raises(CertificateError, match="is not the key of"):
        read_authority(tmp_path)


def test_folder_that_cannot_be(tmp_path: Path) -> None:
    """Where nothing can be written, the error says so."""
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyFileError, match="cannot be written"):
        make_authority(tmp_path / "file", "x", NOW, force=False)


def test_fingerprints_of_files(certificates: Certificates, tmp_path: Path) -> None:
    """PEM or DER, the fingerprint is the same; a file that is none is told."""
    file = certificates.server.certificate
    der = tmp_path / "c.der"
    der.write_bytes(read(file).public_bytes(serialization.Encoding.DER))
    assert shown_at(str(file)) == shown_at(str(der)) == fingerprints(file)
    for place in (certificates.server.key, tmp_path / "absent.pem", "127.0.0.1:1", "::1"):
        with pytest.raises(CertificateError, match="name a file with"):
            shown_at(str(place))
