"""AIX, forwarded: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b"<13>Oct  3 09:00:01 Message forwarded from aix7: sshd[99]: Accepted",
        {
            "timestamp": "2026-10-03 09:00:01",
            "hostname": "aix7",
            "app_name": "sshd",
            "proc_id": "99",
            "message": "Accepted",
        },
    ),
    (
        b"Oct  3 09:00:01 Message forwarded from aix7: only text",
        {
            "timestamp": "2026-10-03 09:00:01",
            "hostname": "aix7",
            "message": "only text",
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """The host is behind the words, and TAG behind the host."""
    found = read(message)
    assert found == {"dialect": "AIX, forwarded", "format": "rfc3164", **columns}
