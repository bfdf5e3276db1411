"""What every handler needs: the searcher, the settings, the templates, and threads to work in.

Handlers are coroutines; whatever reads files or makes a page runs in a thread, of which there are so many.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar, TypeVarTuple

import anyio
from starlette.requests import Request
from starlette.responses import HTMLResponse

from access.access import Access
from access.sight import Sights
from access.visitor import Visitor, current
from parsers.source import UNKNOWN_SOURCE, Source
from storage.layout import Layout, StreamName
from storage.search import Page, Searcher, Survey
from web.jobs import Jobs
from web.reviewing import Reviewing
from web.settings import WebSettings
from web.sight import Sight, sight_of_visitor
from web.templating import Templates
from web.turns import Shares

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")
# How messages of a listener, a peer and the HOSTNAME that it claims are read.
SourceOf = Callable[[str, str, str | None], Source]
_SURVEYS: Final = 2  # that go on at a time; each keeps a core busy
_AT_THE_DOOR: Final = 8  # threads that look at passwords and accounts
NEIGHBOURS: Final = 5  # messages shown before and after one


class Desk:
    """One for the whole application; handlers find it with ``desk``."""

    def __init__(
        self,
        layout: Layout,
        settings: WebSettings,
        templates: Templates,
        source_of: SourceOf | None = None,
        access: Access | None = None,
    ) -> None:
        self.layout = layout
        self.settings = settings
        self.sights = Sights(layout)
        self.pages: Jobs[Page] = Jobs(settings.count_seconds, settings.searches, worth=0, remembered=8)
        self.surveys: Jobs[Survey] = Jobs(settings.count_seconds, _SURVEYS)
        self.templates = templates
        self.source_of = source_of or _unknown_source
        self._access = access
        self._signs_in = access is not None
        self.reviewing = Reviewing(self)
        self._threads = anyio.CapacityLimiter(settings.searches)
        self._shares = Shares(max(1, settings.searches - 1))
        self._door = anyio.CapacityLimiter(_AT_THE_DOOR)

    @property
    def sight(self) -> Sight:
        """What who asks sees; for work that goes on in threads of its own, take it before."""
        return sight_of_visitor(self.sights)

    @property
    def searcher(self) -> Searcher:
        """The searcher of who asks: what is outside the limits is not there."""
        return self.sight.searcher

    def streams(self) -> list[StreamName]:
        """Give the streams that are there for who asks, sorted."""
        return self.sights.streams(current())

    async def work(self, function: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
        """Run ``function`` in a thread; a request that is given up does not wait for it.

        An account's requests leave a thread to those of others, however many they are.
        """
        async with self._shares.of(current().account):
            return await anyio.to_thread.run_sync(
                function, *arguments, limiter=self._threads, abandon_on_cancel=True
            )

    async def at_the_door(self, function: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
        """Run ``function`` in a thread of those that look after accounts: searches make nobody wait there."""
        return await anyio.to_thread.run_sync(function, *arguments, limiter=self._door)

    def may_go_on(self, visitor: Visitor) -> bool:
        """Say whether what somebody asked for may still be given; for what takes long, asked in a thread."""
        return not self._signs_in or self.access.may_go_on(visitor)

    @property
    def access(self) -> Access:
        """The accounts, sessions and tokens of the data folder.

        Raises:
            DatabaseError: when their file cannot be used.
        """
        if self._access is None:
            self._access = Access(self.layout.access)
        return self._access

    def page(self, template: str, status: int = 200, **view: Any) -> HTMLResponse:
        """Make the page of a template and its view."""
        return HTMLResponse(self.templates.render(template, **view), status)


def _unknown_source(listener: str, peer: str, hostname: str | None) -> Source:  # noqa: ARG001 - SourceOf
    return UNKNOWN_SOURCE


def desk(request: Request) -> Desk:
    """Give the desk of the application that serves ``request``."""
    found: Desk = request.app.state.desk
    return found
