"""/users: every account, and the form that makes another."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from access.access import Access
from access.accounts import Account
from access.limits import told
from access.masked_names import told as masks_told
from access.masked_names import unseen
from access.visitor import Role
from web import words
from web.account import REFUSALS
from web.account_view import Once, moment, role_words
from web.desk import Desk, desk
from web.forms import submitted
from web.user_deeds import Asked, add, typed_limits

PATH: Final = "/users"
_OK, _AFTER_POST, _WRONG = 200, 303, 400


@dataclass(frozen=True, slots=True)
class UserRow:
    """One account of the list."""

    account: Account
    state: str
    limits: tuple[str, ...]
    seen: str


@dataclass(frozen=True, slots=True)
class UsersView:
    """What the template shows.

    Attributes:
        users: by name.
        roles: that there are, and what each may do.
        providers: OpenID providers, by name, as they are called.
        typed: what was typed in the form.
        trouble: what went wrong with it.
        once: a link, told now only.
        unseen: of masks of the new account that may be spelt wrongly.
    """

    users: tuple[UserRow, ...]
    roles: tuple[tuple[Role, str], ...]
    providers: tuple[tuple[str, str], ...]
    typed: Mapping[str, str]
    trouble: str = ""
    once: Once | None = None
    unseen: str = ""


async def users(request: Request) -> Response:
    """Show the accounts; make another."""
    served = desk(request)
    if request.method != "POST":
        return await served.at_the_door(_page, served, {})
    fields = dict(await submitted(request))
    asked = Asked(fields.get("name", "").strip().lower(), fields, base_url(request), _issuers(served))
    try:
        once = await served.at_the_door(add, served.access, asked)
    except REFUSALS as error:
        return await served.at_the_door(_page, served, fields, words.sentence(str(error)), None, _WRONG)
    if once is None:
        return RedirectResponse(f"{PATH}/{asked.name}", _AFTER_POST)
    limits = typed_limits(fields)
    note = masks_told(await served.work(unseen, served.sights, limits)) if limits.masked else ""
    return await served.at_the_door(_page, served, {}, "", once, _OK, note)


def base_url(request: Request) -> str:
    """Give where browsers find the pages: what is set, or else what this browser asked for."""
    return desk(request).settings.public_url or str(request.base_url)


def state(account: Account, now: float) -> str:
    """Say in a few words whether somebody may sign in with an account."""
    if account.disabled:
        return "disabled"
    if account.is_over(now):
        return "ended"
    if account.has_password:
        return "may sign in"
    if account.subject is None:
        return "has not chosen a password"
    return "expected from OpenID" if account.subject.startswith("expected ") else "may sign in"


def _issuers(served: Desk) -> dict[str, str]:
    return {name: one.issuer for name, one in served.settings.openid.items()}


def _rows(access: Access) -> tuple[UserRow, ...]:
    now = time.time()
    return tuple(
        UserRow(one, state(one, now), tuple(told(one.limits)), moment(one.seen))
        for one in access.accounts.all()
    )


def _page(  # noqa: PLR0913, PLR0917 - what the form shows again
    served: Desk,
    typed: Mapping[str, str],
    trouble: str = "",
    once: Once | None = None,
    status: int = _OK,
    note: str = "",
) -> Response:
    view = UsersView(
        users=_rows(served.access),
        roles=role_words(),
        providers=tuple((name, one.label or name) for name, one in served.settings.openid.items()),
        typed=typed,
        trouble=trouble,
        once=once,
        unseen=note,
    )
    return served.page("users.html", status, page="users", view=view)
