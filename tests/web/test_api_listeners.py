"""/api/v1/listeners: what is set and what is there, with numbers in place of the page's words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from access.visitor import Visitor
from collector.settings import CollectorSettings
from storage.layout import Layout
from tests.web.operators import client_of, document_of, listener, seen, telling
from web.appliance import Appliance, Certificate

OPERATOR = Visitor("olga", "operator")
SET = {name: one.model_dump(mode="json") for name, one in CollectorSettings().listeners.items()}
ENDS = datetime.now(UTC) + timedelta(days=3)
CERTIFICATES = [
    Certificate(("tls",), "own", "own.pem", "CN=x", "sha-256:00", ENDS),
    Certificate(("relp",), "senders", "ca.pem", trouble="no PEM"),
]


def appliance(**listeners: Any) -> Appliance:
    """Give an appliance whose collector has these listeners."""
    told = document_of()
    told["roles"]["collector"]["listeners"] = listeners
    told["roles"]["watch"]["canaries"] = {"udp": {"state": "missing", "why": "nothing came"}}
    return Appliance(look=telling(seen(told)), certificates=telling(CERTIFICATES), listeners=SET)


def test_listeners(layout: Layout) -> None:
    """Each with its state, place and counts; what is not open has no counts; losses are told with reasons."""
    there = appliance(
        udp=listener(messages=12, octets=480, lost={"buffer full": 3}),
        stray=listener(transport="tcp", address="::", connections=7),
    )
    with client_of(layout, there, OPERATOR) as client:
        found = client.get("/api/v1/listeners").json()
    by_name = {one["name"]: one for one in found["listeners"]}
    udp, stray, tcp = by_name["udp"], by_name["stray"], by_name["tcp"]
    assert found["running"] is True
    assert (udp["state"], udp["messages"], udp["octets"], udp["lost"]) == ("open", 12, 480, 3)
    assert (udp["place"], udp["goes_to"]) == ("192.0.2.9:5514", "default/syslog")
    assert udp["troubles"] == ["3 messages lost: buffer full"]
    assert (udp["canary"], udp["canary_is_well"]) == ("MISSING: nothing came", False)
    assert (stray["state"], stray["place"], stray["connections"]) == ("not set", "[::]:5514", 7)
    assert stray["goes_to"] is None
    assert (tcp["state"], tcp["messages"], tcp["lost"], tcp["octets_a_second"]) == (
        "closed",
        None,
        None,
        None,
    )
    assert by_name["gelf-udp"]["state"] == "off"


def test_rates_are_numbers(layout: Layout) -> None:
    """What comes in a second, once the appliance was looked at twice; otherwise null."""
    rated = replace(seen(document_of()), rates={"listeners": {"udp": {"messages": 2.5, "octets": 1000.0}}})
    with client_of(layout, Appliance(look=telling(rated), listeners=SET), OPERATOR) as client:
        found = client.get("/api/v1/listeners").json()["listeners"]
    (udp,) = (one for one in found if one["name"] == "udp")
    assert (udp["messages_a_second"], udp["octets_a_second"]) == (2.5, 1000.0)


def test_certificates(layout: Layout) -> None:
    """When each ends, whether that is soon, and why one cannot be read."""
    with client_of(layout, appliance(), OPERATOR) as client:
        found = client.get("/api/v1/listeners").json()
    own, senders = found["certificates"]
    assert (own["listeners"], own["use"], own["level"], own["trouble"]) == (["tls"], "own", "warning", None)
    assert datetime.fromisoformat(own["ends"]) == ENDS
    assert (senders["ends"], senders["level"], senders["trouble"]) == (None, "trouble", "no PEM")
    assert found["certificates_trouble"] is None


def test_who_may(layout: Layout) -> None:
    """It is for operators; without an appliance it is 503, and says what to look at."""
    with client_of(layout, appliance(), Visitor("bob", "auditor")) as client:
        assert client.get("/api/v1/listeners").status_code == 403
    with client_of(layout, None, OPERATOR) as client:
        answer = client.get("/api/v1/listeners")
    assert answer.status_code == 503
    assert "does not run" in answer.json()["detail"]
