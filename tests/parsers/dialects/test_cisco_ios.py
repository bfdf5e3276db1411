"""Cisco IOS: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b"<189>45: r1: Oct  3 09:00:01.5 CEST: %SYS-5-CONFIG_I: Configured",
        {
            "timestamp": "2026-10-03 07:00:01.500000",
            "hostname": "r1",
            "app_name": "%SYS-5-CONFIG_I",
            "message": "Configured",
            "fields": {
                "sequence": "45",
                "cisco.facility": "SYS",
                "cisco.severity": "5",
                "cisco.mnemonic": "CONFIG_I",
            },
        },
    ),
    (
        b"<187>.Oct  3 09:00:01: %LINK-3-UPDOWN: x",
        {
            "timestamp": "2026-10-03 09:00:01",
            "app_name": "%LINK-3-UPDOWN",
            "message": "x",
            "fields": {
                "cisco.clock": ".",
                "cisco.facility": "LINK",
                "cisco.severity": "3",
                "cisco.mnemonic": "UPDOWN",
            },
        },
    ),
    (
        b"<189>7: 1d02h: %SYS-5-RESTART: System restarted",
        {
            "app_name": "%SYS-5-RESTART",
            "message": "System restarted",
            "fields": {
                "sequence": "7",
                "uptime": "1d02h",
                "cisco.facility": "SYS",
                "cisco.severity": "5",
                "cisco.mnemonic": "RESTART",
            },
        },
    ),
    (
        b"<189>00:01:01: %SYS-5-RESTART: x",
        {
            "app_name": "%SYS-5-RESTART",
            "message": "x",
            "fields": {
                "uptime": "00:01:01",
                "cisco.facility": "SYS",
                "cisco.severity": "5",
                "cisco.mnemonic": "RESTART",
            },
        },
    ),
    (
        b"<189>%SYS-5-CONFIG_I: no time at all",
        {
            "app_name": "%SYS-5-CONFIG_I",
            "message": "no time at all",
            "fields": {"cisco.facility": "SYS", "cisco.severity": "5", "cisco.mnemonic": "CONFIG_I"},
        },
    ),
    (
        b"<189>8: sw: 17: *Oct  3 09:00:01: dhcpd[5]: bound",
        {
            "timestamp": "2026-10-03 09:00:01",
            "hostname": "sw",
            "app_name": "dhcpd",
            "proc_id": "5",
            "message": "bound",
            "fields": {"sequence": "8", "sequence_device": "17", "cisco.clock": "*"},
        },
    ),
    (
        b"<132>wlc1: *apfTask: Oct  3 09:00:01.000 XYZ: %APF-6-X: y",
        {
            "timestamp": "2026-10-03 09:00:01",
            "hostname": "wlc1",
            "app_name": "%APF-6-X",
            "message": "y",
            "fields": {
                "cisco.task": "apfTask",
                "cisco.facility": "APF",
                "cisco.severity": "6",
                "cisco.mnemonic": "X",
            },
        },
    ),
    (
        b"<189>: 2013 Feb  4 12:20:27 UTC: %$ VDC-1 %$ %VSHD-5-VSHD_SYSLOG_CONFIG_I: Configured",
        {
            "timestamp": "2013-02-04 12:20:27",
            "app_name": "%VSHD-5-VSHD_SYSLOG_CONFIG_I",
            "message": "Configured",
            "fields": {
                "cisco.facility": "VSHD",
                "cisco.severity": "5",
                "cisco.mnemonic": "VSHD_SYSLOG_CONFIG_I",
                "cisco.node": "VDC-1",
            },
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """Sequence numbers, origin, mark, time or uptime, and the mnemonic, in any combination configured."""
    found = read(message)
    assert found == {"dialect": "Cisco IOS", "format": "rfc3164", **columns}
