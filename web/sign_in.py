"""/sign-in and /sign-out: from a name and a password, and the code of a second factor, to a session."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from access import trail
from access.access import Access, CodeError, Halfway, PauseError, SignInError, UsedError
from access.accounts import Account, UnknownAccountError
from access.browsers import LAST_SECONDS
from access.visitor import Visitor, current, visiting
from web import cookies
from web.desk import Desk, desk
from web.errors import ForbiddenError
from web.forms import submitted
from web.tickets import Tickets

HOME: Final = "/"
CODE_SECONDS: Final = 300.0  # from the password to the code, however often that is wrong
_PURPOSE: Final = "second factor"
_WRONG, _PAUSED, _AFTER_POST = 403, 429, 303
_LONGEST: Final = 2000  # characters of an address to go on to


@dataclass(frozen=True, slots=True)
class SignInView:
    """What the template shows.

    Attributes:
        next: where to go on to.
        name: as typed.
        trouble: what went wrong; empty at first.
        ticket: says that the password was right; the code is asked for.
        is_fresh: whether there is no account yet.
        providers: OpenID providers: what the link says, and where it leads.
    """

    next: str
    name: str = ""
    trouble: str = ""
    ticket: str = ""
    is_fresh: bool = False
    providers: tuple[tuple[str, str], ...] = ()


async def sign_in(request: Request) -> Response:
    """Show the form; take it, and begin a session."""
    served = desk(request)
    if request.method == "POST":
        return await _signed_in(request, served)
    target = local(request.query_params.get("next", ""))
    if current().means != "nobody":
        return RedirectResponse(target, _AFTER_POST)
    return await served.at_the_door(page, served, SignInView(target))


async def sign_out(request: Request) -> Response:
    """End the session."""
    served = desk(request)
    await submitted(request)
    if current().means == "session":
        await served.at_the_door(_end, served.access, _session(request, served))
    response = RedirectResponse("/sign-in", _AFTER_POST)
    cookies.take(response, cookies.SESSION, secure=served.settings.is_https)
    return response


async def _signed_in(request: Request, served: Desk) -> Response:
    fields = dict(await submitted(request))
    view = SignInView(local(fields.get("next", "")), fields.get("name", "").strip().lower())
    tickets: Tickets = request.app.state.tickets
    claims = tickets.claims(_PURPOSE, fields["ticket"]) if "ticket" in fields else None
    if "ticket" in fields and claims is None:
        trouble = "That took too long. Begin anew with name and password."
        return await served.at_the_door(page, served, SignInView(view.next, trouble=trouble), _WRONG)
    typed = _Typed(fields, view.name, peer(request), known_browser(request), claims)
    try:
        account = await served.at_the_door(_account, served.access, typed)
    except CodeError as error:
        name = view.name if claims is None else claims["name"]
        ticket = await served.at_the_door(_ticket, served.access, tickets, name, claims)
        shown = SignInView(view.next, name, str(error) if claims else "", ticket)
        return await served.at_the_door(page, served, shown, _WRONG if claims else 200)
    except PauseError as error:
        return await served.at_the_door(paused, served, SignInView(view.next, view.name), error)
    except SignInError as error:
        shown = SignInView(view.next, view.name, str(error))
        return await served.at_the_door(page, served, shown, _WRONG)
    means = "password and code" if claims else "password"
    return await begin(request, account, view.next, means)


async def begin(request: Request, account: Account, target: str, means: str) -> Response:
    """Begin a session for an account, and go on to ``target``; the session before it, if any, ends.

    Args:
        request: that asked for it.
        account: that may be used, as was made sure.
        target: an address here.
        means: how that was made sure, for the trail.
    """
    begun = await new_session(request, account, means)
    response = RedirectResponse(target, _AFTER_POST)
    hand(response, request, begun)
    return response


@dataclass(frozen=True, slots=True)
class Begun:
    """A session that began, its secret, and another by which the browser is known at the next sign-in."""

    visitor: Visitor
    secret: str
    browser: str  # empty where there is no password to type


async def new_session(request: Request, account: Account, means: str) -> Begun:
    """Begin a session as ``begin`` does, for a response of the caller's own: see ``hand``."""
    served = desk(request)
    came = _Came(peer(request), _session(request, served), known_browser(request))
    return await served.at_the_door(_begun, served.access, account, means, came)


def hand(response: Response, request: Request, begun: Begun) -> None:
    """Give a session's secret to the browser, and the one by which it is known."""
    secure = desk(request).settings.is_https
    cookies.give(response, cookies.SESSION, begun.secret, secure=secure)
    if begun.browser:
        cookies.give(response, cookies.BROWSER, begun.browser, secure=secure, seconds=int(LAST_SECONDS))


