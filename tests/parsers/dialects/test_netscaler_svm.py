"""Citrix NetScaler SVM: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b"<134>Oct  3 09:00:01 svm_service: 192.0.2.7  03/10/2020:09:00:01 GMT ns2 0-PPE-0 : GUI x",
        {
            "timestamp": "2026-10-03 09:00:01",
            "hostname": "192.0.2.7",
            "app_name": "svm_service",
            "message": "03/10/2020:09:00:01 GMT ns2 0-PPE-0 : GUI x",
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """The appliance behind TAG is HOSTNAME."""
    found = read(message)
    assert found == {"dialect": "Citrix NetScaler SVM", "format": "rfc3164", **columns}
