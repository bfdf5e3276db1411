"""Cisco Meraki: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b"<134>1 1563249630.774247 mx1 flows src=10.0.0.1 dst=10.0.0.2",
        {
            "timestamp": "2019-07-16 04:00:30.774247",
            "hostname": "mx1",
            "app_name": "flows",
            "message": "src=10.0.0.1 dst=10.0.0.2",
        },
    ),
    (
        b"<134> 1563249630.5 mx1 urls request: GET http://x/",
        {
            "timestamp": "2019-07-16 04:00:30.500000",
            "hostname": "mx1",
            "app_name": "urls",
            "message": "request: GET http://x/",
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """Seconds since 1970, the device, and the kind of message, with a 1 before them or without."""
    found = read(message, exact=False)
    assert found == {"dialect": "Cisco Meraki", "format": "rfc3164", **columns}
