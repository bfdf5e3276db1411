"""Nobody keeps others out by connections on which no request arrives."""

import logging
import socket
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest

from storage.layout import Layout
from tests.machine import await_true
from tests.web.browsing import serving
from tests.web.signing import Clock
from web.connection import Shares

WHOLE = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
FORM = (
    b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nname="
)


@pytest.mark.parametrize("sent", [b"", b"GET /search HTTP/1.1\r\nHo", WHOLE + b"GET", FORM])
def test_what_does_not_arrive_is_not_waited_for(
    url: str, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    """Nothing, half a header, the same after a whole request, half a form: the connection is closed."""
    monkeypatch.setattr("web.connection.LOOK_SECONDS", 0.2)
    where = urlsplit(url)
    with socket.create_connection((where.hostname, where.port), timeout=30) as connection:
        connection.sendall(sent)
        answer = b""
        while octets := connection.recv(4096):  # ends when the other side closes; a bound of 30 s else
            answer += octets
    assert answer.count(b"HTTP/1.1 200") == sent.count(WHOLE)


def test_an_answer_is_waited_for(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever follows live, which takes minutes, is let be."""
    monkeypatch.setattr("web.connection.LOOK_SECONDS", 0.2)
    monkeypatch.setattr("web.tail._ALIVE_SECONDS", 0.5)
    where = urlsplit(url)
    with socket.create_connection((where.hostname, where.port), timeout=30) as connection:
        connection.sendall(WHOLE.replace(b"/healthz", b"/tail/events"))
        answer = b""
        while answer.count(b"still here") < 3 and (octets := connection.recv(4096)):
            answer += octets
    assert answer.count(b"still here") == 3


def test_one_address_has_a_share(layout: Layout) -> None:
    """Who has it already is told so and shut out at once; when a connection ends, another may come."""
    with serving(layout, connections_per_address=3) as url, ExitStack() as opened:
        where = urlsplit(url)

        def connected() -> socket.socket:
            found = socket.create_connection((where.hostname, where.port), timeout=30)
            return opened.enter_context(found)

        ours = [connected() for _ in range(3)]
        for one in ours:
            one.sendall(WHOLE)
            assert one.recv(12) == b"HTTP/1.1 200"
        one_more = connected()
        answer = b""
        while octets := one_more.recv(4096):
            answer += octets
        assert answer.startswith(b"HTTP/1.1 503")
        assert b"Too many connections from your address" in answer
        ours[0].close()
        await_true(lambda: httpx.get(f"{url}/healthz").status_code == 200, "another to come in")


def test_a_share(caplog: pytest.LogCaptureFixture) -> None:
    """Others have their own; IPv6 by its /64; what is given back can be had again. Told once a minute."""
    clock = Clock()
    shares = Shares(2, clock=clock)
    with caplog.at_level(logging.WARNING):
        assert [shares.take("192.0.2.1") for _ in range(4)] == [True, True, False, False]
        assert shares.take("192.0.2.2")
        assert shares.take("::ffff:192.0.2.2")
        assert not shares.take("192.0.2.2")
        assert [shares.take(f"2001:db8::{number}") for number in range(3)] == [True, True, False]
        assert shares.take("2001:db8:0:1::1")
        assert len(caplog.messages) == 1
        assert "192.0.2.1 has 2 connections" in caplog.messages[0]
        clock.now += 60
        assert not shares.take("192.0.2.1")
        assert len(caplog.messages) == 2
    shares.give_back("192.0.2.1")
    assert [shares.take("192.0.2.1") for _ in range(2)] == [True, False]


@pytest.mark.parametrize(
    ("most", "proxies", "address", "taken"),
    [
        (0, (), "192.0.2.1", 5),
        (2, ("10.0.0.0/8", "192.0.2.7"), "10.1.2.3", 5),
        (2, ("10.0.0.0/8", "192.0.2.7"), "::ffff:192.0.2.7", 5),
        (2, ("10.0.0.0/8",), "192.0.2.7", 2),
        (2, ("10.0.0.0/8",), "", 2),
    ],
)
def test_who_has_no_bound(most: int, proxies: tuple[str, ...], address: str, taken: int) -> None:
    """Behind a proxy all come from its address: proxies that are named have no bound; with 0 nobody has."""
    shares = Shares(most, proxies)
    assert sum(shares.take(address) for _ in range(5)) == taken
