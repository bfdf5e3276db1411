"""Check Point, with pipes: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b"time=1741158489|hostname=gw1|severity=Medium|product=IPS",
        {
            "timestamp": "2025-03-05 07:08:09",
            "hostname": "gw1",
            "message": "time=1741158489|hostname=gw1|severity=Medium|product=IPS",
        },
    ),
    (
        b"<134>loguid={0x1}|product=IPS|hostname=gw2",
        {
            "hostname": "gw2",
            "message": "loguid={0x1}|product=IPS|hostname=gw2",
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """Time and host are among the pairs."""
    found = read(message)
    found.pop("fields", None)  # what parsers/payloads/ finds in the text
    assert found == {"dialect": "Check Point, with pipes", "format": "keyvalue", **columns}
