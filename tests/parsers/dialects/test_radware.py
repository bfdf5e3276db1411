"""Radware: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b"<108>[Device: DP9 192.0.2.6] M_30000: attack",
        {
            "hostname": "DP9",
            "app_name": "M_30000",
            "message": "attack",
            "fields": {"address": "192.0.2.6"},
        },
    ),
    (
        b"<108>[Device: DP9] M_1[3]: attack",
        {
            "hostname": "DP9",
            "app_name": "M_1",
            "proc_id": "3",
            "message": "attack",
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """The name in brackets is HOSTNAME, its address a field."""
    found = read(message)
    assert found == {"dialect": "Radware", "format": "rfc3164", **columns}
