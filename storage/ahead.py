"""Work done a few items ahead by a few threads, with results in order.

Arrow lets other threads run while it reads and compares, so that two blocks are searched at a time. Nothing
is begun before the first result is asked for, and then more and more: a page that one block fills reads one
block, and what a long search holds in memory is bounded by MOST_AHEAD blocks.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import Final, Generic, TypeVar

THREADS: Final = 2
MOST_AHEAD: Final = 3  # one for each thread, and one that waits

Item = TypeVar("Item")
Result = TypeVar("Result")

_pool: Final = ThreadPoolExecutor(THREADS, "search")  # its threads begin with the first work


class Ahead(Generic[Item, Result]):
    """Work that is done item by item; several runs of items share how far ahead it is."""

    def __init__(self, work: Callable[[Item], Result]) -> None:
        self._work = work
        self._ahead = 0

    def over(self, items: Iterable[Item]) -> Iterator[tuple[Item, Callable[[], Result]]]:
        """Give each item (none of them None), and what gives its result when it is called, at most once.

        Whoever finds by the item that no more results are needed leaves it uncalled, and stops.
        """
        source = iter(items)
        begun: deque[tuple[Item, Future[Result]]] = deque()
        try:
            while True:
                item, future = begun.popleft() if begun else (next(source, None), None)
                if item is None:
                    return
                yield item, partial(self._result, item, future, source, begun)
        finally:
            for _, left in begun:
                left.cancel()

    def results(self, items: Iterable[Item]) -> Iterator[Result]:
        """Give the result of each item."""
        return (result() for _, result in self.over(items))

    def _result(
        self,
        item: Item,
        future: Future[Result] | None,
        source: Iterator[Item],
        begun: deque[tuple[Item, Future[Result]]],
    ) -> Result:
        for following in islice(source, max(0, self._ahead - len(begun))):
            begun.append((following, _pool.submit(self._work, following)))
        self._ahead = min(2 * self._ahead + 1, MOST_AHEAD)
        return self._work(item) if future is None else future.result()
