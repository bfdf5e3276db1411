"""Tickets come back as they went out, for their purpose, and not too late."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.web.signing import Clock
from web.tickets import MOST_CHARACTERS, Tickets

KEY = bytes(range(32))


@given(some.dictionaries(some.text(), some.text()))
def test_claims_come_back(claims: dict[str, str]) -> None:
    """Whatever the claims, they come back as they were."""
    tickets = Tickets(KEY)
    ticket = tickets.made("a purpose", 60, claims)
    assert tickets.claims("a purpose", ticket) == (claims if len(ticket) <= MOST_CHARACTERS else None)


def test_another_purpose() -> None:
    """A ticket for one purpose is none for another."""
    tickets = Tickets(KEY)
    assert tickets.claims("sign in", tickets.made("second factor", 60, {"name": "ann"})) is None


def test_too_late() -> None:
    """A ticket holds until its time is over."""
    clock = Clock()
    tickets = Tickets(KEY, clock)
    ticket = tickets.made("a purpose", 60, {})
    clock.now += 59
    assert tickets.claims("a purpose", ticket) == {}
    clock.now += 1
    assert tickets.claims("a purpose", ticket) is None


def test_another_key() -> None:
    """Nobody without the key makes one."""
    assert Tickets(KEY).claims("a purpose", Tickets(bytes(32)).made("a purpose", 60, {})) is None


def test_every_change_is_seen() -> None:
    """A ticket in which any character was changed is none."""
    tickets = Tickets(KEY)
    ticket = tickets.made("a purpose", 60, {"name": "ann"})
    for place, character in enumerate(ticket[:-1]):  # the last one may hold bits that are not used
        changed = ticket[:place] + ("A" if character != "A" else "B") + ticket[place + 1 :]
        assert tickets.claims("a purpose", changed) is None


@pytest.mark.parametrize("ticket", ["", "AAAA", "é", "\x00", "=" * 9, "A" * 5000, "%%%%", "a b"])
def test_what_is_no_ticket(ticket: str) -> None:
    """Whatever is sent in place of a ticket is told from one, and breaks nothing."""
    assert Tickets(KEY).claims("a purpose", ticket) is None


def test_tags_differ() -> None:
    """The tag of a text depends on text, purpose and key."""
    tags = {
        Tickets(key).tag(purpose, text)
        for key in (KEY, bytes(32))
        for purpose in ("a", "b")
        for text in ("", "a", "ab")
    }
    assert len(tags) == 12
