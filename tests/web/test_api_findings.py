"""/api/v1/findings: results that somebody relies on."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from access.access import Access
from access.visitor import Limits, Visitor
from storage.layout import Layout, StreamName
from tests.storage.ledgers import ledgered
from tests.web.archives import stored
from tests.web.asking import ANN, BOB, EVE, Asking
from tests.web.furnished import HOSTILE


@pytest.fixture
def asking(layout: Layout) -> Iterator[Asking]:
    """Give an application over some messages."""
    stored(layout, StreamName(), HOSTILE[:4])
    layout.access.mkdir(parents=True)
    access = Access(layout.access)
    access.accounts.add("ann", "administrator")
    access.accounts.add("eve", "auditor")
    access.close()
    found = Asking(layout)
    with found.client:
        yield found


def save(client: TestClient, expected: int = 201, /, **sent: Any) -> Any:
    """Save a finding, and give what is answered."""
    answer = client.post("/api/v1/findings", json={"title": "Nobody became root", **sent})
    assert answer.status_code == expected, answer.text
    return answer.json()


def test_nothing_found_is_a_statement(asking: Asking) -> None:
    """A result without a match is saved with query, range, scope, count and a digest that can be checked."""
    made = save(asking.as_(EVE), q="unheard", note="as asked by ann")
    assert (made["state"], made["owner"], made["result"]["asked_by"]) == ("statement", "eve", "eve")
    evidence = made["result"]["evidence"]
    assert (evidence["count"], evidence["total"]) == (0, 4)
    assert evidence["digest"] == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert made["result"]["asked"]["to"] is not None
    assert asking.client.get(f"/api/v1/findings/{made['number']}").json() == made
    checked = asking.client.post(f"/api/v1/findings/{made['number']}/check").json()
    assert (checked["same"], checked["differences"]) == (True, [])


def test_a_matter_takes_a_reviewer(asking: Asking) -> None:
    """A finding with an owner and a day is opened by who may review, and by nobody else."""
    matter = {"q": "lonvick", "owner": "ann", "due": "2026-12-24"}
    save(asking.as_(EVE), 403, **matter)
    made = save(asking.as_(ANN), **matter)
    assert (made["state"], made["owner"], made["due"]) == ("open", "ann", "2026-12-24")
    assert made["result"]["evidence"]["count"] == 1
    listed = asking.client.get("/api/v1/findings?state=open").json()
    assert [one["number"] for one in listed["findings"]] == [made["number"]]
    assert listed["next"] is None
    assert asking.client.get("/api/v1/findings?owner=ann").json() == listed
    assert asking.client.get("/api/v1/findings?owner=eve").json()["findings"] == []


def test_a_check_tells_nothing_of_a_ledger_that_is_hidden(asking: Asking, layout: Layout) -> None:
    """Who sees one stream of the tenant checks a finding there, and learns nothing of what counts all."""
    ledgered(layout)
    made = save(asking.as_(EVE), q="unheard")["number"]
    assert asking.client.post(f"/api/v1/findings/{made}/check").json()["evidence"]["checkpoint"] is not None
    shutil.rmtree(layout.ledger("default"))
    assert len(asking.client.post(f"/api/v1/findings/{made}/check").json()["differences"]) == 1
    asking.as_(Visitor("stan", "auditor", Limits(streams=("default/syslog",))))
    checked = asking.client.post(f"/api/v1/findings/{made}/check").json()
    assert (checked["same"], checked["evidence"]["checkpoint"], checked["differences"]) == (True, None, [])


def test_a_finding_is_there_for_who_may_see_its_messages(asking: Asking) -> None:
    """A finding over one tenant does not exist for who sees another one only."""
    made = save(asking.as_(ANN), q="lonvick")
    bob = asking.as_(BOB)
    assert bob.get(f"/api/v1/findings/{made['number']}").status_code == 404
    assert bob.post(f"/api/v1/findings/{made['number']}/check").status_code == 404
    assert bob.get("/api/v1/findings").json()["findings"] == []
    save(bob, 422, q="lonvick")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"q": "severity:awful"}, 422),
        ({"from": "soon"}, 422),
        ({"stream": "never"}, 422),
        ({"owner": "ann"}, 422),
        ({"owner": "ann", "due": "2026-02-30"}, 422),
        ({"due": "tomorrow"}, 400),
        ({"title": ""}, 400),
        ({"query": "x"}, 400),
    ],
    ids=str,
)
def test_what_cannot_be_saved(asking: Asking, sent: dict[str, Any], status: int) -> None:
    """The refusal says what is wrong, and nothing is saved."""
    refused = save(asking.as_(ANN), status, **sent)
    assert refused["errors"]
    assert asking.client.get("/api/v1/findings").json()["findings"] == []
