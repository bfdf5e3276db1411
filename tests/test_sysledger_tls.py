"""`sysledger tls`, as an administrator uses it: one process a command."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

Finished = subprocess.CompletedProcess[str]


def tls(folder: Path, *words: str) -> Finished:
    """Run one command in ``folder``."""
    command = [sys.executable, "-P", "-m", "sysledger", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=60, text=True)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where an authority was made."""
    folder = tmp_path_factory.mktemp("site")
    made = tls(folder, "tls", "init-ca", "--name", "Site authority")
    assert made.returncode == 0, made.stderr
    assert re.search(r"ca\.pem: give this to every sender.*\n.*ca\.key: keep this secret", made.stdout)
    return folder


def test_a_site_of_its_own(site: Path) -> None:
    """Authority, a collector's certificate, a device's request signed: OpenSSL accepts both paths."""
    issued = tls(site, "tls", "issue", "log.example.com", "192.0.2.1", "--out", "made", "--days", "90")
    assert issued.returncode == 0, issued.stderr
    asking = "openssl req -new -newkey rsa:2048 -nodes -keyout d.key -out d.csr -subj /CN=fw1.example.com"
    subprocess.run(asking.split(), cwd=site, check=True, capture_output=True, timeout=60)
    signed = tls(site, "tls", "sign", "d.csr")
    assert signed.returncode == 0, signed.stderr
    assert "d.pem: certifies fw1.example.com" in signed.stdout
    for name in ("made/log.example.com.pem", "d.pem"):
        verify = ["openssl", "verify", "-CAfile", "var/tls/authority/ca.pem", name]
        subprocess.run(verify, cwd=site, check=True, capture_output=True, timeout=20)
    assert (site / "made" / "log.example.com.key").stat().st_mode & 0o777 == 0o600


def test_nothing_is_replaced_unasked(site: Path) -> None:
    """A second init-ca is refused with a next step, and another authority can stand elsewhere."""
    again = tls(site, "tls", "init-ca")
    assert again.returncode == os.EX_CANTCREAT
    assert "--force" in again.stderr
    assert tls(site, "tls", "init-ca", "--authority", "other").returncode == 0
    assert tls(site, "tls", "init-ca", "--authority", "other", "--force").returncode == 0
    assert tls(site, "tls", "issue", "a.example", "--authority", "other").returncode == 0


def test_fingerprints(site: Path) -> None:
    """RFC 5425 section 4.2.2: both forms, as openssl has them and as the configuration takes them."""
    printed = tls(site, "tls", "fingerprint", "var/tls/authority/ca.pem").stdout.split()
    assert [re.sub(":.*", "", mark) for mark in printed] == ["sha-256", "sha-1"]
    for mark, option in zip(printed, ("-sha256", "-sha1"), strict=True):
        command = ["openssl", "x509", "-in", "var/tls/authority/ca.pem", "-noout", "-fingerprint", option]
        shown = subprocess.run(command, cwd=site, check=True, capture_output=True, timeout=20, text=True)
        assert shown.stdout.partition("=")[2].strip() == mark.partition(":")[2]
    settings = f'client_certificate = "required"\nclient_fingerprints = {printed}\n'
    (site / "f.toml").write_text(f"[collector.listeners.tls]\n{settings}")
    assert tls(site, "check-config", "--config", "f.toml").returncode == 0
    none = tls(site, "tls", "fingerprint", "nothing.pem")
    assert none.returncode == os.EX_CONFIG
    assert "name a file with one in PEM or DER" in none.stderr


def test_own_fingerprints_are_shown(site: Path) -> None:
    """What senders see of each listener: before the first start, that it will be made."""
    told = tls(site, "tls", "show")
    assert told.returncode == 0
    assert "shown by tls, dtls" in told.stdout
    assert "is not there yet" in told.stdout
    tls(site, "tls", "issue", "show.example", "--out", ".")
    (site / "s.toml").write_text(
        '[collector.listeners.tls]\ncertificate = "show.example.pem"\nkey = "show.example.key"\n'
    )
    told = tls(site, "tls", "show", "--config", "s.toml")
    mark = tls(site, "tls", "fingerprint", "show.example.pem").stdout.split()[0]
    assert f"show.example.pem, shown by tls:\n  {mark}" in told.stdout


def test_files_are_checked_with_the_configuration(site: Path) -> None:
    """check-config reads certificate files, and tells what is wrong with them."""
    (site / "c.toml").write_text(
        '[collector.listeners.tls]\ncertificate = "absent.pem"\nkey = "absent.key"\n'
    )
    told = tls(site, "check-config", "--config", "c.toml")
    assert told.returncode == os.EX_CONFIG
    assert "collector.listeners.tls: absent.pem with key absent.key cannot be used" in told.stderr
    assert "set collector.listeners.tls.certificate" in told.stderr


def test_requests_without_an_authority(tmp_path: Path) -> None:
    """Without an authority, the error says how to make one."""
    told = tls(tmp_path, "tls", "issue", "a.example")
    assert told.returncode == os.EX_CONFIG
    assert "sysledger tls init-ca" in told.stderr
