"""The registry's file: written as a whole, by one at a time; a damaged one is told of, and nobody guesses."""

import json
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tenants.file import RegistryError, RegistryFile, edit, read_registry
from tenants.names import TenantError
from tenants.registry import Registry

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def add(path: Path, name: str) -> None:
    """Add a tenant to the file."""
    edit(path, lambda registry: (registry.add(name, "", NOW), None))


def test_without_a_file_there_are_no_tenants(tmp_path: Path) -> None:
    """A new appliance has none, and needs no file for that."""
    assert read_registry(tmp_path / "tenants.json") == Registry()


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """All of it, by whoever reads; and the file is nobody else's to read."""
    path = tmp_path / "tenants.json"
    add(path, "acme")
    assert edit(path, lambda registry: registry.add_token("acme", "x", NOW)).startswith("slt_")
    assert [token.label for token in read_registry(path).get("acme").tokens] == ["x"]
    assert path.stat().st_mode & 0o007 == 0


def test_a_change_that_cannot_be_leaves_the_file(tmp_path: Path) -> None:
    """All or nothing."""
    path = tmp_path / "tenants.json"
    add(path, "acme")
    before = path.read_bytes()
    with pytest.raises(TenantError):
        add(path, "acme")
    assert path.read_bytes() == before


def test_changes_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    """Command, page and API may all be at it."""
    path = tmp_path / "tenants.json"
    names = [f"t{number}" for number in range(20)]
    threads = [threading.Thread(target=add, args=(path, name)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [one.name for one in read_registry(path).tenants] == sorted(names)


@pytest.mark.parametrize(
    "octets",
    [b"", b"{", b"[]", b'{"version": 2}', b'{"tenants": [{"name": "trail"}]}', b'{"more": 1}', b"\xff"],
)
def test_a_damaged_file_is_told_of(tmp_path: Path, octets: bytes) -> None:
    """With the file's name and what to do; it is never taken for an empty one."""
    path = tmp_path / "tenants.json"
    path.write_bytes(octets)
    with pytest.raises(RegistryError, match=r"tenants\.json.*backup"):
        read_registry(path)


def test_one_rule_of_two_tenants_is_damage(tmp_path: Path) -> None:
    """Whoever edits the file by hand cannot make it say two things."""
    path = tmp_path / "tenants.json"
    one = {"title": "x", "created": "2026-11-21T12:00:00Z", "networks": ["10.0.0.0/8"]}
    path.write_text(json.dumps({"tenants": [{**one, "name": "a"}, {**one, "name": "b"}]}))
    with pytest.raises(RegistryError, match=r"10\.0\.0\.0/8"):
        read_registry(path)


def test_who_asks_often_sees_every_change(tmp_path: Path) -> None:
    """At once, though the file is read only when it has changed."""
    path = tmp_path / "tenants.json"
    file = RegistryFile(path)
    assert file.get() == Registry()
    for number in range(5):
        add(path, f"t{number}")
        assert len(file.get().tenants) == number + 1
        assert file.get() is file.get()
