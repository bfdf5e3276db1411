"""Figures that take a while: made once for all, kept with their age, and no page hangs with them."""

import asyncio
import threading
from collections.abc import Callable

from web.shelf import AT_ONCE, KEPT, Shelf


def test_figures_are_made_once_and_kept() -> None:
    """Who asks again within the time has the same figures, whose age grows; then they are made anew."""
    numbers = iter(range(10))

    async def play() -> None:
        shelf = Shelf()
        first = await shelf.give("a", lambda: next(numbers), fresh=60)
        again = await shelf.give("a", lambda: next(numbers), fresh=60)
        assert (first.value, again.value) == (0, 0)
        assert first.at == again.at
        assert 0 <= first.age <= again.age
        assert (await shelf.give("a", lambda: next(numbers), fresh=-1)).value == 1
        assert (await shelf.give("b", lambda: next(numbers))).value == 2

    asyncio.run(play())


def test_nobody_waits_long() -> None:
    """While figures are being made, there are none, or the ones before; many who ask make them once."""
    go, began = threading.Event(), []

    def slow() -> int:
        began.append(1)
        assert go.wait(30)
        return len(began)

    async def play() -> None:
        shelf = Shelf()
        several = await asyncio.gather(*(shelf.give("a", slow, wait=0.01) for _ in range(5)))
        assert [(one.value, one.is_being_made) for one in several] == [(None, True)] * 5
        go.set()
        assert (await shelf.give("a", slow, fresh=60, wait=30)).value == 1
        go.clear()
        older = await shelf.give("a", slow, fresh=-1, wait=0.01)
        assert (older.value, older.is_being_made) == (1, True)
        go.set()
        assert (await shelf.give("a", slow, fresh=-1, wait=30)).value == 2

    asyncio.run(play())


def test_a_making_that_fails_leaves_what_was_known() -> None:
    """Figures that cannot be made say so, with the disk's own word; earlier ones stay, with their age."""

    def failing(error: Exception) -> Callable[[], int]:
        def make() -> int:
            raise error

        return make

    async def play() -> None:
        shelf = Shelf()
        none = await shelf.give("a", failing(OSError(5, "Input/output error")))
        assert none.value is None
        assert "Input/output error" in none.trouble
        assert (await shelf.give("a", lambda: 1, fresh=-1)).value == 1
        broken = await shelf.give("a", failing(ValueError("secret inside")), fresh=-1)
        assert broken.value == 1
        assert "log" in broken.trouble
        assert "secret" not in broken.trouble
        assert (await shelf.give("a", lambda: 2, fresh=-1)).trouble == ""

    asyncio.run(play())


def test_only_so_many_are_made_at_once() -> None:
    """Somebody who asks for many days at the same time does not take all processors."""
    go, lock, counts = threading.Event(), threading.Lock(), [0]

    def slow() -> int:
        with lock:
            counts[0] += 1
        assert go.wait(30)
        return 1

    async def play() -> None:
        shelf = Shelf()
        await asyncio.gather(*(shelf.give(number, slow, wait=0.01) for number in range(AT_ONCE + 5)))
        assert counts[0] == AT_ONCE
        go.set()
        for number in range(AT_ONCE):
            assert (await shelf.give(number, slow, fresh=60, wait=30)).value == 1

    asyncio.run(play())


def test_only_so_many_are_kept() -> None:
    """The oldest figures go when there are too many."""

    async def play() -> None:
        shelf = Shelf()
        for number in range(KEPT + 1):
            await shelf.give(number, lambda: 1, fresh=60, wait=30)
        made: list[int] = []
        await shelf.give(KEPT, lambda: made.append(1), fresh=60, wait=30)
        assert not made
        await shelf.give(0, lambda: made.append(1), fresh=60, wait=30)
        assert made

    asyncio.run(play())


def test_what_nobody_asks_for_is_forgotten() -> None:
    """Large figures do not stay in memory for ever; those that were made anew meanwhile stay."""

    async def play() -> None:
        shelf, loop = Shelf(seconds=0.01), asyncio.get_running_loop()
        await shelf.give("a", lambda: 1, fresh=60, wait=30)
        passed = loop.create_future()
        loop.call_later(0.02, passed.set_result, None)
        await passed
        assert (await shelf.give("a", lambda: 2, fresh=60, wait=30)).value == 2

    asyncio.run(play())
