"""Saved searches: kept as they were decided, changed by whoever may, removed without their reviews."""

from dataclasses import replace
from datetime import timedelta

import pytest

from reviews.periods import Period, Schedule
from reviews.searches import Question
from reviews.store import Store
from reviews.texts import MOST_NOTE, MOST_TITLE, TextError
from storage.layout import StreamName
from storage.query import QueryError
from tests.reviews.conftest import DAILY, DAY, draft

NOON = DAY + timedelta(hours=12)


def test_a_search_is_given_back_as_it_was_saved(store: Store) -> None:
    """Everything that was decided, and who owns it, is there again, whatever text is in it."""
    question = Question("host:é-*", StreamName("shop", "web"), "device", "-7d", "today", "columns=host")
    wanted = draft(question=question, title="<b>\u202e", about="line\nline", shared=True, schedule=None)
    number = store.searches.add(wanted, "anna", ("user",), NOON)
    found = store.searches.get(number)
    assert (found.draft, found.owner, found.masked) == (wanted, "anna", ("user",))
    assert (found.created_at, found.changed_at, found.covered_until) == (NOON, NOON, None)
    assert store.searches.all() == [found]
    assert store.searches.scheduled() == []


def test_titles_are_one_line(store: Store) -> None:
    """Blanks around and within a title are tidied."""
    number = store.searches.add(draft(title="  Failed \n sign-ins "), "anna", (), NOON)
    assert store.searches.get(number).draft.title == "Failed sign-ins"


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"title": "  "}, TextError, "a title is missing"),
        ({"title": "x" * (MOST_TITLE + 1)}, TextError, "at most 120"),
        ({"about": "x" * (MOST_NOTE + 1)}, TextError, "at most 4,000"),
        ({"question": Question("severity:awful", StreamName())}, QueryError, "awful"),
    ],
)
def test_what_cannot_be_meant_is_not_saved(
    store: Store, changes: dict[str, object], error: type[Exception], said: str
) -> None:
    """A missing title, a text too long, a query that cannot be read: refused, and nothing is kept."""
    with pytest.raises(error, match=said):
        store.searches.add(draft(**changes), "anna", (), NOON)  # type: ignore[arg-type]
    assert store.searches.all() == []


def test_a_new_schedule_begins_at_its_last_boundary(store: Store) -> None:
    """What was received since midnight is in the first review of a schedule made at noon."""
    number = store.searches.add(draft(schedule=DAILY), "anna", (), NOON)
    assert store.searches.get(number).covered_until == DAY
    assert [one.number for one in store.searches.scheduled()] == [number]


def test_a_changed_schedule_goes_on_where_it_was(store: Store) -> None:
    """Another hour or reviewer leaves no gap: the next period starts where the last one ended."""
    number = store.searches.add(draft(schedule=DAILY), "anna", (), NOON)
    later = draft(schedule=Schedule("weekly", 5, 0, "rolf", 7))
    store.searches.change(number, later, "anna", (), NOON + timedelta(days=3))
    found = store.searches.get(number)
    assert found.draft == later
    assert found.covered_until == DAY
    assert found.changed_at == NOON + timedelta(days=3)


def test_a_schedule_that_is_taken_up_again_covers_nothing_twice(store: Store) -> None:
    """After an end and a new beginning on one day, what was reviewed is not reviewed again."""
    number = store.searches.add(draft(schedule=DAILY), "anna", (), NOON)
    found = store.searches.get(number)
    store.queue.open(found, Period(DAY, DAY + timedelta(days=1)), NOON + timedelta(days=1))
    store.searches.change(number, draft(), "anna", (), NOON + timedelta(days=1))
    assert store.searches.get(number).covered_until is None
    earlier = replace(DAILY, hour=13)  # its last boundary was yesterday at 13:00, within what was reviewed
    store.searches.change(number, draft(schedule=earlier), "anna", (), NOON + timedelta(days=1))
    assert store.searches.get(number).covered_until == DAY + timedelta(days=1)


def test_a_removed_search_is_not_there(store: Store) -> None:
    """It is neither listed nor given, its schedule ends, and its number is never used again."""
    number = store.searches.add(draft(schedule=DAILY), "anna", (), NOON)
    store.searches.remove(number, "anna", NOON)
    assert store.searches.all() == store.searches.scheduled() == []
    for deed in (store.searches.get, lambda one: store.searches.remove(one, "anna", NOON)):
        with pytest.raises(LookupError):
            deed(number)
    assert store.searches.add(draft(), "anna", (), NOON) > number


def test_history_says_who_changed_what(store: Store) -> None:
    """Each change stands in the history, with the query as it was then."""
    number = store.searches.add(draft("one"), "anna", (), NOON)
    store.searches.change(number, draft("two", schedule=DAILY), "adam", (), NOON)
    store.searches.remove(number, "adam", NOON)
    events = store.events("search", number)
    assert [(event.by, event.what) for event in events] == [
        ("anna", "saved"),
        ("adam", "changed"),
        ("adam", "removed"),
    ]
    assert "query: one" in events[0].text
    assert "daily at 00:00 UTC for rita, to sign off within 3 days" in events[1].text


def test_a_search_stays_with_its_stream(store: Store) -> None:
    """Who may see a search's history is told by its stream, which therefore does not change."""
    number = store.searches.add(draft(), "anna", (), NOON)
    other = draft(question=Question("failed", StreamName("shop", "web")))
    with pytest.raises(TextError, match="stays with its stream"):
        store.searches.change(number, other, "anna", (), NOON)
    assert store.searches.get(number).draft == draft()


def test_masks_are_those_of_everybody_who_wrote_it(store: Store) -> None:
    """Once somebody wrote its words for whom less is masked, they may be what is masked for others."""
    number = store.searches.add(draft(), "anna", ("message", "user"), NOON)
    store.searches.change(number, draft("more"), "rita", ("user", "sd"), NOON)
    assert store.searches.get(number).masked == ("user",)
    store.searches.change(number, draft("all"), "adam", (), NOON)
    assert store.searches.get(number).masked == ()


def test_a_removed_search_is_still_known(store: Store) -> None:
    """Its reviews need to know whose words they are."""
    number = store.searches.add(draft(), "anna", ("user",), NOON)
    store.searches.remove(number, "anna", NOON)
    assert store.searches.even_removed(number).masked == ("user",)
    with pytest.raises(LookupError):
        store.searches.even_removed(99)
