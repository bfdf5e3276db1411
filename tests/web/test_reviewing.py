"""Reviews behind the pages: what is due is worked on by itself, and nobody waits for it for ever."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from access.access import Access
from access.visitor import CONSOLE, Limits, Visitor, visiting
from reviews.making import CannotMakeError
from reviews.periods import Schedule
from reviews.searches import Draft, Question
from reviews.store import Store
from storage.layout import Layout, StreamName
from storage.results import Request
from tests.machine import await_true
from tests.web.browsing import serving
from web.app import create_app
from web.desk import Desk
from web.reviewing import OWN
from web.settings import WebSettings
from web.turns import BusyError

Keep = Callable[..., None]
LOOKS = 1000  # of a hundredth of a second each
MADE = 2  # reviews of the search that ``scheduled`` saves


def desk_of(layout: Layout, **settings: float) -> Desk:
    """Give the desk of an application over a data folder."""
    app = create_app(layout, WebSettings.model_validate(settings))
    desk: Desk = app.state.desk
    return desk


def scheduled(layout: Layout, owner: str = "console") -> None:
    """Save a search that was to be reviewed yesterday for the first time."""
    store = Store(layout.reviews)
    schedule = Schedule("daily", 0, 0, "console", 3)
    draft = Draft("Failed", "", shared=False, question=Question("failed", StreamName()), schedule=schedule)
    store.searches.add(draft, owner, (), datetime.now(UTC) - timedelta(days=2))
    store.close()


def test_a_data_folder_without_reviews_stays_without(layout: Layout) -> None:
    """Looking for work makes no file where nobody ever saved anything."""
    desk_of(layout).reviewing.work_once()
    assert not layout.reviews.exists()


def test_what_is_due_is_made_by_itself(layout: Layout, store: Keep) -> None:
    """The role opens and makes what is due, without anybody looking at a page."""
    store([b"<35>1 - web-01 sshd - - - failed"])
    scheduled(layout)
    reviewing = desk_of(layout).reviewing

    async def until_made() -> None:
        keeping = asyncio.create_task(reviewing.keep())
        for _ in range(LOOKS):
            reviews = list(reviewing.store.queue.newest())
            if reviews and all(reviewing.store.results.get(one.result).evidence for one in reviews):
                break
            await asyncio.sleep(0.01)
        keeping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await keeping

    asyncio.run(until_made())
    assert [review.owner for review in reviewing.store.queue.newest()] == ["console", "console"]
    assert all(reviewing.store.results.get(one.result).evidence for one in reviewing.store.queue.newest())


def test_what_was_asked_for_before_an_end_is_made_after_it(layout: Layout, store: Keep) -> None:
    """A result whose making the end of the process broke off is made at the next look."""
    store([b"<35>1 - web-01 sshd - - - failed"])
    kept = Store(layout.reviews)
    number = kept.results.ask(
        Request("failed", end=datetime.now(UTC)), "console", Limits(), datetime.now(UTC)
    )
    kept.close()
    reviewing = desk_of(layout).reviewing
    reviewing.work_once()
    assert reviewing.store.results.get(number).evidence is not None


def test_a_page_does_not_wait_for_ever(layout: Layout) -> None:
    """Work that takes long goes on behind the page, and what it raises meanwhile reaches the page."""
    reviewing = desk_of(layout, count_seconds=0.1).reviewing
    go_on, gone = threading.Event(), threading.Event()

    def long() -> None:
        go_on.wait(30)
        gone.set()

    def failing() -> None:
        raise CannotMakeError("no")

    async def pages() -> None:
        await reviewing.behind(long)
        assert not gone.is_set()
        go_on.set()
        await asyncio.to_thread(gone.wait, 30)
        with pytest.raises(CannotMakeError):
            await reviewing.behind(failing)

    asyncio.run(pages())
    assert gone.is_set()


def test_accounts_are_as_they_are_now(layout: Layout) -> None:
    """Who is disabled, or whose time has passed, is neither owner nor reviewer; the console always is."""
    layout.data.mkdir()
    name, everything = StreamName(), Limits()
    reviewing = desk_of(layout).reviewing
    assert reviewing.visitor_of("rita") is None
    assert reviewing.visitor_of("console") == CONSOLE
    assert reviewing.reviewers(name, everything, CONSOLE) == ["console"]
    access = Access(layout.access)
    for account, limits in (
        ("rita", Limits()),
        ("gone", Limits(until=datetime(2020, 1, 1, tzinfo=UTC))),
        ("hans", Limits(hosts=("web-*",))),
    ):
        access.accounts.add(account, "reviewer", limits)
    access.accounts.add("anna", "auditor")
    rita = Visitor("rita", "reviewer")
    assert reviewing.visitor_of("rita") == rita
    assert reviewing.visitor_of("rita/token") == rita
    assert reviewing.visitor_of("gone") is None
    assert reviewing.reviewers(name, everything, rita) == ["rita"]
    assert reviewing.reviewers(name, Limits(hosts=("web-*",)), CONSOLE) == ["console", "hans", "rita"]
    access.accounts.disable("rita")
    assert reviewing.visitor_of("rita") is None
    assert reviewing.reviewers(name, everything, CONSOLE) == ["console"]
    access.close()


def test_a_change_that_fails_leaves_nothing(layout: Layout) -> None:
    """What is changed within one block is changed as a whole, or not at all."""
    reviewing = desk_of(layout).reviewing
    scheduled(layout)

    def change() -> None:
        with reviewing.changing() as store:
            store.searches.remove(1, "console", datetime.now(UTC))
            raise OSError("the trail is full")

    with pytest.raises(OSError, match="full"):
        change()
    assert len(reviewing.store.searches.all()) == 1
    assert len(reviewing.store.events("search", 1)) == 1


def test_the_role_works_on_what_is_due(layout: Layout, store: Keep) -> None:
    """The running role makes what is due, so that whoever comes to the page finds it there."""
    store([b"<35>1 - web-01 sshd - - - failed"])
    scheduled(layout)
    with serving(layout) as url, httpx.Client(base_url=url, timeout=30) as client:

        def made() -> bool:
            page = client.get("/reviews?show=all").text
            return page.count('href="/reviews/') >= MADE and "being made" not in page

        await_true(made, "the reviews of two days")
        assert "messages in this range" in client.get("/reviews/1").text
        waiting = '<span class="waits">2<span class="visually-hidden"> waiting for you</span>'
        await_true(lambda: waiting in client.get("/search").text, "their number at the top of every page")


def test_an_account_has_few_results_made_at_a_time(layout: Layout) -> None:
    """Beyond a few an account is told to come back later; another's are made, and nobody's all threads."""
    reviewing, go, order = desk_of(layout, count_seconds=0.1).reviewing, threading.Event(), list[str]()

    def work(name: str) -> None:
        order.append(name)
        if name == "ann":
            go.wait(30)

    async def ask() -> None:
        with visiting(Visitor("ann", "reviewer")):
            for _ in range(OWN):
                await reviewing.behind(work, "ann")
            with pytest.raises(BusyError) as refused:
                await reviewing.wholly(work, "ann")
            assert (refused.value.status_code, refused.value.headers) == (503, {"Retry-After": "10"})
        with visiting(Visitor("bob", "reviewer")):
            await reviewing.wholly(work, "bob")
        assert order == ["ann", "bob"]
        go.set()
        with visiting(Visitor("ann", "reviewer")):
            while True:
                with contextlib.suppress(BusyError):
                    await reviewing.wholly(work, "last")
                    break
                await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(ask(), 30))
    assert order == ["ann", "bob", *["ann"] * (OWN - 1), "last"]
