"""Spectracom's time servers: the host with a colon behind PRI, no time, and one of their logs in brackets.

<184>CEAPAPRDNTP01: [system] Log daemon has been restarted (LOGD)
"""

import re
from typing import Final

from pyparsing import Regex

from parsers.dialects.beginning import LIST, NUMBER
from parsers.dialects.dialect import AROUND_PRI, START, WITHOUT_PRI, Dialect, Gap
from parsers.dialects.parts import BEFORE, TEXT, dialect_grammar, gap
from parsers.grammar import production
from parsers.schema import Flag, Format

LOGS: Final = "alarms?|auth|events?|journal|ntp|oscillator|qualification|system|timing|update"
HOSTNAME: Final = production(
    "HOSTNAME", Regex(rf"[0-9A-Za-z][0-9A-Za-z_.-]*(?=: \[(?:{LOGS})\] )", re.ASCII)("hostname")
)

DIALECT: Final = Dialect(
    name="Spectracom",
    order=90,
    format=Format.RFC3164,
    holds=b": [",
    grammar=dialect_grammar(BEFORE + HOSTNAME + gap("after_host", ": ") + TEXT),
    begins=NUMBER | LIST,
    layout=(*START, "{hostname}", Gap("after_host"), "{message}", Gap("trailer")),
    always=(Flag.HEADER_LENIENT,),
    present=AROUND_PRI,
    absent=WITHOUT_PRI,
)
