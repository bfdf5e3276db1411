"""H3C Comware: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b"<190>Oct  3 09:00:01 2021 sw %%10SHELL/6/SHELL_CMD: -Task=vt0",
        {
            "timestamp": "2021-10-03 09:00:01",
            "hostname": "sw",
            "app_name": "%%10SHELL/6/SHELL_CMD",
            "message": "-Task=vt0",
            "fields": {"comware.module": "SHELL", "comware.severity": "6", "comware.mnemonic": "SHELL_CMD"},
        },
    ),
    (
        b"<188>Oct  3 2021 09:00:01 ce (slot 2) %%01IFNET/4/IF_STATE(l)[12]:down",
        {
            "timestamp": "2021-10-03 09:00:01",
            "hostname": "ce",
            "app_name": "%%01IFNET/4/IF_STATE(l)",
            "proc_id": "12",
            "message": "down",
            "fields": {
                "comware.module": "IFNET",
                "comware.severity": "4",
                "comware.mnemonic": "IF_STATE",
                "comware.slot": "slot 2",
            },
        },
    ),
    (
        b"<30>Jan 20 2024 14:03:45+08:00 huawei1 %%01IFNET/4/LINK_STATE(l):CID=0x80;x",
        {
            "timestamp": "2024-01-20 06:03:45",
            "hostname": "huawei1",
            "app_name": "%%01IFNET/4/LINK_STATE(l)",
            "message": "CID=0x80;x",
            "fields": {"comware.module": "IFNET", "comware.severity": "4", "comware.mnemonic": "LINK_STATE"},
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """TAG is whole, its parts are fields, and so is the slot in brackets."""
    found = read(message)
    assert found == {"dialect": "H3C Comware", "format": "rfc3164", **columns}
