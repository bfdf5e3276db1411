"""The pages for what cannot be answered. They say what happened and what to do, and nothing of the inside."""

import logging
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from access.database import DatabaseError
from access.trail import TrailError, recorded
from access.visitor import current
from loopback import host_name
from tenants.file import RegistryError
from web.api_problem import api_refused, is_api, problem
from web.desk import desk
from web.security import HEADERS
from web.turns import BusyError
from web.visible import plain

TEMPLATE: Final = "error.html"
_WELCOME: Final = "/welcome/"

_HEADINGS: Final = {
    400: "This address cannot be read",
    401: "Sign in first",
    403: "This is not for you",
    404: "There is no such page",
    405: "This page can only be read",
    500: "Some of the archive could not be read",
    503: "Not at the moment",
}
_UNUSABLE: Final = (
    "A file in which the appliance keeps accounts, sessions, saved searches, reviews or tenants cannot be "
    "used, so nothing was shown or changed. Nothing stored is lost. Mostly the disk is full or read-only: an "
    "administrator of the appliance sees that by sysledger status, and the file in the appliance's own log."
)
UNUSABLE: Final = (DatabaseError, RegistryError)

log = logging.getLogger(__name__)


class NotFoundError(HTTPException):
    """What the address names is not there; ``detail`` says what, and ``heading`` in a few words."""

    def __init__(self, detail: str, heading: str = _HEADINGS[404]) -> None:
        super().__init__(404, detail)
        self.heading = heading


class UnclearError(HTTPException):
    """What the address asks for cannot be understood; ``detail`` says why."""

    def __init__(self, detail: str) -> None:
        super().__init__(400, detail)


class ForbiddenError(HTTPException):
    """Who asks may not have it; ``detail`` says what to do."""

    def __init__(self, detail: str, status: int = 403) -> None:
        super().__init__(status, detail, {"WWW-Authenticate": "Bearer"} if status == 401 else None)  # noqa: PLR2004 - HTTP's own number


class UnavailableError(BusyError):
    """It cannot be had at the moment; ``detail`` says why and what to do."""


class DamagedError(HTTPException):
    """What the address names cannot be read; ``detail`` says what to do."""

    def __init__(self, detail: str) -> None:
        super().__init__(500, detail)


async def refused(request: Request, error: Exception) -> Response:
    """Answer a request that a handler or the table of routes refused."""
    if not isinstance(error, HTTPException):
        return await failed(request, error)
    try:
        await _tell_refusal(request, error)
    except TrailError as trouble:
        return await not_told(request, trouble)
    if is_api(request.url.path):
        return api_refused(error)
    heading = _HEADINGS.get(error.status_code, "This cannot be answered")
    if isinstance(error, NotFoundError):
        heading = error.heading
    ours = isinstance(error, NotFoundError | UnclearError | ForbiddenError | BusyError | DamagedError)
    text = error.detail if ours else "Check the address, or begin with the search."
    response = desk(request).page(TEMPLATE, error.status_code, page="", heading=heading, text=text)
    response.headers.update(error.headers or {})
    return response


async def _tell_refusal(request: Request, error: HTTPException) -> None:
    """Tell the trail that somebody who is known may not do this, or asks for what is not there for them.

    Of strangers it is not told: they could fill the trail.
    """
    if current().means != "nobody" and isinstance(error, NotFoundError | ForbiddenError):
        details = {"method": request.method, "status": error.status_code, "query": request.url.query}
        await recorded("refusal", _told(request.url.path), "refused", **details)


def _told(path: str) -> str:
    """Give an address as the trail may keep it: who reads the trail must not get a link that still holds."""
    return f"{_WELCOME}…" if path.startswith(_WELCOME) else path


async def not_told(request: Request, error: Exception) -> Response:
    """Answer a request whose answer may not go out, since the trail does not take that it was asked."""
    text = f"{error} Nothing is shown or changed that the trail of who did what does not know of."
    if is_api(request.url.path):
        return problem(503, text)
    return desk(request).page(TEMPLATE, 503, page="", heading="The trail cannot be written", text=text)


async def unusable(request: Request, error: Exception) -> Response:
    """Answer a request for which a file of our own cannot be used; the log says which, and why."""
    log.error("%s %s is not answered: %s", request.method, _told(request.url.path), error)
    if is_api(request.url.path):
        return problem(503, _UNUSABLE)
    return desk(request).page(TEMPLATE, 503, page="", heading=_HEADINGS[503], text=_UNUSABLE)


async def failed(request: Request, error: Exception) -> Response:
    """Answer a request at which we failed; the server logs the reason."""
    if isinstance(error, UNUSABLE):  # before any handler had it, as when a session is looked for
        response = await unusable(request, error)
        response.headers.update({**HEADERS, "Cache-Control": "no-store"})
        return response
    text = "The appliance failed at this request. The reason is in its own log. Nothing stored was changed."
    if is_api(request.url.path):
        return problem(500, text, headers={**HEADERS, "Cache-Control": "no-store"})
    response = desk(request).page(TEMPLATE, 500, page="", heading="Something went wrong here", text=text)
    response.headers.update({**HEADERS, "Cache-Control": "no-store"})  # this handler is outside the guard
    return response


async def foreign_host(request: Request) -> Response:
    """Answer a request that was addressed to a name that is not ours."""
    name = plain(host_name(request.headers.get("host", "")))[:100]
    if desk(request).settings.is_loopback:
        text = (
            f"These pages are for this machine only, and the browser asked for {name!r}. Only localhost, "
            "127.0.0.1 and [::1] are answered. From another machine, open a tunnel with "
            "ssh -L 8514:127.0.0.1:8514 HOST, and then http://localhost:8514/; or set web.address, so that "
            "the pages are served by TLS."
        )
    else:
        text = (
            f"The browser asked for {name!r}, which is not a name of this appliance: another site may have "
            "led it here. Use its address or a name of its certificate, or add this name to web.names."
        )
    if is_api(request.url.path):
        return problem(400, text)
    return desk(request).page(TEMPLATE, 400, page="", heading="Not the name of this machine", text=text)
