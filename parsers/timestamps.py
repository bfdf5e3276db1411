"""A time as a sender wrote it: the grammar of the stamps that can be read, and the instant each names.

A Stamp is what stood on the wire, so year and offset may be missing. What is missing is an argument: the
zone of the source's setting, and the time of receipt, to which the year is found (checklist 3164-14).

Every stamp has a form, which gives its text back from the instant: the language is parsers/rebuild.py's.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final

from pyparsing import FollowedBy, Literal, Opt, ParserElement, Regex, StringEnd

from parsers.compile import compile_grammar
from parsers.grammar import SP, production

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
REMEMBERED: Final = 65_536  # distinct texts: most of a day of one-second stamps

# The window for a stamp without year. A sender's clock may be a day ahead; a leap year has 366 days.
FUTURE: Final = timedelta(days=1)
PAST: Final = timedelta(days=366)

# Zone names in minutes east of Greenwich. What a name that is not here means is the setting's to say.
ZONES: Final = {
    "UTC": 0, "GMT": 0, "WET": 0, "WEST": 60, "CET": 60, "CEST": 120, "EET": 120, "EEST": 180,
    "MSK": 180, "EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360,
    "PST": -480, "PDT": -420, "JST": 540, "KST": 540,
}  # fmt: skip

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LEAP_SECOND: Final = 60
_MICROSECOND_DIGITS: Final = 6
_TWO_DIGITS: Final = 10


def _part(name: str, pattern: str, *, named: bool) -> ParserElement:
    element = production(name, Regex(pattern, re.ASCII))
    return element(name) if named else element


def _clock(*, named: bool) -> ParserElement:
    """Hours to fractions. Seconds may be 60, and the fraction's comma is ISO 8601's."""
    hour, minute, second = (
        _part(name, "[0-9]{2}", named=named) for name in ("hour", "minute", "second")
    )  # fmt: skip
    fraction = _part("fraction", "[0-9]{1,9}", named=named)
    return hour + ":" + minute + ":" + second + Opt((Literal(".") | ",") + Opt(fraction))


def calendar_stamp(*, named: bool) -> ParserElement:
    """Give the grammar of BSD's stamp and its variants: day padded anyhow, year in any of three places.

    A zone counts only before a colon, for without one it is what RFC 3164 says: the HOSTNAME. With
    ``named``, each part carries a results name.
    """
    year_first, year, year_last = (
        _part(name, r"(?:19|20)[0-9]{2}(?=[ :]|\Z)", named=named)
        for name in ("year_first", "year", "year_last")
    )
    month = _part("month", f"(?i:{'|'.join(MONTHS)})", named=named)
    day = _part("day", "[ ]?[0-9]{1,2}(?= )", named=named)
    # Read alone, the stamp ends after its zone; in a message, a word at the end is no zone.
    zone = _part("zone", f"(?i:{'|'.join(ZONES)})(?= ?:{'|$' * named})", named=named)
    return production(
        "BSD-TIMESTAMP",
        Opt(year_first + SP) + month + SP + day + SP + Opt(year + SP) + _clock(named=named)
        + Opt(SP + year_last) + Opt(SP + zone) + FollowedBy(Regex(r"[ :\t]", re.ASCII) | StringEnd()),
    )  # fmt: skip


def iso_stamp(*, named: bool) -> ParserElement:
    """Give the grammar of ISO 8601's stamp as it is met: SP or t for T, no colon or no offset at all."""
    date = (
        _part("year", "[0-9]{4}", named=named) + "-" + _part("month_number", "[0-9]{2}", named=named)
        + "-" + _part("month_day", "[0-9]{2}", named=named)
    )  # fmt: skip
    zone = _part(
        "zone", "[Zz](?:[+-]00(?::?00)?)?|[+-][0-9]{2}(?::?[0-9]{2})?|[ ][+-][0-9]{2}:?[0-9]{2}", named=named
    )
    return production(
        "ISO-TIMESTAMP",
        date + Regex("[Tt ]", re.ASCII) + _clock(named=named) + Opt(zone)
        + FollowedBy(Regex(r"[ :\t]", re.ASCII) | StringEnd()),
    )  # fmt: skip


_STAMPS: Final = tuple(compile_grammar(stamp(named=True)) for stamp in (iso_stamp, calendar_stamp))


