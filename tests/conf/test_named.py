"""Rules for BIND: the fields of messages as they are really written, with invented addresses."""

import pytest

from tests.conf.lines import assert_fields

CASES = [
    (
        "client @0x7f0c840cc860 192.0.2.7#61569 (example.com): query: example.com IN AAAA +E(0)K (192.0.2.53)",
        {
            "src": "192.0.2.7",
            "src_port": "61569",
            "query": "example.com",
            "query_class": "IN",
            "query_type": "AAAA",
            "query_flags": "+E(0)K",
            "dst": "192.0.2.53",
            "tag": "query",
        },
    ),
    (
        "client 192.0.2.7#40221 (example.com): view internal: query: example.com IN A + (192.0.2.53)",
        {
            "src": "192.0.2.7",
            "src_port": "40221",
            "view": "internal",
            "query": "example.com",
            "query_class": "IN",
            "query_type": "A",
            "query_flags": "+",
            "dst": "192.0.2.53",
            "tag": "query",
        },
    ),
    (
        "client @0x7f7544000a30 192.0.2.7#54013 (example.org): query failed (SERVFAIL) for example.org/IN/PTR at query.c:6922",
        {
            "src": "192.0.2.7",
            "src_port": "54013",
            "response_code": "SERVFAIL",
            "query": "example.org",
            "query_class": "IN",
            "query_type": "PTR",
            "tag": "query_failed",
        },
    ),
    (
        "client @0x7f7544000a30 203.0.113.5#54013 (example.org): query (cache) 'example.org/ANY/IN' denied",
        {
            "src": "203.0.113.5",
            "src_port": "54013",
            "query": "example.org",
            "query_type": "ANY",
            "query_class": "IN",
            "tag": "query_refused",
        },
    ),
    (
        "client @0x7f7544000a30 203.0.113.5#54013: zone transfer 'example.com/AXFR/IN' denied",
        {
            "src": "203.0.113.5",
            "src_port": "54013",
            "zone": "example.com",
            "query_type": "AXFR",
            "query_class": "IN",
            "tag": "transfer_refused",
        },
    ),
    (
        "FORMERR resolving 'www.example.com/AAAA/IN': 198.51.100.6#53",
        {
            "response_code": "FORMERR",
            "query": "www.example.com",
            "query_type": "AAAA",
            "query_class": "IN",
            "server": "198.51.100.6",
            "server_port": "53",
            "tag": "resolving",
        },
    ),
    (
        "error (connection refused) resolving 'www.example.com/A/IN': 198.51.100.6#53",
        {
            "reason": "connection refused",
            "query": "www.example.com",
            "query_type": "A",
            "query_class": "IN",
            "server": "198.51.100.6",
            "server_port": "53",
            "tag": "resolving",
        },
    ),
    (
        "zone example.com/IN: loaded serial 2026112001",
        {"zone": "example.com", "query_class": "IN", "serial": "2026112001", "tag": "zone"},
    ),
]


@pytest.mark.parametrize(("message", "expected"), CASES)
def test_fields(message: str, expected: dict[str, str]) -> None:
    """A message of BIND has these fields, and no others."""
    assert_fields("named", message, expected)
