"""key=value without HEADER: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b'<13>a=1 b="x y"',
        {
            "message": 'a=1 b="x y"',
        },
    ),
    (
        b"user='x y'; action=drop",
        {
            "message": "user='x y'; action=drop",
        },
    ),
    (
        b'time="2022-10-09T21:31:43.5Z" level=debug msg="START: x"',
        {
            "timestamp": "2022-10-09 21:31:43.500000",
            "message": 'time="2022-10-09T21:31:43.5Z" level=debug msg="START: x"',
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """Two pairs make a text key=value, with whatever stands between them."""
    found = read(message)
    found.pop("fields", None)  # what parsers/payloads/ finds in the text
    assert found == {"dialect": "key=value without HEADER", "format": "keyvalue", **columns}
