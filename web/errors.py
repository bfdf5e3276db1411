"""The pages for what cannot be answered. They say what happened and what to do, and nothing of the inside."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from loopback import host_name
from web.desk import desk
from web.security import HEADERS
from web.visible import plain

TEMPLATE: Final = "error.html"

_HEADINGS: Final = {
    400: "This address cannot be read",
    404: "There is no such page",
    405: "This page can only be read",
    500: "Some of the archive could not be read",
}


class NotFoundError(HTTPException):
    """What the address names is not there; ``detail`` says what."""

    def __init__(self, detail: str) -> None:
        super().__init__(404, detail)


class UnclearError(HTTPException):
    """What the address asks for cannot be understood; ``detail`` says why."""

    def __init__(self, detail: str) -> None:
        super().__init__(400, detail)


class DamagedError(HTTPException):
    """What the address names cannot be read; ``detail`` says what to do."""

    def __init__(self, detail: str) -> None:
        super().__init__(500, detail)


async def refused(request: Request, error: Exception) -> Response:
    """Answer a request that a handler or the table of routes refused."""
    if not isinstance(error, HTTPException):
        return await failed(request, error)
    heading = _HEADINGS.get(error.status_code, "This cannot be answered")
    ours = isinstance(error, NotFoundError | UnclearError | DamagedError)
    text = error.detail if ours else "Check the address, or begin with the search."
    response = desk(request).page(TEMPLATE, error.status_code, page="", heading=heading, text=text)
    response.headers.update(error.headers or {})
    return response


async def failed(request: Request, _error: Exception) -> Response:
    """Answer a request at which we failed; the server logs the reason."""
    text = "The appliance failed at this request. The reason is in its own log. Nothing stored was changed."
    response = desk(request).page(TEMPLATE, 500, page="", heading="Something went wrong here", text=text)
    response.headers.update({**HEADERS, "Cache-Control": "no-store"})  # this handler is outside the guard
    return response


async def foreign_host(request: Request) -> Response:
    """Answer a request that was not addressed to this machine's loopback interface."""
    name = plain(host_name(request.headers.get("host", "")))[:100]
    text = (
        f"These pages are for this machine only, and the browser asked for {name!r}. There is no login yet, "
        "so only localhost, 127.0.0.1 and [::1] are answered. From another machine, open a tunnel with "
        "ssh -L 8514:127.0.0.1:8514 HOST, and then http://localhost:8514/."
    )
    return desk(request).page(TEMPLATE, 400, page="", heading="Not the name of this machine", text=text)
