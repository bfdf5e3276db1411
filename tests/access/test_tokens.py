"""The promises about API tokens."""

from datetime import UTC, datetime

import pytest

from access.access import Access
from access.accounts import AccountError
from access.limits import LimitsError
from access.visitor import Limits
from tests.access.conftest import PASSWORD, Clock


def test_a_token(access: Access) -> None:
    """A token is its account, under its own name, until it is revoked; then it never is again."""
    secret = access.tokens.add("ada", "backup")
    visitor = access.tokens.visitor(secret)
    assert visitor is not None
    assert (visitor.name, visitor.role, visitor.means) == ("ada/backup", "administrator", "token")
    assert access.tokens.visitor(secret[:-1]) is None
    access.tokens.revoke("ada", "backup")
    assert access.tokens.visitor(secret) is None
    with pytest.raises(AccountError, match="no token 'backup'"):
        access.tokens.revoke("ada", "backup")
    assert [one.revoked is not None for one in access.tokens.all("ada")] == [True]


def test_a_token_is_within_its_account(access: Access) -> None:
    """A token sees no more than its account, whatever is asked for, and whatever becomes of the account."""
    until = datetime(2027, 1, 1, tzinfo=UTC)
    access.accounts.add("bo", "auditor", Limits(tenants=("shop", "bank"), until=until, masked=("user",)))
    secret = access.tokens.add("bo", "siem", Limits(tenants=("shop",), masked=("src",)))
    visitor = access.tokens.visitor(secret)
    assert visitor is not None
    assert visitor.limits == Limits(tenants=("shop",), until=until, masked=("src", "user"))
    with pytest.raises(LimitsError, match="none of ministry is among the account's shop, bank"):
        access.tokens.add("bo", "other", Limits(tenants=("ministry",)))
    with pytest.raises(AccountError, match="cannot be administrator: choose a lesser role"):
        access.tokens.add("bo", "other", role="administrator")
    access.accounts.set_limits("bo", Limits(tenants=("bank",)))
    assert access.tokens.visitor(secret) is None


def test_a_token_ends_with_its_account(access: Access, clock: Clock) -> None:
    """Disabling an account, lowering its role and its end date all reach its tokens."""
    access.accounts.add(
        "bo", "administrator", Limits(until=datetime(2026, 12, 1, tzinfo=UTC)), password=PASSWORD
    )
    secret = access.tokens.add("bo", "siem")
    access.accounts.set_role("bo", "auditor")
    lowered = access.tokens.visitor(secret)
    assert lowered is not None
    assert lowered.role == "auditor"
    access.accounts.disable("bo")
    assert access.tokens.visitor(secret) is None
    access.accounts.disable("bo", disabled=False)
    assert access.tokens.visitor(secret) is not None
    clock.now = datetime(2026, 12, 1, tzinfo=UTC).timestamp()
    assert access.tokens.visitor(secret) is None
