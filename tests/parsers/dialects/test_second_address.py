"""RFC 3164 with a second address: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b"<30>Oct  3 09:00:01 nios 192.0.2.3 named[77]: zone x",
        {
            "timestamp": "2026-10-03 09:00:01",
            "hostname": "nios",
            "app_name": "named",
            "proc_id": "77",
            "message": "zone x",
            "fields": {"address": "192.0.2.3"},
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """An address between HOSTNAME and TAG is a field."""
    found = read(message)
    assert found == {"dialect": "RFC 3164 with a second address", "format": "rfc3164", **columns}
