"""What every handler needs: the searcher, the settings, the templates, and threads to work in.

Handlers are coroutines; whatever reads files or makes a page runs in a thread, of which there are so many.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar, TypeVarTuple

import anyio
from starlette.requests import Request
from starlette.responses import HTMLResponse

from parsers.source import UNKNOWN_SOURCE, Source
from storage.layout import Layout
from storage.search import Searcher
from web.counts import Counts
from web.settings import WebSettings
from web.templating import Templates

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")
# How messages of a listener, a peer and the HOSTNAME that it claims are read.
SourceOf = Callable[[str, str, str | None], Source]
NEIGHBOURS: Final = 5  # messages shown before and after one


class Desk:
    """One for the whole application; handlers find it with ``desk``."""

    def __init__(
        self,
        layout: Layout,
        settings: WebSettings,
        templates: Templates,
        source_of: SourceOf | None = None,
    ) -> None:
        self.layout = layout
        self.settings = settings
        self.searcher = Searcher(layout)
        self.counts = Counts(settings.count_seconds)
        self.templates = templates
        self.source_of = source_of or _unknown_source
        self._threads = anyio.CapacityLimiter(settings.searches)

    async def work(self, function: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
        """Run ``function`` in a thread; a request that is given up does not wait for it."""
        return await anyio.to_thread.run_sync(
            function, *arguments, limiter=self._threads, abandon_on_cancel=True
        )

    def page(self, template: str, status: int = 200, **view: Any) -> HTMLResponse:
        """Make the page of a template and its view."""
        return HTMLResponse(self.templates.render(template, **view), status)


def _unknown_source(listener: str, peer: str, hostname: str | None) -> Source:  # noqa: ARG001 - SourceOf
    return UNKNOWN_SOURCE


def desk(request: Request) -> Desk:
    """Give the desk of the application that serves ``request``."""
    found: Desk = request.app.state.desk
    return found
