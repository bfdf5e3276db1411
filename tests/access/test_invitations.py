"""The promises about links for the first start and for new accounts."""

from pathlib import Path

import pytest

from access.access import Access
from access.accounts import AccountError
from access.passwords import PasswordError
from access.visitor import Limits
from tests.access.conftest import PASSWORD, Clock


def test_the_first_start(tmp_path: Path, clock: Clock) -> None:
    """The first link makes the first administrator, once; until it is used, each start gives a new one."""
    access = Access(tmp_path / "new", clock)
    earlier, secret = access.invitations.first(), access.invitations.first()
    assert earlier is not None
    assert secret is not None
    assert access.invitations.find(earlier) is None
    found = access.invitations.find(secret)
    assert found is not None
    assert (found.role, found.name, found.is_first) == ("administrator", None, True)
    with pytest.raises(PasswordError):
        access.invitations.accept(secret, "root", "short")
    assert access.invitations.accept(secret, "root", PASSWORD).role == "administrator"
    assert access.sign_in("root", PASSWORD, "", "192.0.2.1")
    with pytest.raises(AccountError, match="this link was used or is too old"):
        access.invitations.accept(secret, "other", PASSWORD)
    assert access.invitations.first() is None
    access.close()


def test_an_account_by_the_command_line_ends_the_first_link(tmp_path: Path, clock: Clock) -> None:
    """A first link that lies about is worth nothing once there is an account."""
    access = Access(tmp_path / "new", clock)
    secret = access.invitations.first()
    assert secret is not None
    access.accounts.add("ada", "administrator", password=PASSWORD)
    assert access.invitations.find(secret) is None
    with pytest.raises(AccountError):
        access.invitations.accept(secret, "eve", PASSWORD)
    access.close()


def test_a_link_for_an_account(access: Access, clock: Clock) -> None:
    """A link gives its account a password, whatever name is sent with it, for a day and once."""
    access.accounts.add("bo", "auditor", Limits(tenants=("shop",)))
    secret = access.invitations.add("bo", "auditor", Limits(tenants=("shop",)))
    assert access.invitations.accept(secret, "ada", PASSWORD).name == "bo"
    assert access.accounts.checked("bo", PASSWORD)
    late = access.invitations.add("bo", "auditor")
    clock.now += 24 * 3600
    assert access.invitations.find(late) is None


def test_one_link_of_an_account_at_a_time(access: Access) -> None:
    """Whoever has an earlier link, or one that was not used, cannot change the password by it later."""
    access.accounts.add("bo", "auditor")
    earlier, later = (access.invitations.add("bo", "auditor") for _ in range(2))
    others = access.invitations.add("cy", "auditor")
    assert access.invitations.find(earlier) is None
    assert access.invitations.accept(later, "bo", PASSWORD).name == "bo"
    last = access.invitations.add("bo", "auditor")
    access.invitations.withdraw("bo")
    assert access.invitations.find(last) is None
    assert access.invitations.find(others) is not None
