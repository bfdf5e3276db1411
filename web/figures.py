"""Figures as people read them: sizes, rates, shares, ages. Templates get this module as ``say``."""

from datetime import UTC, datetime
from typing import Final

from web import times

_UNITS: Final = ("octets", "KiB", "MiB", "GiB", "TiB")
_UNIT: Final = 1024
_MINUTE: Final = 60.0
_TEN: Final = 10
_RIGHT_SECONDS: Final = 0.5  # a clock that is no further away is called right
UNKNOWN: Final = "\u2013"
OFF_SECONDS: Final = 60.0  # a clock that is further away is marked


def octets(number: float | None) -> str:
    """Give a size: ``12.3 MiB``."""
    if number is None:
        return UNKNOWN
    size = float(number)
    for unit in _UNITS[:-1]:
        if abs(size) < _UNIT:
            return f"{size:,.0f} {unit}" if unit == _UNITS[0] else f"{size:.1f} {unit}"
        size /= _UNIT
    return f"{size:,.1f} {_UNITS[-1]}"


def number(count: float | None) -> str:
    """Give a whole number, with thousands apart."""
    return UNKNOWN if count is None else f"{count:,.0f}"


def rate(a_second: float | None) -> str:
    """Give a rate in messages a second, or a minute where that is few."""
    if a_second is None:
        return UNKNOWN
    if a_second >= _TEN or not a_second:
        return f"{a_second:,.0f} a second"
    if a_second >= 1:
        return f"{a_second:.1f} a second"
    return f"{a_second * _MINUTE:.2g} a minute"


def pace(a_second: float | None) -> str:
    """Give a rate as short as it can be: ``108/s``, ``24/min``."""
    if a_second is None:
        return UNKNOWN
    if a_second >= 1 or not a_second:
        return f"{a_second:,.0f}/s"
    return f"{a_second * _MINUTE:.2g}/min"


def share(part: float | None, whole: float | None) -> str:
    """Give a part of a whole in percent."""
    return UNKNOWN if part is None or not whole else f"{100 * part / whole:.0f} %"


def span(seconds: float | None) -> str:
    """Give a length of time in its two largest units."""
    return UNKNOWN if seconds is None else times.duration(seconds)


def roughly(seconds: float) -> str:
    """Give a length of time in its largest unit."""
    return times.duration(seconds, units=1)


def clock(seconds: float | None) -> str:
    """Say how a device's clock stands against the time of receipt."""
    if seconds is None:
        return "no device time"
    if abs(seconds) < _RIGHT_SECONDS:
        return "right"
    return f"{span(max(abs(seconds), 1.0))} {'ahead' if seconds > 0 else 'behind'}"


def amount(value: float | None, unit: str) -> str:
    """Give a figure of the monitor with its unit."""
    if value is None:
        return UNKNOWN
    if unit == "octets":
        return octets(value)
    if unit == "percent":
        return f"{value:.1f} %"
    if unit == "seconds":
        return span(value)
    return f"{value:,.0f} {unit}".strip()


def moment(text: object) -> str:
    """Give a time of RFC 3339 to the second, without its zone, which is UTC."""
    return str(text)[:19].replace("T", " ") if text else UNKNOWN


def instant(at: datetime | None) -> str:
    """Give a time to the second, in UTC."""
    return UNKNOWN if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def since(text: object, now: datetime) -> float | None:
    """Give the seconds since a time of RFC 3339; None when it is none."""
    if not isinstance(text, str):
        return None
    try:
        return max((now - datetime.fromisoformat(text)).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None


def ago(seconds: float) -> float:
    """Give how long ago a time is, in seconds; the time in seconds since 1970."""
    return max(datetime.now(UTC).timestamp() - seconds, 0.0)
