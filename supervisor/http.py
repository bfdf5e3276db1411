"""As much of HTTP/1.1 as the status listener speaks (RFC 9110, RFC 9112): octets in and out, no sockets.

Every connection carries one request without a body and one answer, and is closed after it. So there is
nothing to get out of step with: no pipelining, no chunks, no second message that somebody could hide in the
first. A request that does not fit is an answer, too, with the status that the RFC has for it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

MAXIMUM_HEAD: Final = 8192  # octets of request line and header; a scraper's has some three hundred
HEAD_END: Final = b"\r\n\r\n"
PLAIN: Final = "text/plain; charset=utf-8"

# RFC 9112 section 3: method SP request-target SP HTTP-version. RFC 9110 section 5.6.2: token.
_REQUEST_LINE: Final = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([!-~]+) HTTP/([0-9])\.([0-9])")
_FIELD_LINE: Final = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)")
_UNUSABLE: Final = re.compile(r"[\x00\r\n]")  # RFC 9110 section 5.5: in no field value


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked: ``path`` and ``query`` as sent, ``host`` None when an HTTP/1.0 client sent none."""

    method: str
    path: str
    query: str = ""
    host: str | None = None
    accept: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status code, a body and what it is; ``fields`` are more fields of its header."""

    status: int
    body: bytes
    kind: str = PLAIN
    fields: Mapping[str, str] = field(default_factory=dict)


def refusal(status: int, sentence: str, fields: Mapping[str, str] | None = None) -> Answer:
    """Give the answer that says why there is no other, and what to do."""
    return Answer(status, f"{sentence}\n".encode(), fields=fields or {})


def parse_request(head: bytes) -> Request | Answer:
    """Read the head of a request, up to and without the empty line; what is malformed gets its answer.

    Stricter than a server of pages: no folded lines, no line ends but CRLF, exactly one Host (RFC 9112
    section 3.2; an HTTP/1.0 client may leave it out, as load balancers' health checks do), no body.
    """
    lines = head.decode("latin-1").split("\r\n")
    asked = _REQUEST_LINE.fullmatch(lines[0])
    if asked is None:
        return refusal(400, "this is no HTTP request: send GET /readyz HTTP/1.1 and a Host field")
    method, target, major, minor = asked.groups()
    if major != "1":
        return refusal(505, "this listener speaks HTTP/1.1")
    fields = _fields(lines[1:])
    if fields is None:
        return refusal(400, "a line of the header is malformed: write NAME: VALUE")
    if method in {"GET", "HEAD"} and _has_body(fields):
        return refusal(400, "this listener takes no body: leave it out")
    hosts = fields.get("host", [])
    if len(hosts) > 1 or (not hosts and minor != "0"):
        return refusal(400, "send exactly one Host field")
    return _request(method, target, hosts[0] if hosts else None, fields)


def _request(method: str, target: str, host: str | None, fields: Mapping[str, list[str]]) -> Request | Answer:
    """RFC 9112 section 3.2: the target is a path, or absolute (and then its host counts)."""
    path, _, query = target.partition("?")
    if not target.startswith("/"):
        try:
            parts = urlsplit(target)
        except ValueError:
            return refusal(400, "the address is malformed: ask for /readyz")
        if parts.scheme.lower() != "http" or not parts.netloc:
            return refusal(400, "the address is not one of this listener: ask for /readyz")
        path, query, host = parts.path or "/", parts.query, parts.netloc.rpartition("@")[2]
    return Request(method, path, query, host, ", ".join(fields.get("accept", [])))


def _fields(lines: list[str]) -> dict[str, list[str]] | None:
    """The header's values by name in lower case; None when a line is malformed."""
    found: dict[str, list[str]] = {}
    for line in lines:
        parts = _FIELD_LINE.fullmatch(line)
        if parts is None or _UNUSABLE.search(line):
            return None
        found.setdefault(parts[1].lower(), []).append(parts[2].rstrip(" \t"))
    return found


def _has_body(fields: Mapping[str, list[str]]) -> bool:
    return "transfer-encoding" in fields or fields.get("content-length", ["0"]) != ["0"]


def encode(answer: Answer, *, head_only: bool, now: float) -> bytes:
    """Give the octets of an answer.

    Args:
        answer: what is answered.
        head_only: the request was HEAD: the length of the body is told, and the body is not sent (RFC 9110
            section 9.3.2).
        now: seconds since the epoch, for Date.
    """
    fields = {
        "Date": formatdate(now, usegmt=True),
        "Content-Type": answer.kind,
        "Content-Length": str(len(answer.body)),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Connection": "close",
        **answer.fields,
    }
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    return "\r\n".join(lines).encode("latin-1") + HEAD_END + (b"" if head_only else answer.body)
