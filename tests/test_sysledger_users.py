"""The promises of `sysledger user` and `sysledger token`, with a whole appliance."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from access.access import Access
from tests.end_to_end.appliance import Appliance, running
from tests.machine import await_true

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
def appliance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    """A new appliance that runs."""
    with running(tmp_path_factory.mktemp("users"), {}) as appliance:
        yield appliance


def asked(appliance: Appliance, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Run one command, with what is typed on stdin."""
    command = [sys.executable, "-m", "sysledger", *words, *appliance.options]
    return subprocess.run(command, input=typed, capture_output=True, text=True, check=False)


def access_of(appliance: Appliance) -> Access:
    """Open the accounts beside the appliance."""
    return Access(appliance.folder / "var" / "access")


def test_accounts_by_the_command_line(appliance: Appliance) -> None:
    """An account is made, limited, given another role, and kept out; the list tells all of it but secrets."""
    made = asked(
        appliance, "user", "add", "ada", "--role", "administrator", "--password-stdin", typed=PASSWORD
    )
    assert (made.returncode, made.stdout) == (0, "ada may sign in as administrator\n"), made.stderr
    appliance.run("user", "add", "bo", "--tenant", "default", "--host", "pay-*", "--until", "2099-01-01")
    appliance.run("user", "role", "bo", "--role", "reviewer")
    appliance.run("user", "limit", "bo", "--stream", "default/syslog", "--mask", "user")
    appliance.run("user", "disable", "bo")
    listed = {one["name"]: one for one in json.loads(appliance.run("user", "list", "--output", "json"))}
    assert (listed["ada"]["role"], listed["ada"]["disabled"]) == ("administrator", False)
    assert (listed["bo"]["role"], listed["bo"]["disabled"]) == ("reviewer", True)
    assert listed["bo"]["limits"] == {"streams": ["default/syslog"], "masked": ["user"]}
    assert "ada" in appliance.printed("user", "list")
    appliance.run("user", "enable", "bo")
    access = access_of(appliance)
    assert access.sign_in("ada", PASSWORD, "", "192.0.2.1").role == "administrator"
    assert not access.accounts.get("bo").disabled
    access.close()


def test_masks_are_checked(appliance: Appliance) -> None:
    """A mask that can be none is refused; one that no message has had is set, and told."""
    appliance.await_count("sysledger", 1)
    refused = asked(appliance, "user", "add", "mo", "--mask", "severity")
    assert refused.returncode == 2
    assert "severity" in refused.stderr
    made = asked(appliance, "user", "add", "mo", "--mask", "message", "--mask", "usr")
    assert made.returncode == 0
    assert made.stderr == ("No recent message that this account may see has had: usr. Is it spelt right?\n")


def test_a_link_for_a_new_account(appliance: Appliance) -> None:
    """Without a password a link is printed, by which its owner chooses one, once."""
    printed = appliance.printed("user", "add", "cleo")
    found = re.search(r"https?://\S+/welcome/(\S+)", printed)
    assert found is not None, printed
    access = access_of(appliance)
    assert access.invitations.accept(found[1], "", PASSWORD).name == "cleo"
    assert access.invitations.find(found[1]) is None
    access.close()


def test_tokens_by_the_command_line(appliance: Appliance) -> None:
    """A token is printed once, listed without its secret, and no longer taken once it is revoked."""
    asked(appliance, "user", "add", "dora", "--role", "operator", "--password-stdin", typed=PASSWORD)
    secret = appliance.printed("token", "add", "dora", "nagios").strip()
    access = access_of(appliance)
    visitor = access.tokens.visitor(secret)
    assert visitor is not None
    assert (visitor.name, visitor.role) == ("dora/nagios", "operator")
    assert secret not in appliance.printed("token", "list")
    assert "dora/nagios" in appliance.printed("token", "list")
    appliance.run("token", "revoke", "dora", "nagios")
    assert access.tokens.visitor(secret) is None
    access.close()


@pytest.mark.parametrize(
    ("words", "typed", "said"),
    [
        (("user", "add", "Eve"), "", "cannot name an account"),
        (("user", "add", "eve", "--role", "root"), "", "use auditor, reviewer, operator, administrator"),
        (("user", "add", "eve", "--password-stdin"), "short\n", "use 15 or more"),
        (("user", "add", "eve", "--network", "10.0.0.0/99"), "", "networks: "),
        (
            ("user", "role", "nobody-here", "--role", "auditor"),
            "",
            "'sysledger user list' has those there are",
        ),
        (("token", "revoke", "ada", "none"), "", "'sysledger token list' has those there are"),
    ],
)
def test_mistakes_say_what_to_do(appliance: Appliance, words: tuple[str, ...], typed: str, said: str) -> None:
    """What cannot be done is refused with what to do, and changes nothing."""
    before = appliance.run("user", "list", "--output", "json")
    refused = asked(appliance, *words, typed=typed)
    assert refused.returncode not in {0, 1}
    assert said in " ".join(refused.stderr.replace("│", " ").split())
    assert appliance.run("user", "list", "--output", "json") == before


def told_of(appliance: Appliance, target: str) -> list[dict[str, Any]]:
    """Give what the trail says of an account."""
    where = ("--tenant", "trail", "--stream", "access")
    command = ("search", f"access.target:{target}", *where, "--output", "json")
    return [json.loads(line) for line in appliance.printed(*command).splitlines()]


def test_changes_are_in_the_trail(appliance: Appliance) -> None:
    """What the command line changes is in the trail, with the system's user, and no secret of it."""
    secret = "a-secret-that-nobody-may-see"
    words = ("user", "add", "fay", "--role", "auditor", "--tenant", "lab", "--password-stdin")
    made = asked(appliance, *words, typed=secret)
    assert made.returncode == 0, made.stderr
    await_true(lambda: told_of(appliance, "fay"), "the trail's message")
    (message,) = told_of(appliance, "fay")
    assert message["fields"]["access.action"] == "user.add"
    assert message["fields"]["access.means"] == "console"
    assert message["fields"]["access.limits"] == '{"tenants": ["lab"]}'
    assert secret not in json.dumps(message)


def test_changes_while_nothing_runs_are_told_later(tmp_path: Path) -> None:
    """What is changed while the appliance stands still is in the trail once it runs again."""
    with running(tmp_path, {}) as appliance:
        pass
    made = asked(appliance, "user", "add", "gus", "--password-stdin", typed=PASSWORD)
    assert made.returncode == 0, made.stderr
    with running(tmp_path, {}) as again:
        await_true(lambda: told_of(again, "gus"), "the trail's message")
