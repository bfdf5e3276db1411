"""The promises about signing in."""

from datetime import UTC, datetime

import pytest

from access.access import Access, CodeError, PauseError, SignInError
from access.attempts import FREE, network
from access.totp import step_of
from access.visitor import CONSOLE, Limits
from tests.access.conftest import PASSWORD, Clock
from tests.access.test_accounts import code_of

HERE, THERE = "192.0.2.1", "198.51.100.7"


def fail(access: Access, times: int, name: str = "ada", peer: str = HERE) -> None:
    """Try wrong passwords."""
    for _ in range(times):
        with pytest.raises(SignInError, match="name or the password is wrong"):
            access.sign_in(name, "wrong wrong wrong", "", peer)


def test_signing_in(access: Access, clock: Clock) -> None:
    """The right name and password give the account, and when it was."""
    assert access.sign_in("ada", PASSWORD, "", HERE).name == "ada"
    assert access.accounts.get("ada").seen == clock.now


def test_nobody_learns_which_names_there_are(access: Access) -> None:
    """An unknown name, a wrong password and a disabled account are refused by the same words."""
    access.accounts.add("bo", "auditor", password=PASSWORD)
    access.accounts.disable("bo")
    told = set()
    for name, password in (("eve", PASSWORD), ("ada", "wrong wrong wrong"), ("bo", PASSWORD)):
        with pytest.raises(SignInError) as refused:
            access.sign_in(name, password, "", HERE)
        told.add(str(refused.value))
    assert len(told) == 1


def test_guessing_has_to_wait(access: Access, clock: Clock) -> None:
    """After some failures each costs more time, even with the right password; elsewhere it is open."""
    fail(access, FREE["pair"])
    with pytest.raises(PauseError, match="Wait 2 seconds"):
        access.sign_in("ada", PASSWORD, "", HERE)
    assert access.sign_in("ada", PASSWORD, "", THERE).name == "ada"
    clock.now += 2
    fail(access, 1)
    with pytest.raises(PauseError, match="Wait 4 seconds"):
        access.sign_in("ada", PASSWORD, "", HERE)
    clock.now += 4
    assert access.sign_in("ada", PASSWORD, "", HERE).name == "ada"
    fail(access, FREE["pair"])


def test_guessing_many_names_from_one_place_has_to_wait(access: Access) -> None:
    """An address that tries many names is stopped, a whole IPv6 network as one; names that are long, too."""
    for number in range(FREE["peer"]):
        fail(access, 1, f"name{number}", f"2001:db8::{number:x}")
    with pytest.raises(PauseError):
        access.sign_in("ada", PASSWORD, "", "2001:db8::ffff")
    assert access.sign_in("ada", PASSWORD, "", "2001:db8:0:1::1")


def test_who_comes_by_ipv4_is_not_everybody() -> None:
    """Where one socket serves IPv6 and IPv4, each address of IPv4 counts alone, as it does elsewhere."""
    assert network("::ffff:192.0.2.1") == network("192.0.2.1") == "192.0.2.1"
    assert network("2001:db8::1") == network("2001:db8::ffff") == "2001:db8::/64"
    assert network("no address") == "no address"


def test_failures_are_forgotten(access: Access, clock: Clock) -> None:
    """After a quarter of an hour of quiet a sign-in is as at first."""
    fail(access, FREE["pair"])
    clock.now += 15 * 60
    assert access.sign_in("ada", PASSWORD, "", HERE)


def test_a_second_factor_is_asked_for(access: Access, clock: Clock) -> None:
    """With a second factor the password alone is not enough, and a wrong code counts as a failure."""
    secret = access.accounts.begin_totp("ada")
    access.accounts.confirm_totp("ada", code_of(secret, clock))
    clock.now += 60
    with pytest.raises(CodeError, match="Type the code"):
        access.sign_in("ada", PASSWORD, "", HERE)
    wrong = next(f"{n:06d}" for n in range(10) if step_of(secret, f"{n:06d}", clock.now) is None)
    for _ in range(FREE["pair"]):
        with pytest.raises(CodeError, match="This code is wrong"):
            access.sign_in("ada", PASSWORD, wrong, HERE)
    with pytest.raises(PauseError):
        access.sign_in("ada", PASSWORD, code_of(secret, clock), HERE)
    clock.now += 2
    assert access.sign_in("ada", PASSWORD, code_of(secret, clock), HERE).name == "ada"


def test_what_was_begun_goes_on_while_nothing_changes(access: Access, clock: Clock) -> None:
    """An export is broken off when its account or token may do less, or other things, than when it began."""
    access.accounts.add("bo", "auditor")
    access.tokens.add("bo", "x", Limits(until=datetime.fromtimestamp(clock.now + 3600, UTC)))
    began = access.accounts.get("bo").visitor("session", "1")
    program = access.tokens.again("bo", "x")
    assert program is not None
    assert access.may_go_on(began)
    assert access.may_go_on(program)
    assert access.may_go_on(CONSOLE)
    access.accounts.disable("bo")
    assert not access.may_go_on(began)
    assert not access.may_go_on(program)
    access.accounts.disable("bo", disabled=False)
    access.tokens.revoke("bo", "x")
    assert access.may_go_on(began)
    assert not access.may_go_on(program)
    access.accounts.set_limits("bo", Limits(tenants=("lab",)))
    assert not access.may_go_on(began)


def test_a_token_that_ended_does_not_go_on(access: Access, clock: Clock) -> None:
    """Nor does what it began."""
    access.tokens.add("ada", "x", Limits(until=datetime.fromtimestamp(clock.now + 60, UTC)))
    program = access.tokens.again("ada", "x")
    assert program is not None
    clock.now += 60
    assert not access.may_go_on(program)


def test_sign_ins_elsewhere_are_counted(access: Access, clock: Clock) -> None:
    """Who begins many and ends none has to wait, and only who is there; who comes back is not counted."""
    for _ in range(FREE["openid"]):
        assert access.attempts.begin_elsewhere(HERE) == 0
    assert access.attempts.begin_elsewhere(HERE) == 2
    assert access.attempts.begin_elsewhere(HERE) == 2  # who has to wait is not counted
    assert access.attempts.begin_elsewhere(THERE) == 0
    assert access.attempts.pause("ada", HERE) == 0  # a local account is another matter
    clock.now += 2
    assert access.attempts.begin_elsewhere(HERE) == 0
    assert access.attempts.begin_elsewhere(HERE) == 4
    access.attempts.end_elsewhere(HERE)
    assert access.attempts.begin_elsewhere(HERE) == 0
