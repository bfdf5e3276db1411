"""Spectracom: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b"<38>NTP-7: [auth] login of admin (AUTH)",
        {
            "hostname": "NTP-7",
            "message": "[auth] login of admin (AUTH)",
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """The word before the name of a log is HOSTNAME."""
    found = read(message)
    assert found == {"dialect": "Spectracom", "format": "rfc3164", **columns}
