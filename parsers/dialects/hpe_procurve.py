"""HPE ProCurve and ArubaOS switches: the number of the event before the module that reports it.

    May 15 14:04:23 192.168.1.254  00179 mgr:  SME SSH from …

The number says what happened, as MSGID does in RFC 5424; the module is TAG.
"""

import re
from typing import Final

from pyparsing import Regex

from parsers.clauses import Rule
from parsers.dialects.beginning import TIME
from parsers.dialects.dialect import AROUND_PRI, START, TEXT_LAYOUT, WITHOUT_PRI, Dialect, Gap
from parsers.dialects.parts import BEFORE, HOSTNAME, STAMP, TAG, TEXT, dialect_grammar, gap
from parsers.grammar import SP, production
from parsers.rfc3164 import SEPARATOR
from parsers.schema import Flag, Format

EVENT: Final = production("EVENT", Regex("[0-9]{5}(?= )", re.ASCII)("msg_id"))

DIALECT: Final = Dialect(
    name="HPE ProCurve",
    order=57,
    format=Format.RFC3164,
    grammar=dialect_grammar(
        BEFORE + STAMP + gap("after_time", " {1,2}") + HOSTNAME + gap("after_host", " {1,2}")
        + EVENT + SP + TAG + SEPARATOR + TEXT
    ),
    begins=TIME,
    layout=(
        *START, "{timestamp}", Gap("after_time"), "{hostname}", Gap("after_host"),
        "{msg_id} {app_name}", *TEXT_LAYOUT,
    ),
    always=(Flag.HEADER_LENIENT,),
    present=AROUND_PRI,
    absent=WITHOUT_PRI,
    rules={"EVENT": Rule("HPE ProCurve", "the number of the event: five digits")},
)  # fmt: skip
