"""Rules for ISC's DHCP server and client: the fields of messages as they are really written, with invented addresses."""

import pytest

from tests.conf.lines import assert_fields

CASES = [
    (
        "DHCPDISCOVER from 00:00:5e:00:53:01 via eth1",
        {"operation": "DHCPDISCOVER", "mac": "00:00:5e:00:53:01", "interface": "eth1", "tag": "dhcp"},
    ),
    (
        "DHCPOFFER on 192.0.2.120 to 00:00:5e:00:53:01 (laptop) via eth1",
        {
            "operation": "DHCPOFFER",
            "address": "192.0.2.120",
            "mac": "00:00:5e:00:53:01",
            "client_name": "laptop",
            "interface": "eth1",
            "tag": "dhcp",
        },
    ),
    (
        "DHCPREQUEST for 192.0.2.120 (192.0.2.2) from 00:00:5e:00:53:01 (laptop) via eth1",
        {
            "operation": "DHCPREQUEST",
            "address": "192.0.2.120",
            "server": "192.0.2.2",
            "mac": "00:00:5e:00:53:01",
            "client_name": "laptop",
            "interface": "eth1",
            "tag": "dhcp",
        },
    ),
    (
        "DHCPREQUEST for 192.0.2.9 from 00:00:5e:00:53:01 via eth1: wrong network.",
        {
            "operation": "DHCPREQUEST",
            "address": "192.0.2.9",
            "mac": "00:00:5e:00:53:01",
            "interface": "eth1",
            "reason": "wrong network.",
            "tag": "dhcp",
        },
    ),
    (
        "DHCPACK on 192.0.2.120 to 00:00:5e:00:53:01 (laptop) via 192.0.2.254",
        {
            "operation": "DHCPACK",
            "address": "192.0.2.120",
            "mac": "00:00:5e:00:53:01",
            "client_name": "laptop",
            "interface": "192.0.2.254",
            "tag": "dhcp",
        },
    ),
    (
        "DHCPDISCOVER from 00:00:5e:00:53:01 via eth1: network A_net: no free leases",
        {
            "operation": "DHCPDISCOVER",
            "mac": "00:00:5e:00:53:01",
            "interface": "eth1",
            "reason": "network A_net: no free leases",
            "tag": "dhcp",
        },
    ),
    (
        "DHCPRELEASE of 192.0.2.120 from 00:00:5e:00:53:01 (laptop) via eth1 (found)",
        {
            "operation": "DHCPRELEASE",
            "address": "192.0.2.120",
            "mac": "00:00:5e:00:53:01",
            "client_name": "laptop",
            "interface": "eth1",
            "tag": "dhcp",
        },
    ),
    (
        "DHCPOFFER on 192.0.2.120 to 00:00:5e:00:53:01 (laptop) via eth1 relay eth1 lease-duration 119 offered-duration 600 uid 01:00:00:5e:00:53:01",
        {
            "operation": "DHCPOFFER",
            "address": "192.0.2.120",
            "mac": "00:00:5e:00:53:01",
            "client_name": "laptop",
            "interface": "eth1",
            "relay": "eth1",
            "lease_seconds": "119",
            "tag": "dhcp",
        },
    ),
    (
        "DHCPREQUEST on em0 to 255.255.255.255 port 67",
        {
            "operation": "DHCPREQUEST",
            "interface": "em0",
            "dst": "255.255.255.255",
            "dst_port": "67",
            "tag": "dhcp",
        },
    ),
    (
        "bound to 192.0.2.53 -- renewal in 600 seconds.",
        {"address": "192.0.2.53", "seconds": "600", "tag": "lease"},
    ),
]


@pytest.mark.parametrize(("message", "expected"), CASES)
def test_fields(message: str, expected: dict[str, str]) -> None:
    """A message of ISC's DHCP server and client has these fields, and no others."""
    assert_fields("dhcpd", message, expected)
