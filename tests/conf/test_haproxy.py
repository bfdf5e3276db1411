"""Rules for HAProxy: the fields of messages as they are really written, with invented addresses."""

import pytest

from tests.conf.lines import assert_fields

CASES = [
    (
        '203.0.113.5:38862 [20/Nov/2026:10:00:00.726] www~ app/node7 0/0/1/30/31 200 1235 - - ---- 6/6/0/0/0 0/0 {example.com||} {|||} "GET /index.html HTTP/1.1"',
        {
            "src": "203.0.113.5",
            "src_port": "38862",
            "frontend": "www~",
            "backend": "app",
            "server": "node7",
            "time_request": "0",
            "time_queue": "0",
            "time_connect": "1",
            "time_response": "30",
            "time_total": "31",
            "status": "200",
            "bytes": "1235",
            "termination": "----",
            "active_connections": "6",
            "retries": "0",
            "request_headers": "example.com||",
            "response_headers": "|||",
            "method": "GET",
            "url": "/index.html",
            "http_version": "HTTP/1.1",
            "tag": "http",
        },
    ),
    (
        '::ffff:203.0.113.5:38862 [20/Nov/2026:10:00:00.726] www app/<NOSRV> 0/-1/-1/-1/0 503 213 - - SC-- 1/1/0/0/0 0/0 "GET / HTTP/1.1"',
        {
            "src": "203.0.113.5",
            "src_port": "38862",
            "frontend": "www",
            "backend": "app",
            "server": "<NOSRV>",
            "time_request": "0",
            "time_queue": "-1",
            "time_connect": "-1",
            "time_response": "-1",
            "time_total": "0",
            "status": "503",
            "bytes": "213",
            "termination": "SC--",
            "active_connections": "1",
            "retries": "0",
            "method": "GET",
            "url": "/",
            "http_version": "HTTP/1.1",
            "tag": "http",
        },
    ),
    (
        '2001:db8::5:38862 [20/Nov/2026:10:00:00.726] www app/<NOSRV> -1/-1/-1/-1/0 400 213 - - PR-- 1/1/0/0/0 0/0 "<BADREQ>"',
        {
            "client": "2001:db8::5:38862",
            "frontend": "www",
            "backend": "app",
            "server": "<NOSRV>",
            "time_request": "-1",
            "time_queue": "-1",
            "time_connect": "-1",
            "time_response": "-1",
            "time_total": "0",
            "status": "400",
            "bytes": "213",
            "termination": "PR--",
            "active_connections": "1",
            "retries": "0",
            "request": "<BADREQ>",
            "tag": "http",
        },
    ),
    (
        "203.0.113.5:40962 [20/Nov/2026:10:00:00.285] mysql db/db1 1/0/5007 212 -- 1/1/0/0/0 0/0",
        {
            "src": "203.0.113.5",
            "src_port": "40962",
            "frontend": "mysql",
            "backend": "db",
            "server": "db1",
            "time_queue": "1",
            "time_connect": "0",
            "time_total": "5007",
            "bytes": "212",
            "termination": "--",
            "active_connections": "1",
            "retries": "0",
            "tag": "tcp",
        },
    ),
    (
        "203.0.113.5:40962 [20/Nov/2026:10:00:00.285] www/1: SSL handshake failure",
        {
            "src": "203.0.113.5",
            "src_port": "40962",
            "frontend": "www",
            "bind": "1",
            "reason": "SSL handshake failure",
            "tag": "refused",
        },
    ),
    (
        "Connect from 203.0.113.5:40780 to 192.0.2.1:443 (www/HTTP)",
        {
            "src": "203.0.113.5",
            "src_port": "40780",
            "dst": "192.0.2.1",
            "dst_port": "443",
            "frontend": "www",
            "mode": "HTTP",
            "tag": "tcp",
        },
    ),
    (
        "Server app/node7 is DOWN, reason: Layer4 timeout, check duration: 2001ms. 1 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.",
        {
            "backend": "app",
            "server": "node7",
            "state": "DOWN",
            "reason": "Layer4 timeout, check duration: 2001ms",
            "tag": "server",
        },
    ),
]


@pytest.mark.parametrize(("message", "expected"), CASES)
def test_fields(message: str, expected: dict[str, str]) -> None:
    """A message of HAProxy has these fields, and no others."""
    assert_fields("haproxy", message, expected)
