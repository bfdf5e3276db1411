"""The fields that a query can name: which columns they look at, and how their values are written."""

import difflib
import re
from calendar import isleap, monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from typing import Final

from parsers.labels import facility_code, severity_code
from parsers.schema import Flag, Format
from storage.blocks import NANOSECONDS_A_DAY

ANY: Final = "any"  # the field of a bare word: the whole message
RULE_PREFIX: Final = "fields."  # what was read out of the message, by name (parsers/FIELDS.md)

Span = tuple[int, int]  # from the first to the last value that a text stands for, both included


class Kind(Enum):
    """How a field's values are compared."""

    TEXT = "text"  # terms occur in it (storage/tokens.py)
    NAME = "name"  # one of a few names: the whole value, whatever its case
    ORDER = "order"  # numbers and times: equal, less, greater


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the query language.

    ``read`` turns a value's text into the span it stands for and raises ValueError with a sentence for
    the user; fields of kind ORDER have one. ``values`` are the names that a NAME field can have, empty
    when any can occur.
    """

    name: str
    kind: Kind
    columns: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    read: Callable[[str], Span] | None = None


_TIME: Final = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)(?:[Tt](?P<hour>\d\d)(?::(?P<minute>\d\d)"
    r"(?::(?P<second>\d\d)(?:\.(?P<fraction>\d{1,9}))?)?)?(?P<zone>[Zz]|[+-]\d\d:?\d\d)?)?)?)?",
    re.ASCII,
)
_NANOSECONDS: Final = 10**9
_SMALLEST_UNIT: Final = {"hour": 3600, "minute": 60, "second": 1}
_NUMBER: Final = re.compile(r"[0-9]{1,18}")


def read_time(text: str) -> Span:
    """Give the first and last nanosecond since the epoch of the time that ``text`` names.

    A year, month, day, hour, minute, second or fraction stands for all of itself; UTC unless it ends in
    Z or an offset: 2026, 2026-11, 2026-11-01, 2026-11-01T10, 2026-11-01T10:00+01:00, 2026-11-01T10:00:00.5Z.

    Raises:
        ValueError: when it names no time.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no time: write 2026-11-01, 2026-11-01T10:00 or 2026-11-01T10:00:00Z")
    numbers = {name: int(found[name] or default) for name, default in _DEFAULTS.items()}
    try:
        start = datetime(**numbers, tzinfo=_zone(found["zone"]))
        low = _nanoseconds(start)
        if found["fraction"]:
            fraction = found["fraction"]
            low += int(fraction.ljust(9, "0"))
            return low, low + 10 ** (9 - len(fraction)) - 1
        for unit in ("second", "minute", "hour"):
            if found[unit]:
                return low, low + _SMALLEST_UNIT[unit] * _NANOSECONDS - 1
        return low, low + _days(start, month=found["month"], day=found["day"]) * NANOSECONDS_A_DAY - 1
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} names no time: {error}") from error


_DEFAULTS: Final = {"year": 1970, "month": 1, "day": 1, "hour": 0, "minute": 0, "second": 0}


def _zone(text: str | None) -> timezone:
    if text is None or text in "Zz":
        return UTC
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-offset if text[0] == "-" else offset)


def _days(start: datetime, *, month: str | None, day: str | None) -> int:
    """Count the days of a day, a month or a year."""
    if day:
        return 1
    if month:
        return monthrange(start.year, start.month)[1]
    return 366 if isleap(start.year) else 365


def _nanoseconds(time: datetime) -> int:
    since = time - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * _NANOSECONDS + since.microseconds * 1000


def _microseconds(text: str) -> Span:
    """Read a time for a column that keeps microseconds."""
    low, high = read_time(text)
    return -(-low // 1000), high // 1000


def _number(text: str) -> Span:
    if _NUMBER.fullmatch(text) is None:
        raise ValueError(f"{text!r} is no number: write digits only")
    return int(text), int(text)


def _severity(text: str) -> Span:
    code = severity_code(text)
    return code, code


def _facility(text: str) -> Span:
    code = facility_code(text)
    return code, code


# Keys of CEF, netfilter, logfmt and JSON that are nearly written like fields of ours.
_KEYS_LIKE_FIELDS: Final = frozenset({"dhost", "shost", "dpid", "spid", "id", "tags", "ts"})
WHOLE_MESSAGE: Final = ("hostname", "app_name", "proc_id", "msg_id", "structured_data", "message")
FIELDS: Final = (
    Field(ANY, Kind.TEXT, WHOLE_MESSAGE),
    Field("host", Kind.TEXT, ("hostname",), ("hostname",)),
    Field("app", Kind.TEXT, ("app_name",), ("app_name", "appname", "program", "tag")),
    Field("pid", Kind.TEXT, ("proc_id",), ("proc_id", "procid")),
    Field("msgid", Kind.TEXT, ("msg_id",), ("msg_id",)),
    Field("sd", Kind.TEXT, ("structured_data",), ("structured_data",)),
    Field("msg", Kind.TEXT, ("message",), ("message",)),
    Field("peer", Kind.TEXT, ("peer",)),
    Field("tls", Kind.TEXT, ("tls_identity",), ("tls_identity",)),
    Field("format", Kind.NAME, ("format",), (), tuple(map(str, Format))),
    Field("flag", Kind.NAME, ("flags",), ("flags",), tuple(map(str, Flag))),
    Field("listener", Kind.NAME, ("listener",)),
    Field("transport", Kind.NAME, ("transport",)),
    Field("severity", Kind.ORDER, ("severity",), ("sev",), read=_severity),
    Field("facility", Kind.ORDER, ("facility",), (), read=_facility),
    Field("seq", Kind.ORDER, ("seq",), (), read=_number),
    Field("received", Kind.ORDER, ("received_at",), ("received_at",), read=read_time),
    Field("time", Kind.ORDER, ("timestamp",), ("timestamp",), read=_microseconds),
)
_BY_NAME: Final = {name: field for field in FIELDS for name in (field.name, *field.aliases)}


def find(name: str) -> Field | None:
    """Give the field of this name or alias, in any case, or ``fields.NAME``; None for any other."""
    if name.startswith(RULE_PREFIX) and len(name) > len(RULE_PREFIX):
        return Field(name, Kind.TEXT, ("fields",))
    return _BY_NAME.get(name.lower())


def field(name: str) -> Field:
    """Give the field of a name that is known to be one.

    Raises:
        KeyError: when there is none: the query was not made by storage.query.
    """
    found = find(name)
    if found is None:
        raise KeyError(name)
    return found


def close_name(name: str) -> str | None:
    """Give the known field that ``name`` is probably a slip of; None when it is like none.

    Names with a dot in them, and some keys that many payloads have, are no slips.
    """
    if "." in name or name.lower() in _KEYS_LIKE_FIELDS:
        return None
    close = difflib.get_close_matches(name.lower(), list(_BY_NAME), n=1, cutoff=0.8)
    return close[0] if close else None
