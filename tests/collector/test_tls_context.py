"""OpenSSL's parameters: files that cannot be used are told."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from OpenSSL import SSL

from collector.certificate import CertificateFiles
from collector.dtls_session import cookie_context
from collector.errors import CertificateError
from collector.settings import ListenerSettings
from collector.tls_context import reason_of, tls_context
from tests.collector.conftest import Certificates

Case = tuple[dict[str, Any], CertificateFiles]


def empty_file(folder: Path, certificates: Certificates) -> Case:
    """A certificate file with nothing in it."""
    (folder / "empty.pem").write_text("")
    return {}, CertificateFiles(folder / "empty.pem", certificates.server.key)


def absent_file(folder: Path, certificates: Certificates) -> Case:
    """A certificate file that is not there."""
    return {}, CertificateFiles(folder / "absent.pem", certificates.server.key)


def key_of_another(_folder: Path, certificates: Certificates) -> Case:
    """A key that belongs to another certificate."""
    return {}, CertificateFiles(certificates.server.certificate, certificates.client.key)


def key_with_a_password(folder: Path, certificates: Certificates) -> Case:
    """A key that somebody would have to type a password for."""
    key = serialization.load_pem_private_key(certificates.server.key.read_bytes(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    (folder / "locked.key").write_bytes(locked)
    return {}, CertificateFiles(certificates.server.certificate, folder / "locked.key")


def certificate_for_a_key(_folder: Path, certificates: Certificates) -> Case:
    """A certificate in place of the key."""
    return {}, CertificateFiles(certificates.server.certificate, certificates.server.certificate)


def no_authority(folder: Path, certificates: Certificates) -> Case:
    """A file of authorities with none in it."""
    (folder / "none.pem").write_text("nothing here")
    return {"client_certificate": "required", "client_ca": folder / "none.pem"}, certificates.server


CASES = [empty_file, absent_file, key_of_another, key_with_a_password, certificate_for_a_key, no_authority]


@pytest.mark.parametrize("make", [tls_context, cookie_context])
@pytest.mark.parametrize("case", CASES)
def test_unusable_files_are_told(
    tmp_path: Path,
    certificates: Certificates,
    case: Callable[[Path, Certificates], Case],
    make: Callable[[str, ListenerSettings, CertificateFiles], SSL.Context],
) -> None:
    """Whatever is wrong with a file, the error names the setting, the file and the next step."""
    settings, files = case(tmp_path, certificates)
    listener = ListenerSettings.model_validate({"transport": "tls", "port": 6514, **settings})
    with pytest.raises(CertificateError, match=r"collector\.listeners\.here: .* cannot be used .*: set coll"):
        make("here", listener, files)


def test_reasons_are_few() -> None:
    """OpenSSL's errors are told by their reason alone, which can be counted by."""
    assert (
        reason_of(SSL.Error([("SSL routines", "", "No Shared Cipher"), ("x", "y", "z")]))
        == "no shared cipher"
    )
    assert reason_of(SSL.Error([])) == "Error"
    assert reason_of(SSL.Error()) == "Error"
    assert reason_of(SSL.SysCallError(-1, "Unexpected EOF")) == "SysCallError"
