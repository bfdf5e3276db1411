"""/users/NAME: one account, as an administrator sees and changes it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from access.access import Access
from access.accounts import UnknownAccountError
from access.limits import LISTS, written
from access.masked_names import told, unseen
from access.visitor import Limits, Role, current
from web import words
from web.account import REFUSALS
from web.account_view import AccountShown, Once, role_words, shown
from web.desk import Desk, desk
from web.errors import NotFoundError, UnclearError
from web.forms import submitted
from web.user_deeds import DEEDS, Asked
from web.users import base_url, state

_DONE: Final[Mapping[str, str]] = {  # what is told after the answer to a form
    "role": "The role was changed, and every session of the account has ended.",
    "limits": "The limits were changed, and every session of the account has ended.",
    "disable": "The account can no longer be used: its sessions have ended, and its tokens are not taken.",
    "enable": "The account can be used again.",
    "factor-off": "The second factor is off. Until a new one is set up, the password is enough.",
    "session": "That session has ended.",
    "sessions": "Every session of the account has ended.",
    "token-revoke": "The token is no longer taken.",
}
_AFTER_POST, _WRONG = 303, 400


@dataclass(frozen=True, slots=True)
class UserView:
    """What the template shows.

    Attributes:
        shown: the account.
        state: whether it may sign in, in words.
        roles: that there are, and what each may do within the account's limits.
        limits: the fields of the form of limits, as texts.
        is_own: whether it is who asks.
        done: what was just done.
        form: the form that went wrong.
        trouble: why.
        once: a link, told now only.
        unseen: of masks that may be spelt wrongly.
    """

    shown: AccountShown
    state: str
    roles: tuple[tuple[Role, str], ...]
    limits: Mapping[str, str]
    is_own: bool
    done: str = ""
    form: str = ""
    trouble: str = ""
    once: Once | None = None
    unseen: str = ""


async def user(request: Request) -> Response:
    """Show the account; do what a form on its page asks."""
    served = desk(request)
    name = request.path_params["name"]
    if request.method != "POST":
        done = _DONE.get(request.query_params.get("done", ""), "")
        view = await served.at_the_door(_view, served.access, name)
        limits = view.shown.account.limits
        note = told(await served.work(unseen, served.sights, limits)) if limits.masked else ""
        return _page(served, replace(view, unseen=note), done=done)
    fields = dict(await submitted(request))
    do = fields.get("do", "")
    if do not in DEEDS:
        raise UnclearError("The form does not say what to do. Load its page again, and send it from there.")
    try:
        once = await served.at_the_door(DEEDS[do], served.access, Asked(name, fields, base_url(request)))
    except UnknownAccountError as error:
        raise _unknown(name) from error
    except REFUSALS as error:
        view = await served.at_the_door(_view, served.access, name, fields if do == "limits" else None)
        return _page(served, view, _WRONG, form=do, trouble=words.sentence(str(error)))
    if once is None:
        return RedirectResponse(f"{request.url.path}?done={do}", _AFTER_POST)
    return _page(served, await served.at_the_door(_view, served.access, name), once=once)


def limits_typed(limits: Limits) -> dict[str, str]:
    """Give limits as the fields of a form have them."""
    return {kind: " ".join(value) if kind in LISTS else str(value) for kind, value in written(limits).items()}


def _view(access: Access, name: str, typed: Mapping[str, str] | None = None) -> UserView:
    try:
        account = access.accounts.get(name)
    except UnknownAccountError as error:
        raise _unknown(name) from error
    return UserView(
        shown(access, account, current().session),
        state(account, time.time()),
        role_words(account.limits),
        limits_typed(account.limits) if typed is None else typed,
        name == current().name,
    )


def _unknown(name: str) -> NotFoundError:
    return NotFoundError(f"There is no account {name!r}. The page Users lists those there are.")


def _page(  # noqa: PLR0913 - each by name
    served: Desk,
    view: UserView,
    status: int = 200,
    *,
    done: str = "",
    form: str = "",
    trouble: str = "",
    once: Once | None = None,
) -> Response:
    view = replace(view, done=done, form=form, trouble=trouble, once=once)
    return served.page("user.html", status, page="users", view=view)
