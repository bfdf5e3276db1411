"""This machine's time zone, with its changes between winter and summer."""

import os
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

LOCAL: Final = "local"  # the name, in settings, of this machine's zone


def local_timezone() -> tzinfo:
    """The zone that TZ names, else that of /etc/localtime, else UTC."""
    name = os.environ.get("TZ", "").removeprefix(":")
    try:
        if name:
            return ZoneInfo(name)
        with Path("/etc/localtime").open("rb") as rules:
            return ZoneInfo.from_file(rules, key="local")
    except (OSError, ValueError, KeyError):  # no such zone, or a machine without zones
        return UTC


def timezone_of(name: str) -> tzinfo:
    """The zone of a setting: LOCAL, or a name of the tz database."""
    return local_timezone() if name == LOCAL else ZoneInfo(name)
