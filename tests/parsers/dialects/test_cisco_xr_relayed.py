"""Cisco IOS XR behind a relay: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b"<189>Jan  1 10:11:14 xr1 12: RP/0/RSP0/CPU0:Jan  1 10:11:12.1 UTC: SSHD_[655]: %A-SSHD-6-INFO : x",
        {
            "timestamp": "2026-01-01 10:11:14",
            "hostname": "xr1",
            "app_name": "SSHD_",
            "proc_id": "655",
            "message": "%A-SSHD-6-INFO : x",
            "fields": {
                "sequence": "12",
                "cisco.node": "RP/0/RSP0/CPU0",
                "cisco.timestamp": "Jan  1 10:11:12.1 UTC",
                "cisco.facility": "A-SSHD",
                "cisco.severity": "6",
                "cisco.mnemonic": "INFO",
            },
        },
    ),
    (
        b"<189>Jan  1 10:11:14 192.0.2.1 0/RP0/CPU0:2024 Jan  1 10:11:12.123 : ifmgr[142]: text",
        {
            "timestamp": "2026-01-01 10:11:14",
            "hostname": "192.0.2.1",
            "app_name": "ifmgr",
            "proc_id": "142",
            "message": "text",
            "fields": {"cisco.node": "0/RP0/CPU0", "cisco.timestamp": "2024 Jan  1 10:11:12.123"},
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """The relay's header is the message's; the node and the device's own time are fields."""
    found = read(message)
    assert found == {"dialect": "Cisco IOS XR, relayed", "format": "rfc3164", **columns}
