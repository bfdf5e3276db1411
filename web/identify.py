"""Who asks: whoever has a session's cookie, or an API token.

A token counts alone: a request that brings one is made by a program, and its cookie is not looked at.
"""

from typing import Final

import anyio
from starlette.requests import Request

from access.access import Access
from access.visitor import NOBODY, Visitor
from web.cookies import SESSION, cookie
from web.settings import WebSettings

_BEARER: Final = "bearer"
_THREADS: Final = 8  # that look at the accounts' file, each for a moment
_FOR_ALL: Final = ("/static/", "/healthz")  # where nobody is asked who it is


class Identifier:
    """Finds out who asks.

    Args:
        access: the accounts, sessions and tokens.
        secure: whether browsers come by TLS.
        second_factor: whether who has a password must have a second factor, too.
    """

    def __init__(self, access: Access, *, secure: bool, second_factor: bool = False) -> None:
        self._access = access
        self._secure = secure
        self._second_factor = second_factor
        self._threads = anyio.CapacityLimiter(_THREADS)

    async def __call__(self, request: Request) -> Visitor:
        """Give who asks; NOBODY who brings nothing that lasts."""
        if request.url.path.startswith(_FOR_ALL):
            return NOBODY
        token, session = bearer(request), cookie(request, SESSION, secure=self._secure)
        if token is None and not session:
            return NOBODY
        visitor, lacks = await anyio.to_thread.run_sync(self._visitor, token, session, limiter=self._threads)
        request.state.lacks_factor = lacks
        return visitor

    def _visitor(self, token: str | None, session: str) -> tuple[Visitor, bool]:
        """Give who asks, and whether a second factor has to be set up first."""
        if token is not None:
            return self._access.tokens.visitor(token) or NOBODY, False
        found = self._access.sessions.find(session)
        if found is None:
            return NOBODY, False
        account = found.account
        return found.visitor, self._second_factor and account.has_password and not account.has_totp


def identifier(access: Access, settings: WebSettings) -> Identifier:
    """Give what finds out who asks, as the settings want it."""
    required = settings.second_factor == "required"
    return Identifier(access, secure=settings.is_https, second_factor=required)


def bearer(request: Request) -> str | None:
    """Give the token of ``Authorization: Bearer`` (RFC 6750 section 2.1), if there is that field."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == _BEARER else None
