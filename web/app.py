"""The application: the table of routes, its templates, its guard."""

from collections.abc import Iterable
from pathlib import Path
from secrets import token_bytes
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from access.access import Access
from access.keys import OCTETS
from access.trail import TrailError
from access.visitor import current
from storage.layout import Layout
from web import errors
from web.appliance import Appliance, Office
from web.desk import Desk, SourceOf
from web.forms import Forms
from web.navigation import Navigation
from web.openid import Providers
from web.routes import PAGES
from web.security import Guard, answers_to
from web.settings import WebSettings
from web.templating import Templates
from web.tickets import Tickets
from web.visiting import Identify, Visiting, everybody, only_for

STATIC: Final = Path(__file__).parent / "static"


def create_app(  # noqa: PLR0913 - what the pages are made of
    layout: Layout,
    settings: WebSettings | None = None,
    source_of: SourceOf | None = None,
    identify: Identify = everybody,
    *,
    appliance: Appliance | None = None,
    access: Access | None = None,
    names: Iterable[str] = (),
) -> Starlette:
    """Make the application over one data folder, which it only reads.

    Args:
        layout: the data folder.
        settings: bounds.
        source_of: how messages were read that are to be explained; without it, as of an unknown source.
        identify: finds out who asks; without it, everybody may do everything.
        access: the accounts, where people sign in.
        names: of this machine, which browsers may call it where other machines may come.
        appliance: how the running appliance is asked; without it, the operator's pages know files only.

    Raises:
        TemplateError: when a page's template is missing, or a template belongs to no page.
    """
    settings = settings or WebSettings()
    templates = Templates([page.template for page in PAGES if page.template] + [errors.TEMPLATE])
    routes = [
        Route(page.path, only_for(page.needs, page.handler), methods=list(page.methods)) for page in PAGES
    ]
    app = Starlette(
        routes=[*routes, Mount("/static", _Static(directory=STATIC))],
        middleware=[
            Middleware(Guard, refuse=_refuse, is_ours=answers_to(settings, names)),
            Middleware(Visiting, identify=identify),
        ],
        exception_handlers={
            HTTPException: errors.refused,
            TrailError: errors.not_told,
            **dict.fromkeys(errors.UNUSABLE, errors.unusable),
            Exception: errors.failed,
        },
    )
    app.state.desk = Desk(layout, settings, templates, source_of, access)
    app.state.office = Office(appliance or Appliance(), layout)
    app.state.tickets = Tickets(token_bytes(OCTETS) if access is None else access.keys.get("tickets"))
    app.state.providers = Providers(settings.openid)
    app.state.forms = Forms(app.state.tickets)
    waiting = app.state.desk.reviewing.waiting_for
    navigation = Navigation({page.path: page.needs for page in PAGES}, waiting)
    templates.offer(csrf=app.state.forms.hidden_input, visitor=current, navigation=navigation.entries)
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
