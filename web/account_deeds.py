"""What somebody can do to the own account, each deed a function of the accounts and a form's fields.

Whatever makes an account easier to enter asks for the password again: a session that was left open, or whose
cookie was taken, must not become an account that was taken. Each deed is one transaction with its entry in
the trail: what the trail cannot take is not done.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import segno
from markupsafe import Markup

from access import totp, trail
from access.access import Access
from access.accounts import Account
from access.limits import made
from access.passwords import PasswordError
from access.visitor import ROLES
from web.account_view import Once, grouped

ISSUER: Final = "Sysledger"
_QUIET_ZONE: Final = 4  # modules of white around the code, as its standard wants
_SCALE: Final = 4


@dataclass(frozen=True, slots=True)
class Asked:
    """One form.

    Attributes:
        account: who asks.
        fields: as typed.
        peer: where they were typed.
        browser: the secret that it brought, if it signed in before.
    """

    account: Account
    fields: Mapping[str, str]
    peer: str
    browser: str = ""

    def field(self, name: str) -> str:
        """Give a field; empty where the form has none."""
        return self.fields.get(name, "")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a deed came to.

    Attributes:
        once: what its answer tells; None: it leads back to the page.
        ends_sessions: the account was changed, so that this browser needs a new session.
    """

    once: Once | None = None
    ends_sessions: bool = False


Deed = Callable[[Access, Asked], Outcome]


def change_password(access: Access, asked: Asked) -> Outcome:
    """Give the account a new password."""
    prove(access, asked)
    if asked.field("new") != asked.field("again"):
        raise PasswordError("the two new passwords are not the same: type both anew")
    with access.database.write():
        access.accounts.set_password(asked.account.name, asked.field("new"))
        access.invitations.withdraw(asked.account.name)
        trail.record("user.password", asked.account.name)
    return Outcome(ends_sessions=True)


def begin_factor(access: Access, asked: Asked) -> Outcome:
    """Make a secret for the account's device, and show it."""
    prove(access, asked)
    return Outcome(_to_scan(asked.account.name, access.accounts.begin_totp(asked.account.name)))


def confirm_factor(access: Access, asked: Asked) -> Outcome:
    """Take the code that shows that the device has the secret."""
    with access.database.write():
        codes = access.accounts.confirm_totp(asked.account.name, asked.field("code"))
        trail.record("user.factor-on", asked.account.name)
    return Outcome(Once(codes=tuple(codes)), ends_sessions=True)


def drop_factor(access: Access, asked: Asked) -> Outcome:
    """Take the second factor away."""
    prove(access, asked)
    with access.database.write():
        access.accounts.drop_totp(asked.account.name)
        trail.record("user.factor-off", asked.account.name)
    return Outcome(ends_sessions=True)


def end_session(access: Access, asked: Asked) -> Outcome:
    """End one session, such as that of a device which was lost."""
    number = asked.field("session")
    with access.database.write():
        if access.sessions.end_number(asked.account.name, number):
            trail.record("session-end", asked.account.name, ended=number)
    return Outcome()


def end_sessions(access: Access, asked: Asked) -> Outcome:
    """End every session; the browser that asks gets a new one."""
    with access.database.write():
        access.sessions.end_all(asked.account.name)
        trail.record("sessions-end", asked.account.name)
    return Outcome(ends_sessions=True)


def add_token(access: Access, asked: Asked) -> Outcome:
    """Make an API token, and tell its secret."""
    prove(access, asked)
    role = next((one for one in ROLES if one == asked.field("role")), asked.account.role)
    limits = made({kind: asked.field(kind) for kind in ("tenants", "streams", "until")})
    name = asked.field("token_name").strip().lower()
    with access.database.write():
        secret = access.tokens.add(asked.account.name, name, limits, role)
        trail.record("token.add", f"{asked.account.name}/{name}", new_role=role)
    return Outcome(Once(token=secret, token_name=name))


def revoke_token(access: Access, asked: Asked) -> Outcome:
    """End an API token."""
    name = asked.field("token_name")
    with access.database.write():
        access.tokens.revoke(asked.account.name, name)
        trail.record("token.revoke", f"{asked.account.name}/{name}")
    return Outcome()


DEEDS: Final[Mapping[str, Deed]] = {
    "password": change_password,
    "factor": begin_factor,
    "factor-confirm": confirm_factor,
    "factor-off": drop_factor,
    "session": end_session,
    "sessions": end_sessions,
    "token": add_token,
    "token-revoke": revoke_token,
}


def prove(access: Access, asked: Asked) -> None:
    """Have the password typed again, where there is one; as seldom wrong as at the sign-in.

    Raises:
        PauseError: when it was wrong too often.
        PasswordError: when it is wrong.
    """
    if not asked.account.has_password:
        return
    name = asked.account.name
    if not access.prove(name, asked.field("password"), asked.peer, asked.browser):
        trail.record("password-asked", name, "refused", reason="wrong password")
        raise PasswordError("this is not your password now: type it as you do when you sign in")


def pending(access: Access, account: Account) -> Once | None:
    """Show the secret again whose code was wrong; None where no second factor is being set up."""
    secret = access.accounts.pending_totp(account.name)
    return None if secret is None else _to_scan(account.name, secret)


def _to_scan(name: str, secret: str) -> Once:
    code = segno.make(totp.address(secret, name, ISSUER), error="m", micro=False)
    drawn = code.svg_inline(
        scale=_SCALE, border=_QUIET_ZONE, dark="#000", light="#fff", title="QR code of the secret"
    )
    return Once(qr=Markup(drawn), secret=grouped(secret))  # noqa: S704 - drawn by segno of squares only
