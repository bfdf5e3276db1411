"""Dell Avamar: the host with a colon, and then names in angle brackets.

Mar  5 07:08:09 avamar1: <Code> 22555 <Type> AUDIT <Severity> PROCESS …
"""

import re
from typing import Final

from pyparsing import Regex

from parsers.dialects.beginning import TIME
from parsers.dialects.dialect import AROUND_PRI, START, WITHOUT_PRI, Dialect, Gap
from parsers.dialects.parts import BEFORE, STAMP, TEXT, dialect_grammar, gap
from parsers.grammar import production
from parsers.schema import Flag, Format

HOSTNAME: Final = production("HOSTNAME", Regex(r"[^\x00-\x20:\[%=]+(?=: <Code> )", re.ASCII)("hostname"))

DIALECT: Final = Dialect(
    name="Dell Avamar",
    order=51,
    format=Format.RFC3164,
    holds=b": <Code> ",
    grammar=dialect_grammar(
        BEFORE + STAMP + gap("after_time", " {1,2}") + HOSTNAME + gap("after_host", ": ") + TEXT
    ),
    begins=TIME,
    layout=(
        *START, "{timestamp}", Gap("after_time"), "{hostname}", Gap("after_host"), "{message}",
        Gap("trailer"),
    ),
    always=(Flag.HEADER_LENIENT,),
    present=AROUND_PRI,
    absent=WITHOUT_PRI,
)  # fmt: skip
