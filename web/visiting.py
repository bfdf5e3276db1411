"""Who asks, found out for each request before anything answers it, and who may go where."""

from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from access.trail import coming_from
from access.visitor import CONSOLE, PERMISSIONS, Permission, Visitor, current, visiting
from web.errors import ForbiddenError

Identify = Callable[[Request], Awaitable[Visitor]]
Handler = Callable[[Request], Awaitable[Response]]
SIGN_IN: Final = "/sign-in"
ACCOUNT: Final = "/account"


async def everybody(_request: Request) -> Visitor:
    """Take whoever asks for somebody at the console: for pages without sign-in, on loopback only."""
    return CONSOLE


class Visiting:
    """ASGI middleware: whatever works for a request finds its visitor with ``access.visitor.current``."""

    def __init__(self, app: ASGIApp, identify: Identify) -> None:
        self._app = app
        self._identify = identify

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        origin = client[0] if client else ""
        with coming_from(origin), visiting(await self._identify(Request(scope, receive))):
            await self._app(scope, receive, send)


def only_for(needs: Permission | None, handler: Handler) -> Handler:
    """Give the handler for those who have a permission; others are sent to sign in, or refused."""
    if needs is None:
        return handler

    async def guarded(request: Request) -> Response:
        visitor = current()
        if lacks_factor(request) and request.url.path != ACCOUNT:
            if request.method in {"GET", "HEAD"} and not _is_api(request):
                return RedirectResponse(ACCOUNT, 303)
            raise ForbiddenError("Set up a second factor first, on the page Account.")
        if visitor.may(needs):
            return await handler(request)
        if visitor.means == "nobody" and request.method in {"GET", "HEAD"} and not _is_api(request):
            return RedirectResponse(_sign_in(request), 303)
        raise ForbiddenError(_refusal(visitor, needs), 401 if visitor.means == "nobody" else 403)

    return guarded


def lacks_factor(request: Request) -> bool:
    """Say whether who asks has to set up a second factor before anything else opens."""
    return bool(getattr(request.state, "lacks_factor", False))


def _is_api(request: Request) -> bool:
    return request.url.path.startswith("/api/")


def _sign_in(request: Request) -> str:
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"{SIGN_IN}?{urlencode({'next': target})}"


def _refusal(visitor: Visitor, needs: Permission) -> str:
    if visitor.means == "nobody":
        return "Sign in first, or send an API token as 'Authorization: Bearer TOKEN'."
    why = f"{visitor.name} is {visitor.role}, which does not include the permission {needs}"
    if needs in PERMISSIONS[visitor.role]:
        why = f"The limits of {visitor.name} leave the {visitor.role}'s permission {needs} out"
    return f"{why}. Ask an administrator of this appliance, who can change roles and limits."
