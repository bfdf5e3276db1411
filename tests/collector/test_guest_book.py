"""Guests are counted each, and told of now and then."""

import logging

import pytest

from collector.counts import ListenerCounts
from collector.guest_book import GuestBook
from collector.guests import Guest


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that a test sets."""
    now = [10.0]
    monkeypatch.setattr("collector.guest_book.time.monotonic", lambda: now[0])
    return now


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    """What was told so far, up to the peer."""
    return [(record.levelno, record.getMessage().partition(" turned")[0]) for record in caplog.records]


def test_an_hour(clock: list[float], caplog: pytest.LogCaptureFixture) -> None:
    """A peer that comes again is counted; an hour later it is told of once more."""
    counts = ListenerCounts()
    book = GuestBook("tcp", "tcp", counts)
    for passed in (0.0, 1.0, 3598.0, 2.0, 1.0):
        clock[0] += passed
        book.add(Guest.RELP, "192.0.2.1")
    assert counts.report()["guests"] == {"relp": 5}
    assert told(caplog) == [(logging.ERROR, "listener tcp: 192.0.2.1")] * 2


def test_each_peer_and_protocol(caplog: pytest.LogCaptureFixture) -> None:
    """A sender that an operator can mend is an ERROR; a scanner is a WARNING."""
    book = GuestBook("tcp", "tcp", ListenerCounts())
    book.add(Guest.TLS, "192.0.2.1")
    book.add(Guest.HTTP, "192.0.2.1")
    book.add(Guest.HTTP, "192.0.2.2")
    assert [level for level, _ in told(caplog)] == [logging.ERROR, logging.WARNING, logging.WARNING]


def test_many_peers(clock: list[float], caplog: pytest.LogCaptureFixture) -> None:
    """A scan from everywhere fills neither memory nor log, and does not silence the next hour."""
    book = GuestBook("udp", "udp", ListenerCounts())
    for number in range(1_200):
        book.add(Guest.DTLS, f"peer {number}")
    assert len(caplog.records) == 1_000
    clock[0] += 3_600
    book.add(Guest.DTLS, "peer 1100")
    assert len(caplog.records) == 1_001
