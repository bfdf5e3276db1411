"""Reviews behind the pages: their file, who can be asked to review, and the work that goes on by itself.

The file is opened when something of it is first needed, so that the pages of a data folder without reviews
need nothing of it.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Final, TypeVarTuple

import anyio

from access.visitor import CONSOLE, Limits, Visitor
from reviews import making
from reviews.making import Means
from reviews.sight import may_see
from reviews.store import Store
from storage.layout import StreamName

if TYPE_CHECKING:
    from web.desk import Desk

Arguments = TypeVarTuple("Arguments")
LOOK_SECONDS: Final = 20.0  # between two looks for periods that have ended
_MAKERS: Final = 2  # results that are made at a time; each keeps a core busy

log = logging.getLogger(__name__)


class Reviewing:
    """One for the whole application.

    Args:
        served: the desk.
    """

    def __init__(self, served: "Desk") -> None:
        self._desk = served
        self._store: Store | None = None
        self._opening = Lock()
        self._underway: set[asyncio.Task[object]] = set()
        self._threads = anyio.CapacityLimiter(_MAKERS)

    @property
    def store(self) -> Store:
        """What is kept.

        Raises:
            DatabaseError: when its file cannot be used.
        """
        with self._opening:
            if self._store is None:
                self._store = Store(self._desk.layout.reviews)
            return self._store

    @contextmanager
    def changing(self) -> Iterator[Store]:
        """Change something within the block, and tell the trail: both, or neither when either fails."""
        store = self.store
        with store.database.write():
            yield store

    @property
    def means(self) -> Means:
        """What making results takes."""
        sights = self._desk.sights
        return Means(self.store, self.visitor_of, sights.searcher, sees=sights.sees)

    def people(self) -> list[Visitor]:
        """Give a visitor for each account that may be used now."""
        if not self._desk.layout.access.is_dir():  # nobody ever signed in here
            return []
        now = time.time()
        accounts = self._desk.access.accounts.all()
        return [one.visitor("session") for one in accounts if not one.is_over(now)]

    def visitor_of(self, name: str) -> Visitor | None:
        """Give the visitor that an account is now; None when it is not there or must not be used."""
        own = name.partition("/")[0]  # an API token asks as ACCOUNT/TOKEN
        return next((one for one in (*self.people(), CONSOLE) if one.name == own), None)

    def reviewers(self, name: StreamName, made_with: Limits, asker: Visitor) -> list[str]:
        """Give who may be asked to review what is made of a stream with these limits, by name."""
        asked = [*self.people(), *([asker] if asker.means == "console" else [])]
        return sorted(one.name for one in asked if one.may("review") and may_see(one, name, made_with))

    async def behind(self, function: Callable[[*Arguments], object], *arguments: *Arguments) -> None:
        """Run ``function`` in a thread, and wait for it as long as a page may; it goes on behind the page.

        Raises:
            Exception: what it raised meanwhile.
        """
        work = asyncio.create_task(self._work(function, *arguments))
        self._underway.add(work)
        work.add_done_callback(self._ended)
        done, _ = await asyncio.wait({work}, timeout=self._desk.settings.count_seconds)
        if done:
            work.result()

    async def _work(self, function: Callable[[*Arguments], object], *arguments: *Arguments) -> object:
        """Run ``function`` in a thread of those that make results: no page has to wait for one of them."""
        return await anyio.to_thread.run_sync(
            function, *arguments, limiter=self._threads, abandon_on_cancel=True
        )

    def _ended(self, work: asyncio.Task[object]) -> None:
        self._underway.discard(work)
        if not work.cancelled() and (error := work.exception()) is not None:
            log.debug("review: work behind a page ended with %s", error)  # the page told it, if it waited

    async def keep(self) -> None:
        """Open and make whatever is due, from time to time, until cancelled."""
        try:
            while True:
                try:
                    await self._work(self.work_once)
                except Exception:
                    log.exception("review: what is due cannot be worked on; it is tried again")
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            for work in self._underway:  # what is not made is made at the next start
                work.cancel()

    def work_once(self) -> None:
        """Open every review that is due, and make what was asked for and is not made."""
        if not self._desk.layout.reviews.is_dir():
            return
        means = self.means
        for number in making.open_due(means):
            log.info("review %d is waiting for its reviewer", number)
        making.make_all(means)
