"""What an administrator can do to accounts, each deed a function of the accounts and a form's fields.

Each is one transaction with its entry in the trail: what the trail cannot take is not done. Nobody does these
to the own account: whoever locks oneself out by mistake would have to ask who is not there.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from access import trail
from access.access import Access
from access.accounts import AccountError
from access.limits import LISTS, TIMES, written
from access.masked_names import typed
from access.visitor import ROLES, Limits, Role, current
from web.account_view import Once


@dataclass(frozen=True, slots=True)
class Asked:
    """One form.

    Attributes:
        name: of the account.
        fields: as typed.
        url: where browsers find the pages; a link begins with it.
        issuers: of the OpenID providers, by name.
    """

    name: str
    fields: Mapping[str, str]
    url: str
    issuers: Mapping[str, str] = field(default_factory=dict)


Deed = Callable[[Access, Asked], Once | None]


def expected(issuer: str, name: str) -> str:
    """Give what an account is known by until its owner has signed in at the OpenID provider ``issuer``."""
    return f"expected {issuer} {name}"


def add(access: Access, asked: Asked) -> Once | None:
    """Make an account, for somebody who will follow a link, or who signs in at an OpenID provider."""
    role, limits = _role(asked), typed_limits(asked.fields)
    means = asked.fields.get("means", "")
    if means and means not in asked.issuers:
        raise AccountError("there is no such OpenID provider any more: choose another way to sign in")
    subject = expected(asked.issuers[means], asked.name) if means else None
    with access.database.write():
        access.accounts.add(asked.name, role, limits, subject=subject)
        said = json.dumps(written(limits))
        trail.record("user.add", asked.name, new_role=role, limits=said, provider=means)
        return None if means else _link(access, asked)


def send_link(access: Access, asked: Asked) -> Once | None:
    """Make a link by which the owner chooses a new password."""
    _not_oneself(asked.name)  # the page Account asks for the password that is to be changed
    with access.database.write():
        trail.record("user.link", access.accounts.get(asked.name).name)
        return _link(access, asked)


def change_role(access: Access, asked: Asked) -> None:
    """Give an account another role."""
    _not_oneself(asked.name)
    role = _role(asked)
    with access.database.write():
        access.accounts.set_role(asked.name, role)
        trail.record("user.role", asked.name, new_role=role)


def change_limits(access: Access, asked: Asked) -> None:
    """Give an account other limits."""
    _not_oneself(asked.name)
    limits = typed_limits(asked.fields)
    with access.database.write():
        access.accounts.set_limits(asked.name, limits)
        trail.record("user.limits", asked.name, limits=json.dumps(written(limits)))


def disable(access: Access, asked: Asked) -> None:
    """Keep an account from signing in, at once."""
    _not_oneself(asked.name)
    with access.database.write():
        access.accounts.disable(asked.name)
        access.invitations.withdraw(asked.name)
        trail.record("user.disable", asked.name)


def enable(access: Access, asked: Asked) -> None:
    """Let an account sign in again."""
    with access.database.write():
        access.accounts.disable(asked.name, disabled=False)
        trail.record("user.enable", asked.name)


def drop_factor(access: Access, asked: Asked) -> None:
    """Take the second factor away, of somebody who has lost the device and the codes."""
    _not_oneself(asked.name)
    with access.database.write():
        access.accounts.drop_totp(asked.name)
        trail.record("user.factor-off", asked.name)


def end_session(access: Access, asked: Asked) -> None:
    """End one session of an account."""
    number = asked.fields.get("session", "")
    with access.database.write():
        if access.sessions.end_number(access.accounts.get(asked.name).name, number):
            trail.record("session-end", asked.name, ended=number)


def end_sessions(access: Access, asked: Asked) -> None:
    """End every session of an account."""
    with access.database.write():
        access.sessions.end_all(access.accounts.get(asked.name).name)
        trail.record("sessions-end", asked.name)


def revoke_token(access: Access, asked: Asked) -> None:
    """End an API token of an account."""
    token = asked.fields.get("token_name", "")
    with access.database.write():
        access.tokens.revoke(asked.name, token)
        trail.record("token.revoke", f"{asked.name}/{token}")


DEEDS: Final[Mapping[str, Deed]] = {
    "link": send_link,
    "role": change_role,
    "limits": change_limits,
    "disable": disable,
    "enable": enable,
    "factor-off": drop_factor,
    "session": end_session,
    "sessions": end_sessions,
    "token-revoke": revoke_token,
}


def typed_limits(fields: Mapping[str, str]) -> Limits:
    """Read the limits of a form.

    Raises:
        LimitsError: when something of it cannot be meant.
    """
    return typed({kind: fields.get(kind, "") for kind in (*LISTS, *TIMES)})


def _role(asked: Asked) -> Role:
    typed = asked.fields.get("role", "")
    for role in ROLES:
        if role == typed:
            return role
    raise AccountError(f"{typed!r} is no role: use {', '.join(ROLES)}")


def _link(access: Access, asked: Asked) -> Once:
    account = access.accounts.get(asked.name)
    secret = access.invitations.add(account.name, account.role, account.limits)
    return Once(link=f"{asked.url}welcome/{secret}", link_name=account.name)


def _not_oneself(name: str) -> None:
    if name == current().account:
        raise AccountError("this is your own account: have another administrator change it")
