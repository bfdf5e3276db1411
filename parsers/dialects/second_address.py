"""An address of the device between HOSTNAME and TAG: Infoblox, and others that report through a manager.

Sep 24 09:46:27 ib1 10.0.0.1 dhcpd[4321]: …
"""

import re
from typing import Final

from pyparsing import Opt, Regex

from parsers.bsd_words import IPV4
from parsers.clauses import Rule
from parsers.dialects.beginning import TIME
from parsers.dialects.dialect import AROUND_PRI, START, TAIL_3164, WITHOUT_PRI, Dialect, Gap
from parsers.dialects.parts import BEFORE, HOSTNAME, STAMP, TAG, TEXT, dialect_grammar, gap
from parsers.grammar import SP, production
from parsers.rfc3164 import SEPARATOR
from parsers.rfc3164_lenient import PID
from parsers.schema import Flag, Format

ADDRESS: Final = production("ADDRESS", Regex(rf"{IPV4}(?= )", re.ASCII)("address"))

DIALECT: Final = Dialect(
    name="RFC 3164 with a second address",
    order=61,
    format=Format.RFC3164,
    grammar=dialect_grammar(
        BEFORE + STAMP + gap("after_time", " {1,2}") + HOSTNAME + gap("after_host", " {1,2}")
        + ADDRESS + SP + TAG + Opt(PID) + SEPARATOR + TEXT
    ),
    begins=TIME,
    layout=(
        *START, "{timestamp}", Gap("after_time"), "{hostname}", Gap("after_host"),
        "{fields.address} ", *TAIL_3164,
    ),
    fields={"address": "address"},
    always=(Flag.HEADER_LENIENT,),
    present=AROUND_PRI,
    absent=WITHOUT_PRI,
    rules={"ADDRESS": Rule("Infoblox", "the address of the device, behind HOSTNAME")},
)  # fmt: skip
