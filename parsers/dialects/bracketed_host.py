"""An address in brackets where HOSTNAME stands: Zscaler NSS's alerts, and IPv6 as in a URI.

Mar  1 22:05:35 [10.225.64.143] ZscalerNSS: …
"""

import re
from typing import Final

from pyparsing import Opt, Regex

from parsers.bsd_words import IPV4
from parsers.dialects.beginning import TIME
from parsers.dialects.dialect import AROUND_PRI, START, TAIL_3164, WITHOUT_PRI, Dialect, Gap
from parsers.dialects.parts import BEFORE, STAMP, TAG, TEXT, dialect_grammar, gap
from parsers.grammar import production
from parsers.rfc3164 import SEPARATOR
from parsers.rfc3164_lenient import PID
from parsers.schema import Flag, Format

HOSTNAME: Final = production(
    "HOSTNAME", Regex(rf"(?:{IPV4}|[0-9A-Fa-f]{{0,4}}:[0-9A-Fa-f:.]{{1,40}})(?=\])", re.ASCII)("hostname")
)

DIALECT: Final = Dialect(
    name="RFC 3164 with HOSTNAME in brackets",
    order=63,
    format=Format.RFC3164,
    holds=b" [",
    grammar=dialect_grammar(
        BEFORE + STAMP + gap("after_time", " {1,2}") + "[" + HOSTNAME + "]" + gap("after_host", ":? {1,2}")
        + Opt(TAG) + Opt(PID) + SEPARATOR + TEXT
    ),
    begins=TIME,
    layout=(*START, "{timestamp}", Gap("after_time"), "[{hostname}]", Gap("after_host"), *TAIL_3164),
    always=(Flag.HEADER_LENIENT,),
    present=AROUND_PRI,
    absent=WITHOUT_PRI,
)  # fmt: skip
