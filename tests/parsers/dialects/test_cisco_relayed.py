"""Cisco IOS, relayed: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b"<13>Oct  3 09:00:01 192.0.2.9 1663307: Oct  3 08:59:59.328: %SEC-6-IPACCESSLOGP: list",
        {
            "timestamp": "2026-10-03 09:00:01",
            "hostname": "192.0.2.9",
            "app_name": "%SEC-6-IPACCESSLOGP",
            "message": "list",
            "fields": {
                "sequence": "1663307",
                "cisco.timestamp": "Oct  3 08:59:59.328",
                "cisco.facility": "SEC",
                "cisco.severity": "6",
                "cisco.mnemonic": "IPACCESSLOGP",
            },
        },
    ),
    (
        b"<13>Oct  3 09:00:01 relay 12: r1: 99: *Oct  3 08:59:59 CET: %SYS-5-X: y",
        {
            "timestamp": "2026-10-03 09:00:01",
            "hostname": "relay",
            "app_name": "%SYS-5-X",
            "message": "y",
            "fields": {
                "sequence": "12",
                "cisco.origin": "r1",
                "sequence_device": "99",
                "cisco.clock": "*",
                "cisco.timestamp": "Oct  3 08:59:59 CET",
                "cisco.facility": "SYS",
                "cisco.severity": "5",
                "cisco.mnemonic": "X",
            },
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """The relay's header is the message's; what the device wrote before its mnemonic is fields."""
    found = read(message)
    assert found == {"dialect": "Cisco IOS, relayed", "format": "rfc3164", **columns}