@dataclass(frozen=True, slots=True)
class Instant:
    """A time that a stamp names, in microseconds since 1970, and the offset that was in force for it."""

    microseconds: int
    offset: timedelta


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
    offset: timedelta | None
    form: str | None  # the time form without its offset; None when no form gives the text back

    def instant(self, zone: tzinfo, received: datetime) -> Instant | None:
        """Give the instant that the stamp names, or None when no calendar has it.

        Args:
            zone: what to assume when no offset was written.
            received: the time of receipt; a missing year is the last that is not over a day past it.
        """
        if self.year is not None:
            return self._in_year(self.year, zone)
        latest = received + FUTURE
        for year in (latest.year + 1, latest.year, latest.year - 1):
            instant = self._in_year(year, zone)
            if instant is not None and instant.microseconds <= _microseconds(latest):
                return instant if instant.microseconds >= _microseconds(received - PAST) else None
        return None

    def _in_year(self, year: int, zone: tzinfo) -> Instant | None:
        leap = self.second == _LEAP_SECOND
        try:
            local = datetime(
                year, self.month, self.day, self.hour, self.minute, self.second - leap, self.microsecond,
                tzinfo=zone if self.offset is None else timezone(self.offset),
            )  # fmt: skip
            instant = local.astimezone(UTC) + timedelta(seconds=leap)
        except (ValueError, OverflowError):
            return None
        return Instant(_microseconds(instant), local.utcoffset() or timedelta())


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


@lru_cache(REMEMBERED)
def read_stamp(text: bytes) -> Stamp | None:
    """Read one stamp, of any kind; None when it is none."""
    for pattern in _STAMPS:
        match = pattern.fullmatch(text)
        if match is not None:
            return _stamp(match)
    return None


def _stamp(match: re.Match[bytes]) -> Stamp:
    parts = {name: octets.decode("ascii") for name, octets in match.groupdict().items() if octets is not None}
    year = parts.get("year_first") or parts.get("year") or parts.get("year_last")
    month = parts.get("month_number") or str(MONTHS.index(parts["month"].title()) + 1)
    fraction = parts.get("fraction", "")[:_MICROSECOND_DIGITS]
    return Stamp(
        year=None if year is None else int(year),
        month=int(month),
        day=int(parts.get("day") or parts["month_day"]),
        hour=int(parts["hour"]),
        minute=int(parts["minute"]),
        second=int(parts["second"]),
        microsecond=int(fraction.ljust(_MICROSECOND_DIGITS, "0")),
        offset=_offset(parts.get("zone")),
        form=_form(match),
    )


def _offset(zone: str | None) -> timedelta | None:
    if zone is None:
        return None
    zone = zone.strip()
    if zone[0] in "+-":
        digits = zone[1:].replace(":", "").ljust(4, "0")
        minutes = int(digits[:2]) * 60 + int(digits[2:])
        return timedelta(minutes=-minutes if zone[0] == "-" else minutes)
    return timedelta(minutes=ZONES.get(zone.upper(), 0))  # Z, also with +00:00 behind it, is 0


def _form(match: re.Match[bytes]) -> str | None:
    """Put a directive for each part that the instant gives back; None when one cannot be given back."""
    pieces = []
    end = 0
    for name, start, stop in _parts(match):
        directive = _directive(name, match[name].decode("ascii"))
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


def _directive(name: str, text: str) -> str | None:
    lost = {
        "month": text not in MONTHS,
        "second": text == str(_LEAP_SECOND),
        "fraction": len(text) > _MICROSECOND_DIGITS,
    }
    if lost.get(name):
        return None
    named: dict[str, Callable[[str], str]] = {
        "day": _day_directive,
        "fraction": lambda digits: f"%{len(digits)}N",
        "zone": str,
    }
    return named[name](text) if name in named else _DIRECTIVES[name]


_DIRECTIVES: Final = {
    "year": "%Y", "year_first": "%Y", "year_last": "%Y", "month": "%b", "month_number": "%m",
    "month_day": "%d", "hour": "%H", "minute": "%M", "second": "%S",
}  # fmt: skip


def _day_directive(text: str) -> str:
    if text[0] == "0":
        return "%d"
    return "%e" if int(text) >= _TWO_DIGITS or text[0] == " " else "%-d"
