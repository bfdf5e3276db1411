"""Every address there is, in one table: path, handler, and the template that the handler fills."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from web.export import export
from web.health import health
from web.message import message, octets
from web.search import home, search


@dataclass(frozen=True, slots=True)
class Page:
    """One address."""

    path: str
    handler: Callable[[Request], Awaitable[Response]]
    template: str | None = None


PAGES: Final = (
    Page("/", home),
    Page("/search", search, "search.html"),
    Page("/message/{tenant}/{stream}/{seq}", message, "message.html"),
    Page("/message/{tenant}/{stream}/{seq}/octets", octets),
    Page("/export", export),
    Page("/healthz", health),
)
