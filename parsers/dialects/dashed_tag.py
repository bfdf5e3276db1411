"""A TAG with " -:" behind it: Vectra, before its CEF.

Aug 21 09:24:00 S180356X5A19242 vectra_cef -: CEF:0|Vectra Networks|…
"""

import re
from typing import Final

from pyparsing import Regex

from parsers.dialects.beginning import TIME
from parsers.dialects.dialect import AROUND_PRI, START, TEXT_LAYOUT, WITHOUT_PRI, Dialect, Gap
from parsers.dialects.parts import BEFORE, HOSTNAME, STAMP, TEXT, dialect_grammar, gap
from parsers.grammar import production
from parsers.schema import Flag, Format

TAG: Final = production("TAG", Regex("[0-9A-Za-z_]+(?= -: )", re.ASCII)("app_name"))

DIALECT: Final = Dialect(
    name="RFC 3164 with a dash behind TAG",
    order=56,
    format=Format.RFC3164,
    holds=b" -: ",
    grammar=dialect_grammar(
        BEFORE + STAMP + gap("after_time", " {1,2}") + HOSTNAME + gap("after_host", " {1,2}")
        + TAG + gap("separator", " -: ") + TEXT
    ),
    begins=TIME,
    layout=(
        *START, "{timestamp}", Gap("after_time"), "{hostname}", Gap("after_host"), "{app_name}", *TEXT_LAYOUT,
    ),
    always=(Flag.HEADER_LENIENT,),
    present=AROUND_PRI,
    absent=WITHOUT_PRI,
)  # fmt: skip
