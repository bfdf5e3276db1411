"""`sysledger user` and `sysledger token`: who may sign in to the pages, and what programs may ask."""

import getpass
import json
import os
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from commands.arguments import open_layout
from commands.limited import limited
from commands.settings import Settings, load_settings
from commands.trail import from_the_console
from commands.words import end_with_the_pipe, fail
from supervisor import options
from supervisor.options import StateOutput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from access.access import Access
    from access.visitor import Limits, Role, Visitor


@limited
def user_add(
    name: options.Account,
    role: options.AccountRole = "auditor",
    password_stdin: options.PasswordStdin = False,
    *,
    limits: "Limits",
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Make an account: with a password from stdin, or by a link that lets its owner choose one."""
    password = _password() if password_stdin else None
    with _changing(config, data) as (access, settings):
        access.accounts.add(name, _role(role), limits, password=password)
        _recorded("user.add", name, new_role=role, limits=_said(limits))
        if password is None:
            _print_link(access, settings, name)
        else:
            print(f"{name} may sign in as {role}")
    _tell_unseen(limits, settings)


def user_passwd(
    name: options.Account,
    password_stdin: options.PasswordStdin = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Give an account a new password from stdin, or print a link for its owner to choose one."""
    password = _password() if password_stdin else None
    with _changing(config, data) as (access, settings):
        access.accounts.get(name)
        _recorded("user.link" if password is None else "user.password", name)
        if password is None:
            _print_link(access, settings, name)
        else:
            access.accounts.set_password(name, password)
            access.invitations.withdraw(name)
            print(f"{name} has a new password; whoever was signed in as {name} is no longer")


def user_role(
    name: options.Account,
    role: options.AccountRole,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Give an account another role."""
    with _changing(config, data) as (access, _):
        access.accounts.set_role(name, _role(role))
        _recorded("user.role", name, new_role=role)
        print(f"{name} is {role}")


@limited
def user_limit(
    name: options.Account,
    limits: "Limits",
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Set what an account may see; what is not given is not limited."""
    from access.limits import told

    with _changing(config, data) as (access, settings):
        access.accounts.set_limits(name, limits)
        _recorded("user.limits", name, limits=_said(limits))
        print("\n".join(told(limits)) or f"{name} is not limited")
    _tell_unseen(limits, settings)


def user_disable(name: options.Account, config: options.Config = None, data: options.Data = None) -> None:
    """Keep an account from signing in, at once. It stays, since the trail names it."""
    with _changing(config, data) as (access, _):
        access.accounts.disable(name)
        access.invitations.withdraw(name)
        _recorded("user.disable", name)
        print(f"{name} can no longer sign in")


def user_enable(name: options.Account, config: options.Config = None, data: options.Data = None) -> None:
    """Let an account sign in again."""
    with _changing(config, data) as (access, _):
        access.accounts.disable(name, disabled=False)
        _recorded("user.enable", name)
        print(f"{name} can sign in again")


def user_factor_off(name: options.Account, config: options.Config = None, data: options.Data = None) -> None:
    """Take the second factor of an account away, whose owner has lost the device and the codes."""
    with _changing(config, data) as (access, _):
        access.accounts.drop_totp(name)
        _recorded("user.factor-off", name)
        print(f"{name} signs in with the password alone, until a new second factor is set up")


def user_list(
    config: options.Config = None,
    data: options.Data = None,
    output: options.State = StateOutput.TABLE,
) -> None:
    """List the accounts."""
    from access.limits import told, written

    with _access(config, data) as (access, _):
        found = access.accounts.all()
    end_with_the_pipe()
    if output == StateOutput.JSON:
        print(json.dumps([
            {
                "name": one.name, "role": one.role, "disabled": one.disabled, "second_factor": one.has_totp,
                "limits": written(one.limits), "created": _shown(one.created), "seen": _shown(one.seen),
            }
            for one in found
        ]))  # fmt: skip
        return
    from supervisor.terminal import console, table

    rows: list[list[Any]] = [
        [
            one.name, one.role, "disabled" if one.disabled else "yes", "yes" if one.has_totp else "no",
            "; ".join(told(one.limits)) or "none", _shown(one.seen) or "never",
        ]
        for one in found
    ]  # fmt: skip
    columns = ["account", "role", "may sign in", "second factor", "limits", "signed in last"]
    console().print(
        table(columns, rows) if rows else "no accounts: 'sysledger user add NAME --role administrator'"
    )


@limited
def token_add(
    name: options.Account,
    token: options.TokenName,
    role: options.TokenRole = None,
    *,
    limits: "Limits",
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Make an API token of an account, and print it once. Its limits are within the account's."""
    with _changing(config, data) as (access, settings):
        secret = access.tokens.add(name, token, limits, None if role is None else _role(role))
        _recorded("token.add", f"{name}/{token}", new_role=role or "", limits=_said(limits))
        print(secret)
    _tell_unseen(limits, settings)


def token_revoke(
    name: options.Account,
    token: options.TokenName,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """End an API token for good."""
    with _changing(config, data) as (access, _):
        access.tokens.revoke(name, token)
        _recorded("token.revoke", f"{name}/{token}")
        print(f"the token {name}/{token} is no longer taken")


def token_list(
    config: options.Config = None,
    data: options.Data = None,
    output: options.State = StateOutput.TABLE,
) -> None:
    """List the API tokens, without their secrets."""
    from access.limits import told, written

    with _access(config, data) as (access, _):
        found = access.tokens.all()
    end_with_the_pipe()
    if output == StateOutput.JSON:
        print(json.dumps([
            {
                "account": one.account, "name": one.name, "role": one.role, "limits": written(one.limits),
                "created": _shown(one.created), "seen": _shown(one.seen), "revoked": _shown(one.revoked),
            }
            for one in found
        ]))  # fmt: skip
        return
    from supervisor.terminal import console, table

    rows: list[list[Any]] = [
        [
            f"{one.account}/{one.name}", one.role, "; ".join(told(one.limits)) or "the account's",
            _shown(one.seen) or "never", "no" if one.revoked else "yes",
        ]
        for one in found
    ]  # fmt: skip
    columns = ["token", "role", "limits", "used last", "taken"]
    console().print(table(columns, rows) if rows else "no tokens: 'sysledger token add ACCOUNT TOKEN'")


@contextmanager
def _changing(config: Path | None, data: Path | None) -> "Iterator[tuple[Access, Settings]]":
    """Open the accounts for a change, which is made when the trail was told of it, or not at all."""
    with _access(config, data) as (access, settings), access.database.write():
        yield access, settings


def visitor_named(name: str, config: Path | None, data: Path | None) -> "Visitor":
    """Give whom somebody with an account is, or end the command when there is none of this name."""
    with _access(config, data) as (access, _):
        return access.accounts.get(name).visitor("console")


@contextmanager
def _access(config: Path | None, data: Path | None) -> "Iterator[tuple[Access, Settings]]":
    """Open the accounts of the data folder, as its owner; end the command with what cannot be."""
    from access.access import Access
    from access.accounts import AccountError
    from access.database import DatabaseError
    from access.limits import LimitsError
    from access.passwords import PasswordError

    settings = load_settings(config, data)
    layout = open_layout(settings)
    if os.geteuid() != (owner := layout.data.stat().st_uid):
        # The appliance could no longer write to files that root makes beside its own.
        fail(f"the data folder {layout.data} is user {owner}'s: run this as that user", os.EX_NOPERM)
    try:
        access = Access(layout.access)
    except DatabaseError as error:
        fail(str(error), os.EX_IOERR)
    try:
        with from_the_console(layout):
            yield access, settings
    except (AccountError, LimitsError, PasswordError) as error:
        fail(str(error), os.EX_USAGE)
    finally:
        access.close()


def _role(text: str) -> "Role":
    from access.visitor import ROLES

    for role in ROLES:
        if role == text:
            return role
    raise typer.BadParameter(f"{text!r} is no role: use {', '.join(ROLES)}", param_hint="--role")


def _password() -> str:
    """Read one line; from a terminal without showing it, twice."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        fail("the two are not the same: try again", os.EX_USAGE)
    return password


def _print_link(access: "Access", settings: Settings, name: str) -> None:
    account = access.accounts.get(name)
    secret = access.invitations.add(name, account.role, account.limits)
    print(f"{name} chooses a password within a day here, once: {settings.web.url}welcome/{secret}")


def _tell_unseen(limits: "Limits", settings: Settings) -> None:
    """Tell of masks that may be spelt wrongly; what cannot be read keeps nobody from being masked."""
    from access.masked_names import told, unseen
    from access.sight import Sights

    if limits.masked and (note := told(unseen(Sights(open_layout(settings)), limits))):
        print(note, file=sys.stderr)


def _recorded(action: str, target: str, **details: Any) -> None:
    from access.trail import record

    record(action, target, **details)


def _said(limits: "Limits") -> str:
    """Give limits as the trail keeps them."""
    from access.limits import written

    return json.dumps(written(limits))


def _shown(moment: float | None) -> str:
    return "" if moment is None else f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%SZ}"
