"""/api/v1/status, /sources and /balance: how the appliance is."""

from datetime import UTC, datetime

from access.visitor import Limits, Visitor
from storage.layout import Layout
from tests.web.operators import client_of, inventory, observed, of_days, seen, statement, telling
from web.appliance import Appliance

START = 1_795_000_000.0
OPERATOR = Visitor("olga", "operator")
APPLIANCE = Appliance(
    look=telling(seen()),
    inventory=telling(
        inventory(observed(START, host="fw-1"), observed(START, 5, peer="192.0.2.2", host="<b>web-1</b>"))
    ),
    statement=of_days(statement()),
)


def test_the_status_is_what_the_command_says(layout: Layout) -> None:
    """The document of `sysledger status` is there with the sentence of its state, and says how old it is."""
    with client_of(layout, APPLIANCE, OPERATOR) as client:
        found = client.get("/api/v1/status").json()
    assert found["live"] is True
    assert found["document"]["roles"]["collector"]["running"] is True
    assert found["sentence"]
    assert 0 <= found["age_seconds"] < 60
    assert datetime.fromisoformat(found["at"]) <= datetime.now(UTC)


def test_sources_can_be_chosen(layout: Layout) -> None:
    """All, or those of a pattern, in an order, from a place on."""
    with client_of(layout, APPLIANCE, OPERATOR) as client:
        found = client.get("/api/v1/sources?order=host").json()
        assert [one["host"] for one in found["sources"]] == ["<b>web-1</b>", "fw-1"]
        assert found["sources"][1]["peer"] == "192.0.2.1"
        found = client.get("/api/v1/sources?q=fw-*").json()
        assert [one["host"] for one in found["sources"]] == ["fw-1"]
        found = client.get("/api/v1/sources?order=host&start=1&limit=1").json()
        assert ([one["host"] for one in found["sources"]], found["matching"]) == (["fw-1"], 2)
        assert client.get("/api/v1/sources?only=loud").status_code == 400


def test_masked_names_are_not_shown_by_the_inventory(layout: Layout) -> None:
    """The inventory consists of names and addresses: for whom these are masked, it is refused."""
    masked = Visitor("olga", "operator", Limits(masked=("hostname",)))
    with client_of(layout, APPLIANCE, masked) as client:
        answer = client.get("/api/v1/sources")
    assert answer.status_code == 403
    assert "fw-1" not in answer.text


def test_the_books_are_the_commands(layout: Layout) -> None:
    """The statement of `sysledger balance` is there, of a day or of all; what is no day is refused."""
    with client_of(layout, APPLIANCE, OPERATOR) as client:
        assert client.get("/api/v1/balance?day=2026-11-20").json()["statement"] == statement()
        assert client.get("/api/v1/balance").status_code == 200
        for day in ("0", "20261120", "2026-11-31"):
            assert client.get(f"/api/v1/balance?day={day}").status_code == 400


def test_what_is_not_known_is_503(layout: Layout) -> None:
    """Without an appliance that runs, the answer says so, and what to look at."""
    with client_of(layout, None, OPERATOR) as client:
        for path in ("status", "sources", "balance"):
            answer = client.get(f"/api/v1/{path}")
            assert answer.status_code == 503
            assert "does not run" in answer.json()["detail"]


def test_auditors_do_not_operate(layout: Layout) -> None:
    """These are for operators and administrators."""
    with client_of(layout, APPLIANCE, Visitor("bob", "auditor")) as client:
        for path in ("status", "sources", "balance"):
            assert client.get(f"/api/v1/{path}").status_code == 403
