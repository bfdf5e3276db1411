"""Ubiquiti UniFi: name, MAC address and firmware version, with commas, where HOSTNAME stands.

Nov  8 17:28:43 US8P60,18e8294876c3,v4.0.66.10832 switch: …
Nov  8 17:28:43 U7PG2,788a2056b181,v4.0.66.10832: logread[5495]: …
Nov  8 17:28:43 ("U7PG2,788a2056b181,v4.0.66.10832") logread[5495]: …
"""

import re
from typing import Final

from pyparsing import Opt, Regex

from parsers.clauses import Rule
from parsers.dialects.beginning import TIME
from parsers.dialects.dialect import AROUND_PRI, START, TAIL_3164, WITHOUT_PRI, Dialect, Gap, Present
from parsers.dialects.parts import BEFORE, STAMP, TAG, TEXT, dialect_grammar, gap
from parsers.grammar import SP, production
from parsers.rfc3164 import SEPARATOR
from parsers.rfc3164_lenient import PID
from parsers.schema import Flag, Format

_VERSION: Final = r"v?[0-9]{1,3}(?:\.[0-9]{1,6}){1,3}(?:\+[0-9.]{1,12})?"
HOSTNAME: Final = production("HOSTNAME", Regex(r"[^\x00-\x20,:\"(]+(?=,)", re.ASCII)("hostname"))
MAC: Final = production("MAC", Regex("[0-9A-Fa-f]{12}(?=,)", re.ASCII)("mac"))
VERSION: Final = production("VERSION", Regex(rf"{_VERSION}(?=(?:\"\))?:? )", re.ASCII)("version"))

DIALECT: Final = Dialect(
    name="Ubiquiti UniFi",
    order=62,
    format=Format.RFC3164,
    holds=b",",
    grammar=dialect_grammar(
        BEFORE + STAMP + SP + Opt(gap("before_host", r'\("')) + HOSTNAME + "," + Opt(MAC + ",")
        + VERSION + gap("after_host", '(?:"\\))?:? ')
        + TAG + Opt(PID) + SEPARATOR + TEXT
    ),
    begins=TIME,
    layout=(
        *START, "{timestamp} ", Gap("before_host"), "{hostname},", Present("mac", "{fields.unifi.mac},"),
        "{fields.unifi.version}", Gap("after_host"), *TAIL_3164,
    ),
    fields={"mac": "unifi.mac", "version": "unifi.version"},
    always=(Flag.HEADER_LENIENT,),
    present=AROUND_PRI,
    absent=WITHOUT_PRI,
    rules={
        "MAC": Rule("Ubiquiti UniFi", "the device's MAC address, behind its name"),
        "VERSION": Rule("Ubiquiti UniFi", "the device's firmware"),
    },
)  # fmt: skip
