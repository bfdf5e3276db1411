"""/sign-in/openid/PROVIDER and its /back: to the site's OpenID provider, and back with who it is.

Providers are asked in threads of their own: one that is slow keeps nobody from a local account. Strangers
can begin sign-ins, each of which may cost the provider a request; from one address only so many that do not
come back.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from secrets import compare_digest, token_urlsafe
from typing import Any, Final, TypeVar, TypeVarTuple

import anyio
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from access import trail
from access.access import Access, PauseError, SignInError, UsedError
from access.accounts import Account, AccountError, UnknownAccountError
from access.visitor import PERMISSIONS, Role
from web import cookies, words
from web.desk import desk
from web.errors import NotFoundError
from web.provider import Back, Beginning, Provider, ProviderError, claim_of
from web.settings import OpenIDSettings
from web.sign_in import HOME, SignInView, begin, local, page, paused, peer
from web.tickets import Tickets
from web.user_deeds import expected
from web.users import base_url

_PURPOSE: Final = "openid"
_SECONDS: Final = 600  # at the provider
_THREADS: Final = 4  # that wait for providers
_MOST_CHARACTERS: Final = 3800  # of a cookie's value: browsers keep none whose name and value are over 4096
_AFTER, _WRONG = 303, 403


@dataclass(frozen=True, slots=True)
class Person:
    """Who came back, as the provider says.

    Attributes:
        issuer: of the provider.
        subject: what it calls the person, always.
        name: what it calls the person now.
        role: by the settings' roles; None where there are none.
    """

    issuer: str
    subject: str
    name: str
    role: Role | None


T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


class Providers:
    """The site's OpenID providers, by the names that the settings give them."""

    def __init__(self, settings: Mapping[str, OpenIDSettings]) -> None:
        self._found = {name: Provider(one) for name, one in settings.items()}
        self._threads = anyio.CapacityLimiter(_THREADS)

    def __getitem__(self, name: str) -> Provider:
        """Give the provider of this name."""
        return self._found[name]

    async def ask(self, function: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
        """Run ``function``, which asks a provider, in a thread."""
        return await anyio.to_thread.run_sync(function, *arguments, limiter=self._threads)


async def openid(request: Request) -> Response:
    """Send the browser to the provider."""
    name, _ = _settings(request)
    served, providers = desk(request), _providers(request)
    target = local(request.query_params.get("next", ""))
    seconds = await served.at_the_door(served.access.attempts.begin_elsewhere, peer(request))
    if seconds > 0:
        return await served.at_the_door(paused, served, SignInView(target), PauseError(seconds))
    redirect = f"{base_url(request)}sign-in/openid/{name}/back"
    beginning = Beginning(token_urlsafe(), token_urlsafe(), token_urlsafe(48), redirect)
    try:
        address = await providers.ask(providers[name].address, beginning)
    except SignInError as error:
        return await _refused(request, error, target)
    response = RedirectResponse(address, _AFTER)
    claims = {
        "provider": name,
        "state": beginning.state,
        "nonce": beginning.nonce,
        "verifier": beginning.verifier,
        "redirect": redirect,
        "next": target,
    }
    ticket = _tickets(request).made(_PURPOSE, _SECONDS, claims)
    if len(ticket) > _MOST_CHARACTERS:
        ticket = _tickets(request).made(_PURPOSE, _SECONDS, {**claims, "next": HOME})
    cookies.give(response, cookies.OPENID, ticket, secure=_secure(request), seconds=_SECONDS)
    return response


async def openid_back(request: Request) -> Response:
    """Take who came back from the provider, and begin a session."""
    name, settings = _settings(request)
    ticket = cookies.cookie(request, cookies.OPENID, secure=_secure(request))
    began = _tickets(request).claims(_PURPOSE, ticket) or {}
    served, providers = desk(request), _providers(request)
    try:
        back = _came_back(request.query_params, began, name)
        if not await served.at_the_door(served.access.used.take, ticket, _SECONDS):
            raise UsedError("This sign-in was ended before. Begin it anew.")
        beginning = Beginning(began["state"], began["nonce"], began["verifier"], began["redirect"])
        wanted = (settings.name_claim, *((settings.role_claim,) if settings.roles else ()))
        claims = await providers.ask(providers[name].claims, beginning, back, wanted)
        account = await served.at_the_door(account_of, served.access, person(claims, settings))
    except SignInError as error:
        return await _refused(request, error, began.get("next", ""), is_told=bool(began))
    await served.at_the_door(served.access.attempts.end_elsewhere, peer(request))
    response = await begin(request, account, began["next"], f"OpenID provider {name}")
    cookies.take(response, cookies.OPENID, secure=_secure(request))
    return response


def person(claims: Mapping[str, Any], settings: OpenIDSettings) -> Person:
    """Read the claims of a provider.

    Raises:
        SignInError: when they give no name, or no role where one is needed.
    """
    name = claim_of(claims, settings.name_claim)
    if not isinstance(name, str) or not name.strip():
        raise SignInError(f"The provider gives no claim {settings.name_claim}. Ask who runs it for that.")
    if settings.name_claim == "email" and claims.get("email_verified") is False:
        raise SignInError("The provider has not verified this e-mail address. Have it do that first.")
    role = None
    if settings.roles:
        given = claim_of(claims, settings.role_claim)
        groups = [given] if isinstance(given, str) else given if isinstance(given, list) else []
        found = [settings.roles[one] for one in groups if isinstance(one, str) and one in settings.roles]
        if not found:
            raise SignInError("You are in no group that may sign in here. Ask an administrator for one.")
        role = max(found, key=lambda one: len(PERMISSIONS[one]))
    return Person(settings.issuer, str(claims["sub"]), name.strip().lower(), role)


def account_of(access: Access, who: Person) -> Account:
    """Give the account of who came back; where the settings give a role, make it, and keep to that role.

    Raises:
        SignInError: when there is none, or it may not be used.
    """
    subject = f"{who.issuer} {who.subject}"
    try:
        with access.database.write():
            found = access.accounts.of_subject(subject) or _adopted(access, who, subject)
            if who.role is not None and found.role != who.role:
                access.accounts.set_role(found.name, who.role)
                trail.record("user.role", found.name, new_role=who.role, by="the OpenID provider's groups")
            account = access.accounts.get(found.name)
    except AccountError as error:
        raise SignInError(words.sentence(str(error))) from error
    if access.is_over(account):
        raise SignInError("This account may not be used. Ask an administrator.")
    return account


def _adopted(access: Access, who: Person, subject: str) -> Account:
    """Give the account that was made for this person; or make one, where the settings give a role."""
    try:
        found = access.accounts.get(who.name)
    except UnknownAccountError:
        if who.role is None:
            raise SignInError(
                f"There is no account {who.name} here. Ask an administrator to add it on the page Users."
            ) from None
        trail.record("user.add", who.name, new_role=who.role, by="the OpenID provider's groups")
        return access.accounts.add(who.name, who.role, subject=subject)
    if found.subject != expected(who.issuer, who.name):
        raise SignInError(f"The account {who.name} here is somebody else's. Ask an administrator.")
    access.accounts.set_subject(who.name, subject)
    return found


def _came_back(given: Mapping[str, str], began: Mapping[str, str], name: str) -> Back:
    if began.get("provider") != name or not compare_digest(
        given.get("state", "").encode(), began["state"].encode()
    ):
        raise ProviderError("This sign-in was begun in another browser, or too long ago. Begin it anew.")
    if "error" in given:
        said = f"{given['error']} {given.get('error_description', '')}".strip()[:200]
        raise ProviderError(f"The provider did not let you in: {said}.")
    return Back(given.get("code", ""), given["state"], given.get("iss", ""))


def _settings(request: Request) -> tuple[str, OpenIDSettings]:
    name = request.path_params["provider"]
    settings = desk(request).settings
    if settings.sign_in == "off" or name not in settings.openid:
        raise NotFoundError("There is no such OpenID provider. The page Sign in has those there are.")
    return name, settings.openid[name]


def _tickets(request: Request) -> Tickets:
    found: Tickets = request.app.state.tickets
    return found


def _providers(request: Request) -> Providers:
    found: Providers = request.app.state.providers
    return found


def _secure(request: Request) -> bool:
    return desk(request).settings.is_https


async def _refused(request: Request, error: SignInError, target: str, *, is_told: bool = True) -> Response:
    """Say why; the trail is not told of who never began here: strangers could fill it."""
    served = desk(request)
    if is_told:
        await trail.recorded("sign-in", outcome="refused", reason=str(error))
    response = await served.at_the_door(page, served, SignInView(local(target), trouble=str(error)), _WRONG)
    cookies.take(response, cookies.OPENID, secure=_secure(request))
    return response
