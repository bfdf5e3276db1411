"""The answer in words."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from parsers.schema import ARCHIVE_SCHEMA
from storage.results import Cursor, Damage, Histogram, Page, Request, Scope
from storage.survey import Survey
from web.answer import Answer, answer
from web.asking import Answered
from web.form import SearchForm
from web.jobs import Progress, State
from web.words import count, flag, scope

NOW = datetime(2026, 11, 20, 22, 51, 3, tzinfo=UTC)
EMPTY = ARCHIVE_SCHEMA.empty_table()


def rows(number: int) -> pa.Table:
    """Give this many records."""
    record = {
        "seq": 1, "received_at": NOW, "facility": 4, "severity": 3, "format": "rfc5424", "flags": [],
        "peer": "::1", "listener": "tcp", "transport": "tcp",
    }  # fmt: skip
    return pa.Table.from_pylist([record] * number, ARCHIVE_SCHEMA)


def asked(form: SearchForm, page: Page | None, survey: Progress[Survey] | None) -> Answer:
    """Give the answer to a form; no page is one that is looked for yet."""
    found: Progress[Page] = Progress("running" if page is None else "done", page, NOW)
    return answer(form, Request(form.query), Answered(found, survey), NOW)


def counted(total: int, age: float = 0, state: State = "done", decided: int = 4) -> Progress[Survey]:
    """Give a survey that began ``age`` seconds ago."""
    scope = Scope(complete=state == "done")
    histogram = Histogram([0], 10**9, [[0, 0, 0, total, 0, 0, 0, 0]], scope)
    return Progress(state, Survey(total, histogram, (), 4, decided), NOW - timedelta(seconds=age))


def test_a_count_under_way_is_said_to_be() -> None:
    """Without a count, the answer says that there are more, and that counting goes on."""
    page = Page(rows(10), Scope(complete=False), Cursor(1, 1))
    made = asked(SearchForm("x"), page, Progress("running", None, NOW))
    assert made.count == "More than 10 messages match"
    assert made.is_growing
    assert made.chart is None
    assert asked(SearchForm("x"), page, Progress("waiting", None, NOW)).is_growing


def test_a_count_so_far_is_shown() -> None:
    """On its way, the answer has the number and the histogram so far, and how far it has come."""
    page = Page(rows(10), Scope(complete=False), Cursor(1, 1))
    made = asked(SearchForm("x"), page, counted(1200, state="running", decided=1))
    assert made.count == "1,200 messages match so far"
    assert made.counting.percent == 25
    assert "25%. 1 of 4 blocks decided" in made.counting.said
    assert made.chart is not None


def test_a_stopped_count_says_where() -> None:
    """What was stopped is not taken for all of it, nor said to go on."""
    page = Page(rows(10), Scope(complete=False), Cursor(1, 1))
    made = asked(SearchForm("x"), page, counted(1200, state="stopped", decided=3))
    assert made.count == "1,200 messages match by the time of the stop"
    assert "stopped at 75%" in made.counting.said
    assert not made.is_growing


def test_nothing_is_said_of_what_is_stored_alone() -> None:
    """That nothing was found claims nothing of what is not stored, and says why a query may find nothing."""
    page = Page(rows(0), Scope(complete=True), None)
    for form, why in ((SearchForm("logins"), True), (SearchForm("", start="today"), False)):
        said = asked(form, page, counted(0)).nothing
        assert said.startswith("Everything that is stored of this range was searched: no such message")
        assert ("A word finds that whole word only" in said) is why


def test_a_page_on_its_way_is_no_answer() -> None:
    """While messages are looked for, the page does not say that there are none."""
    made = asked(SearchForm("x"), None, counted(0, state="running", decided=0))
    assert made.nothing == "No message was found so far. The search goes on."
    assert made.count == "0 messages match so far"
    assert made.is_growing


def test_a_permanent_link_has_no_moving_times() -> None:
    """The link to pass on has the times that were meant, also where To was now."""
    form = SearchForm("x", start="-1h")
    request = Request("x", start=NOW - timedelta(hours=1))
    page: Progress[Page] = Progress("done", Page(rows(1), Scope(), None), NOW)
    link = answer(form, request, Answered(page, counted(1)), NOW).link
    assert link == "/search?q=x&from=2026-11-20T21%3A51%3A03Z&to=2026-11-20T22%3A51%3A03Z"


def test_an_older_count_says_when_it_was_made() -> None:
    """A number that was counted a while ago says when, since messages may have come after it."""
    page = Page(rows(10), Scope(), None)
    assert asked(SearchForm("x"), page, counted(10)).partial == ""
    assert not asked(SearchForm("x"), page, counted(10)).is_growing
    assert asked(SearchForm("x"), page, counted(10, 60)).partial.startswith("Counted at 22:50:03 UTC.")


@pytest.mark.parametrize(
    ("query", "total", "said"),
    [
        ("x", 1, "1 message matches"),
        ("x", 1234, "1,234 messages match"),
        ("", 1, "1 message"),
        ("", 2, "2 messages"),
    ],
)
def test_numbers_are_said(query: str, total: int, said: str) -> None:
    """The number of matches reads as English."""
    assert asked(SearchForm(query), Page(rows(1), Scope(), None), counted(total)).count == said


def test_damage_is_named_once() -> None:
    """A place that page and count both met is one place."""
    damage = Damage(Path("/data/1.parquet"), 4096, "checksum")
    finished = counted(1)
    assert finished.found is not None
    finished.found.histogram.scope.damaged.append(damage)
    made = asked(SearchForm(), Page(EMPTY, Scope(damaged=[damage]), None), finished)
    assert made.damage == ("1.parquet, octet 4,096: checksum",)


def test_a_damaged_index_is_said_in_plain_words() -> None:
    """An index that cannot be read hides nothing; the page says that, which days, and what to do."""
    damages = [Damage(Path(f"/data/index/date=2026-11-{day:02}"), 0, "bad magic") for day in range(1, 8)]
    made = asked(SearchForm(), Page(EMPTY, Scope(damaged_indexes=damages[:1]), None), counted(1))
    assert made.slow.startswith("The index of 1 day (2026-11-01) cannot be read.")
    assert "nothing is missing from this answer" in made.slow
    assert "sysledger index rebuild" in made.slow
    many = asked(SearchForm(), Page(EMPTY, Scope(damaged_indexes=damages * 2), None), None)
    assert many.slow.startswith("The index of 7 days (2026-11-01, 2026-11-02, 2026-11-03")
    assert "2026-11-05 …)" in many.slow
    assert asked(SearchForm(), Page(EMPTY, Scope(), None), None).slow == ""


def test_the_scope_is_said() -> None:
    """What was searched is said in numbers that add up."""
    whole = Scope(12, 340, 20, 300, 18, 2, 327_680, days=3)
    assert scope(whole) == (
        "12 files of 3 days with 340 blocks in this range; 320 blocks ruled out without reading "
        "(300 by the index, 20 by their times); 20 blocks read (2 without an index), "
        "327,680 messages looked at; damaged: none, missing: none. This covers the whole range."
    )
    whole.missing = 1_200
    assert scope(whole).endswith(
        "damaged: none, missing: 1,200. 1,200 messages of this range are in no file, and missing from this "
        "answer: sysledger verify says which and why."
    )
    early = scope(Scope(blocks=3, scanned_indexed=1, complete=False))
    assert "3 blocks so far" in early
    assert "What comes then was not looked at yet, since this page is full" in early


def test_the_scope_says_why_it_ends_where_it_does() -> None:
    """What was not looked at is said with its reason: a page is never called full while it is searched."""
    early = Page(rows(3), Scope(complete=False), Cursor(1, 1))

    def ends(searching: State, survey: Progress[Survey] | None) -> str:
        answered = Answered(Progress(searching, early, NOW), survey)
        return answer(SearchForm("x"), Request("x"), answered, NOW).scope.rpartition("none. ")[2]

    running: Progress[Survey] = Progress("running", None, NOW)
    assert ends("running", running) == "The search is under way: what comes then is looked at next."
    assert ends("waiting", None) == ends("running", None) == ends("running", running)
    assert ends("done", running) == "What comes then is being counted."
    assert ends("done", None) == "What comes then was not looked at yet, since this page is full."
    assert ends("stopped", None) == "What comes then was not looked at, since this was stopped."
    assert ends("done", counted(3, state="stopped")) == ends("done", None), "the page's own scope is shown"
    survey = Answered(Progress("done", None, NOW), counted(3, state="stopped"))
    assert "since this was stopped" in answer(SearchForm("x"), Request("x"), survey, NOW).scope
    assert ends("done", counted(3)) == "This covers the whole range."


def test_flags_of_a_newer_release() -> None:
    """A flag that this release does not know is said to be one."""
    assert flag("quantum_entangled") == ("A leniency that this release does not know.", "")
    assert count(1, "place is", "places are") == "1 place is"
