"""Citrix NetScaler: its own date and time, with the day or the month first as configured.

    <12> 01/10/2001:01:01:01 GMT netscaler ABC-D : SSLVPN HTTPREQUEST 1234567 : Context …
    <12> 2001/01/10:01:01:01 GMT netscaler ABC-D : …

Which is first, the source's setting ``date_order`` says; without one, a date that allows both is no time.
Behind HOSTNAME stands the packet engine that wrote the message, a process: TAG.
"""

import re
from typing import Final

from pyparsing import Combine, Regex

from parsers.dialects.beginning import NUMBER
from parsers.dialects.dialect import AROUND_PRI, START, TEXT_LAYOUT, WITHOUT_PRI, Dialect, Gap
from parsers.dialects.parts import BEFORE, TEXT, dialect_grammar, gap, sign
from parsers.grammar import SP, production
from parsers.schema import Flag, Format
from parsers.stamps import slashed_stamp

STAMP: Final = production("TIMESTAMP", Combine(slashed_stamp(named=False))("timestamp"))
HOSTNAME: Final = production("HOSTNAME", Regex(r"[^\x00-\x20:]+(?= )", re.ASCII)("hostname"))
ENGINE: Final = production("TAG", Regex(r"[^\x00-\x20:]+(?= :)", re.ASCII)("app_name"))

DIALECT: Final = Dialect(
    name="Citrix NetScaler",
    order=31,
    format=Format.RFC3164,
    holds=b" :",
    grammar=dialect_grammar(
        BEFORE + sign("(?:[0-9]{2}/[0-9]{2}/[0-9]{4}|[0-9]{4}/[0-9]{2}/[0-9]{2}):[0-9]{2}:")
        + STAMP + gap("after_time", " {1,2}") + HOSTNAME + SP + ENGINE + gap("separator", " : ?") + TEXT
    ),
    begins=NUMBER,
    layout=(*START, "{timestamp}", Gap("after_time"), "{hostname} {app_name}", *TEXT_LAYOUT),
    always=(Flag.HEADER_LENIENT,),
    present=AROUND_PRI,
    absent=WITHOUT_PRI,
)  # fmt: skip
