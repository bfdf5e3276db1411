"""Fortinet: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b'<189>date=2021-05-07 time=08:31:14 devname="fw 1" tz="+0200" type="traffic"',
        {
            "timestamp": "2021-05-07 06:31:14",
            "hostname": "fw 1",
            "message": 'date=2021-05-07 time=08:31:14 devname="fw 1" tz="+0200" type="traffic"',
        },
    ),
    (
        b'<190>devname="fw2" devid="F" vd="root" date=2021-05-07 time=08:31:14 logid=1',
        {
            "timestamp": "2021-05-07 08:31:14",
            "hostname": "fw2",
            "message": 'devname="fw2" devid="F" vd="root" date=2021-05-07 time=08:31:14 logid=1',
        },
    ),
    (
        b"time=16:31:28 devname=fw3 devid=G",
        {
            "hostname": "fw3",
            "message": "time=16:31:28 devname=fw3 devid=G",
        },
    ),
    (
        b"<132>date=2024-01-20,time=14:03:45.123,device_id=FE100,log_id=0200",
        {
            "timestamp": "2024-01-20 14:03:45.123000",
            "message": "date=2024-01-20,time=14:03:45.123,device_id=FE100,log_id=0200",
        },
    ),
    (
        b'<185>date=2024-01-20 time=14:03:45 vd="root" timezone="(GMT+1:00)Berlin" type=attack',
        {
            "timestamp": "2024-01-20 13:03:45",
            "message": 'date=2024-01-20 time=14:03:45 vd="root" timezone="(GMT+1:00)Berlin" type=attack',
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """Device, date, time and zone are among the pairs, in any order."""
    found = read(message)
    found.pop("fields", None)  # what parsers/payloads/ finds in the text
    assert found == {"dialect": "Fortinet", "format": "keyvalue", **columns}
