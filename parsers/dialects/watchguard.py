"""WatchGuard Firebox: serial number and time of the appliance between HOSTNAME and TAG.

    Jan 20 14:03:45 fw1 80B00AAA01234 (2024-01-20T13:03:45) firewall: msg_id="3000-0148" Deny 1-Trusted …

The header's time is the message's; the one in brackets, in UTC, is the field ``watchguard.timestamp``.
"""

import re
from typing import Final

from pyparsing import Opt, Regex

from parsers.bsd_words import SERIAL_AND_TIME
from parsers.clauses import Rule
from parsers.dialects.beginning import TIME
from parsers.dialects.dialect import AROUND_PRI, START, TAIL_3164, WITHOUT_PRI, Dialect, Gap
from parsers.dialects.parts import BEFORE, HOSTNAME, STAMP, TAG, TEXT, dialect_grammar, gap, sign
from parsers.grammar import SP, production
from parsers.rfc3164 import SEPARATOR
from parsers.rfc3164_lenient import PID
from parsers.schema import Flag, Format

SERIAL: Final = production("SERIAL", Regex("[0-9A-F]{13}", re.ASCII)("serial"))
OWN_TIME: Final = production("OWN-TIME", "(" + Regex(r"[0-9T:.Z+-]{16,40}(?=\))", re.ASCII)("own_time") + ")")

DIALECT: Final = Dialect(
    name="WatchGuard",
    order=64,
    format=Format.RFC3164,
    holds=b" (",
    grammar=dialect_grammar(
        BEFORE + STAMP + gap("after_time", " {1,2}") + HOSTNAME + gap("after_host", " {1,2}")
        + sign(SERIAL_AND_TIME) + SERIAL + SP + OWN_TIME + SP + TAG + Opt(PID) + SEPARATOR + TEXT
    ),
    begins=TIME,
    layout=(
        *START, "{timestamp}", Gap("after_time"), "{hostname}", Gap("after_host"),
        "{fields.watchguard.serial} ({fields.watchguard.timestamp}) ", *TAIL_3164,
    ),
    fields={"serial": "watchguard.serial", "own_time": "watchguard.timestamp"},
    always=(Flag.HEADER_LENIENT,),
    present=AROUND_PRI,
    absent=WITHOUT_PRI,
    rules={
        "SERIAL": Rule("WatchGuard", "the serial number of the appliance, behind HOSTNAME"),
        "OWN-TIME": Rule("WatchGuard", "the appliance's time in UTC, in brackets"),
    },
)  # fmt: skip
