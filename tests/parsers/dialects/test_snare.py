"""Windows Snare: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b"<13>Oct  3 09:00:01 dc1.example MSWinEventLog\t1\tSecurity\t570",
        {
            "timestamp": "2026-10-03 09:00:01",
            "hostname": "dc1.example",
            "app_name": "MSWinEventLog",
            "message": "MSWinEventLog\t1\tSecurity\t570",
        },
    ),
    (
        b"<13>dc2\tMSWinEventLog#0111#011Security",
        {
            "hostname": "dc2",
            "app_name": "MSWinEventLog",
            "message": "MSWinEventLog#0111#011Security",
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """HOSTNAME is before MSWinEventLog, where TAG and text begin, with tabs in either spelling."""
    found = read(message)
    found.pop("fields", None)  # what parsers/payloads/ finds in the text
    assert found == {"dialect": "Windows Snare", "format": "rfc3164", **columns}
