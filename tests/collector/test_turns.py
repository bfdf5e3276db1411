"""Costly work is done a little at a time, so that nobody waits long."""

import asyncio

from collector.turns import Turns


def test_a_little_in_each_turn() -> None:
    """Work past the bound waits for later turns of the loop, in its order; others have theirs between."""
    done: list[object] = []

    async def scene() -> None:
        turns = Turns(2)
        for number in range(5):
            if turns.take():
                done.append(number)
            else:
                turns.wait(lambda number=number: done.append(number))  # type: ignore[misc]
        assert done == [0, 1]
        for _ in range(4):
            await asyncio.sleep(0)
            done.append("another")
        assert done == [0, 1, 2, 3, "another", 4, "another", "another", "another"]
        assert turns.take()

    asyncio.run(scene())
