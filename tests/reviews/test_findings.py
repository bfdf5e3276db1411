"""Findings: statements, and matters that are opened, resolved and opened again."""

from datetime import date, timedelta

import pytest

from access.visitor import Limits
from reviews.findings import Matter
from reviews.store import Store
from reviews.texts import DoneError, TextError
from storage.results import Request
from tests.reviews.conftest import DAY

MATTER = Matter("ops", date(2026, 12, 1))


@pytest.fixture
def result(store: Store) -> int:
    """Give the number of a result that was asked for."""
    return store.results.ask(Request("failed", end=DAY), "anna", Limits(), DAY)


def test_a_statement_is_its_makers(store: Store, result: int) -> None:
    """A statement has neither day nor resolution, and belongs to whoever made it."""
    number = store.findings.save(" Nothing\nfailed ", result, by="anna", note="for the audit", at=DAY)
    finding = store.findings.get(number)
    assert (finding.title, finding.state, finding.owner, finding.due) == (
        "Nothing failed", "statement", "anna", None,
    )  # fmt: skip
    assert (finding.result, finding.opened_by, finding.opened_at) == (result, "anna", DAY)
    assert not finding.is_overdue(date(2030, 1, 1))
    (event,) = store.events("finding", number)
    assert (event.what, event.text) == ("stated", "for the audit")


def test_a_matter_is_opened_resolved_and_opened_again(store: Store, result: int) -> None:
    """Each step keeps who, when and why; a resolution stays in the history when it did not hold."""
    number = store.findings.save("Guessing", result, by="rita", note="", at=DAY, matter=MATTER)
    store.findings.resolve(number, "ops", "blocked at the firewall", DAY + timedelta(days=1))
    finding = store.findings.get(number)
    assert (finding.state, finding.resolution, finding.resolved_by) == (
        "resolved", "blocked at the firewall", "ops",
    )  # fmt: skip
    assert finding.resolved_at == DAY + timedelta(days=1)
    store.findings.open(number, Matter("net", date(2026, 12, 9)), "rita", "it came back", DAY)
    finding = store.findings.get(number)
    assert (finding.state, finding.owner, finding.due, finding.resolved_at) == (
        "open", "net", date(2026, 12, 9), None,
    )  # fmt: skip
    assert [event.what for event in store.events("finding", number)] == [
        "opened for ops, due 2026-12-01", "resolved", "opened again for net, due 2026-12-09",
    ]  # fmt: skip


def test_a_statement_can_become_a_matter(store: Store, result: int) -> None:
    """A statement is opened with owner and day."""
    number = store.findings.save("Nothing", result, by="anna", note="", at=DAY)
    store.findings.open(number, MATTER, "rita", "look again", DAY)
    assert store.findings.get(number).state == "open"
    assert store.events("finding", number)[-1].what == "opened for ops, due 2026-12-01"


def test_an_open_one_can_be_handed_over(store: Store, result: int) -> None:
    """Another owner or another day is a line of history of its own."""
    number = store.findings.save("Guessing", result, by="rita", note="", at=DAY, matter=MATTER)
    store.findings.open(number, Matter(" net ", MATTER.due), "rita", "theirs", DAY)
    store.findings.open(number, Matter("net", date(2026, 12, 24)), "rita", "takes longer", DAY)
    assert [event.what for event in store.events("finding", number)][1:] == [
        "handed over from ops to net, due 2026-12-01", "due 2026-12-24",
    ]  # fmt: skip


def test_only_what_is_open_is_resolved(store: Store, result: int) -> None:
    """A statement has nothing to resolve, and what is resolved is not resolved twice."""
    number = store.findings.save("Nothing", result, by="anna", note="", at=DAY)
    with pytest.raises(DoneError, match="is not open, but statement"):
        store.findings.resolve(number, "anna", "done", DAY)
    with pytest.raises(LookupError):
        store.findings.resolve(99, "anna", "done", DAY)


def test_overdue_is_after_the_day(store: Store, result: int) -> None:
    """On the day itself it is not overdue."""
    finding = store.findings.get(
        store.findings.save("Guessing", result, by="rita", note="", at=DAY, matter=MATTER)
    )
    assert not finding.is_overdue(MATTER.due)
    assert finding.is_overdue(MATTER.due + timedelta(days=1))


def test_texts_are_needed(store: Store, result: int) -> None:
    """A title, an owner, a reason and a resolution are asked for, and nothing is kept without."""
    with pytest.raises(TextError, match="a title"):
        store.findings.save("", result, by="anna", note="", at=DAY)
    with pytest.raises(TextError, match="an owner"):
        store.findings.save("x", result, by="anna", note="", at=DAY, matter=Matter(" ", MATTER.due))
    number = store.findings.save("x", result, by="anna", note="", at=DAY, matter=MATTER)
    with pytest.raises(TextError, match="a note"):
        store.findings.open(number, MATTER, "anna", "", DAY)
    with pytest.raises(TextError, match="a resolution"):
        store.findings.resolve(number, "anna", " ", DAY)
    assert len(store.events("finding", number)) == 1


def test_the_list_is_newest_first_and_by_state(store: Store, result: int) -> None:
    """All, or those in one state, below a number."""
    for title in ("a", "b"):
        store.findings.save(title, result, by="anna", note="", at=DAY)
    store.findings.save("c", result, by="anna", note="", at=DAY, matter=MATTER)
    assert [finding.title for finding in store.findings.newest()] == ["c", "b", "a"]
    assert [finding.title for finding in store.findings.newest("statement")] == ["b", "a"]
    assert [finding.title for finding in store.findings.newest(before=2)] == ["a"]


def test_a_comment_is_a_line_of_history(store: Store, result: int) -> None:
    """What somebody says changes nothing else."""
    number = store.findings.save("a", result, by="anna", note="", at=DAY)
    before = store.findings.get(number)
    store.findings.comment(number, "rita", "seen", DAY)
    assert store.findings.get(number) == before
    assert store.events("finding", number)[-1].text == "seen"
