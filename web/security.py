"""Who may speak to the pages, and what a browser may do with them.

A browser visits other sites, too. Their scripts must neither read the pages (DNS rebinding makes another
site's name lead to this machine, hence the check of Host) nor embed them (hence the headers).
"""

import re
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from loopback import host_name, is_local
from web.settings import WebSettings

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # A query is nobody else's business. We need it ourselves: without, browsers send no Origin with a form.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_NAME: Final = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")


class Guard:
    """ASGI middleware: hands requests for another Host to ``refuse``, and puts HEADERS on every response."""

    def __init__(self, app: ASGIApp, refuse: ASGIApp, is_ours: Callable[[str], bool] = is_local) -> None:
        self._app = app
        self._refuse = refuse
        self._is_ours = is_ours

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        ours = self._is_ours(Headers(scope=scope).get("host", ""))
        await (self._app if ours else self._refuse)(scope, receive, send_with_headers)


def own_names(settings: WebSettings, known: Iterable[str] = ()) -> frozenset[str]:
    """Give the names, in lower case, that browsers may call this appliance.

    Args:
        settings: of the pages.
        known: the machine's names and those of its certificate; they count where other machines may come.
    """
    names = {*settings.names, urlsplit(settings.public_url).hostname or ""}
    if not settings.is_loopback:
        names.update(known)
    return frozenset(name.rstrip(".").lower() for name in names if name)


def answers_to(settings: WebSettings, known: Iterable[str] = ()) -> Callable[[str], bool]:
    """Give what says whether a Host field means this appliance.

    An address always does where other machines may come: no other site has it for a name.
    """
    names = own_names(settings, known)

    def is_ours(host: str) -> bool:
        name = host_name(host).rstrip(".").lower()
        return (
            is_local(host)
            or (_NAME.fullmatch(name) is not None and not names.isdisjoint(_matching(name)))
            or (not settings.is_loopback and _is_address(name))
        )

    return is_ours


def _matching(name: str) -> tuple[str, str]:
    """Give what a certificate may say to mean a name: itself, or all of its domain (RFC 9525)."""
    return name, f"*.{name.partition('.')[2]}"


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
