"""Reviews behind the pages: their file, who can be asked to review, and the work that goes on by itself.

The file is opened when something of it is first needed, so that the pages of a data folder without reviews
need nothing of it.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, TypeVar, TypeVarTuple

import anyio

from access.visitor import CONSOLE, Limits, Visitor, current
from reviews import making, reminders
from reviews.duties import REQUIRED
from reviews.ledgers import Ledgers
from reviews.making import Means
from reviews.sight import may_see
from reviews.standing import Standing, standing
from reviews.store import Store
from storage.layout import StreamName
from web.turns import BusyError, Shares

if TYPE_CHECKING:
    from web.desk import Desk

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")
LOOK_SECONDS: Final = 20.0  # between two looks for periods that have ended
_MAKERS: Final = 2  # results that are made at a time; each keeps a core busy
OWN: Final = 4  # results of an account that are being made, or wait for it

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
        self._underway: set[asyncio.Task[Any]] = set()  # by the account's name
        self._threads = anyio.CapacityLimiter(_MAKERS)
        self._shares = Shares(1)
        self.standing = Standing()  # as of the last look, or of the last change by a page

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
        self._count(store)

    def waiting_for(self, visitor: Visitor) -> dict[str, int]:
        """Give how much waits for a visitor, by page; as of the last look, so that no page waits for it."""
        found = self.standing
        reviews = found.reviews_of.get(visitor.name, 0) if visitor.may("review") else 0
        return {"reviews": reviews, "findings": found.findings_of.get(visitor.name, 0)}

    @property
    def means(self) -> Means:
        """What making results takes."""
        sights = self._desk.sights
        ledgers = Ledgers(self._desk.layout, sights)
        return Means(self.store, self.visitor_of, sights.searcher, sees=sights.sees, ledgers=ledgers)

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

    def reviewers(
        self, name: StreamName, made_with: Limits, asker: Visitor, owner: str | None = None
    ) -> list[str]:
        """Give who may be asked to review what is made of a stream with these limits, by name.

        ``owner`` is whose search it is, who is left out where a second person is required.
        """
        asked = [*self.people(), *([asker] if asker.means == "console" else [])]
        alone = owner if self._desk.settings.second_person == REQUIRED else None
        found = (one.name for one in asked if one.may("review") and may_see(one, name, made_with))
        return sorted(one for one in found if one != alone)

    async def behind(self, function: Callable[[*Arguments], object], *arguments: *Arguments) -> None:
        """Run ``function`` in a thread, and wait for it as long as a page may; it goes on behind the page.

        Raises:
            BusyError: when the account has too much under way.
            Exception: what it raised meanwhile.
        """
        work = self._begun(function, *arguments)
        done, _ = await asyncio.wait({work}, timeout=self._desk.settings.count_seconds)
        if done:
            work.result()

    async def wholly(self, function: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
        """Run ``function`` as ``behind`` does, wait for its end, and give what it gives. Raises as that."""
        return await asyncio.shield(self._begun(function, *arguments))  # it counts until it ends

    def _begun(self, function: Callable[[*Arguments], T], *arguments: *Arguments) -> "asyncio.Task[T]":
        account = current().account
        if sum(one.get_name() == account for one in self._underway) >= OWN:
            raise BusyError(
                f"{OWN} results are being made for your account already. Wait until one of them is done; the "
                "page of its finding or review shows it."
            )
        work = asyncio.create_task(self._work(function, *arguments), name=account)
        self._underway.add(work)
        work.add_done_callback(self._ended)
        return work

    async def _work(self, function: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
        """Run ``function`` in a thread of those that make results: no page has to wait for one of them.

        Of an account one result is made at a time, so that others' wait for no more than that.
        """
        async with self._shares.of(current().account):
            return await anyio.to_thread.run_sync(
                function, *arguments, limiter=self._threads, abandon_on_cancel=True
            )

    def _ended(self, work: "asyncio.Task[Any]") -> None:
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
        """Open every review that is due, make what was asked for and is not made, and remind people."""
        if not self._desk.layout.reviews.is_dir():
            return
        means = self.means
        making.open_due(means)
        try:
            making.make_all(means)
        finally:
            reminders.remind(means.store.database, means.clock(), self._desk.settings.url)
            self._count(means.store)

    def _count(self, store: Store) -> None:
        self.standing = standing(store.database, datetime.now(UTC))
