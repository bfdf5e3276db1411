"""Cisco behind RFC 3164's header: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b"<166>Oct  3 2020 09:00:01 fw1 : %ASA-6-302013: Built",
        {
            "timestamp": "2020-10-03 09:00:01",
            "hostname": "fw1",
            "app_name": "%ASA-6-302013",
            "message": "Built",
            "fields": {"cisco.facility": "ASA", "cisco.severity": "6", "cisco.mnemonic": "302013"},
        },
    ),
    (
        b"<189>Oct  3 09:00:01 sw7 %LINK-3-UPDOWN: down",
        {
            "timestamp": "2026-10-03 09:00:01",
            "hostname": "sw7",
            "app_name": "%LINK-3-UPDOWN",
            "message": "down",
            "fields": {"cisco.facility": "LINK", "cisco.severity": "3", "cisco.mnemonic": "UPDOWN"},
        },
    ),
    (
        b"<113>2020-02-04T11:00:54Z ftd.example: %FTD-1-430003: x",
        {
            "timestamp": "2020-02-04 11:00:54",
            "hostname": "ftd.example",
            "app_name": "%FTD-1-430003",
            "message": "x",
            "fields": {"cisco.facility": "FTD", "cisco.severity": "1", "cisco.mnemonic": "430003"},
        },
    ),
    (
        b"<111> Oct  3 09:00:01 192.0.2.1: %ACE-3-251010: x",
        {
            "timestamp": "2026-10-03 09:00:01",
            "hostname": "192.0.2.1",
            "app_name": "%ACE-3-251010",
            "message": "x",
            "fields": {"cisco.facility": "ACE", "cisco.severity": "3", "cisco.mnemonic": "251010"},
        },
    ),
    (
        b"<189>2013 Feb  4 12:20:27 n7k %$ VDC-1 %$ %ETHPORT-5-IF_DOWN_ADMIN_DOWN: Interface is down",
        {
            "timestamp": "2013-02-04 12:20:27",
            "hostname": "n7k",
            "app_name": "%ETHPORT-5-IF_DOWN_ADMIN_DOWN",
            "message": "Interface is down",
            "fields": {
                "cisco.facility": "ETHPORT",
                "cisco.severity": "5",
                "cisco.mnemonic": "IF_DOWN_ADMIN_DOWN",
                "cisco.node": "VDC-1",
            },
        },
    ),
    (
        b"<187>2020-04-21T17:25:11.123+00:00 leaf101 %LOG_LOCAL0-3-SYSTEM_MSG [F0532][soaking] Port is down",
        {
            "timestamp": "2020-04-21 17:25:11.123000",
            "hostname": "leaf101",
            "app_name": "%LOG_LOCAL0-3-SYSTEM_MSG",
            "message": "[F0532][soaking] Port is down",
            "fields": {"cisco.facility": "LOG_LOCAL0", "cisco.severity": "3", "cisco.mnemonic": "SYSTEM_MSG"},
        },
    ),
    (
        b"<30>Oct  3 09:00:01 s4048 %STKUNIT1-M:CP %SEC-5-LOGIN_SUCCESS: Login",
        {
            "timestamp": "2026-10-03 09:00:01",
            "hostname": "s4048",
            "app_name": "%SEC-5-LOGIN_SUCCESS",
            "message": "Login",
            "fields": {
                "cisco.facility": "SEC",
                "cisco.severity": "5",
                "cisco.mnemonic": "LOGIN_SUCCESS",
                "cisco.node": "STKUNIT1-M:CP",
            },
        },
    ),
    (
        b"<189>91: *Oct  7 03:10:04: device.example %CRYPTO-4-RECVD_PKT_INV_SPI: decaps",
        {
            "timestamp": "2026-10-07 03:10:04",
            "hostname": "device.example",
            "app_name": "%CRYPTO-4-RECVD_PKT_INV_SPI",
            "message": "decaps",
            "fields": {
                "sequence": "91",
                "cisco.clock": "*",
                "cisco.facility": "CRYPTO",
                "cisco.severity": "4",
                "cisco.mnemonic": "RECVD_PKT_INV_SPI",
            },
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """HOSTNAME before a mnemonic, with a colon only where it must be the host."""
    found = read(message)
    assert found == {"dialect": "Cisco behind RFC 3164's header", "format": "rfc3164", **columns}
