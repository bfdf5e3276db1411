"""Whose turn it is: no account keeps others from working, however much it asks for."""

from collections.abc import Callable, Iterator
from threading import Event, Thread

import anyio
import pytest

from tests.machine import await_true
from web.jobs import Jobs
from web.turns import Shares, Turns

SOON, LATE = 0.01, 60.0


class Endless:
    """Work without an end, that counts its steps until it is told to end."""

    def __init__(self) -> None:
        self.steps = 0
        self.end = Event()

    def __call__(self) -> Iterator[Callable[[], int]]:
        """Do it."""
        while not self.end.is_set():
            self.steps += 1
            yield lambda: self.steps
            self.end.wait(0.001)


@pytest.fixture
def work() -> Iterator[Callable[[], Endless]]:
    """Give a function that makes endless work, which ends with the test."""
    made: list[Endless] = []

    def make() -> Endless:
        made.append(Endless())
        return made[-1]

    yield make
    for one in made:
        one.end.set()


def went_on(work: Endless) -> None:
    """Wait until work has done more than it had."""
    then = work.steps
    await_true(lambda: work.steps > then + 2, "the work goes on")


def test_one_account_does_not_keep_all_places(work: Callable[[], Endless]) -> None:
    """Who holds every place makes way for another, and keeps one; the rest waits, and is not stopped."""
    jobs: Jobs[int] = Jobs(SOON, 2, turn=0.0)
    mine, also_mine, theirs = work(), work(), work()
    for number, one in enumerate((mine, also_mine)):
        assert jobs.ask(("ann", number), one, account="ann").state in {"running", "waiting"}
    went_on(mine)
    went_on(also_mine)
    jobs.ask("bob", theirs, account="bob")
    went_on(theirs)
    then = mine.steps + also_mine.steps
    await_true(lambda: mine.steps + also_mine.steps > then + 2, "one of them goes on")
    went_on(theirs)
    theirs.end.set()
    for one in (mine, also_mine):
        went_on(one)


def test_many_accounts_share_the_places(work: Callable[[], Endless]) -> None:
    """Of more accounts than there are places, each one's work goes on, in turn."""
    jobs: Jobs[int] = Jobs(SOON, 1, turn=0.0)
    some = {account: work() for account in ("ann", "bob", "eve")}
    for account, one in some.items():
        jobs.ask(account, one, account=account)
    for one in some.values():
        went_on(one)


def test_an_account_has_so_much_under_way(work: Callable[[], Endless]) -> None:
    """What an account asks for beyond its places is not even begun; another's is."""
    jobs: Jobs[int] = Jobs(SOON, 1, turn=0.0)
    jobs.ask("one", work(), account="ann")
    assert jobs.ask("two", lambda: pytest.fail("begun"), account="ann").state == "waiting"
    theirs = work()
    jobs.ask("three", theirs, account="bob")
    went_on(theirs)


def test_who_waits_can_be_stopped(work: Callable[[], Endless]) -> None:
    """Work that waits for its turn stops at once, and never begins."""
    jobs: Jobs[int] = Jobs(SOON, 1, turn=LATE)
    first, second = work(), work()
    jobs.ask("first", first, account="ann")
    went_on(first)
    assert jobs.ask("second", second, account="bob").state == "waiting"
    jobs.stop("second")
    await_true(lambda: jobs.ask("second", second, account="bob").state == "stopped", "it has stopped")
    assert second.steps == 0


def test_places_are_given_back() -> None:
    """Who has left makes way for who waits longest, of those that have least."""
    turns, order = Turns(1, LATE), list[str]()
    turns.take("ann", lambda: False)

    def wait(account: str) -> None:
        turns.take(account, lambda: False)
        order.append(account)
        turns.leave(account)

    threads = []
    for account in ("ann", "bob"):
        threads.append(Thread(target=wait, args=(account,), daemon=True))
        threads[-1].start()
    await_true(lambda: turns.is_wanted("ann"), "the other waits")
    turns.leave("ann")
    for one in threads:
        one.join(LATE)
    assert sorted(order) == ["ann", "bob"]
    assert not turns.is_wanted("ann")


def test_an_accounts_share_leaves_room_for_others() -> None:
    """Beyond its share an account waits for itself, and nobody else for it."""
    order: list[str] = []

    async def main() -> None:
        shares, go = Shares(1), anyio.Event()

        async def have(account: str, name: str) -> None:
            async with shares.of(account):
                order.append(name)
                if name == "first":
                    await go.wait()

        async with anyio.create_task_group() as group:
            for account, name in (("ann", "first"), ("ann", "second"), ("bob", "other")):
                group.start_soon(have, account, name)
            await anyio.wait_all_tasks_blocked()
            assert order == ["first", "other"]
            go.set()
        assert vars(shares)["_limiters"] == {}, "nothing is kept of who has left"

    anyio.run(main)
    assert order == ["first", "other", "second"]
