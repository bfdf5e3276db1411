"""Times as people type them, and as they read them. All of them are UTC, and say so.

The clock is an argument. Archive times are whole numbers: received_at in nanoseconds, timestamp in
microseconds since 1970, because Python's datetime holds neither a nanosecond nor every year.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

NANOSECONDS: Final = 1_000_000_000
MICROSECONDS: Final = 1_000_000

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO: Final = re.compile(
    r"(?:(?:last|past) (?P<last>[0-9]{1,6}) ?|(?:last |past )(?=second|minute|hour|day)|past (?=week)|"
    r"(?P<ago>[0-9]{1,6}) ?(?=[a-z]+ ago))(?P<unit>second|minute|hour|day|week)s?(?: ago)?"
)
_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
)  # fmt: skip
_OF_YEAR: Final = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2}))?|(?P<name>[a-z]{3,9})(?: (?P<of>[0-9]{4}))?"
)
_WEEK_DAYS: Final = 7
_YEAR_MONTHS: Final = 12
_RELATIVE: Final = re.compile(r"[-\u2212] ?([0-9]{1,6}) ?([smhdw])")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT: Final = re.compile(  # Python reads more, such as 20261120, which would end a range without that day
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}(:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?)?"
    r"([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)?"
)
_HINT: Final = (
    "write 2026-11-20, 2026-11-20 14:30, 2026-11-20T14:30:00+01:00, 2026-11, March 2026, -15m, -2h, "
    "last 7 days, 3 days ago, today, yesterday, this week, last month or now"
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(microsecond=0, tzinfo=UTC)
_STEPS: Final = (("day", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


class MomentError(ValueError):
    """A text that names no time."""


def moment(text: str, now: datetime, *, end: bool = False) -> datetime | None:
    """Read a time as typed: nothing, ``now``, ``-2h``, ``last 7 days``, a day, month or year, or ISO 8601.

    Args:
        text: without a zone it is UTC.
        now: what relative times count from.
        end: the time ends a range, so that a whole day, week, month or year is in it to its end.

    Raises:
        MomentError: when it names none; the message says what to write.
    """
    typed = " ".join(text.split())
    if not typed:
        return None
    said = typed.lower()
    try:
        return (
            _relative(said, now) or _day(said, now, end=end) or _period(said, now, end=end) or _instant(typed)
        )
    except (ValueError, OverflowError) as error:
        raise MomentError(f"{typed!r} is not a time: {_HINT}") from error


def _relative(typed: str, now: datetime) -> datetime | None:
    if typed == "now":
        return now
    if match := _RELATIVE.fullmatch(typed):
        return now - timedelta(**{_UNITS[match[2]]: int(match[1])})
    if match := _AGO.fullmatch(typed):
        return now - timedelta(**{f"{match['unit']}s": int(match["last"] or match["ago"] or 1)})
    return None


def _day(typed: str, now: datetime, *, end: bool) -> datetime | None:
    if typed in {"today", "yesterday"}:
        first = now.astimezone(UTC).date() - timedelta(days=typed == "yesterday")
    elif _DATE.fullmatch(typed):
        first = date.fromisoformat(typed)
    else:
        return None
    begun = datetime(first.year, first.month, first.day, tzinfo=UTC)
    if first == date.max:
        return datetime.max.replace(tzinfo=UTC) if end else begun
    return begun + timedelta(days=end)


def _period(typed: str, now: datetime, *, end: bool) -> datetime | None:
    """Give where a week, a month or a year begins, or ends."""
    today = now.astimezone(UTC).date()
    which, _, unit = typed.partition(" ")
    if which in {"this", "last"} and unit == "week":
        monday = today - timedelta(days=today.weekday() + _WEEK_DAYS * (which == "last"))
        return _midnight(monday + timedelta(days=_WEEK_DAYS * end))
    found = _months(typed, today)
    if found is None:
        return None
    first, length = found
    return _midnight(_month(first + length * end))


def _months(typed: str, today: date) -> tuple[int, int] | None:
    """Give the first month of a period, counted from the year 0, and of how many it is."""
    this = today.year * _YEAR_MONTHS + today.month - 1
    named = {
        "this month": (this, 1),
        "last month": (this - 1, 1),
        "this year": (today.year * _YEAR_MONTHS, _YEAR_MONTHS),
        "last year": ((today.year - 1) * _YEAR_MONTHS, _YEAR_MONTHS),
    }
    if typed in named:
        return named[typed]
    match = _OF_YEAR.fullmatch(typed)
    if match is None:
        return None
    if match["year"]:
        first = int(match["year"]) * _YEAR_MONTHS
        return (first, _YEAR_MONTHS) if match["month"] is None else (first + _number_of(match["month"]), 1)
    number = next((place for place, name in enumerate(_MONTHS) if name.startswith(match["name"])), None)
    if number is None:
        return None
    year = int(match["of"]) if match["of"] else today.year - (number > today.month - 1)
    return year * _YEAR_MONTHS + number, 1


def _number_of(month: str) -> int:
    if not 1 <= int(month) <= _YEAR_MONTHS:
        raise ValueError(month)
    return int(month) - 1


def _month(number: int) -> date:
    return date(number // _YEAR_MONTHS, number % _YEAR_MONTHS + 1, 1)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _instant(typed: str) -> datetime:
    if _INSTANT.fullmatch(typed) is None:
        raise ValueError(typed)
    read = datetime.fromisoformat(typed)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def seconds(nanoseconds: int) -> datetime:
    """Give the second in which a time in nanoseconds lies, or the nearest that Python knows."""
    try:
        return _EPOCH + timedelta(seconds=nanoseconds // NANOSECONDS)
    except OverflowError:
        return _LAST if nanoseconds > 0 else _FIRST


def typed(at: datetime) -> str:
    """Write a time so that ``moment`` reads it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def day(nanoseconds: int) -> str:
    """Give the date, as ``Friday 20 November 2026``."""
    at = seconds(nanoseconds)
    return f"{at:%A} {at.day} {at:%B %Y}"


def clock(nanoseconds: int) -> str:
    """Give the time of day to the millisecond."""
    return f"{seconds(nanoseconds):%H:%M:%S}.{nanoseconds % NANOSECONDS // 1_000_000:03d}"


def full(nanoseconds: int) -> str:
    """Give date and time to the nanosecond, as RFC 3339 writes them in UTC."""
    return f"{seconds(nanoseconds):%Y-%m-%dT%H:%M:%S}.{nanoseconds % NANOSECONDS:09d}Z"


def device_time(microseconds: int) -> str:
    """Give an originator's time to the microsecond, as RFC 3339 writes it in UTC."""
    try:
        at = _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:  # RFC 3339 knows the year 0000, Python does not
        return f"{microseconds} µs since 1970"
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def duration(length: float, units: int = 2) -> str:
    """Give a length in seconds in its largest units, as ``3 h 12 min``."""
    left = round(abs(length))
    words = []
    for unit, size in _STEPS:
        count, left = divmod(left, size)
        if count:
            words.append(f"{count:,} {unit}{'s' if unit == 'day' and count > 1 else ''}")
    return " ".join(words[:units]) or "0 s"