def known_browser(request: Request) -> str:
    """Give the secret of a browser that signed in before; nothing where it brings none."""
    return cookies.cookie(request, cookies.BROWSER, secure=desk(request).settings.is_https)


def local(target: str) -> str:
    """Give an address of ours to go on to; anything that could be another site's becomes the first page."""
    is_ours = target.startswith("/") and not target.startswith("//") and len(target) <= _LONGEST
    return target if is_ours and "\\" not in target and target.isprintable() else HOME


def peer(request: Request) -> str:
    """Give the address at the other end of the socket."""
    return "" if request.client is None else request.client.host


@dataclass(frozen=True, slots=True)
class _Typed:
    fields: Mapping[str, str]
    name: str
    peer: str
    browser: str
    claims: dict[str, str] | None

    def field(self, name: str) -> str:
        return self.fields.get(name, "")


@dataclass(frozen=True, slots=True)
class _Came:
    peer: str
    session: str
    browser: str


def _account(access: Access, typed: _Typed) -> Account:
    """Look, and tell the trail of what was refused."""
    try:
        if typed.claims is None:
            return access.sign_in(typed.name, typed.field("password"), "", typed.peer, typed.browser)
        name, generation = typed.claims["name"], int(typed.claims["generation"])
        halfway = Halfway(name, generation, typed.field("ticket"), CODE_SECONDS)
        return access.second(halfway, typed.field("code"), typed.peer, typed.browser)
    except SignInError as error:
        if not isinstance(error, CodeError) or typed.claims is not None:
            name = _known(access, typed.name if typed.claims is None else typed.claims["name"])
            paused = error.seconds if isinstance(error, PauseError) else None
            if paused is None or access.attempts.is_news(name, typed.peer, paused):
                trail.record("sign-in", name, "refused", reason=_reason(error))
        raise


def _known(access: Access, name: str) -> str:
    """Give the name of an account; nothing for any other text, since people type passwords there."""
    try:
        return access.accounts.get(name).name
    except UnknownAccountError:
        return ""


def _reason(error: SignInError) -> str:
    match error:
        case PauseError():
            return "too many failed before"
        case CodeError():
            return "wrong code"
        case UsedError():
            return "the form for the code was sent before"
        case _:
            return "wrong name or password, or an account that may not sign in"


def _ticket(access: Access, tickets: Tickets, name: str, before: Mapping[str, str] | None) -> str:
    """Give the ticket that goes with the code; after a wrong code a new one, which holds no longer."""
    account, now = access.accounts.get(name), time.time()
    until = now + CODE_SECONDS if before is None else float(before["until"])
    claims = {"name": name, "generation": str(account.generation), "until": str(until)}
    return tickets.made(_PURPOSE, until - now, claims)


def _begun(access: Access, account: Account, means: str, came: _Came) -> Begun:
    secret = access.sessions.begin(account, came.peer)
    session = access.sessions.find(secret)
    if session is None:  # the account was changed at this very moment
        raise ForbiddenError("The account was changed in between. Sign in anew.")
    with visiting(session.visitor):
        trail.record("sign-in", account.name, by=means)
    access.accounts.saw(account.name)
    if came.session:
        access.sessions.end(came.session)
    return Begun(session.visitor, secret, access.browsers.remember(account.name, came.browser))


def _end(access: Access, secret: str) -> None:
    trail.record("sign-out", current().name)
    access.sessions.end(secret)


def _session(request: Request, served: Desk) -> str:
    return cookies.cookie(request, cookies.SESSION, secure=served.settings.is_https)


def page(served: Desk, view: SignInView, status: int = 200) -> Response:
    """Make the page to sign in."""
    return served.page("sign_in.html", status, page="sign-in", view=_whole(served, view))


def paused(served: Desk, view: SignInView, error: PauseError) -> Response:
    """Make the page to sign in for somebody who has to wait."""
    response = page(served, replace(view, trouble=str(error)), _PAUSED)
    response.headers["Retry-After"] = str(max(1, round(error.seconds)))
    return response


def _whole(served: Desk, view: SignInView) -> SignInView:
    return SignInView(
        view.next,
        view.name,
        view.trouble,
        view.ticket,
        is_fresh=not served.access.accounts.all(),
        providers=tuple(
            (one.label or name, f"/sign-in/openid/{name}") for name, one in served.settings.openid.items()
        ),
    )
