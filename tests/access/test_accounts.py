"""The promises about accounts."""

import base64
import hmac
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from access.access import Access
from access.accounts import AccountError, UnknownAccountError
from access.passwords import PasswordError
from access.visitor import Limits
from tests.access.conftest import NOON, PASSWORD, Clock


def code_of(secret: str, clock: Clock) -> str:
    """Give what a device shows, by another implementation than ours."""
    step = int(clock.now) // 30
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    place = digest[-1] & 15
    return f"{(int.from_bytes(digest[place : place + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


def test_an_account_is_there_again(tmp_path: Path, access: Access, clock: Clock) -> None:
    """What is told of an account outlives the process; its secrets are not among it."""
    limits = Limits(
        tenants=("shop",), hosts=("pay-*",), until=datetime(2027, 1, 1, tzinfo=UTC), masked=("user",)
    )
    access.accounts.add("bo", "auditor", limits, password=PASSWORD)
    access.close()
    again = Access(tmp_path / "access", clock)
    found = again.accounts.get("bo")
    assert (found.role, found.limits, found.created, found.has_password) == ("auditor", limits, NOON, True)
    assert [one.name for one in again.accounts.all()] == ["ada", "bo"]
    assert PASSWORD.encode() not in (tmp_path / "access" / "access.sqlite").read_bytes()
    assert (tmp_path / "access" / "access.sqlite").stat().st_mode & 0o777 == 0o600
    again.close()


@pytest.mark.parametrize("name", ["", "Ada", "a b", "-a", "../x", "a" * 64, "console", "ä", "a\n"])
def test_names_that_cannot_be(access: Access, name: str) -> None:
    """A name that would look like another, or like the console, is refused with what may be."""
    with pytest.raises(AccountError, match="cannot name an account: use 1 to 63 of a-z"):
        access.accounts.add(name, "auditor")


def test_a_name_is_taken_once(access: Access) -> None:
    """A second account of a name is refused, and the first is as it was."""
    with pytest.raises(AccountError, match="there is an account ada already"):
        access.accounts.add("ada", "auditor", password=PASSWORD)
    assert access.accounts.get("ada").role == "administrator"


def test_unknown_accounts(access: Access) -> None:
    """Whatever is asked of an account that is not there says so."""
    for ask in (
        lambda: access.accounts.get("eve"),
        lambda: access.accounts.set_role("eve", "auditor"),
        lambda: access.accounts.set_password("eve", PASSWORD),
        lambda: access.accounts.disable("eve"),
        lambda: access.accounts.begin_totp("eve"),
    ):
        with pytest.raises(UnknownAccountError, match="no account 'eve'"):
            ask()


def test_passwords_that_may_not_be(access: Access) -> None:
    """A short password, one of few letters, and one with the account's name in it are refused."""
    for password in ("short", "a" * 40, "ada-12345678", "x" * 1025):
        with pytest.raises(PasswordError):
            access.accounts.set_password("ada", password)
    assert access.accounts.checked("ada", PASSWORD)


def test_the_right_password(access: Access) -> None:
    """Only the account's own password is taken, however its letters were typed; a disabled account never."""
    access.accounts.add("bo", "auditor", password="caf\u00e9 under nine plum trees")
    assert access.accounts.checked("bo", "cafe\u0301 under nine plum trees")
    assert not access.accounts.checked("bo", PASSWORD)
    assert not access.accounts.checked("nobody-here", PASSWORD)
    access.accounts.disable("bo")
    assert not access.accounts.checked("bo", "caf\u00e9 under nine plum trees")


def test_an_account_without_a_password(access: Access) -> None:
    """Somebody known by an OpenID provider has no password to sign in with."""
    access.accounts.add("bo", "auditor", subject="https://id.example bo-1")
    assert not access.accounts.checked("bo", "")
    found = access.accounts.of_subject("https://id.example bo-1")
    assert found is not None
    assert (found.name, found.has_password) == ("bo", False)
    assert access.accounts.of_subject("https://id.example other") is None


def test_the_last_administrator_remains(access: Access) -> None:
    """Nothing takes the last administrator's place away: neither role, nor limits, nor disabling."""
    accounts = access.accounts
    takes = [
        partial(accounts.set_role, "ada", "operator"),
        partial(accounts.disable, "ada"),
        partial(accounts.set_limits, "ada", Limits(tenants=("shop",))),
        partial(accounts.set_limits, "ada", Limits(until=datetime(2020, 1, 1, tzinfo=UTC))),
    ]
    for take in takes:
        with pytest.raises(AccountError, match="nobody would be left who may administer"):
            take()
    assert accounts.get("ada").role == "administrator"
    assert accounts.get("ada").limits == Limits()
    accounts.add("bo", "administrator", password=PASSWORD)
    accounts.disable("ada")
    assert accounts.get("ada").disabled


def test_a_second_factor(access: Access, clock: Clock) -> None:
    """A device's code counts once it was confirmed, for its time and a step beside it, and each only once."""
    accounts = access.accounts
    secret = accounts.begin_totp("ada")
    assert not accounts.get("ada").has_totp
    with pytest.raises(AccountError, match="this code is not the device's"):
        accounts.confirm_totp("ada", "000000" if code_of(secret, clock) != "000000" else "111111")
    codes = accounts.confirm_totp("ada", code_of(secret, clock))
    assert accounts.get("ada").has_totp
    assert not accounts.is_second("ada", code_of(secret, clock)), "it was used for confirming"
    clock.now += 30
    shown = code_of(secret, clock)
    assert accounts.is_second("ada", f"{shown[:3]} {shown[3:]}")
    assert not accounts.is_second("ada", shown)
    clock.now += 90
    late = code_of(secret, clock)
    clock.now += 31
    assert accounts.is_second("ada", late), "a clock may be a step late"
    clock.now += 120
    assert not accounts.is_second("ada", late)
    assert len(codes) == len(set(codes)) == 8
    assert accounts.is_second("ada", codes[0].upper())
    assert not accounts.is_second("ada", codes[0])
    accounts.drop_totp("ada")
    assert not accounts.is_second("ada", codes[1])
