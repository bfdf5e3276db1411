"""MikroTik: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b"<134>firewall,info forward: in:ether1 out:bridge",
        {
            "app_name": "firewall,info",
            "message": "forward: in:ether1 out:bridge",
        },
    ),
    (
        b"dhcp,warning: pool is empty",
        {
            "app_name": "dhcp,warning",
            "message": "pool is empty",
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """The topics are TAG."""
    found = read(message)
    assert found == {"dialect": "MikroTik", "format": "rfc3164", **columns}
