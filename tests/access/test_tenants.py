"""Changes of tenants: told to the trail before they are made, and not made when it cannot be told."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from access.tenants import Tenants
from access.trail import TrailError, telling
from access.visitor import CONSOLE, visiting
from tenants.file import read_registry
from tenants.names import TenantError

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
CHANGES: dict[str, Callable[[Tenants], object]] = {
    "tenant.add": lambda tenants: tenants.add("bank", "The Bank"),
    "tenant.rename": lambda tenants: tenants.change("acme", title="Acme & Sons"),
    "tenant.suspend": lambda tenants: tenants.suspend("acme"),
    "tenant.resume": lambda tenants: tenants.suspend("acme", suspended=False),
    "tenant.days": lambda tenants: tenants.change("acme", days=365),
    "tenant.quota": lambda tenants: tenants.change("acme", quota=1 << 30),
    "tenant.room": lambda tenants: tenants.change("acme", room=1 << 40),
    "tenant.assign": lambda tenants: tenants.assign("acme", "network", "10.1.0.0/16"),
    "tenant.release": lambda tenants: tenants.release("acme", "listener", "edge"),
    "tenant.token": lambda tenants: tenants.add_token("acme", "routers"),
    "tenant.token-revoke": lambda tenants: tenants.revoke_token("acme", "firewalls"),
}


@pytest.fixture
def tenants(tmp_path: Path) -> Tenants:
    """Give a registry with a tenant, a rule and a token."""
    found = Tenants(tmp_path / "tenants.json", lambda: NOW)
    found.add("acme", "Acme Ltd")
    found.assign("acme", "listener", "edge")
    found.add_token("acme", "firewalls")
    return found


@pytest.mark.parametrize("action", CHANGES)
def test_every_change_is_told(tenants: Tenants, action: str) -> None:
    """By who made it, with what was changed; a token itself is never told."""
    told: list[bytes] = []
    with telling(told.append), visiting(CONSOLE):
        result = CHANGES[action](tenants)
    (octets,) = told
    assert f" {action} ".encode() in octets
    assert b"console" in octets
    assert (b"bank" if action == "tenant.add" else b"acme") in octets
    assert str(result).encode() not in octets or result is None


@pytest.mark.parametrize("action", CHANGES)
def test_what_cannot_be_told_is_not_done(tenants: Tenants, tmp_path: Path, action: str) -> None:
    """A trail that is full or away keeps the registry as it is."""

    def refuse(_octets: bytes) -> None:
        raise TrailError("as the test says")

    before = (tmp_path / "tenants.json").read_bytes()
    with telling(refuse), pytest.raises(TrailError):
        CHANGES[action](tenants)
    assert (tmp_path / "tenants.json").read_bytes() == before


def test_what_cannot_be_is_not_told(tenants: Tenants) -> None:
    """Only what is done is told as done."""
    told: list[bytes] = []
    with telling(told.append), pytest.raises(TenantError):
        tenants.add("acme")
    assert told == []


def test_the_time_is_kept(tmp_path: Path, tenants: Tenants) -> None:
    """Of tenants and of tokens, by the clock that is given."""
    assert tenants is not None
    found = read_registry(tmp_path / "tenants.json").get("acme")
    assert (found.created, found.tokens[0].created) == (NOW, NOW)


def test_several_changes_are_one(tmp_path: Path, tenants: Tenants) -> None:
    """Where one of several values or rules cannot be, none is changed, and none is told."""
    told: list[bytes] = []
    before = (tmp_path / "tenants.json").read_bytes()
    with telling(told.append):
        with pytest.raises(TenantError):
            tenants.change("acme", days=3, room=5)
        with pytest.raises(TenantError):
            tenants.change_rules("assign", "acme", [("network", "10.0.0.0/8"), ("listener", "edge")])
        assert (told, (tmp_path / "tenants.json").read_bytes()) == ([], before)
        tenants.change_rules("assign", "acme", [("network", "10.0.0.0/8"), ("listener", "branch")])
    assert len(told) == 2
    found = read_registry(tmp_path / "tenants.json").get("acme")
    assert (found.networks, found.listeners) == (("10.0.0.0/8",), ("edge", "branch"))
