"""Counting within the time a page may take."""

from threading import Event

import pytest

from storage.results import Histogram, Scope
from web.counts import MAXIMUM_UNDERWAY, Counted, Counts

NONE = Counted(Histogram([], 1, [], Scope()), 0)
SOON = 0.01
LATE = 60.0


def test_a_count_in_time_is_given() -> None:
    """A count that is done in time is the answer."""
    answer = Counts(LATE).ask("question", lambda: NONE)
    assert answer is not None
    assert answer.counted is NONE


def test_a_long_count_goes_on_and_is_found_later() -> None:
    """A page does not wait for a long count; asked again, the same count answers."""
    counts, go, begun = Counts(SOON), Event(), []

    def work() -> Counted:
        begun.append(1)
        go.wait(LATE)
        return NONE

    assert counts.ask("question", work) is None
    assert counts.ask("question", work) is None
    go.set()
    answer = None
    for _ in range(10_000):
        answer = counts.ask("question", work)
        if answer is not None:
            break
    assert answer is not None
    assert begun == [1]


def test_only_so_many_go_on_at_a_time() -> None:
    """When all places are taken by long counts, another is not begun."""
    counts, go = Counts(SOON), Event()

    def work() -> Counted:
        go.wait(LATE)
        return NONE

    for number in range(MAXIMUM_UNDERWAY):
        assert counts.ask(number, work) is None
    assert counts.ask("one more", lambda: pytest.fail("begun all the same")) is None
    go.set()


def test_a_failed_count_fails_the_page() -> None:
    """An error in counting is the asker's."""

    def work() -> Counted:
        raise ValueError("no such field")

    with pytest.raises(ValueError, match="no such field"):
        Counts(LATE).ask("question", work)
