"""The promises about sessions."""

import pytest

from access.access import Access
from access.sessions import IDLE_SECONDS, LONGEST_SECONDS, MOST_AN_ACCOUNT
from access.visitor import Limits
from tests.access.conftest import PASSWORD, Clock


def begin(access: Access, name: str = "ada") -> str:
    """Begin a session."""
    return access.sessions.begin(access.accounts.get(name), "192.0.2.1")


def test_a_session(access: Access) -> None:
    """Whoever has a session's secret is its account; any other text is nobody."""
    secret = begin(access)
    found = access.sessions.find(secret)
    assert found is not None
    assert (found.visitor.name, found.visitor.role, found.visitor.means) == (
        "ada",
        "administrator",
        "session",
    )
    assert found.peer == "192.0.2.1"
    assert access.sessions.find(secret + "x") is None
    assert access.sessions.find("") is None
    access.sessions.end(secret)
    assert access.sessions.find(secret) is None


def test_idle_sessions_end(access: Access, clock: Clock) -> None:
    """A session that is used goes on, one that is not ends, and none lasts longer than a day's work."""
    secret = begin(access)
    for _ in range(int(LONGEST_SECONDS // (IDLE_SECONDS - 1))):
        clock.now += IDLE_SECONDS - 1
        assert access.sessions.find(secret) is not None
    clock.now += IDLE_SECONDS - 1
    assert access.sessions.find(secret) is None
    other = begin(access)
    clock.now += IDLE_SECONDS + 1
    assert access.sessions.find(other) is None


@pytest.mark.parametrize("change", ["password", "role", "limits", "disable", "factor"])
def test_a_lesser_account_ends_its_sessions(access: Access, change: str) -> None:
    """Whatever changes what an account may do ends its sessions at once, and nobody else's."""
    accounts = access.accounts
    accounts.add("bo", "reviewer", password=PASSWORD)
    mine, theirs = begin(access), begin(access, "bo")
    {
        "password": lambda: accounts.set_password("bo", "another good password"),
        "role": lambda: accounts.set_role("bo", "auditor"),
        "limits": lambda: accounts.set_limits("bo", Limits(tenants=("shop",))),
        "disable": lambda: accounts.disable("bo"),
        "factor": lambda: accounts.drop_totp("bo"),
    }[change]()
    assert access.sessions.find(theirs) is None
    assert access.sessions.find(mine) is not None


def test_the_oldest_session_ends(access: Access) -> None:
    """An account has so many sessions at most; the oldest makes room."""
    secrets = [begin(access) for _ in range(MOST_AN_ACCOUNT + 2)]
    assert [access.sessions.find(each) is not None for each in secrets[:3]] == [False, False, True]
    assert len(access.sessions.of("ada")) == MOST_AN_ACCOUNT
    access.sessions.end_all("ada")
    assert access.sessions.of("ada") == []
