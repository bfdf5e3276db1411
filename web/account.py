"""/account: what somebody may, and the own password, second factor, sessions and API tokens."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from access.access import Access, SignInError
from access.accounts import Account, AccountError
from access.limits import LimitsError
from access.passwords import PasswordError
from access.visitor import current, visiting
from web import words
from web.account_deeds import DEEDS, Asked, pending
from web.account_view import AccountShown, Once, shown
from web.desk import Desk, desk
from web.errors import ForbiddenError, UnclearError
from web.forms import submitted
from web.sign_in import begin, hand, known_browser, new_session, peer
from web.visiting import ACCOUNT, lacks_factor

REFUSALS: Final = (AccountError, LimitsError, PasswordError, SignInError)
_SECRETS: Final = frozenset({"csrf", "password", "new", "again", "code"})  # never given back to a page
_DONE: Final[Mapping[str, str]] = {  # what is told after the answer to a form
    "password": "Your password was changed. Every other session of yours has ended.",
    "factor-off": "The second factor is off. Every other session of yours has ended.",
    "session": "That session has ended.",
    "sessions": "Every other session of yours has ended.",
    "token-revoke": "The token is no longer taken.",
}
_AFTER_POST, _WRONG = 303, 400


@dataclass(frozen=True, slots=True)
class AccountView:
    """What the template shows.

    Attributes:
        shown: the account of who asks; None at the console, who has none.
        done: what was just done.
        form: the form that went wrong.
        trouble: why.
        typed: what was typed in it, without secrets.
        once: what is told now only.
        lacks_factor: whether nothing else opens until there is a second factor.
    """

    shown: AccountShown | None
    done: str = ""
    form: str = ""
    trouble: str = ""
    typed: Mapping[str, str] | None = None
    once: Once | None = None
    lacks_factor: bool = False


async def account(request: Request) -> Response:
    """Show the account of who asks; do what a form on it asks."""
    served = desk(request)
    visitor = current()
    if visitor.means == "token":
        raise ForbiddenError("An API token has no account page: sign in with a browser.")
    if request.method == "POST":
        return await _done(request, served)
    if visitor.means != "session":
        return _page(served, AccountView(None))
    found = await served.at_the_door(_shown, served.access)
    done = _DONE.get(request.query_params.get("done", ""), "")
    return _page(served, AccountView(found, done, lacks_factor=lacks_factor(request)))


async def _done(request: Request, served: Desk) -> Response:
    fields = dict(await submitted(request))
    if current().means != "session":
        raise ForbiddenError("There is no account here: nobody signs in to these pages.")
    do = fields.get("do", "")
    if do not in DEEDS:
        raise UnclearError("The form does not say what to do. Load its page again, and send it from there.")
    if do == "token" and lacks_factor(request):
        raise ForbiddenError("Set up a second factor first: a token would go around it.")
    who = await served.at_the_door(served.access.accounts.get, current().name)
    asked = Asked(who, fields, peer(request), known_browser(request))
    try:
        outcome = await served.at_the_door(DEEDS[do], served.access, asked)
    except REFUSALS as error:
        view = await served.at_the_door(_refused, served.access, asked, words.sentence(str(error)))
        return _page(served, view, _WRONG)
    back = f"{ACCOUNT}?done={do}"
    if outcome.once is None:
        if outcome.ends_sessions:
            return await begin(request, await _anew(served, who), back, f"after {do}")
        return RedirectResponse(back, _AFTER_POST)
    if not outcome.ends_sessions:
        return await _told(served, outcome.once)
    begun = await new_session(request, await _anew(served, who), f"after {do}")
    with visiting(begun.visitor):  # whose forms the page has
        response = await _told(served, outcome.once)
    hand(response, request, begun)
    return response


async def _told(served: Desk, once: Once) -> Response:
    return _page(served, AccountView(await served.at_the_door(_shown, served.access), once=once))


async def _anew(served: Desk, who: Account) -> Account:
    return await served.at_the_door(served.access.accounts.get, who.name)


def _shown(access: Access) -> AccountShown:
    visitor = current()
    return shown(access, access.accounts.get(visitor.name), visitor.session)


def _refused(access: Access, asked: Asked, trouble: str) -> AccountView:
    typed = {name: text for name, text in asked.fields.items() if name not in _SECRETS}
    once = pending(access, asked.account) if typed["do"] == "factor-confirm" else None
    return AccountView(_shown(access), form=typed["do"], trouble=trouble, typed=typed, once=once)


def _page(served: Desk, view: AccountView, status: int = 200) -> Response:
    return served.page("account.html", status, page="account", view=view)
