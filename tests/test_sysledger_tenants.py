"""`sysledger tenant export` and `import`: the registry of one machine on another."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zmq

from tenants.file import encoded
from tenants.registry import Registry
from tests.machine import DEADLINE

ENDPOINT = "tcp://log1.example.com:5516"


def tenant(folder: Path, *words: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    """Run a command on the machine whose folder this is."""
    command = [sys.executable, "-m", "sysledger", "tenant", *words, "--data", str(folder / "var")]
    command += ["--config", str(folder / "sysledger.toml")]
    return subprocess.run(command, input=given, capture_output=True, check=False, timeout=DEADLINE)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Give the machine with the archive, with a tenant that has a rule and a token."""
    made = tmp_path / "log1"
    (made / "var").mkdir(parents=True)
    (made / "sysledger.toml").write_text("")
    now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    registry = Registry().add("acme", "", now).assign("acme", "network", "10.0.0.0/8")
    (made / "var" / "tenants.json").write_bytes(encoded(registry.add_token("acme", "fw", now)[0]))
    return made


@pytest.fixture
def collector(tmp_path: Path) -> Path:
    """Give a machine with a collector only."""
    made = tmp_path / "edge"
    (made / "var").mkdir(parents=True)
    key = zmq.curve_keypair()[0].decode()
    conf = f"[collector.storage]\nendpoints = ['{ENDPOINT}']\nkeys = {{ '{ENDPOINT}' = '{key}' }}\n"
    (made / "sysledger.toml").write_text(conf)
    return made


def test_a_collectors_machine_goes_by_the_registry_of_the_archives(archive: Path, collector: Path) -> None:
    """All of it, digests of tokens too; the same again changes nothing, so that it can be done by cron."""
    exported = tenant(archive, "export").stdout
    done = tenant(collector, "import", "-", given=exported)
    assert done.returncode == 0, done.stderr
    assert b"the registry has 1 tenants" in done.stdout
    there, here = (json.loads((one / "var" / "tenants.json").read_bytes()) for one in (archive, collector))
    assert there == here
    assert here["tenants"][0]["tokens"][0]["sha256"]
    (collector / "reg").write_bytes(exported)
    before = (collector / "var" / "tenants.json").stat().st_ino
    assert tenant(collector, "import", str(collector / "reg")).stdout.startswith(b"nothing to change")
    assert (collector / "var" / "tenants.json").stat().st_ino == before


@pytest.mark.parametrize("given", [b"", b"{", b'{"version": 1, "tenants": [{"name": "trail"}]}'])
def test_what_is_no_registry_changes_nothing(archive: Path, collector: Path, given: bytes) -> None:
    """As when the command that should print it fails: nobody's messages come elsewhere for it."""
    before = (archive / "var" / "tenants.json").read_bytes()
    (collector / "var" / "tenants.json").write_bytes(before)
    refused = tenant(collector, "import", "-", given=given)
    assert refused.returncode == os.EX_DATAERR
    assert b"give what `sysledger tenant export` prints" in refused.stderr
    assert (collector / "var" / "tenants.json").read_bytes() == before


def test_the_machine_with_the_archive_takes_no_others_registry(archive: Path) -> None:
    """A suspended tenant that is not in it could be read again."""
    before = (archive / "var" / "tenants.json").read_bytes()
    refused = tenant(archive, "import", "-", given=b'{"version": 1, "tenants": []}')
    assert refused.returncode == os.EX_USAGE
    assert b"storage is on this machine" in refused.stderr
    assert (archive / "var" / "tenants.json").read_bytes() == before
