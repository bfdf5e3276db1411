"""Sophos Firewall: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b'<30>device="SFW" date=2022-04-25 time=15:27:08 timezone="CEST" device_name="XG1"',
        {
            "timestamp": "2022-04-25 13:27:08",
            "hostname": "XG1",
            "message": 'device="SFW" date=2022-04-25 time=15:27:08 timezone="CEST" device_name="XG1"',
        },
    ),
    (
        b'<30>device_name="XG2" timestamp="2024-04-25T15:27:08-0500" log_id=1',
        {
            "timestamp": "2024-04-25 20:27:08",
            "hostname": "XG2",
            "message": 'device_name="XG2" timestamp="2024-04-25T15:27:08-0500" log_id=1',
        },
    ),
    (
        b'<30>device="SFW" date=2024-01-20 time=14:03:45 timezone="CET" device_name="XG 230"',
        {
            "timestamp": "2024-01-20 13:03:45",
            "hostname": "XG 230",
            "message": 'device="SFW" date=2024-01-20 time=14:03:45 timezone="CET" device_name="XG 230"',
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """Device, date, time and zone are among the pairs, as old and new releases write them."""
    found = read(message)
    found.pop("fields", None)  # what parsers/payloads/ finds in the text
    assert found == {"dialect": "Sophos Firewall", "format": "keyvalue", **columns}
