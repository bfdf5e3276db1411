"""SonicWall: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b'<134>  id=fw2 sn=0017 time="2007-01-03 14:48:06" fw=192.0.2.8 pri=6',
        {
            "timestamp": "2007-01-03 14:48:06",
            "hostname": "192.0.2.8",
            "message": 'id=fw2 sn=0017 time="2007-01-03 14:48:06" fw=192.0.2.8 pri=6',
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """Time and address are among the pairs."""
    found = read(message)
    found.pop("fields", None)  # what parsers/payloads/ finds in the text
    assert found == {"dialect": "SonicWall", "format": "keyvalue", **columns}
