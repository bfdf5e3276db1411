"""CEF without HEADER: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b"<14> CEF:0|V|P|1|100|n|5|src=192.0.2.1",
        {
            "message": "CEF:0|V|P|1|100|n|5|src=192.0.2.1",
        },
    ),
    (
        b"CEF:1|V|P|1|100|n|5|src=192.0.2.1\n",
        {
            "message": "CEF:1|V|P|1|100|n|5|src=192.0.2.1",
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """CEF behind PRI, or alone, is the message whole."""
    found = read(message)
    found.pop("fields", None)  # what parsers/payloads/ finds in the text
    assert found == {"dialect": "CEF without HEADER", "format": "cef", **columns}
