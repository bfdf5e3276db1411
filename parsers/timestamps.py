"""A time as a sender wrote it: the instant that each stamp of parsers/stamps.py names.

A Stamp is what stood on the wire, so year and offset may be missing. What is missing is an argument: the
zone and the order of dates of the source's setting, and the time of receipt, to which the year is found
(checklist 3164-14).

Every stamp has a form, which gives its text back from the instant: the language is parsers/rebuild.py's.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final

from parsers.compile import compile_grammar
from parsers.layouts import MONTHS
from parsers.source import DateOrder, Source
from parsers.stamps import calendar_stamp, epoch_stamp, iso_stamp, slashed_stamp
from parsers.zones import is_name, offset_of

REMEMBERED: Final = 65_536  # distinct texts: most of a day of one-second stamps

# The window for a stamp without year. A sender's clock may be a day ahead; a leap year has 366 days.
FUTURE: Final = timedelta(days=1)
PAST: Final = timedelta(days=366)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LEAP_SECOND: Final = 60
_MICROSECOND_DIGITS: Final = 6
_TWO_DIGITS: Final = 10
_HALF_A_DAY: Final = 12
_MONTHS: Final = 12

_STAMPS: Final = tuple(
    compile_grammar(stamp(named=True)) for stamp in (iso_stamp, calendar_stamp, slashed_stamp, epoch_stamp)
)
# Read alone, a stamp may have the colon or the SP behind it that parted it from what followed.
_BEHIND: Final = b" :"


@dataclass(frozen=True, slots=True)
class Instant:
    """A time that a stamp names, in microseconds since 1970, and the offset that was in force for it.

    ``assumed`` tells that the offset is the setting's, for want of one on the wire.
    """

    microseconds: int
    offset: timedelta
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Stamp:
    """What one stamp says, no part of it checked against a calendar yet."""

    year: int | None
    month: int
    day: int
    hour: int
    minute: int
    second: int
    microsecond: int
    zone: str | None
    form: str | None  # the time form without its offset; None when no form gives the text back

    def instant(self, source: Source, received: datetime) -> Instant | None:
        """Give the instant that the stamp names, or None when no calendar has it.

        Args:
            source: its time zone is assumed where no offset was written.
            received: the time of receipt; a missing year is the last that is not over a day past it.
        """
        if self.year is not None:
            return self._in_year(self.year, source.timezone)
        latest = received + FUTURE
        for year in (latest.year + 1, latest.year, latest.year - 1):
            instant = self._in_year(year, source.timezone)
            if instant is not None and instant.microseconds <= _microseconds(latest):
                return instant if instant.microseconds >= _microseconds(received - PAST) else None
        return None

    def _in_year(self, year: int, assumed: tzinfo) -> Instant | None:
        leap = self.second == _LEAP_SECOND
        try:
            local = datetime(
                year, self.month, self.day, self.hour, self.minute, self.second - leap, self.microsecond,
                tzinfo=assumed,
            )  # fmt: skip
            offset = self._offset(local)
            if offset is not None:
                local = local.replace(tzinfo=timezone(offset))
            instant = local.astimezone(UTC) + timedelta(seconds=leap)
        except (ValueError, OverflowError):
            return None
        return Instant(_microseconds(instant), local.utcoffset() or timedelta(), assumed=offset is None)

    def _offset(self, local: datetime) -> timedelta | None:
        """Give the offset that the stamp's zone says; the source's own where that goes by its name."""
        if self.zone is None:
            return None
        if is_name(self.zone) and local.tzname() == self.zone.strip().upper():
            return local.utcoffset()
        return offset_of(self.zone)


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


@lru_cache(REMEMBERED)
def read_stamp(text: bytes, date_order: DateOrder | None = None) -> Stamp | None:
    """Read one stamp, of any kind; None when it is none, or when nothing tells its day from its month."""
    stamp = text.rstrip(_BEHIND)
    for pattern in _STAMPS:
        match = pattern.fullmatch(stamp)
        if match is not None:
            return _stamp(match, text[len(stamp) :].decode("ascii"), date_order)
    return None


def _stamp(match: re.Match[bytes], behind: str, date_order: DateOrder | None) -> Stamp | None:
    parts = {name: octets.decode("ascii") for name, octets in match.groupdict().items() if octets is not None}
    if "epoch" in parts:
        return _seconds_since_1970(parts)
    date = _date(parts, date_order)
    hour = _hour(parts)
    if date is None or hour is None:
        return None
    year = next((parts[name] for name in _YEARS if name in parts), None)
    form = _form(match, hour=hour, month=date[0])
    return Stamp(
        year=None if year is None else int(year),
        month=date[0],
        day=date[1],
        hour=hour,
        minute=int(parts["minute"]),
        second=int(parts["second"]),
        microsecond=_microsecond(parts),
        zone=parts.get("zone"),
        form=None if form is None else form + behind,
    )


_YEARS: Final = ("year_first", "year", "year_last", "year_after_zone")


def _date(parts: dict[str, str], date_order: DateOrder | None) -> tuple[int, int] | None:
    """Give month and day; None where only the source's setting could tell them apart, and does not."""
    if "first" not in parts:
        month = parts.get("month_number") or str(MONTHS.index(parts["month"].title()) + 1)
        return int(month), int(parts.get("day") or parts["month_day"])
    first, second = int(parts["first"]), int(parts["second_number"])
    if first > _MONTHS or first == second or (date_order == "day_first" and second <= _MONTHS):
        return second, first
    return (first, second) if second > _MONTHS or date_order == "month_first" else None


