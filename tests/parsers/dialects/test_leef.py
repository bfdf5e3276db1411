"""LEEF without HEADER: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b"<14>LEEF:1.0|V|P|1|e|src=192.0.2.1\tdst=192.0.2.2",
        {
            "message": "LEEF:1.0|V|P|1|e|src=192.0.2.1\tdst=192.0.2.2",
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """LEEF behind PRI, or alone, is the message whole."""
    found = read(message)
    found.pop("fields", None)  # what parsers/payloads/ finds in the text
    assert found == {"dialect": "LEEF without HEADER", "format": "leef", **columns}
