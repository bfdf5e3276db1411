"""Ubiquiti UniFi: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b"<30>Oct  3 09:00:01 attic,f09fc2000001,v5.43.23.12533: hostapd: ath0: STA",
        {
            "timestamp": "2026-10-03 09:00:01",
            "hostname": "attic",
            "app_name": "hostapd",
            "message": "ath0: STA",
            "fields": {"unifi.mac": "f09fc2000001", "unifi.version": "v5.43.23.12533"},
        },
    ),
    (
        b"<30>Oct  3 09:00:01 788a2056b183,v4.0.66.10832: logread[5]: x",
        {
            "timestamp": "2026-10-03 09:00:01",
            "hostname": "788a2056b183",
            "app_name": "logread",
            "proc_id": "5",
            "message": "x",
            "fields": {"unifi.version": "v4.0.66.10832"},
        },
    ),
    (
        b'<13>Jan 20 14:03:45 ("U7LR,fcecda123456,v4.3.20.11298") hostapd: ath1: STA',
        {
            "timestamp": "2026-01-20 14:03:45",
            "hostname": "U7LR",
            "app_name": "hostapd",
            "message": "ath1: STA",
            "fields": {"unifi.mac": "fcecda123456", "unifi.version": "v4.3.20.11298"},
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """The name is HOSTNAME; MAC address and firmware are fields."""
    found = read(message)
    assert found == {"dialect": "Ubiquiti UniFi", "format": "rfc3164", **columns}
