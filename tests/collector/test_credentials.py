"""Certificate files are read again when they change, and a broken one changes nothing."""

import logging
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from collector.certificate import CertificateFiles, fingerprints
from collector.credentials import Credentials, check_files, configured_certificate, shown_certificates
from collector.settings import CollectorSettings, ListenerSettings
from collector.tls_context import tls_context
from tests.collector.conftest import Certificates


@pytest.fixture
def files(tmp_path: Path, certificates: Certificates) -> CertificateFiles:
    """A certificate and key that may be replaced."""
    files = CertificateFiles(tmp_path / "c.pem", tmp_path / "k.pem")
    replace(files, certificates.server)
    return files


def replace(files: CertificateFiles, by: CertificateFiles) -> None:
    """Put other files in their place, as tools do: written aside, then renamed."""
    for old, new in ((files.certificate, by.certificate), (files.key, by.key)):
        shutil.copy(new, old.with_suffix(".new"))
        old.with_suffix(".new").rename(old)


def listener(files: CertificateFiles, **settings: Any) -> ListenerSettings:
    """A listener that shows these files."""
    given = {"transport": "tls", "port": 6514, "certificate": files.certificate, "key": files.key}
    return ListenerSettings.model_validate({**given, **settings})


def opened(files: CertificateFiles, **settings: Any) -> Credentials:
    """The credentials of such a listener."""
    return Credentials("tls", listener(files, **settings), files.key.parent, tls_context)


def test_the_weak_suite_is_told(files: CertificateFiles, caplog: pytest.LogCaptureFixture) -> None:
    """RFC 9662 section 8: whoever keeps RSA-CBC allowed is reminded at every start; nobody else is."""
    opened(files)
    assert caplog.text == ""
    opened(files, legacy_cipher=True)
    assert "legacy_cipher allows TLS_RSA_WITH_AES_128_CBC_SHA, which is weak" in caplog.text


def test_nothing_changes_by_looking(files: CertificateFiles) -> None:
    """As long as the files stay, so does what was made of them."""
    credentials = opened(files)
    context = credentials.context
    for _ in range(3):
        credentials.look()
    assert credentials.context is context


def test_new_files_are_taken_when_they_have_settled(
    files: CertificateFiles, certificates: Certificates
) -> None:
    """Renewed files are used from the second look on, and the fingerprint that is told is theirs."""
    credentials = opened(files)
    context = credentials.context
    replace(files, certificates.client)
    credentials.look()
    assert credentials.context is context
    credentials.look()
    assert credentials.context is not context
    assert credentials.fingerprints == fingerprints(certificates.client.certificate)


def test_broken_files_are_told_once_and_not_used(
    files: CertificateFiles, certificates: Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    """A file that cannot be used is an ERROR; the old one goes on, and a later good one is taken."""
    credentials = opened(files)
    context = credentials.context
    files.certificate.write_text("half a certificate")
    for _ in range(4):
        credentials.look()
    assert credentials.context is context
    assert credentials.fingerprints == fingerprints(certificates.server.certificate)
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 1
    assert "what was read before stays in use" in errors[0].getMessage()
    replace(files, certificates.client)
    credentials.look()
    credentials.look()
    assert credentials.fingerprints == fingerprints(certificates.client.certificate)


def test_key_that_comes_later_than_its_certificate(
    files: CertificateFiles, certificates: Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    """Between the two files' renewals they do not belong together; when the second comes, all is well."""
    credentials = opened(files)
    shutil.copy(certificates.client.certificate, files.certificate)
    credentials.look()
    shutil.copy(certificates.client.key, files.key)
    credentials.look()
    credentials.look()
    assert credentials.fingerprints == fingerprints(certificates.client.certificate)
    assert not [record for record in caplog.records if record.levelno == logging.ERROR]


def test_files_that_went_away(files: CertificateFiles, caplog: pytest.LogCaptureFixture) -> None:
    """Files that were deleted are told; handshakes go on with what was read."""
    credentials = opened(files)
    context = credentials.context
    files.key.unlink()
    credentials.look()
    credentials.look()
    assert credentials.context is context
    assert "cannot be used" in caplog.text


def test_authorities_are_read_again(
    files: CertificateFiles, certificates: Certificates, tmp_path: Path
) -> None:
    """A changed client_ca is taken, too, whatever time it claims to be from."""
    authorities = tmp_path / "ca.pem"
    shutil.copy(certificates.client.certificate, authorities)
    credentials = opened(files, client_certificate="required", client_ca=authorities)
    context = credentials.context
    times = authorities.stat().st_mtime_ns
    authorities.write_bytes(authorities.read_bytes() + certificates.server.certificate.read_bytes())
    os.utime(authorities, ns=(times, times))
    credentials.look()
    credentials.look()
    assert credentials.context is not context


def test_configured_certificate() -> None:
    """The settings' own files are taken when they name any."""
    settings = {"transport": "tls", "port": 6514}
    assert configured_certificate(ListenerSettings.model_validate(settings)) is None
    named = ListenerSettings.model_validate({**settings, "certificate": "c.pem", "key": "k.pem"})
    assert configured_certificate(named) == CertificateFiles(Path("c.pem"), Path("k.pem"))


def test_files_are_checked_before_the_start(files: CertificateFiles, tmp_path: Path) -> None:
    """Of all listeners' files those that cannot be used are told; closed listeners do not count."""
    (tmp_path / "none.pem").write_text("")
    bad = {"client_certificate": "required", "client_ca": tmp_path / "none.pem"}
    settings = CollectorSettings(
        listeners={
            "good": listener(files),
            "own": ListenerSettings(transport="tls", port=1),
            "plain": ListenerSettings(transport="udp", port=2),
            "bad": listener(files, **bad, port=3),
            "worse": listener(CertificateFiles(files.key, files.key), port=4),
            "closed": listener(CertificateFiles(files.key, files.key), port=5, enabled=False),
        }
    )
    told = check_files(settings)
    assert [line.partition(":")[0] for line in told] == [
        "collector.listeners.bad",
        "collector.listeners.worse",
    ]


def test_certificates_that_are_shown(files: CertificateFiles, tmp_path: Path) -> None:
    """Each certificate file, with the listeners that show it: their own, or the appliance's."""
    settings = CollectorSettings(
        listeners={
            "a": listener(files),
            "b": ListenerSettings(transport="tls", port=1),
            "c": ListenerSettings(transport="dtls", port=2),
            "d": ListenerSettings(transport="tcp", port=3),
        }
    )
    assert shown_certificates(settings, tmp_path / "tls") == {
        files.certificate: ["a"],
        tmp_path / "tls" / "certificate.pem": ["b", "c"],
    }
