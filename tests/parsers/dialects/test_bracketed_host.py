"""RFC 3164 with HOSTNAME in brackets: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b"<118>Oct  3 09:00:01 [192.0.2.5] ZscalerNSS: text",
        {
            "timestamp": "2026-10-03 09:00:01",
            "hostname": "192.0.2.5",
            "app_name": "ZscalerNSS",
            "message": "text",
        },
    ),
    (
        b"<118>Oct  3 09:00:01 [2001:db8::5] app[7]: text",
        {
            "timestamp": "2026-10-03 09:00:01",
            "hostname": "2001:db8::5",
            "app_name": "app",
            "proc_id": "7",
            "message": "text",
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """An address in brackets is HOSTNAME, without them."""
    found = read(message)
    assert found == {"dialect": "RFC 3164 with HOSTNAME in brackets", "format": "rfc3164", **columns}
