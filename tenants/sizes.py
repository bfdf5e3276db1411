"""Sizes and days as people type them."""

import re
from typing import Final

from tenants.names import TenantError
from tenants.tenant import LEAST_ROOM, MOST_DAYS, MOST_OCTETS

_SIZE: Final = re.compile(r"([0-9]{1,19})(?:\.([0-9]{1,3}))? ?([kmgt]?)i?(?:b|octets)?", re.IGNORECASE)
_POWERS: Final = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_UNITS: Final = {"KiB": 1, "MiB": 2, "GiB": 3, "TiB": 4}
_NONE: Final = frozenset({"", "none", "no"})
_BY_SETTING: Final = frozenset({"", "default"})
_FOR_EVER: Final = frozenset({"0", "ever", "for ever", "forever"})


def quota_of(text: str) -> int | None:
    """Read a quota: ``500 MiB``, ``5G``, ``1.5 GiB`` or a number of octets; None for ``none`` and nothing.

    Raises:
        TenantError: when it is none; the message says what to write.
    """
    return _size_of(text, "a quota", 1)


def room_of(text: str) -> int | None:
    """Read how much room a tenant may take: as a quota, and at least LEAST_ROOM.

    Raises:
        TenantError: when it is none; the message says what to write.
    """
    return _size_of(text, "room on the disk", LEAST_ROOM)


def _size_of(text: str, what: str, least: int) -> int | None:
    told = text.strip().lower()
    if told in _NONE:
        return None
    match = _SIZE.fullmatch(told)
    if match is None:
        raise TenantError(f"{text!r} is no size: write one such as 500 MiB, 1.5 GiB or 10000000, or none")
    whole, part, unit = match.groups()
    octets = (
        int(float(f"{whole}.{part}") * 1024 ** _POWERS[unit]) if part else int(whole) * 1024 ** _POWERS[unit]
    )
    if not least <= octets <= MOST_OCTETS:
        raise TenantError(
            f"{text!r} is {octets} octets, and {what} is {least} to {MOST_OCTETS}: write a unit, as in "
            "500 GiB, or none"
        )
    return octets


def size_text(octets: int | None) -> str:
    """Give a size as ``quota_of`` and ``room_of`` read it, octet for octet."""
    if octets is None:
        return "none"
    for unit, power in reversed(_UNITS.items()):
        if octets % 1024**power == 0:
            return f"{octets // 1024**power} {unit}"
    return str(octets)


def days_text(days: int | None) -> str:
    """Give a number of days as ``days_of`` reads it."""
    return "default" if days is None else str(days) if days else "ever"


def days_of(text: str) -> int | None:
    """Read a number of days: ``365``, ``0`` or ``ever``; None for ``default`` and nothing.

    Raises:
        TenantError: when it is none; the message says what to write.
    """
    told = text.strip().lower()
    if told in _BY_SETTING:
        return None
    if told in _FOR_EVER:
        return 0
    if not told.isascii() or not told.isdigit() or int(told[:9]) > MOST_DAYS:
        raise TenantError(
            f"{text!r} is no number of days: write 1 to {MOST_DAYS}, ever, or default for what "
            "storage.retention says"
        )
    return int(told)
