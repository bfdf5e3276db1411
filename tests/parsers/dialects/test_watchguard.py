"""WatchGuard Firebox: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b'<140>Jan 20 14:03:45 fw1 80B00AAA01234 (2024-01-20T13:03:45) firewall: msg_id="3000-0148" Deny',
        {
            "timestamp": "2026-01-20 14:03:45",
            "hostname": "fw1",
            "app_name": "firewall",
            "message": 'msg_id="3000-0148" Deny',
            "fields": {"watchguard.serial": "80B00AAA01234", "watchguard.timestamp": "2024-01-20T13:03:45"},
        },
    ),
    (
        b"<140>Jan 20 14:03:45 fw1 D0B00AAA01234 (2024-01-20T13:03:45.5Z) sessiond[123]: x",
        {
            "timestamp": "2026-01-20 14:03:45",
            "hostname": "fw1",
            "app_name": "sessiond",
            "proc_id": "123",
            "message": "x",
            "fields": {
                "watchguard.serial": "D0B00AAA01234",
                "watchguard.timestamp": "2024-01-20T13:03:45.5Z",
            },
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """Serial number and own time, which stand before TAG, are fields."""
    found = read(message)
    assert found == {"dialect": "WatchGuard", "format": "rfc3164", **columns}
