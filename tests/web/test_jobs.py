"""Work that pages do not wait for to its end."""

from collections.abc import Callable, Iterator
from threading import Event

import pytest

from access.visitor import CONSOLE, current, visiting
from web.jobs import Jobs

SOON = 0.01
LATE = 60.0
Steps = Iterator[Callable[[], int]]


def three() -> Steps:
    """Count to three."""
    for number in (1, 2, 3):
        yield lambda number=number: number  # type: ignore[misc]


class Held:
    """Work that does a step, and the others when it is let go."""

    def __init__(self) -> None:
        self.begun = 0
        self.go = Event()

    def __call__(self) -> Steps:
        """Do it."""
        self.begun += 1
        yield lambda: 1
        self.go.wait(LATE)
        yield lambda: 2
        yield lambda: 3


def test_an_answer_in_time_is_given() -> None:
    """Work that is done in time is the answer."""
    progress = Jobs[int](LATE, 1).ask("question", three)
    assert (progress.state, progress.found, progress.is_new) == ("done", 3, True)


def test_long_work_goes_on_and_is_found_later() -> None:
    """A page does not wait for long work; the same question finds the same work, and is no new one."""
    jobs, held = Jobs[int](SOON, 1), Held()
    assert jobs.ask("question", held).state == "running"
    assert not jobs.ask("question", held).is_new
    held.go.set()
    progress = jobs.ask("question", held, seconds=LATE)
    assert (progress.state, progress.found, progress.is_new) == ("done", 3, False)
    assert held.begun == 1
    assert jobs.ask("question", held, seconds=LATE).is_new


def test_only_so_much_goes_on_at_a_time() -> None:
    """When all places are taken, other work waits for its turn, and says so."""
    jobs, held = Jobs[int](SOON, 1), Held()
    jobs.ask("question", held)
    assert jobs.ask("another", lambda: pytest.fail("begun all the same")).state == "waiting"
    held.go.set()
    assert jobs.ask("question", held, seconds=LATE).state == "done"
    assert jobs.ask("another", three, seconds=LATE).found == 3


def test_work_can_be_stopped() -> None:
    """Stopped work keeps what it found, does not begin by itself, and does when it is asked to."""
    jobs, held = Jobs[int](SOON, 1, worth=0), Held()
    jobs.ask("question", held)
    jobs.stop("another")
    jobs.stop("question")
    held.go.set()
    assert jobs.ask("question", held, seconds=LATE).state == "stopped"
    progress = jobs.ask("question", held, seconds=LATE)
    assert progress.state == "stopped"
    assert progress.found in {1, 2}
    assert held.begun == 1
    assert jobs.ask("question", held, again=True, seconds=LATE).state == "done"
    assert held.begun == 2


def test_an_answer_of_no_worth_is_given_once() -> None:
    """Where answers are worth nothing later, the same question begins the work anew."""
    jobs, held = Jobs[int](LATE, 1, worth=0), Held()
    held.go.set()
    jobs.ask("question", held)
    jobs.ask("question", held)
    assert held.begun == 2


def test_others_answers_push_none_out() -> None:
    """So many answers of an account are remembered, the newest, whatever others ask."""
    jobs, begun = Jobs[int](LATE, 1, worth=10**9, remembered=2), list[str]()

    def ask(account: str, number: int) -> None:
        def work() -> Steps:
            begun.append(f"{account}{number}")
            yield lambda: number

        jobs.ask((account, number), work, account=account)

    for account, number in (("ann", 1), *(("bob", number) for number in range(9)), ("ann", 1)):
        ask(account, number)
    assert begun.count("ann1") == 1
    for number in (2, 3, 4, 1, 4):
        ask("ann", number)
    assert (begun.count("ann1"), begun.count("ann4")) == (2, 1)


def test_failed_work_fails_the_page() -> None:
    """An error in the work is the asker's."""

    def work() -> Steps:
        yield lambda: 1
        raise ValueError("no such field")

    with pytest.raises(ValueError, match="no such field"):
        Jobs[int](LATE, 1).ask("question", work)


def test_work_knows_for_whom_it_is_done() -> None:
    """The visitor of the request is the visitor of its work, in whatever thread."""
    seen = []

    def work() -> Steps:
        seen.append(current())
        yield lambda: 1

    with visiting(CONSOLE):
        Jobs[int](LATE, 1).ask("question", work)
    assert seen == [CONSOLE]
