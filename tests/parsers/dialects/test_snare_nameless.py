"""Windows Snare without HOSTNAME: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b"<13>Oct  3 09:00:01 MSWinEventLog\t1\tSecurity\t5\tdate\t592\tSecurity\tuser\tUser\tAudit\tDC3\tx",
        {
            "timestamp": "2026-10-03 09:00:01",
            "hostname": "DC3",
            "app_name": "MSWinEventLog",
            "message": "MSWinEventLog\t1\tSecurity\t5\tdate\t592\tSecurity\tuser\tUser\tAudit\tDC3\tx",
        },
    ),
    (
        b"<13>Oct  3 09:00:01 #001\tMSWinEventLog\t1\tcut",
        {
            "timestamp": "2026-10-03 09:00:01",
            "app_name": "MSWinEventLog",
            "message": "MSWinEventLog\t1\tcut",
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """HOSTNAME is the computer's name within the text."""
    found = read(message)
    found.pop("fields", None)  # what parsers/payloads/ finds in the text
    assert found == {"dialect": "Windows Snare without HOSTNAME", "format": "rfc3164", **columns}
