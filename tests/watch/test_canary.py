"""The canary's books, with made-up times."""

import json

import pytest

from parsers.explain import explain
from parsers.source import UNKNOWN_SOURCE
from tests.watch.records import START
from watch.canary import Canaries, message, new_token, token_in
from watch.listeners import Listener

UDP = Listener("udp", "udp", "default", "syslog")


def sent(canaries: Canaries, token: str, now: float) -> None:
    """Send one through the listener udp, to be found in 30 seconds."""
    canaries.know(["udp"], {})
    canaries.send("udp", token, now, 30.0)


def test_found_in_time_is_well() -> None:
    """A canary that is found makes its listener ok, with the latency."""
    canaries = Canaries()
    sent(canaries, "a", START)
    found = canaries.find("a", START + 0.5)
    assert found is not None
    assert canaries.turn_of(found) is None
    course = canaries.courses["udp"]
    assert (course.state, course.latency, course.sent, course.found) == ("ok", 0.5, 1, 1)
    assert canaries.find("a", START + 1) is None


def test_missing_is_told_once_and_the_end_once() -> None:
    """Two that are missing in a row are told once; the next that is found in time is told, once."""
    canaries = Canaries()
    told = []
    for number in range(2):
        sent(canaries, f"lost {number}", START + number * 60)
        assert canaries.overdue(START + number * 60 + 29) == []
        told += [canaries.miss(one) for one in canaries.overdue(START + number * 60 + 31)]
    assert [turn is not None and turn.missing for turn in told] == [True, False]
    assert canaries.courses["udp"].state == "missing"
    late = canaries.find("lost 1", START + 130)
    assert late is not None
    assert canaries.turn_of(late) is None  # late is not well
    sent(canaries, "next", START + 140)
    found = canaries.find("next", START + 141)
    assert found is not None
    turn = canaries.turn_of(found)
    assert turn is not None
    assert not turn.missing
    assert canaries.courses["udp"].missing == 2


def test_what_is_over_is_not_told_as_beginning() -> None:
    """A canary that stays lost after a later one was found is counted, and told no more."""
    canaries = Canaries()
    sent(canaries, "lost", START)
    sent(canaries, "found", START + 5)
    assert canaries.find("found", START + 6) is not None
    (late,) = canaries.overdue(START + 31)
    assert canaries.miss(late) is None
    assert canaries.courses["udp"].missing == 1


def test_why_it_could_not_be_sent_is_told() -> None:
    """The reason that the system gave stands in what is told."""
    canaries = Canaries()
    sent(canaries, "a", START)
    canaries.failed("a", "it could not be sent: Connection refused")
    (late,) = canaries.overdue(START + 31)
    turn = canaries.miss(late)
    assert turn is not None
    assert "Connection refused" in turn.text
    assert "not found within 30 s" in turn.text


def test_listeners_come_and_go() -> None:
    """One that is closed is forgotten with its canaries; one that cannot be tried says why."""
    canaries = Canaries()
    sent(canaries, "a", START)
    canaries.know([], {"tls": "client_certificate is required"})
    assert canaries.find("a", START + 1) is None
    assert canaries.report()["tls"]["state"] == "untried"
    assert canaries.report()["tls"]["why"] == "client_certificate is required"
    assert "udp" not in canaries.report()


@pytest.mark.parametrize("form", ["auto", "rfc5424", "rfc3164"])
def test_a_canary_is_a_message_of_its_listeners_standard(form: str) -> None:
    """It conforms to the letter, with facility syslog, severity info, and its token in MSG."""
    token = new_token()
    octets = message(Listener("udp", "udp", "default", "syslog", form), token, "host", 7, START)
    read = explain(octets, received_at=round(START * 1e9), source=UNKNOWN_SOURCE).record
    assert (read["facility"], read["severity"], read["app_name"]) == (5, 6, "sysledger-canary")
    assert (read["hostname"], read["proc_id"]) == ("host", "7")
    assert token_in(read["message"]) == token
    assert set(read["flags"]) <= ({"year_inferred", "timezone_assumed"} if form == "rfc3164" else set())


def test_a_canary_of_gelf_is_an_object() -> None:
    """Host and text are GELF's own members."""
    octets = message(Listener("gelf", "gelf-udp", "default", "syslog"), "0" * 16, "host", 7, START)
    document = json.loads(octets)
    assert (document["host"], document["version"]) == ("sysledger-canary", "1.1")
    assert token_in(octets.decode()) == "0" * 16
