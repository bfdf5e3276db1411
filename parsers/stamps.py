"""The stamps that can be read, as grammars: BSD's, ISO 8601's, and dates with slashes.

Each is built twice: with names for its parts, to read one stamp by itself (parsers/timestamps.py), and
without, to find where the stamp of a message ends.
"""

import re
from typing import Final

from pyparsing import FollowedBy, Literal, Opt, ParserElement, Regex, StringEnd

from parsers.grammar import SP, production
from parsers.zones import NAMED_OFFSET, NAMES, OFFSET

_YEAR: Final = "(?:19|20)[0-9]{2}"
_WEEKDAYS: Final = "Mon|Tue|Wed|Thu|Fri|Sat|Sun"
_NAMES: Final = "|".join(sorted(NAMES, key=len, reverse=True))
_END: Final = FollowedBy(Regex(r"[ :\t]", re.ASCII) | StringEnd())


def _part(name: str, pattern: str, *, named: bool) -> ParserElement:
    element = production(name, Regex(pattern, re.ASCII))
    return element(name) if named else element


def _clock(*, named: bool) -> ParserElement:
    """Hours to fractions. Seconds may be 60, the comma is ISO 8601's, and the halves of a day CUCM's."""
    hour, minute, second = (
        _part(name, "[0-9]{2}", named=named) for name in ("hour", "minute", "second")
    )  # fmt: skip
    fraction, late = (_part(name, "[0-9]{1,9}", named=named) for name in ("fraction", "late_fraction"))
    half = _part("half", r"(?i:[AP]M)(?=[ :.]|\Z)", named=named)
    return (
        hour + ":" + minute + ":" + second + Opt((Literal(".") | ",") + Opt(fraction))
        + Opt(SP + half + Opt(Literal(".") + late))
    )  # fmt: skip


def _zone_names(*, named: bool) -> str:
    """Give the pattern of a zone by name: one counts before a colon, before a year and at the very end.

    In a message, a word behind a stamp is what RFC 3164 says, the HOSTNAME, even if it is a zone's name. What
    follows is looked at first: to compare each HOSTNAME with all the names takes a third of all the time.
    """
    end = r"|\Z" * named
    return rf"(?=[A-Za-z]{{1,5}}+(?: ?:| [12]{end}))(?i:{_NAMES})(?= ?:| {_YEAR}(?:[ :]|\Z){end})"


def calendar_stamp(*, named: bool) -> ParserElement:
    """Give the grammar of BSD's stamp and its variants: day padded anyhow, year in any of four places.

    With ``named``, each part carries a results name.
    """
    year_first, year, year_last, year_after_zone = (
        _part(name, rf"{_YEAR}(?= |:?\Z|: )", named=named)  # an IPv6 address is none
        for name in ("year_first", "year", "year_last", "year_after_zone")
    )
    weekday = _part("weekday", rf"(?=[A-Za-z]{{3}},? (?:{_YEAR} )?[A-Za-z])(?i:{_WEEKDAYS}),?", named=named)
    month = _part("month", "(?i:J(?:an|u[nl])|Feb|Ma[ry]|A(?:pr|ug)|Sep|Oct|Nov|Dec)(?= )", named=named)
    day = _part("day", "[ ]?[0-9]{1,2}(?= )", named=named)
    zone_with_sp = rf"[ ](?:{NAMED_OFFSET}(?=[ :]|\Z)|{_zone_names(named=named)})"
    zone = _part("zone", rf"[ ]?{OFFSET}(?=[ :\t]|\Z)|{zone_with_sp}", named=named)
    return production(
        "BSD-TIMESTAMP",
        Opt(weekday + SP) + Opt(year_first + SP) + month + SP + day + SP + Opt(year + SP)
        + _clock(named=named) + Opt(SP + year_last) + Opt(zone + Opt(SP + year_after_zone)) + _END,
    )  # fmt: skip


# BSD's stamp as most write it, where what follows tells that nothing more belongs to it: a colon, or SP and a
# word that is no half of a day, no year and no zone. calendar_stamp would look for each of these.
USUAL_STAMP: Final = production(
    "BSD-TIMESTAMP",
    Regex(
        rf"(?:J(?:an|u[nl])|Feb|Ma[ry]|A(?:pr|ug)|Sep|Oct|Nov|Dec) [ 0-9]?[0-9] (?:{_YEAR} )?"
        r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9}+)?"
        r"(?=:| (?![0-9+-]|[A-Za-z]{1,5}+(?![0-9A-Za-z_/\[(])|\Z))",
        re.ASCII,
    ),
)


def iso_stamp(*, named: bool) -> ParserElement:
    """Give the grammar of ISO 8601's stamp as it is met: SP or t for T, no colon or no offset at all."""
    year = _part("year", "[0-9]{4}", named=named)
    month, day = (_part(name, "[0-9]{2}", named=named) for name in ("month_number", "month_day"))
    offset = rf"[Zz](?:[+-]00(?::?00)?)?|[+-][0-9]{{2}}(?::?[0-9]{{2}})?|[ ](?:{OFFSET}|{NAMED_OFFSET})"
    zone = _part("zone", rf"{offset}|[ ]{_zone_names(named=named)}", named=named)
    return production(
        "ISO-TIMESTAMP",
        year + Literal("-") + month + Literal("-") + day
        + Regex("[Tt ]", re.ASCII) + _clock(named=named) + Opt(zone) + _END,
    )  # fmt: skip


def slashed_stamp(*, named: bool) -> ParserElement:
    """Give the grammar of dates with slashes: 05/21/2017:00:00:00 GMT, 2009/03/20 14:47:45.

    Which of two numbers is the month, the source's setting says (parsers/source.py).
    """
    first, second = (_part(name, "[0-9]{1,2}", named=named) for name in ("first", "second_number"))
    year = _part("year", "[0-9]{4}", named=named)
    year_first = _part("year_first", "[0-9]{4}", named=named)
    month, day = (_part(name, "[0-9]{2}", named=named) for name in ("month_number", "month_day"))
    zone = _part("zone", rf"{OFFSET}|{_zone_names(named=named)}|(?:UTC|GMT)(?= )", named=named)
    return production(
        "SLASHED-TIMESTAMP",
        (year_first + "/" + month + "/" + day | first + "/" + second + "/" + year)
        + Regex("[: ]", re.ASCII) + _clock(named=named) + Opt(SP + zone) + _END,
    )  # fmt: skip


def epoch_stamp(*, named: bool) -> ParserElement:
    """Give the grammar of seconds since 1970, as Meraki writes them: ten digits, and perhaps a fraction."""
    seconds = _part("epoch", "[0-9]{9,10}", named=named)
    fraction = _part("fraction", "[0-9]{1,9}", named=named)
    return production("EPOCH-TIMESTAMP", seconds + Opt("." + fraction) + _END)
