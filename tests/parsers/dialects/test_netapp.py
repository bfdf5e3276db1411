"""NetApp ONTAP: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b"<14>Oct  3 09:00:01 n1: n1: 00000030.00c8f1e2 11e5347f Sat [x:y]",
        {
            "timestamp": "2026-10-03 09:00:01",
            "hostname": "n1",
            "message": "00000030.00c8f1e2 11e5347f Sat [x:y]",
            "fields": {"netapp.node": "n1"},
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """The host is named twice before NetApp's own numbers, and is HOSTNAME."""
    found = read(message)
    assert found == {"dialect": "NetApp ONTAP", "format": "rfc3164", **columns}
