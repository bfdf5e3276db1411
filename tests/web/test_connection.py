"""Nobody keeps others out by connections on which no request arrives."""

import socket
from urllib.parse import urlsplit

import pytest

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
