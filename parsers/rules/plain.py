r"""Types whose stretch is one regular expression.

Every expression here is written so that nothing in it is tried twice: sets are possessive, groups atomic
(parsers/compile.py says why not the other way round), or the length is bounded. It reads octets.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from parsers.rules.charsets import until
from parsers.rules.motifs import ANYTHING, Motif, Stretch, text_of
from parsers.rules.parameters import Parameters

WHITE: Final = r"[ \t\n\v\f\r]"  # C's isspace
BOUNDARY: Final = rf"(?:(?={WHITE})|\Z)"  # the types that must not be found inside a word
IPV4: Final = r"{0}(?:\.{0}){{3}}".format(r"(?:25[0-5]|2[0-4][0-9]|[01][0-9]{2}|[0-9]{1,2}(?![0-9]))")
_HEX: Final = "[0-9A-Fa-f]"
_GROUP: Final = rf"{_HEX}{{1,4}}"
_LAST_TWO: Final = rf"(?:{_GROUP}:{_GROUP}|{IPV4})"
# RFC 3986 section 3.2.2, IPv6address: what may stand before "::" and after it
IPV6: Final = "|".join(
    [
        rf"(?:{_GROUP}:){{6}}{_LAST_TWO}",
        *(
            rf"(?:(?:{_GROUP}:){{0,{4 - after}}}{_GROUP})?::(?:{_GROUP}:){{{after}}}{_LAST_TWO}"
            for after in range(4, -1, -1)
        ),
        rf"::(?:{_GROUP}:){{5}}{_LAST_TWO}",
        rf"(?:(?:{_GROUP}:){{0,5}}{_GROUP})?::{_GROUP}",
        rf"(?:(?:{_GROUP}:){{0,6}}{_GROUP})?::",
    ]
)
MONTH: Final = "[Jj][Aa][Nn]|[Ff][Ee][Bb]|[Mm][Aa][RrYy]|[Aa](?:[Pp][Rr]|[Uu][Gg])|[Jj][Uu][NnLl]|[Ss][Ee][Pp]|[Oo][Cc][Tt]|[Nn][Oo][Vv]|[Dd][Ee][Cc]"  # noqa: E501 - one expression
_CLOCK: Final = "(?:2[0-3]|[01]?[0-9]):[0-5]?[0-9]:(?:60|[0-5]?[0-9])"
_DAY: Final = "(?:3[01]|[12][0-9]|0?[1-9])"
_MAC: Final = "|".join(rf"{_HEX}{{2}}(?:{mark}{_HEX}{{2}}){{5}}" for mark in (":", "-"))

# Type: liblognorm's own priority (the lower, the earlier, among equal priorities of the user), expression.
# With a year behind the day (Cisco), and with the colon that devices put behind the stamp.
SIMPLE: Final = {
    "word": (32, "[^ ]++"),
    "alpha": (32, "[A-Za-z]++"),
    "rest": (255, ANYTHING),
    "whitespace": (4, rf"{WHITE}++"),
    "ipv4": (4, IPV4),
    "ipv6": (4, rf"(?:{IPV6}){BOUNDARY}"),
    "mac48": (16, rf"(?:{_MAC})"),
    "date-iso": (8, "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"),
    "time-24hr": (8, "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"),
    "time-12hr": (8, "(?:0[0-9]|1[0-2]):[0-5][0-9]:[0-5][0-9]"),
    "duration": (16, "[0-9]++:[0-5][0-9]:[0-5][0-9]"),
    "kernel-timestamp": (16, r"\[[0-9]{5,12}\.[0-9]{6}\]"),
    "date-rfc3164": (
        8,
        rf"(?:{MONTH})  ?{_DAY} (?:(?:19[7-9][0-9]|20[0-9]{{2}}) )?{_CLOCK}:?".replace("  ?", " {1,2}"),
    ),
}
RFC5424_STAMP: Final = re.compile(
    rb"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})T([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:\.([0-9]++))?"
    rb"(?:Z|([+-])([0-9]{1,2}):([0-9]{1,2}))"
)
_RFC5424: Final = (
    rf"[0-9]{{4}}-(?:1[0-2]|0?[1-9])-{_DAY}T{_CLOCK}(?:\.[0-9]++)?"
    r"(?:Z|[+-](?:2[0-3]|[01]?[0-9]):[0-5]?[0-9])"
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_INT64: Final = 2**63 - 1
_MAXIMUM_DIGITS: Final = 400  # of a number that becomes one: beyond it int and float refuse or overflow


def simple(kind: str) -> Callable[[Parameters], Motif]:
    """Give the builder of a type that has no parameters."""

    def build(parameters: Parameters) -> Motif:
        parameters.only(())
        return Stretch(SIMPLE[kind][1])

    return build


def number(parameters: Parameters) -> Motif:
    """``number``: decimal digits; ``maxval``, and ``format`` string or number."""
    parameters.only(("format", "maxval"))
    return Stretch("[0-9]++", _numeric(parameters, int))


def hexnumber(parameters: Parameters) -> Motif:
    """``hexnumber``: 0x and hexadecimal digits up to white space; ``maxval``, ``format`` string or number."""
    parameters.only(("format", "maxval"))
    return Stretch(rf"0x{_HEX}++{BOUNDARY}", _numeric(parameters, lambda octets: int(octets, 16)))


def _numeric(parameters: Parameters, read: Callable[[bytes], int]) -> Callable[[bytes], Any] | None:
    as_number = parameters.choice("format", ("string", "number"), "string") == "number"
    maximum = parameters.number("maxval")
    if not as_number and maximum is None:
        return None

    def value(octets: bytes) -> Any:
        if len(octets) > _MAXIMUM_DIGITS:
            raise ValueError("too long for a number")
        found = read(octets)
        if maximum is not None and found > maximum:
            raise ValueError("beyond maxval")
        return min(found, _INT64) if as_number else text_of(octets)

    return value


def float_(parameters: Parameters) -> Motif:
    """``float``: digits with at most one point and a minus; ``format`` string or number."""
    parameters.only(("format",))
    as_number = parameters.choice("format", ("string", "number"), "string") == "number"
    return Stretch(r"-?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)", to_float if as_number else None)


def to_float(octets: bytes) -> float:
    """Read a number with a fraction.

    Raises:
        ValueError: when it is none, or out of bounds.
    """
    if len(octets) > _MAXIMUM_DIGITS or not re.fullmatch(rb"[+-]?(?:[0-9]++\.?[0-9]*+|\.[0-9]++)", octets):
        raise ValueError("not a number")
    found = float(octets)
    if found in {float("inf"), float("-inf")}:
        raise ValueError("out of bounds")
    return found


def rfc3164_date(parameters: Parameters) -> Motif:
    """``date-rfc3164``: only as text, for the stamp has neither year nor zone."""
    parameters.only(("format",))
    if parameters.choice("format", ("string", "timestamp-unix", "timestamp-unix-ms"), "string") != "string":
        raise parameters.fault(
            "has no year, so that it gives no unix time: leave format out; "
            "the record's own column timestamp holds the time"
        )
    return Stretch(SIMPLE["date-rfc3164"][1])


def rfc5424_date(parameters: Parameters) -> Motif:
    """``date-rfc5424``: as text, or as seconds (``timestamp-unix``) or milliseconds since 1970."""
    parameters.only(("format",))
    form = parameters.choice("format", ("string", "timestamp-unix", "timestamp-unix-ms"), "string")
    if form == "string":
        return Stretch(_RFC5424)
    unit = timedelta(seconds=1) if form == "timestamp-unix" else timedelta(milliseconds=1)
    return Stretch(_RFC5424, lambda octets: (_instant(octets) - _EPOCH) // unit)


def _instant(octets: bytes) -> datetime:
    stamp = RFC5424_STAMP.fullmatch(octets)
    if stamp is None:
        raise ValueError("not a stamp")
    year, month, day, hour, minute, second = map(int, stamp.groups()[:6])
    fraction, sign, zone_hours, zone_minutes = stamp.groups()[6:]
    offset = timedelta(hours=int(zone_hours or 0), minutes=int(zone_minutes or 0))
    zone = timezone(-offset if sign == b"-" else offset)
    micros = int((fraction or b"0")[:6].ljust(6, b"0"))
    start = datetime(year, month, day, hour, minute, tzinfo=zone)
    return start + timedelta(seconds=second, microseconds=micros)


def char_to(parameters: Parameters) -> Motif:
    """``char-to``: one octet or more, up to one of the characters ``extradata``, which must follow."""
    parameters.only(("extradata",))
    ends = parameters.text("extradata")
    return Stretch(rf"{until(ends, least=1)}(?!\Z)")


def char_sep(parameters: Parameters) -> Motif:
    """``char-sep``: any octets, none too, up to one of the characters ``extradata`` or the end."""
    parameters.only(("extradata",))
    return Stretch(until(parameters.text("extradata"), least=0))


def string_to(parameters: Parameters) -> Motif:
    """``string-to``: one octet or more, up to the text ``extradata``, which must follow."""
    parameters.only(("extradata",))
    octets = parameters.text("extradata").encode("utf-8", "replace")
    end, first = (re.escape(part.decode("latin-1")) for part in (octets, octets[:1]))
    return Stretch(rf"(?>(?:[^{first}]|(?!{end}){first})+)(?!\Z)")


def quoted_string(parameters: Parameters) -> Motif:
    """``quoted-string``: between double quotes, which are not part of the value."""
    parameters.only(())
    return Stretch(r'"[^"]*+"', _unquoted)


def op_quoted_string(parameters: Parameters) -> Motif:
    """``op-quoted-string``: a quoted-string where a double quote stands, else a word."""
    parameters.only(())
    return Stretch(r'(?:"[^"]*+"|[^" ][^ ]*+)', _unquoted)


def _unquoted(octets: bytes) -> str:
    return text_of(octets[1:-1] if octets[:1] == b'"' else octets)
