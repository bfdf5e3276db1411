"""Durations, names and moments as sentences have them. What came from the wire is made safe to look at."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

_UNITS: Final = ((86_400.0, "days"), (3_600.0, "h"), (60.0, "min"))
_LONGEST: Final = 80  # characters of a name that a message claims
_WHOLE: Final = 2  # of a larger unit, from where on it is used


def duration(seconds: float) -> str:
    """Give a duration as people say it: ``47 s``, ``12 min``, ``3.5 h``, ``9 days``."""
    for size, unit in _UNITS:
        if seconds >= _WHOLE * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


def shown(text: str) -> str:
    """Give a text from the wire so that it steers no terminal: what is not printable becomes its code."""
    visible = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
    return visible if len(visible) <= _LONGEST else f"{visible[:_LONGEST]}..."


def named(names: Sequence[str], most: int) -> str:
    """List names, ``most`` of them: ``a, b and 3 more``."""
    listed = [shown(name) for name in names[:most]]
    if len(names) > most:
        listed.append(f"{len(names) - most:,} more")
    return " and ".join([", ".join(listed[:-1]), listed[-1]]) if len(listed) > 1 else "".join(listed)


def moment(seconds: float | None) -> str | None:
    """Give a time as RFC 3339 text in UTC, to the millisecond; None stays None."""
    if seconds is None:
        return None
    told = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return told.replace("+00:00", "Z")
