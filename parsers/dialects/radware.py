"""Radware: the device's name and address in brackets behind PRI, no time.

<109>[Device: DP01 10.200.193.135] M_20000: …
"""

import re
from typing import Final

from pyparsing import Opt, Regex

from parsers.clauses import Rule
from parsers.dialects.beginning import BRACKET
from parsers.dialects.dialect import AROUND_PRI, START, TAIL_3164, WITHOUT_PRI, Dialect, Present
from parsers.dialects.parts import BEFORE, TAG, TEXT, dialect_grammar
from parsers.grammar import SP, production
from parsers.rfc3164 import SEPARATOR
from parsers.rfc3164_lenient import PID
from parsers.schema import Flag, Format

HOSTNAME: Final = production("HOSTNAME", Regex(r"[^\x00-\x20\]]+(?=[ \]])", re.ASCII)("hostname"))
ADDRESS: Final = production("ADDRESS", Regex(r"[0-9A-Fa-f.:]+(?=\])", re.ASCII)("address"))

DIALECT: Final = Dialect(
    name="Radware",
    order=90,
    format=Format.RFC3164,
    holds=b"[Device: ",
    grammar=dialect_grammar(
        BEFORE + "[Device: " + HOSTNAME + Opt(SP + ADDRESS) + "] " + TAG + Opt(PID) + SEPARATOR + TEXT
    ),
    begins=BRACKET,
    layout=(*START, "[Device: {hostname}", Present("address", " {fields.address}"), "] ", *TAIL_3164),
    fields={"address": "address"},
    always=(Flag.HEADER_LENIENT,),
    present=AROUND_PRI,
    absent=WITHOUT_PRI,
    rules={"ADDRESS": Rule("Radware", "the address of the device, behind its name")},
)
