"""The promises of what is kept of the ledger beside a result: what it was, and whether it goes on."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from access.sight import Sights
from access.visitor import CONSOLE, Limits, Visitor
from reviews import making
from reviews.evidence import Evidence, difference, read, written
from reviews.ledgers import ANOTHER, GONE, UNREADABLE, Ledgers
from reviews.making import Means
from reviews.store import Store
from storage.layout import Layout
from storage.ledger import read_note
from storage.results import Request
from tests.storage.ledgers import NAME, archived, ledgered

END = datetime(2026, 11, 21, tzinfo=UTC)
Altering = Callable[[Layout], None]


@pytest.fixture
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """Give a data folder with a ledger."""
    made = Layout(tmp_path_factory.mktemp("ledgers") / "data")
    archived(made)
    ledgered(made)
    return made


def goes_on(layout: Layout) -> None:
    """Have more come into the ledger."""
    archived(layout, number=2)
    ledgered(layout)


def begin_anew(layout: Layout) -> None:
    """Make another ledger, with another key."""
    remove(layout)
    ledgered(layout)


def remove(layout: Layout) -> None:
    """Remove ledger and key."""
    for path in (*layout.ledger("default").iterdir(), *layout.ledger_key("default").parent.iterdir()):
        path.unlink()


def alter(layout: Layout) -> None:
    """Change a leaf."""
    path = layout.ledger("default") / "leaves.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"records":7', b'"records":6'))


@pytest.mark.parametrize(
    ("happens", "said"), [(goes_on, ""), (begin_anew, ANOTHER), (remove, GONE), (alter, UNREADABLE)]
)
def test_what_becomes_of_a_ledger(layout: Layout, happens: Altering, said: str) -> None:
    """A checkpoint that was kept says whether today's ledger goes on from it, and else what became of it."""
    ledgers = Ledgers(layout, Sights(layout))
    kept = ledgers.checkpoint(CONSOLE, "default")
    assert kept == read_note(layout, "default")
    happens(layout)
    assert ledgers.fault("default", kept) == said


def test_a_ledger_set_back(layout: Layout) -> None:
    """A ledger that was put back to what it was before is shorter than the one that was kept."""
    folder = layout.ledger("default")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    goes_on(layout)
    ledgers = Ledgers(layout, Sights(layout))
    kept = ledgers.checkpoint(CONSOLE, "default")
    for path, octets in before.items():
        path.write_bytes(octets)
    assert ledgers.fault("default", kept) == UNREADABLE
    layout.ledger_signed("default").unlink()  # as who holds the key can
    assert "had more at" in ledgers.fault("default", kept)


def test_who_is_given_a_checkpoint(layout: Layout) -> None:
    """Who sees a part of the tenant keeps none: it counts what is hidden."""
    ledgers = Ledgers(layout, Sights(layout))
    assert not ledgers.checkpoint(Visitor("bob", "auditor", Limits(hosts=("h*",))), "default")
    assert not ledgers.checkpoint(CONSOLE, "other")


def test_a_result_keeps_it(layout: Layout) -> None:
    """A result keeps the checkpoint of then; a check holds today's ledger against it."""
    store, sights = Store(layout.reviews), Sights(layout)
    means = Means(
        store, {CONSOLE.name: CONSOLE}.get, sights.searcher, sees=sights.sees, ledgers=Ledgers(layout, sights)
    )
    number = store.results.ask(Request("", NAME, None, END, limit=None), CONSOLE.name, Limits(), END)
    made = making.make(means, number).evidence
    assert made is not None
    assert (made.checkpoint, made.ledger) == (read_note(layout, "default"), "")
    _, checked = making.check(means, number, CONSOLE)
    assert difference(made, checked) == ()
    begin_anew(layout)
    _, checked = making.check(means, number, CONSOLE)
    assert difference(made, checked) == (ANOTHER,)
    assert store.results.checks(number)[-1].evidence == checked
    store.close()


def test_a_day_that_was_removed(layout: Layout) -> None:
    """A whole day that was removed leaves no gap between numbers: the ledger knows that it was there."""
    store, sights = Store(layout.reviews), Sights(layout)
    means = Means(
        store, {CONSOLE.name: CONSOLE}.get, sights.searcher, sees=sights.sees, ledgers=Ledgers(layout, sights)
    )
    number = store.results.ask(Request("", NAME, None, END, limit=None), CONSOLE.name, Limits(), END)
    made = making.make(means, number).evidence
    assert made is not None
    assert (made.total, made.missing, made.is_whole) == (7, 0, True)
    for path in layout.archive(NAME).rglob("*.parquet"):
        path.unlink()
    _, checked = making.check(means, number, CONSOLE)
    assert (checked.total, checked.missing, checked.is_whole) == (0, 7, False)
    assert "7 messages of the range are in no file now, and did not expire" in difference(made, checked)[1]
    assert "they were put back" in difference(checked, made)[1]
    store.close()


def test_evidence_of_before() -> None:
    """Evidence that an earlier release kept has no checkpoint, and is read."""
    found = Evidence(1, 2, "0" * 64, None, None, {}, (), 0, "note", "fault")
    assert read(written(found)) == found
    earlier = written(found).replace(', "checkpoint": "note", "ledger": "fault"', "")
    assert read(earlier) == replace(found, checkpoint="", ledger="")
