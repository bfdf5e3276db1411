"""Cisco IOS XR: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b"<166>RP/0/RSP0/CPU0:Oct  3 09:00:01.250: config[65539]: %MGBL-SYS-5-CONFIG_I : Configured",
        {
            "timestamp": "2026-10-03 09:00:01.250000",
            "app_name": "config",
            "proc_id": "65539",
            "message": "%MGBL-SYS-5-CONFIG_I : Configured",
            "fields": {
                "cisco.node": "RP/0/RSP0/CPU0",
                "cisco.facility": "MGBL-SYS",
                "cisco.severity": "5",
                "cisco.mnemonic": "CONFIG_I",
            },
        },
    ),
    (
        b"<166>290692: xr1 LC/0/1/CPU0:Oct  3 09:00:01 : ifmgr[142]: %PKT_INFRA-LINK-3-UPDOWN : x",
        {
            "timestamp": "2026-10-03 09:00:01",
            "hostname": "xr1",
            "app_name": "ifmgr",
            "proc_id": "142",
            "message": "%PKT_INFRA-LINK-3-UPDOWN : x",
            "fields": {
                "sequence": "290692",
                "cisco.node": "LC/0/1/CPU0",
                "cisco.facility": "PKT_INFRA-LINK",
                "cisco.severity": "3",
                "cisco.mnemonic": "UPDOWN",
            },
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """The node before the time is a field, the process behind it TAG, and the mnemonic begins the text."""
    found = read(message)
    assert found == {"dialect": "Cisco IOS XR", "format": "rfc3164", **columns}
