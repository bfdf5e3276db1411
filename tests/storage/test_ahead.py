"""Work done ahead: in order, bounded, and not begun before it is wanted."""

from itertools import count, islice
from threading import Event, Lock

import pytest

from storage.ahead import MOST_AHEAD, Ahead


def test_results_are_in_order() -> None:
    """Results come in the order of the items, whichever is done first."""
    later = Event()

    def work(number: int) -> int:
        if number % 3 == 1:
            later.wait(0.01)
        return number * number

    assert list(Ahead(work).results(range(40))) == [number * number for number in range(40)]


def test_nothing_is_begun_before_it_is_asked_for() -> None:
    """The first result costs no other item's work, and however many items, few are taken ahead."""
    begun: set[int] = set()
    lock, taken = Lock(), count()

    def work(number: int) -> int:
        with lock:
            begun.add(number)
        return number

    items = (next(taken) for _ in range(1000))
    over = Ahead(work).over(items)
    _, result = next(over)
    assert begun == set()
    assert result() == 0
    assert begun == {0}
    for _, again in islice(over, 10):
        again()
    assert max(begun) <= 10 + MOST_AHEAD
    assert next(taken) <= 12 + MOST_AHEAD


def test_several_runs_of_items() -> None:
    """Runs of items one after the other, some of them empty, give all their results."""
    ahead = Ahead(str)
    assert [list(ahead.results(run)) for run in ([1, 2], [], [3], range(9))] == [
        ["1", "2"], [], ["3"], [str(number) for number in range(9)],
    ]  # fmt: skip


def test_an_error_is_raised_where_the_result_is_asked_for() -> None:
    """What one item's work raises comes in its place, after the results before it."""

    def work(number: int) -> int:
        if number == 5:
            raise ValueError(number)
        return number

    results = Ahead(work).results(range(9))
    assert list(islice(results, 5)) == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="5"):
        next(results)
