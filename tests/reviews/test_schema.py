"""The tables: what was once stated is neither changed nor deleted through them."""

import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest

from access.visitor import Limits
from reviews import making
from reviews.making import Means
from reviews.periods import Period
from reviews.store import FILE, Store
from storage.layout import Layout
from storage.results import Request
from tests.reviews.conftest import DAILY, DAY, draft


@pytest.fixture
def full(store: Store, means: Means) -> Store:
    """Give a store with one of everything: a search, a signed review, a result, a check, a finding."""
    search = store.searches.add(draft(schedule=DAILY), "anna", (), DAY)
    review = store.queue.open(store.searches.get(search), Period(DAY, DAY + timedelta(days=1)), DAY)
    making.make_all(means)
    store.queue.sign(review, "rita", "fine", DAY)
    result = store.results.ask(Request("x", end=DAY), "anna", Limits(), DAY)
    making.make_all(means)
    making.check(means, result, means.visitor_of("anna"))  # type: ignore[arg-type]
    store.findings.save("Nothing", result, by="anna", note="", at=DAY)
    return store


@pytest.mark.parametrize("table", ["searches", "results", "checks", "reviews", "findings", "history"])
def test_nothing_is_deleted(full: Store, table: str) -> None:
    """Deleting what was stated is refused, and undoes the transaction that it is in."""
    with pytest.raises(sqlite3.IntegrityError, match="not deleted"), full.database.write() as connection:
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 - the test's own
    assert full.database.read(f"SELECT count(*) AS number FROM {table}")[0]["number"]  # noqa: S608 - the same


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE results SET evidence = '{}'",
        "UPDATE results SET query = 'other' WHERE made_at IS NOT NULL",
        "UPDATE reviews SET note = 'other'",
        "UPDATE reviews SET outcome = NULL, signed_by = '', signed_at = NULL",
        "UPDATE checks SET evidence = '{}'",
        "UPDATE history SET text = 'other'",
        "INSERT OR REPLACE INTO history SELECT * FROM history",
    ],
)
def test_what_was_stated_is_not_changed(full: Store, change: str) -> None:
    """A made result, a signed review, a check and history stay as they are."""
    before = [tuple(row) for row in full.database.read("SELECT * FROM history")]
    refused = pytest.raises(sqlite3.IntegrityError, match=r"not (changed|deleted)")
    with refused, full.database.write() as connection:
        connection.execute(change)
    assert [tuple(row) for row in full.database.read("SELECT * FROM history")] == before


def test_it_is_there_after_a_restart(full: Store, layout: Layout) -> None:
    """What is kept is kept in the file, which only its owner may read."""
    again = Store(layout.reviews)
    assert again.queue.get(1) == full.queue.get(1)
    assert again.findings.get(1) == full.findings.get(1)
    assert again.events("review", 1) == full.events("review", 1)
    assert (layout.reviews / FILE).stat().st_mode & 0o777 == 0o600
    again.close()


BEFORE = """
CREATE TABLE schedules (
    search INTEGER PRIMARY KEY REFERENCES searches (number),
    cadence TEXT NOT NULL CHECK (cadence IN ('daily', 'weekly')),
    hour INTEGER NOT NULL CHECK (hour BETWEEN 0 AND 23),
    weekday INTEGER NOT NULL CHECK (weekday BETWEEN 0 AND 6),
    reviewer TEXT NOT NULL, days INTEGER NOT NULL CHECK (days > 0),
    covered_until TEXT NOT NULL
);
"""


def test_a_file_from_before_time_zones_is_still_read(layout: Layout, store: Store) -> None:
    """Its schedules go on where they were, by UTC; then they can be given a zone and a month."""
    store.searches.add(draft(schedule=DAILY), "anna", (), DAY)
    columns = "search, cadence, hour, weekday, reviewer, days, covered_until"
    with store.database.write() as connection:
        connection.execute("CREATE TABLE kept AS SELECT * FROM schedules")
        connection.execute("DROP TABLE schedules")
        connection.execute(BEFORE)
        connection.execute(f"INSERT INTO schedules SELECT {columns} FROM kept")  # noqa: S608 - the test's own
    for _ in range(2):
        again = Store(layout.reviews)
        (found,) = again.searches.scheduled()
        again.close()
        assert (found.draft.schedule, found.covered_until) == (DAILY, DAY)
    monthly = replace(DAILY, cadence="monthly", zone="Europe/Vienna")
    again = Store(layout.reviews)
    again.searches.change(1, draft(schedule=monthly), "anna", (), DAY)
    assert (again.searches.get(1).draft.schedule, again.searches.get(1).covered_until) == (monthly, DAY)
    again.close()
