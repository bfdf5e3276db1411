"""The application: the table of routes, its templates, its guard."""

from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from storage.layout import Layout
from web import errors
from web.desk import Desk, SourceOf
from web.routes import PAGES
from web.security import Guard
from web.settings import WebSettings
from web.templating import Templates

STATIC: Final = Path(__file__).parent / "static"


def create_app(
    layout: Layout, settings: WebSettings | None = None, source_of: SourceOf | None = None
) -> Starlette:
    """Make the application over one data folder, which it only reads.

    Args:
        layout: the data folder.
        settings: bounds.
        source_of: how messages were read that are to be explained; without it, as of an unknown source.

    Raises:
        TemplateError: when a page's template is missing, or a template belongs to no page.
    """
    templates = Templates([page.template for page in PAGES if page.template] + [errors.TEMPLATE])
    routes = [Route(page.path, page.handler, methods=["GET"]) for page in PAGES]
    app = Starlette(
        routes=[*routes, Mount("/static", _Static(directory=STATIC))],
        middleware=[Middleware(Guard, refuse=_refuse)],
        exception_handlers={HTTPException: errors.refused, Exception: errors.failed},
    )
    app.state.desk = Desk(layout, settings or WebSettings(), templates, source_of)
    return app


class _Static(StaticFiles):
    """Style and script: a browser may keep them, if it asks whether they changed."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    response = await errors.foreign_host(Request(scope, receive))
    await response(scope, receive, send)
