"""Whose a message is: token, certificate, network, listener, in this order."""

from datetime import UTC, datetime

from tenants.assignment import Assignment
from tenants.registry import Registry
from tenants.rules import Kind

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PRINT = "sha-256:" + ":".join(["AB"] * 32)
OTHER = "sha-256:" + ":".join(["CD"] * 32)


def registry(*rules: tuple[str, Kind, str]) -> Registry:
    """A registry of tenants a to f with rules."""
    found = Registry()
    for name in "abcdef":
        found = found.add(name, "", NOW)
    for name, kind, text in rules:
        found = found.assign(name, kind, text)
    return found


def test_without_tenants_nothing_is_anybodys() -> None:
    """And nobody has to be asked."""
    nobody = Assignment()
    assert not nobody.exists
    assert nobody.of_sender("udp", "192.0.2.1", PRINT) is None
    assert nobody.of_token(b"x") is None


def test_the_narrowest_network_counts() -> None:
    """An address alone is narrower than any network; IPv4 in IPv6 is IPv4."""
    of = Assignment(
        registry(
            ("a", "network", "10.0.0.0/8"), ("b", "network", "10.1.0.0/16"), ("c", "network", "10.1.2.3"),
            ("d", "network", "2001:db8::/32"), ("e", "network", "0.0.0.0/0"),
        )
    ).of_peer  # fmt: skip
    assert [of(peer) for peer in ("10.9.9.9", "10.1.9.9", "10.1.2.3", "::ffff:10.1.2.3")] == list("abcc")
    assert (of("2001:db8::7"), of("2001:db9::7"), of("192.0.2.1"), of("local")) == ("d", None, "e", None)


def test_names_of_certificates() -> None:
    """A fingerprint, a whole name, and patterns; the longest of these; * reaches over no dot and no comma."""
    of = Assignment(
        registry(
            ("a", "identity", PRINT), ("b", "identity", "FW-1.example.com"),
            ("c", "identity", "fw-*.example.com"), ("d", "identity", "*.example.com"),
            ("e", "identity", "CN=*,O=Example"),
        )
    ).of_identity  # fmt: skip
    assert of(f"{PRINT} whatever") == "a"
    assert of(f"{OTHER} fw-1.example.com") == "b"
    assert of(f"{OTHER} fw-2.example.com") == "c"
    assert of(f"{OTHER} web.example.com") == "d"
    assert of(f"{OTHER} CN=x,O=Example") == "e"
    assert of(f"{OTHER} a.b.example.com") is None
    assert of(f"{OTHER} CN=x,OU=y,O=Example") is None
    assert of(f"{OTHER} evil.example.com.attacker.net") is None
    assert of(OTHER) is None
    assert of(None) is None


def test_a_certificate_comes_before_a_network_and_that_before_a_listener() -> None:
    """The order in which senders can be trusted about themselves."""
    of = Assignment(
        registry(("a", "identity", PRINT), ("b", "network", "10.0.0.0/8"), ("c", "listener", "edge"))
    ).of_sender
    assert of("edge", "10.0.0.1", PRINT) == "a"
    assert of("edge", "10.0.0.1", OTHER) == "b"
    assert of("edge", "192.0.2.1", OTHER) == "c"
    assert of("udp", "192.0.2.1", None) is None


def test_tokens_are_told_apart_by_their_digests() -> None:
    """A token counts until it is revoked."""
    given, secret = registry().add_token("b", "one", NOW)
    assert Assignment(given).of_token(secret.encode()) == "b"
    assert Assignment(given).of_token(secret.encode() + b"x") is None
    assert Assignment(given.revoke_token("b", "one")).of_token(secret.encode()) is None
