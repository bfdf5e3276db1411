"""/listeners: what is set and what is there, what was lost, and when certificates end."""

from datetime import UTC, datetime, timedelta
from typing import Any

from access.visitor import Visitor
from collector.settings import CollectorSettings
from storage.layout import Layout
from tests.web.operators import HOSTILE, client_of, document_of, listener, seen, telling
from web.appliance import Appliance, Certificate, Seen
from web.listeners import Listener, build, ending

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SET = {name: one.model_dump(mode="json") for name, one in CollectorSettings().listeners.items()}


def looked(canaries: Any = None, **listeners: Any) -> Seen:
    """Give a look at a collector with these listeners."""
    told = document_of()
    told["roles"]["collector"]["listeners"] = listeners
    told["roles"]["watch"]["canaries"] = canaries or {}
    return seen(told)


def one(name: str, there: Seen | None) -> Listener:
    """Give one listener of the page."""
    (found,) = (each for each in build(SET, there) if each.name == name)
    return found


def test_the_page(layout: Layout) -> None:
    """Every listener with its place, its figures and its canary; losses stand apart, in words."""
    there = looked(
        {"udp": {"state": "missing", "why": "nothing came"}},
        udp=listener(messages=12, lost={"buffer full": 3}, not_admitted=4),
        tcp=listener(transport="tcp", address="::", connections=7, refused={"too many": 2}),
    )
    with client_of(layout, Appliance(look=telling(there), listeners=SET)) as client:
        answer = client.get("/listeners")
    assert answer.status_code == 200
    for said in (
        "192.0.2.9:5514", "[::]:5514", "default/syslog", "MISSING: nothing came",
        "3 messages lost: buffer full",
        "4 messages of senders that are not in sender_networks", "2 connections refused: too many",
    ):  # fmt: skip
        assert said in answer.text, said


def test_set_and_there() -> None:
    """Open, switched off, closed although it is set, and open although nobody has set it, are told apart."""
    there = looked(udp=listener(), stray=listener())
    assert one("udp", there).state == "open"
    assert one("tcp", there).state == "closed"
    assert one("gelf-udp", there).state == "off"
    assert one("stray", there).state == "not set"
    assert [each.messages for each in build(SET, None)] == [None] * len(SET)


def test_several_collectors_are_one_listener() -> None:
    """What two processes count of one listener is added up."""
    told = document_of()
    for number in (1, 2):
        told["roles"][f"collector-{number}"] = {
            **told["roles"]["collector"],
            "listeners": {"tcp": listener(messages=number, connections=5, lost={"x": 1})},
        }
    found = one("tcp", seen(told))
    assert (found.messages, found.connections, found.lost) == (3, "10", 2)


def test_canaries() -> None:
    """Found, missing and not tried are words; a listener without any has none."""
    states = {
        "udp": {"state": "ok", "latency_seconds": 0.256},
        "tcp": {"state": "untried", "why": "client_certificate is required"},
        "tls": {"state": "waiting"},
    }
    there = looked(states, udp=listener(), tcp=listener(), tls=listener(), relp=listener())
    assert one("udp", there).canary == "found 0.26 s after it was sent"
    assert one("tcp", there).canary == "not tried: client_certificate is required"
    assert one("tls", there).canary == "waits for its first"
    assert one("relp", there).canary == ""
    assert one("tcp", there).canary_is_well
    assert not one("udp", looked({"udp": {"state": "missing"}}, udp=listener())).canary_is_well


def test_certificates() -> None:
    """Well, soon to end, ended and unreadable: each is told with what it is used for."""

    def at(days: float | None, **more: Any) -> tuple[str, str]:
        ends = None if days is None else NOW + timedelta(days=days)
        told = ending(Certificate(("tls",), "own", "x.pem", "CN=x", "sha-256:00", ends, **more), NOW)
        return told.left, told.level

    assert at(400) == ("in 400 days", "well")
    assert at(29.5) == ("in 29 days", "warning")
    assert at(-2) == ("ended 2 days ago", "trouble")
    assert at(None, trouble="no PEM") == ("", "trouble")


def test_hostile_settings_and_subjects_are_text(layout: Layout) -> None:
    """Whatever a certificate says of itself, and whatever a listener is called."""
    certificate = Certificate((HOSTILE,), "senders", "x.pem", f"CN={HOSTILE}", "", NOW, HOSTILE)
    appliance = Appliance(
        look=telling(looked(udp=listener(lost={HOSTILE: 1}))),
        certificates=telling([certificate]),
        listeners=SET,
    )
    with client_of(layout, appliance) as client:
        answer = client.get("/listeners").text
    assert "&lt;script&gt;" in answer
    assert "<script>document" not in answer
    assert "\x1b" not in answer
    assert "\u202e" not in answer


def test_nothing_runs(layout: Layout) -> None:
    """What is set is shown all the same, and that nothing is known of what comes in."""
    with client_of(layout, Appliance(listeners=SET)) as client:
        answer = client.get("/listeners").text
    assert "No running appliance answers" in answer
    assert "gelf-udp" in answer
    with client_of(layout, visitor=Visitor("ann", "reviewer")) as client:
        assert client.get("/listeners").status_code == 403
