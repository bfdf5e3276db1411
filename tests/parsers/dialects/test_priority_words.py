"""RFC 3164 with the priority in words: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b"<11>Oct  3 09:00:01 local4.notice host7 app[9]: text",
        {
            "timestamp": "2026-10-03 09:00:01",
            "hostname": "host7",
            "app_name": "app",
            "proc_id": "9",
            "message": "text",
            "fields": {"priority": "local4.notice"},
        },
    ),
    (
        b"<166>Oct  3 09:00:01 slot1/bigip1 err mcpd[6760]: 01070417:5: AUDIT",
        {
            "timestamp": "2026-10-03 09:00:01",
            "hostname": "slot1/bigip1",
            "app_name": "mcpd",
            "proc_id": "6760",
            "message": "01070417:5: AUDIT",
            "fields": {"priority": "err"},
        },
    ),
    (
        b"<38>Jan 20 14:03:45 aix1 auth|security:info sshd[123]: Accepted",
        {
            "timestamp": "2026-01-20 14:03:45",
            "hostname": "aix1",
            "app_name": "sshd",
            "proc_id": "123",
            "message": "Accepted",
            "fields": {"priority": "auth|security:info"},
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """The priority in words is a field, wherever it stands, and HOSTNAME and TAG are what is around it."""
    found = read(message)
    assert found == {"dialect": "RFC 3164 with the priority in words", "format": "rfc3164", **columns}
