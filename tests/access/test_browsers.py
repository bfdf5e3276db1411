"""Whoever guesses from everywhere keeps strangers out of an account, and not the browsers that it knows."""

import pytest

from access import browsers
from access.access import Access, PauseError
from access.attempts import FREE
from tests.access.conftest import PASSWORD, Clock
from tests.access.test_access import HERE, THERE, fail


def closed(access: Access) -> None:
    """Guess at ada's password from so many addresses that the account is closed to strangers."""
    for number in range(FREE["account"]):
        access.attempts.failed("ada", f"198.51.100.{number}")


def test_a_known_browser_comes_through(access: Access) -> None:
    """While strangers wait, whatever their address, a browser that signed in before signs in."""
    known = access.browsers.remember("ada")
    closed(access)
    for browser in ("", "sl-browser-made-up"):
        with pytest.raises(PauseError):
            access.sign_in("ada", PASSWORD, "", HERE, browser)
    assert access.sign_in("ada", PASSWORD, "", HERE, known).name == "ada"
    assert access.prove("ada", PASSWORD, HERE, known)


def test_a_stolen_mark_is_worth_ten_guesses(access: Access, clock: Clock) -> None:
    """A known browser has a count of its own, which closes it alone; its success opens it again."""
    known, other = access.browsers.remember("ada"), access.browsers.remember("ada")
    for _ in range(FREE["browser"]):
        assert not access.prove("ada", "wrong", HERE, known)
    with pytest.raises(PauseError):
        access.sign_in("ada", PASSWORD, "", THERE, known)
    assert access.sign_in("ada", PASSWORD, "", HERE, other)
    assert access.sign_in("ada", PASSWORD, "", HERE)  # nor does it close the way of strangers
    clock.now += 2
    assert access.sign_in("ada", PASSWORD, "", HERE, known)
    assert not access.prove("ada", "wrong", HERE, known)
    assert access.sign_in("ada", PASSWORD, "", HERE, known)


def test_it_is_known_for_one_account(access: Access) -> None:
    """It opens no way past the pauses of another account, and names that are none have none."""
    access.accounts.add("bo", "auditor", password=PASSWORD)
    known = access.browsers.remember("bo")
    assert access.browsers.mark("bo", known)
    assert not access.browsers.mark("ada", known)
    assert not access.browsers.mark("nobody-here", known)
    closed(access)
    with pytest.raises(PauseError):
        access.sign_in("ada", PASSWORD, "", HERE, known)


def test_another_password_forgets_it(access: Access) -> None:
    """Whoever changed the password shuts out whoever knew the old one, known browser or not."""
    known = access.browsers.remember("ada")
    access.accounts.set_role("ada", "administrator")
    assert access.browsers.mark("ada", known)
    access.accounts.set_password("ada", "another four words of hers")
    assert not access.browsers.mark("ada", known)
    assert access.browsers.mark("ada", access.browsers.remember("ada"))
    assert len(access.database.read("SELECT * FROM browsers")) == 1


def test_it_is_known_for_so_long(access: Access, clock: Clock) -> None:
    """After some months without a sign-in a browser is a stranger's, and what was kept of it is gone."""
    known = access.browsers.remember("ada")
    clock.now += browsers.LAST_SECONDS - 1
    assert access.browsers.mark("ada", known)
    clock.now += 1
    assert not access.browsers.mark("ada", known)
    access.browsers.remember("ada")
    assert len(access.database.read("SELECT * FROM browsers")) == 1


def test_one_browser_has_one_mark(access: Access) -> None:
    """Each sign-in gives a new one in place of the old; of very many browsers the oldest is forgotten."""
    first = access.browsers.remember("ada")
    second = access.browsers.remember("ada", first)
    assert not access.browsers.mark("ada", first)
    assert access.browsers.mark("ada", second)
    for _ in range(browsers.MOST_AN_ACCOUNT):
        access.browsers.remember("ada")
    assert not access.browsers.mark("ada", second)
    assert len(access.database.read("SELECT * FROM browsers")) == browsers.MOST_AN_ACCOUNT


def test_who_has_no_password_needs_none(access: Access) -> None:
    """Who signs in at an OpenID provider types none that could be guessed."""
    access.accounts.add("olga", "auditor", subject="https://login.example/ 4711")
    assert access.browsers.remember("olga") == ""
    assert not access.browsers.mark("olga", "")


def test_nothing_of_it_can_be_read(access: Access) -> None:
    """What is kept opens nothing: neither the secret nor the password's hash."""
    known = access.browsers.remember("ada")
    (row,) = access.database.read("SELECT * FROM browsers")
    (account,) = access.database.read("SELECT password FROM accounts")
    assert known not in str(tuple(row))
    assert account["password"] not in str(tuple(row))


def test_failures_of_strangers_count_as_before(access: Access) -> None:
    """A stranger's browser is stopped by account and address."""
    fail(access, FREE["pair"])
    with pytest.raises(PauseError):
        access.sign_in("ada", PASSWORD, "", HERE, "sl-browser-made-up")
