"""Dell Avamar: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b"<141> Oct  3 09:00:01 ave01: <Code> 22555 <Type> AUDIT",
        {
            "timestamp": "2026-10-03 09:00:01",
            "hostname": "ave01",
            "message": "<Code> 22555 <Type> AUDIT",
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """The word with a colon is the host, and what follows is text."""
    found = read(message)
    assert found == {"dialect": "Dell Avamar", "format": "rfc3164", **columns}
