"""The registry: every change gives a new one that holds together, or a sentence on what to do."""

from datetime import UTC, datetime

import pytest

from tenants.names import TenantError
from tenants.registry import Registry
from tenants.rules import Kind
from tenants.tokens import digest

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def registry() -> Registry:
    """A registry with two tenants."""
    return Registry().add("acme", "Acme Ltd", NOW).add("bank", "", NOW)


def test_tenants_are_added_in_order_of_their_names(registry: Registry) -> None:
    """A title is the name when there is none."""
    assert [one.name for one in registry.add("aaa", "", NOW).tenants] == ["aaa", "acme", "bank"]
    assert registry.get("bank").title == "bank"
    assert registry.get("acme").title == "Acme Ltd"


@pytest.mark.parametrize("name", ["", "Acme", "../x", "a" * 64, "-a", "a/b", "trail", "a\n"])
def test_names_that_no_folder_should_have_are_refused(registry: Registry, name: str) -> None:
    """A name is a folder; and the trail is the appliance's own."""
    with pytest.raises(TenantError):
        registry.add(name, "", NOW)


@pytest.mark.parametrize("title", ["  ", "a" * 101, "a\x1b[31m", "a\u202eb"])
def test_titles_that_nobody_can_read_are_refused(registry: Registry, title: str) -> None:
    """Escapes and text that runs backwards are no title."""
    with pytest.raises(TenantError):
        registry.change("acme", title=title)


def test_a_tenant_is_added_once(registry: Registry) -> None:
    """The second of a name is refused, and says so."""
    with pytest.raises(TenantError, match="there already"):
        registry.add("acme", "", NOW)


def test_rules_belong_to_one_tenant(registry: Registry) -> None:
    """What is given to one can be given to another only when it was taken away, however it is written."""
    given = registry.assign("acme", "network", "10.1.0.0/16").assign("acme", "listener", "edge")
    assert given.get("acme").networks == ("10.1.0.0/16",)
    again: tuple[tuple[Kind, str], ...] = (("network", "::ffff:10.1.0.0/112"), ("listener", " edge "))
    for kind, text in again:
        with pytest.raises(TenantError, match="acme's already"):
            given.assign("bank", kind, text)
    moved = given.release("acme", "listener", "edge").assign("bank", "listener", "edge")
    assert (moved.get("acme").listeners, moved.get("bank").listeners) == ((), ("edge",))


def test_a_rule_that_is_not_there_cannot_be_removed(registry: Registry) -> None:
    """The sentence names those that are."""
    given = registry.assign("acme", "network", "10.1.0.0/16")
    with pytest.raises(TenantError, match=r"10\.1\.0\.0/16"):
        given.release("acme", "network", "10.2.0.0/16")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("network", "10.1.0.1/16"), ("network", "fw-1"), ("listener", "self"), ("listener", "trail"),
        ("listener", "a b"), ("identity", "*"), ("identity", "*.*"), ("identity", "sha-256:AB"),
        ("identity", "sha-1:" + "AB:" * 19 + "AB"), ("identity", ""),
    ],
)  # fmt: skip
def test_rules_that_cannot_be_meant_are_refused(registry: Registry, kind: Kind, text: str) -> None:
    """Each with a sentence that says what to write."""
    with pytest.raises(TenantError):
        registry.assign("acme", kind, text)


def test_a_fingerprint_is_kept_as_records_have_it(registry: Registry) -> None:
    """Capitals or not, it is the same certificate."""
    told = "SHA-256:" + ":".join(["ab"] * 32)
    assert registry.assign("acme", "identity", told).get("acme").identities == (
        "sha-256:" + ":".join(["AB"] * 32),
    )


def test_a_token_is_shown_once_and_kept_as_its_digest(registry: Registry) -> None:
    """Nothing of the registry gives the token back."""
    given, secret = registry.add_token("acme", "firewalls", NOW)
    assert given.get("acme").tokens[0].sha256 == digest(secret.encode())
    assert secret not in given.model_dump_json()
    with pytest.raises(TenantError, match="already"):
        given.add_token("acme", "firewalls", NOW)
    assert given.revoke_token("acme", "firewalls").get("acme").tokens == ()
    with pytest.raises(TenantError, match="firewalls"):
        given.revoke_token("acme", "routers")


def test_numbers_have_bounds(registry: Registry) -> None:
    """Days and quotas that cannot be meant are refused by their name."""
    assert registry.change("acme", days=0, quota=1).get("acme").days == 0
    for values in ({"days": -1}, {"days": 36_501}, {"quota": 0}, {"quota": 1 << 61}):
        with pytest.raises(TenantError, match=next(iter(values))):
            registry.change("acme", **values)


def test_unknown_tenants_are_told_with_the_known_ones(registry: Registry) -> None:
    """Whoever mistypes a name sees those that there are."""
    with pytest.raises(TenantError, match="acme, bank"):
        registry.change("acm", title="x")


def test_suspended_ones(registry: Registry) -> None:
    """Only those that are."""
    assert registry.change("bank", suspended=True).suspended() == frozenset({"bank"})
