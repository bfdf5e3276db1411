"""Raritan: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b"<28>[Outlet Power State Changed]: Outlet 3 is off",
        {
            "msg_id": "Outlet Power State Changed",
            "message": "Outlet 3 is off",
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """The event in brackets is MSGID."""
    found = read(message)
    assert found == {"dialect": "Raritan", "format": "rfc3164", **columns}
