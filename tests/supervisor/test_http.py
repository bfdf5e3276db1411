"""As much of HTTP as the status listener speaks: what it takes, what it refuses, and how."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from supervisor.http import Answer, Request, encode, parse_request


def status(head: bytes) -> int:
    """The status of the refusal; 0 for a request that is taken."""
    found = parse_request(head)
    return found.status if isinstance(found, Answer) else 0


@pytest.mark.parametrize(
    ("head", "request_"),
    [
        (b"GET /healthz HTTP/1.1\r\nHost: box", Request("GET", "/healthz", "", "box")),
        (b"HEAD /readyz?x=1 HTTP/1.1\r\nhost:  box:1 \t", Request("HEAD", "/readyz", "x=1", "box:1")),
        (b"GET / HTTP/1.0", Request("GET", "/", "", None)),
        (b"GET http://other/x HTTP/1.1\r\nHost: box", Request("GET", "/x", "", "other")),
        (b"GET http://me@other:80 HTTP/1.1\r\nHost: box", Request("GET", "/", "", "other:80")),
        (
            b"GET / HTTP/1.1\r\nHost: a\r\nAccept: text/plain\r\nAccept: application/json",
            Request("GET", "/", "", "a", "text/plain, application/json"),
        ),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0", Request("GET", "/", "", "a")),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9", Request("POST", "/", "", "a")),
    ],
)
def test_requests_are_read(head: bytes, request_: Request) -> None:
    """Paths and absolute targets, HTTP/1.1 with a Host and HTTP/1.0 without, as load balancers send it."""
    assert parse_request(head) == request_


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"", 400),
        (b"GET /", 400),
        (b"GET  / HTTP/1.1\r\nHost: a", 400),
        (b"GET / HTTP/1.1 \r\nHost: a", 400),
        (b"GET /\xff HTTP/1.1\r\nHost: a", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 400),
        (b"<13>1 - - - - - -", 400),
        (b"GET / HTTP/2.0\r\nHost: a", 505),
        (b"GET / HTTP/1.1", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a", 400),
        (b"GET / HTTP/1.1\r\nHost : a", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\n folded", 400),
        (b"GET / HTTP/1.1\nHost: a", 400),
        (b"GET / HTTP/1.1\r\nHost: a\nX: b", 400),
        (b"GET / HTTP/1.1\r\nHost: a\x00b", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked", 400),
        (b"GET ftp://a/ HTTP/1.1\r\nHost: a", 400),
        (b"GET http://[/ HTTP/1.1\r\nHost: a", 400),
        (b"OPTIONS * HTTP/1.1\r\nHost: a", 400),
        (b"CONNECT a:80 HTTP/1.1\r\nHost: a", 400),
    ],
)
def test_what_does_not_fit_is_refused(head: bytes, expected: int) -> None:
    """Another protocol, a malformed line, two Hosts, a body: a status by the RFC, and nothing is guessed."""
    assert status(head) == expected


@given(some.binary(max_size=300))
def test_any_octets_have_an_answer(head: bytes) -> None:
    """Nothing that is sent raises: it is a request, or it has a refusal."""
    assert status(head) in {0, 400, 505}


@given(some.binary(max_size=60), some.sampled_from([b"Host: a\r\n%b", b"Host: a%b", b"Host: a\r\nX: %b"]))
def test_no_octets_make_a_second_line(middle: bytes, header: bytes) -> None:
    """What a field holds ends at its CRLF: nobody writes lines of ours."""
    found = parse_request(b"GET / HTTP/1.1\r\n" + header % middle)
    if isinstance(found, Request):
        assert found.host is not None
        assert not {"\r", "\n", "\0"} & set(found.host)


def test_an_answer_is_written_whole() -> None:
    """Status, length, kind, the end of the connection; HEAD gets all of it but the body."""
    answer = Answer(405, b"no\n", fields={"Allow": "GET, HEAD"})
    octets = encode(answer, head_only=False, now=1_800_000_000)
    head, _, body = octets.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "HTTP/1.1 405 Method Not Allowed"
    assert "Date: Fri, 15 Jan 2027 08:00:00 GMT" in lines
    assert "Content-Length: 3" in lines
    assert "Connection: close" in lines
    assert "Allow: GET, HEAD" in lines
    assert "Cache-Control: no-store" in lines
    assert body == b"no\n"
    assert encode(answer, head_only=True, now=1_800_000_000) == head + b"\r\n\r\n"
