"""Protocols that are no syslog are known by their first octets, and nothing else is."""

import pytest

from collector.framing_foreign import foreign_protocol, may_become_foreign


@pytest.mark.parametrize(
    ("octets", "name"),
    [
        (b"\x16\x03\x01\x02\x00", "TLS on a listener without TLS"),
        (b"x\xda\xa5", "a zlib-compressed stream"),
        (b"1 open 85 relp_version=0\n", "RELP on a listener without RELP"),
        (b"1 2020-05-22T14:59:09", None),
        (b"<13>x", None),
        (b"", None),
    ],
)
def test_foreign_protocol(octets: bytes, name: str | None) -> None:
    """Each protocol has its name, which tells the operator what to change."""
    assert foreign_protocol(octets) == name


@pytest.mark.parametrize(("octets", "may"), [(b"\x16", True), (b"1 op", True), (b"1x", False), (b"<", False)])
def test_may_become_foreign(octets: bytes, may: bool) -> None:  # noqa: FBT001 - a column of the table
    """More octets are awaited only where they can tell."""
    assert may_become_foreign(octets) is may
