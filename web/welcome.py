"""/welcome/SECRET: where a link leads that lets somebody choose a password, once, and with it an account."""

import time
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from access import trail
from access.access import Access
from access.accounts import Account, AccountError
from access.invitations import Invitation
from access.passwords import LEAST_CHARACTERS, PasswordError
from access.visitor import visiting
from web import words
from web.desk import Desk, desk
from web.errors import NotFoundError
from web.forms import submitted
from web.sign_in import HOME, begin
from web.visiting import SIGN_IN

_AFTER_POST: Final = 303
_WRONG: Final = 400


@dataclass(frozen=True, slots=True)
class WelcomeView:
    """What the template shows.

    Attributes:
        name: of the account; as typed where it is to be chosen.
        is_named: whether the link is for one account only.
        is_first: whether the account will be the first.
        role: that it will have.
        least: characters of a password.
        trouble: what went wrong; empty at first.
    """

    name: str
    is_named: bool
    is_first: bool
    role: str
    least: int = LEAST_CHARACTERS
    trouble: str = ""


async def welcome(request: Request) -> Response:
    """Show the form; take it, make the account, and begin a session."""
    served = desk(request)
    secret = request.path_params["secret"]
    invitation = await served.at_the_door(_found, served.access, secret)
    if request.method != "POST":
        return _page(served, invitation, invitation.name or "")
    fields = await submitted(request)
    name = invitation.name or fields.get("name", "").strip().lower()
    password = fields.get("password", "")
    try:
        if password != fields.get("again", ""):
            raise PasswordError("the two passwords are not the same: type both anew")  # noqa: TRY301 - told like the others
        account = await served.at_the_door(_accepted, served.access, secret, name, password)
    except (AccountError, PasswordError) as error:
        return _page(served, invitation, name, words.sentence(str(error)), _WRONG)
    if account.has_totp or account.is_over(time.time()):  # the link stands in for the password alone
        return RedirectResponse(SIGN_IN, _AFTER_POST)
    return await begin(request, account, HOME, "a welcome link")


def _found(access: Access, secret: str) -> Invitation:
    invitation = access.invitations.find(secret)
    if invitation is None:
        raise NotFoundError(
            "This link was used, or is older than a day, or was never given. Ask an administrator for "
            "another; where there is no account yet, start sysledger run anew, which prints one.",
            "This link cannot be used",
        )
    return invitation


def _accepted(access: Access, secret: str, name: str, password: str) -> Account:
    """Make the account, unless the trail cannot take it."""
    with access.database.write():
        account = access.invitations.accept(secret, name, password)
        with visiting(account.visitor("session")):
            trail.record("welcome", account.name, new_role=account.role)
    return account


def _page(served: Desk, invitation: Invitation, name: str, trouble: str = "", status: int = 200) -> Response:
    view = WelcomeView(
        name, invitation.name is not None, invitation.is_first, invitation.role, trouble=trouble
    )
    return served.page("welcome.html", status, page="welcome", view=view)
