"""RFC 3164 with a dash behind TAG: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b"<13>Oct  3 09:00:01 x47 vectra_cef_audit -: CEF:0|Vectra Networks|X|1|a|n|0|k=v",
        {
            "timestamp": "2026-10-03 09:00:01",
            "hostname": "x47",
            "app_name": "vectra_cef_audit",
            "message": "CEF:0|Vectra Networks|X|1|a|n|0|k=v",
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """TAG ends before the dash, and the text begins behind it."""
    found = read(message)
    found.pop("fields", None)  # what parsers/payloads/ finds in the text
    assert found == {"dialect": "RFC 3164 with a dash behind TAG", "format": "rfc3164", **columns}
