"""HPE ProCurve: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b"<14>Oct  3 09:00:01 192.0.2.4 00076 ports: port 1 is now on-line",
        {
            "timestamp": "2026-10-03 09:00:01",
            "hostname": "192.0.2.4",
            "app_name": "ports",
            "msg_id": "00076",
            "message": "port 1 is now on-line",
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """The number of the event is MSGID, the module TAG."""
    found = read(message)
    assert found == {"dialect": "HPE ProCurve", "format": "rfc3164", **columns}
