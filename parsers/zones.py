"""Time zones as senders write them: offsets, names, and names that do not tell where.

A name is no standard's word for an offset (RFC 3164 has no zones, RFC 5424 only offsets), and some name
several. The reader settles that in this order: the zone of the source's setting, where it goes by that name
at that time (CST in Shanghai); this table, which holds what a name means to nearly all senders (CST in
Chicago); else the source's zone, with the flag timezone_assumed, as though there were no name (IST, BST).
"""

import re
from datetime import timedelta
from typing import Final

_HOUR: Final = 60
_DIGITS: Final = 4  # of an offset: hhmm

# Names in minutes east of Greenwich.
ZONES: Final = {
    "UTC": 0, "GMT": 0, "UCT": 0, "Z": 0,
    "WET": 0, "WEST": 60, "CET": 60, "CEST": 120, "MEZ": 60, "MESZ": 120, "EET": 120, "EEST": 180, "MSK": 180,
    "NST": -210, "NDT": -150, "EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360,
    "PST": -480, "PDT": -420, "AKST": -540, "AKDT": -480, "HST": -600, "HDT": -540,
    "BRT": -180, "CLT": -240, "CLST": -180, "SAST": 120, "EAT": 180, "IDT": 180, "PKT": 300, "ICT": 420,
    "WIB": 420, "HKT": 480, "SGT": 480, "AWST": 480, "JST": 540, "KST": 540, "ACST": 570, "ACDT": 630,
    "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780,
}  # fmt: skip

# Names of several zones (Ireland, Israel and India; Britain and Bangladesh; the Atlantic and Arabia; Samoa
# and Singapore; the Gulf and Georgia), or of none.
AMBIGUOUS: Final = frozenset({"IST", "BST", "AST", "ADT", "SST", "GST", "DST", "LMT"})

NAMES: Final = (*ZONES, *AMBIGUOUS)

# GMT+2, UTC-05:00 and RFC 3164's own TZ-6 (section 5.4, example 4): hours east, as people write them.
NAMED_OFFSET: Final = r"(?i:GMT|UTC|TZ)[+-][0-9]{1,2}(?::?[0-9]{2})?"
OFFSET: Final = r"[+-][0-9]{2}:?[0-9]{2}"

_OFFSET: Final = re.compile(r"(?:[A-Za-z]*)([+-])([0-9:]+)\Z", re.ASCII)


def offset_of(zone: str) -> timedelta | None:
    """Give the offset that a zone's text says, as written in a stamp; None where its name does not tell.

    ``Z`` with ``+00:00`` behind it, which some write, is an offset like any other.
    """
    match = _OFFSET.fullmatch(zone.strip())
    if match is None:
        minutes = ZONES.get(zone.strip().upper())
        return None if minutes is None else timedelta(minutes=minutes)
    digits = match[2].replace(":", "")
    padded = digits.zfill(2).ljust(_DIGITS, "0") if len(digits) < _DIGITS - 1 else digits.zfill(_DIGITS)
    east = timedelta(minutes=int(padded[:2]) * _HOUR + int(padded[2:]))
    return -east if match[1] == "-" else east


def is_name(zone: str) -> bool:
    """Tell whether a zone's text is a name, which another zone may have, too."""
    return zone.strip().upper() in NAMES
