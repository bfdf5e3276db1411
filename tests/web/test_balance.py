"""/balance: the books as a page; what has no cause is loud."""

from datetime import date

import pytest

from access.visitor import Limits, Visitor
from storage.layout import Layout
from supervisor.balance_sides import Difference, Line
from tests.web.operators import HOSTILE, client_of, of_days, statement
from web.appliance import Appliance, Document
from web.balance import build, causes

LINE = Line(
    "udp", received_by_kernel=12, dropped_by_kernel=1, framed=11, parsed=10, unparsed=1, handed_over=11
)
KILLED = "gone with a collector that was killed"


def appliance(*differences: Difference, compares: bool = True) -> Appliance:
    """Give an appliance with such books."""
    return Appliance(statement=of_days(statement(LINE, differences=differences, compares=compares)))


def test_books_that_balance(layout: Layout) -> None:
    """Both sides by listener, the total, the causes and the notes; and that it balances."""
    explained = [Difference("udp", 2, KILLED, at="2026-11-20T10:00:00Z"), Difference("udp", 3, KILLED)]
    with client_of(layout, appliance(*explained)) as client:
        answer = client.get("/balance")
    assert answer.status_code == 200
    for said in (
        "The books balance",
        "By the kernel",
        "Handed over",
        f"5 {KILLED}",
        "about 2026-11-20 10:00:00",
        "A note.",
    ):
        assert said in answer.text, said
    assert 'id="unexplained"' not in answer.text


def test_what_has_no_cause_is_loud(layout: Layout) -> None:
    """It stands apart, with its number and what to do."""
    with client_of(
        layout, appliance(Difference("udp", 4, "framed, and nowhere else", explained=False))
    ) as client:
        answer = client.get("/balance").text
    assert "does not balance" in answer
    assert "4 messages without a cause" in answer
    assert "4 framed, and nowhere else" in answer
    assert "sysledger verify" in answer


def test_one_side_alone(layout: Layout) -> None:
    """Where storage is elsewhere nothing is said to balance."""
    with client_of(layout, appliance(compares=False)) as client:
        answer = client.get("/balance").text
    assert "one side only" in answer
    assert "The books balance" not in answer


def test_the_day_is_asked_for(layout: Layout) -> None:
    """A day of the calendar is asked for as such; what is no day is said to be none, and all are shown."""
    asked: list[date | None] = []

    def of(day: date | None) -> Document:
        asked.append(day)
        return statement(LINE)

    with client_of(layout, Appliance(statement=of)) as client:
        assert "Balance of 2026-11-20" in client.get("/balance?date=2026-11-20").text
        answer = client.get("/balance?date=<b>").text
    assert asked == [date(2026, 11, 20), None]
    assert "is no day" in answer
    assert "&lt;b&gt;" in answer


def test_by_source(layout: Layout) -> None:
    """A line for each source; not for somebody for whom addresses are masked."""
    with client_of(layout, appliance()) as client:
        assert "192.0.2.1" in client.get("/balance?by=source").text
        assert "192.0.2.1" not in client.get("/balance").text
    masked = Visitor("ann", "operator", Limits(masked=("peer",)))
    with client_of(layout, appliance(), masked) as client:
        assert client.get("/balance?by=source").status_code == 403
        assert client.get("/balance").status_code == 200


@pytest.mark.parametrize("by_source", [False, True])
def test_hostile_names_are_text(layout: Layout, by_source: bool) -> None:  # noqa: FBT001 - a parameter
    """Addresses and causes are shown as what they are."""
    made = statement(Line(HOSTILE), differences=[Difference(HOSTILE, 1, HOSTILE, explained=False)])
    made["sources"][0]["peer"] = HOSTILE
    with client_of(layout, Appliance(statement=of_days(made))) as client:
        answer = client.get(f"/balance?by={'source' if by_source else 'listener'}").text
    assert "&lt;script&gt;" in answer
    assert "<script>document" not in answer
    assert "\x1b" not in answer


def test_many_sources_are_cut() -> None:
    """A page has so many lines, and says how many it leaves out."""
    made = statement(LINE)
    many = {**made, "sources": made["sources"] * 700}
    view = build(many, by_source=True)
    assert [len(table.lines) for table in view.tables] == [500, 500]
    assert view.left_out == 200


def test_causes_are_put_together() -> None:
    """One sentence for each listener and cause, with when it first and last was."""
    several = [
        {"listener": "udp", "messages": number, "cause": KILLED, "at": f"2026-11-2{number}T10:00:00Z"}
        for number in (1, 2)
    ]
    (one,) = causes(several)
    assert (one.messages, one.when) == (3, "2 times, 2026-11-21 10:00:00 to 2026-11-22 10:00:00")


def test_there_are_no_books(layout: Layout) -> None:
    """Without an appliance the page says so; and it is for operators."""
    with client_of(layout) as client:
        assert "There are no books here" in client.get("/balance").text
    with client_of(layout, appliance(), Visitor("ann", "auditor")) as client:
        assert client.get("/balance").status_code == 403
