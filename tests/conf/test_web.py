"""Rules for Apache and nginx: the fields of messages as they are really written, with invented addresses."""

import pytest

from parsers.rules.choice import Choice, Chosen
from parsers.rules.trial import Trial, bare_records
from tests.conf.lines import assert_fields, fields, rulebase
from tests.shared import ABSENT, SHARED

FILES = (
    "loghub/Apache_2k.log",
    "oslogs/Debian11/apache2/access.log",
    "oslogs/Debian11/apache2/error.log",
    "oslogs/Debian9/nginx/access.log",
    "oslogs/Debian9/nginx/error.log",
    "oslogs/RockyLinux9/nginx/access.log",
    "oslogs/RockyLinux9/nginx/error.log",
)

CASES = [
    (
        '192.0.2.7 - ada [20/Nov/2026:10:00:00 +0000] "GET /index.html?q=1 HTTP/1.1" 200 3343 "https://example.com/" "Mozilla/5.0 (X11; Linux x86_64)"',
        {
            "src": "192.0.2.7",
            "user": "ada",
            "method": "GET",
            "url": "/index.html?q=1",
            "http_version": "HTTP/1.1",
            "status": "200",
            "bytes": "3343",
            "referrer": "https://example.com/",
            "user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
            "tag": "access_log",
        },
    ),
    (
        '203.0.113.5 - - [20/Nov/2026:10:00:00 +0000] "GET / HTTP/1.0" 304 -',
        {
            "src": "203.0.113.5",
            "method": "GET",
            "url": "/",
            "http_version": "HTTP/1.0",
            "status": "304",
            "tag": "access_log",
        },
    ),
    (
        '203.0.113.5 - - [20/Nov/2026:10:00:00 +0000] "-" 408 - "-" "-"',
        {"src": "203.0.113.5", "status": "408", "tag": "access_log"},
    ),
    (
        '203.0.113.5 - - [20/Nov/2026:10:00:00 +0000] "GET /a\\"b HTTP/1.1" 404 12 "-" "x \\"y\\" z"',
        {
            "src": "203.0.113.5",
            "request": 'GET /a"b HTTP/1.1',
            "status": "404",
            "bytes": "12",
            "tag": "access_log",
        },
    ),
    (
        'www.example.com 203.0.113.5 - - [20/Nov/2026:10:00:00 +0000] "POST /form HTTP/2.0" 302 0 "-" "curl/7.76.1"',
        {
            "virtual_host": "www.example.com",
            "src": "203.0.113.5",
            "method": "POST",
            "url": "/form",
            "http_version": "HTTP/2.0",
            "status": "302",
            "bytes": "0",
            "user_agent": "curl/7.76.1",
            "tag": "access_log",
        },
    ),
    (
        '203.0.113.5 - - [20/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 7620 "-" "curl/7.76.1" "198.51.100.1"',
        {
            "src": "203.0.113.5",
            "method": "GET",
            "url": "/",
            "http_version": "HTTP/1.1",
            "status": "200",
            "bytes": "7620",
            "user_agent": "curl/7.76.1",
            "forwarded_for": "198.51.100.1",
            "tag": "access_log",
        },
    ),
    (
        "[Fri Nov 20 10:00:00.929301 2026] [php:error] [pid 1374899] [client 203.0.113.5:41888] AH01071: Got error, referer: https://example.com/",
        {
            "module": "php",
            "level": "error",
            "src": "203.0.113.5",
            "src_port": "41888",
            "error_code": "AH01071",
            "reason": "Got error",
            "referrer": "https://example.com/",
            "tag": "error_log",
        },
    ),
    (
        "[Fri Nov 20 10:00:00 2026] [error] [client 203.0.113.5] Directory index forbidden by rule: /var/www/html/",
        {
            "level": "error",
            "src": "203.0.113.5",
            "reason": "Directory index forbidden by rule: /var/www/html/",
            "tag": "error_log",
        },
    ),
    (
        "[Fri Nov 20 10:00:00.204202 2026] [mpm_event:notice] [pid 11709:tid 140582486756672] AH00489: Apache/2.4.54 (Debian) configured -- resuming normal operations",
        {
            "module": "mpm_event",
            "level": "notice",
            "error_code": "AH00489",
            "reason": "Apache/2.4.54 (Debian) configured -- resuming normal operations",
            "tag": "error_log",
        },
    ),
    (
        '2026/11/20 10:00:00 [error] 411#411: *2035 open() "/srv/feed.rss" failed (2: No such file or directory), client: 203.0.113.5, server: host5, request: "GET /feed.rss HTTP/1.1", host: "example.net"',
        {
            "level": "error",
            "connection": "2035",
            "reason": 'open() "/srv/feed.rss" failed (2: No such file or directory)',
            "src": "203.0.113.5",
            "server": "host5",
            "method": "GET",
            "url": "/feed.rss",
            "http_version": "HTTP/1.1",
            "virtual_host": "example.net",
            "tag": "error_log",
        },
    ),
    (
        '2026/11/20 10:00:00 [error] 411#411: *7 connect() failed (111: Connection refused) while connecting to upstream, client: 203.0.113.5, server: , request: "GET / HTTP/1.1", upstream: "http://192.0.2.80:8080/", host: "example.net", referrer: "https://example.com/"',
        {
            "level": "error",
            "connection": "7",
            "reason": "connect() failed (111: Connection refused) while connecting to upstream",
            "src": "203.0.113.5",
            "method": "GET",
            "url": "/",
            "http_version": "HTTP/1.1",
            "upstream": "http://192.0.2.80:8080/",
            "virtual_host": "example.net",
            "referrer": "https://example.com/",
            "tag": "error_log",
        },
    ),
    (
        "2026/11/20 10:00:00 [notice] 21978#21978: signal 15 (SIGTERM) received from 20490, exiting",
        {"level": "notice", "reason": "signal 15 (SIGTERM) received from 20490, exiting", "tag": "error_log"},
    ),
]


@pytest.mark.parametrize(("message", "expected"), CASES)
def test_fields(message: str, expected: dict[str, str]) -> None:
    """A message of Apache and nginx has these fields, and no others."""
    assert_fields("web", message, expected)


def test_a_made_up_path_makes_up_no_address() -> None:
    """A path with ", client:" in it gives no wrong src."""
    made_up = ', client: 198.51.100.9, server: a, request: "GET / HTTP/1.1", host: "b"'
    rest = (
        ' failed (2: No such file or directory), client: 203.0.113.5, server: a, request: "GET /x HTTP/1.1"'
    )
    message = f'2026/11/20 10:00:00 [error] 411#411: *1 open() "/srv/{made_up}"{rest}'
    assert "src" not in fields("web", message)


@pytest.mark.skipif(not SHARED.is_dir(), reason=ABSENT)
def test_real_files() -> None:
    """Every line of the corpora's access and error logs of Apache and nginx matches."""
    trial = Trial(Choice([Chosen("web", rulebase("web"))]))
    for path in FILES:
        with (SHARED / "corpora" / "raw" / path).open("rb") as lines:
            for records in bare_records(lines, "nginx"):
                trial.add(records)
    assert trial.matched >= 2_050
    assert trial.unmatched == 0
