"""Reviews: opened for a period, signed off once, by somebody, with a note."""

from datetime import timedelta

import pytest

from reviews.findings import Matter
from reviews.periods import Period
from reviews.store import Store
from reviews.texts import DoneError, TextError
from tests.reviews.conftest import DAILY, DAY, draft

NEXT = DAY + timedelta(days=1)
MORNING = NEXT + timedelta(hours=9)


@pytest.fixture
def number(store: Store) -> int:
    """Give the number of a review of DAY that waits for rita."""
    search = store.searches.add(draft(schedule=DAILY), "anna", (), DAY)
    return store.queue.open(store.searches.get(search), Period(DAY, NEXT), NEXT)


def test_a_review_holds_what_it_is_about(store: Store, number: int) -> None:
    """Title, instruction, owner and reviewer are as of its opening, whatever the search becomes later."""
    store.searches.change(1, draft(title="Other", schedule=None), "anna", (), NEXT)
    review = store.queue.get(number)
    assert (review.title, review.about, review.owner, review.reviewer) == (
        "Failed sign-ins", "Look at each.", "anna", "rita",
    )  # fmt: skip
    assert review.period == Period(DAY, NEXT)
    assert review.due_at == NEXT + timedelta(days=3)
    asked = store.results.get(review.result).asked
    assert (asked.query, asked.start, asked.end, asked.limit) == ("failed", DAY, NEXT, None)


def test_opening_moves_the_schedule_on(store: Store, number: int) -> None:
    """What is opened is not opened again: the schedule is covered until the period's end."""
    assert number == 1
    assert store.searches.get(1).covered_until == NEXT


def test_states_by_the_clock(store: Store, number: int) -> None:
    """It waits until it is due, then it is missed; signed off in time it is signed, otherwise late."""
    review = store.queue.get(number)
    assert review.state(MORNING) == review.state(review.due_at) == "waiting"
    assert review.state(review.due_at + timedelta(seconds=1)) == "missed"
    store.queue.sign(number, "rita", "all expected", review.due_at + timedelta(seconds=1))
    assert store.queue.get(number).state(MORNING) == "late"


def test_signing_off_keeps_who_when_and_what(store: Store, number: int) -> None:
    """The sign-off stands in the review and in its history."""
    store.queue.sign(number, "rita", " nothing out of the ordinary ", MORNING)
    review = store.queue.get(number)
    assert (review.outcome, review.signed_by, review.signed_at) == ("signed", "rita", MORNING)
    assert review.note == "nothing out of the ordinary"
    assert review.state(MORNING) == "signed"
    assert [event.what for event in store.events("review", number)] == ["queued for rita", "signed off"]


def test_a_note_is_needed(store: Store, number: int) -> None:
    """Nobody signs off without a word."""
    with pytest.raises(TextError, match="a note is missing"):
        store.queue.sign(number, "rita", " \n ", MORNING)
    assert store.queue.get(number).signed_at is None


def test_it_is_signed_off_once(store: Store, number: int) -> None:
    """The second of two who sign off is told who was first, and changes nothing; nor does a hand-over."""
    store.queue.sign(number, "rita", "fine", MORNING)
    with pytest.raises(DoneError, match="Review 1 was signed off by rita at 2026-11-21 09:00:00 UTC"):
        store.queue.sign(number, "adam", "not fine", MORNING)
    with pytest.raises(DoneError):
        store.queue.hand_over(number, "adam", "rita", "holidays", MORNING)
    assert store.queue.get(number).note == "fine"
    assert len(store.events("review", number)) == 2


def test_a_finding_can_come_of_it(store: Store, number: int) -> None:
    """The review then leads to the finding, which is of the same result."""
    result = store.queue.get(number).result
    matter = Matter("ops", NEXT.date())
    finding = store.findings.save("Guessing", result, by="rita", note="", at=MORNING, matter=matter)
    store.queue.sign(number, "rita", "somebody guesses passwords", MORNING, finding)
    review = store.queue.get(number)
    assert (review.outcome, review.finding) == ("finding", finding)


def test_it_can_be_handed_over(store: Store, number: int) -> None:
    """Another reviewer has it then, and the history says from whom and why."""
    store.queue.hand_over(number, "rolf", "rita", "on holiday", MORNING)
    assert store.queue.get(number).reviewer == "rolf"
    last = store.events("review", number)[-1]
    assert (last.what, last.text) == ("handed over from rita to rolf", "on holiday")
    with pytest.raises(TextError, match="a reason is missing"):
        store.queue.hand_over(number, "rita", "rolf", "", MORNING)


def test_the_queue_is_read_newest_first(store: Store, number: int) -> None:
    """All, or those that wait; below a number; however many there are."""
    saved = store.searches.get(1)
    for day in range(1, 450):
        start = NEXT + timedelta(days=day)
        store.queue.open(saved, Period(start, start + timedelta(days=1)), start)
    store.queue.sign(number, "rita", "fine", MORNING)
    numbers = [review.number for review in store.queue.newest()]
    assert numbers == list(range(450, 0, -1))
    assert [review.number for review in store.queue.newest(unsigned=True)] == numbers[:-1]
    assert [review.number for review in store.queue.newest(before=3)] == [2, 1]


def test_a_range_of_ends(store: Store, number: int) -> None:
    """A period that ends with the range is in it, one that ends where the range starts is not."""
    assert [review.number for review in store.queue.ending(DAY, NEXT)] == [number]
    assert store.queue.ending(NEXT, NEXT + timedelta(days=9)) == []
    with pytest.raises(LookupError):
        store.queue.get(99)
