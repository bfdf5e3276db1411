"""JSON without HEADER: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b'<14>{"a": 1, "b": {"c": "d"}}',
        {
            "message": '{"a": 1, "b": {"c": "d"}}',
        },
    ),
    (
        b'<14>@cee: {"a": "b"}',
        {
            "message": '@cee: {"a": "b"}',
        },
    ),
    (
        b"{}",
        {
            "message": "{}",
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """A JSON object behind PRI, or alone, is the message whole, with its cookie."""
    found = read(message)
    found.pop("fields", None)  # what parsers/payloads/ finds in the text
    assert found == {"dialect": "JSON without HEADER", "format": "json", **columns}