def _hour(parts: dict[str, str]) -> int | None:
    """Give the hour of 24, also one that no clock shows; None when half a day does not have it."""
    hour = int(parts["hour"])
    if "half" not in parts:
        return hour
    if not 1 <= hour <= _HALF_A_DAY:
        return None
    return hour % _HALF_A_DAY + (_HALF_A_DAY if parts["half"].upper() == "PM" else 0)


def _microsecond(parts: dict[str, str]) -> int:
    digits = (parts.get("fraction") or parts.get("late_fraction") or "")[:_MICROSECOND_DIGITS]
    return int(digits.ljust(_MICROSECOND_DIGITS, "0"))


def _seconds_since_1970(parts: dict[str, str]) -> Stamp:
    moment = _EPOCH + timedelta(seconds=int(parts["epoch"]))
    return Stamp(
        moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second,
        _microsecond(parts), zone="UTC", form=None,
    )  # fmt: skip


def _form(match: re.Match[bytes], *, hour: int, month: int) -> str | None:
    """Put a directive for each part that the instant gives back; None when one cannot be given back."""
    pieces = []
    end = 0
    for name, start, stop in _parts(match):
        text = match[name].decode("ascii")
        if name == "hour" and int(text) != hour:  # after noon
            return None
        directive = _directive(name if name not in _NUMBERS else _meaning(match, name, month), text)
        if directive is None:
            return None
        pieces += [match.string[end:start].decode("ascii"), directive]
        end = stop
    return "".join([*pieces, match.string[end:].decode("ascii")])


def _parts(match: re.Match[bytes]) -> Iterator[tuple[str, int, int]]:
    """Name and place of every part that is there, in the order of the text."""
    for name in match.re.groupindex:
        if match[name] is not None:
            yield name, *match.span(name)


_NUMBERS: Final = ("first", "second_number")  # of a date with slashes


def _meaning(match: re.Match[bytes], name: str, month: int) -> str:
    """Tell which of the two numbers of a date with slashes is the month, and which the day."""
    month_first = int(match["first"]) == month
    return "month_number" if month_first == (name == "first") else "day"


def _directive(name: str, text: str) -> str | None:
    lost = {
        "month": text not in MONTHS,
        "month_number": len(text) != len("01"),
        "second": text == str(_LEAP_SECOND),
        "fraction": len(text) > _MICROSECOND_DIGITS,
        "late_fraction": len(text) > _MICROSECOND_DIGITS,
    }
    if lost.get(name):
        return None
    named: dict[str, Callable[[str], str]] = {"day": _day_directive, "zone": str, "weekday": str, "half": str}
    named |= dict.fromkeys(("fraction", "late_fraction"), lambda digits: f"%{len(digits)}N")
    return named[name](text) if name in named else _DIRECTIVES[name]


_DIRECTIVES: Final = {
    **dict.fromkeys(_YEARS, "%Y"),
    "month": "%b", "month_number": "%m", "month_day": "%d", "hour": "%H", "minute": "%M", "second": "%S",
}  # fmt: skip


def _day_directive(text: str) -> str:
    if text[0] == "0":
        return "%d"
    return "%e" if int(text) >= _TWO_DIGITS or text[0] == " " else "%-d"
