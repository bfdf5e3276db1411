"""The answer in words."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from parsers.schema import ARCHIVE_SCHEMA
from storage.results import Cursor, Damage, Histogram, Page, Request, Scope
from web.answer import Answer, answer
from web.counts import Counted, Finished
from web.form import SearchForm
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


def asked(form: SearchForm, page: Page, finished: Finished | None) -> Answer:
    """Give the answer to a form."""
    return answer(form, Request(form.query), page, finished, NOW)


def counted(total: int, age: float = 0) -> Finished:
    """Give a count that began ``age`` seconds ago."""
    histogram = Histogram([0], 10**9, [[0, 0, 0, total, 0, 0, 0, 0]], Scope())
    return Finished(Counted(histogram, total), NOW - timedelta(seconds=age))


def test_a_count_under_way_is_said_to_be() -> None:
    """Without a count, the answer says that there are more, and that counting goes on."""
    made = asked(SearchForm("x"), Page(rows(10), Scope(complete=False), Cursor(1, 1)), None)
    assert made.count == "More than 10 messages match"
    assert made.is_counting
    assert made.chart is None


def test_an_older_count_says_when_it_was_made() -> None:
    """A number that was counted a while ago says when, since messages may have come after it."""
    page = Page(rows(10), Scope(), None)
    assert asked(SearchForm("x"), page, counted(10)).partial == ""
    assert not asked(SearchForm("x"), page, counted(10)).is_counting
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
    finished.counted.histogram.scope.damaged.append(damage)
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
    whole = Scope(12, 340, 20, 300, 18, 2, 327_680)
    assert scope(whole) == (
        "12 files with 340 blocks in this range; 320 blocks ruled out without reading "
        "(300 by the index, 20 by their times); 20 blocks read (2 without an index), "
        "327,680 messages looked at; damaged: none. This covers the whole range."
    )
    early = scope(Scope(blocks=3, scanned_indexed=1, complete=False))
    assert "3 blocks so far" in early
    assert "What is older was not looked at yet" in early


def test_flags_of_a_newer_release() -> None:
    """A flag that this release does not know is said to be one."""
    assert flag("quantum_entangled") == ("A leniency that this release does not know.", "")
    assert count(1, "place is", "places are") == "1 place is"
