"""MikroTik RouterOS: the topics of the message behind PRI, with commas, for TAG; no time, no host.

<30>system,info,account user admin logged in from 10.0.0.1 via winbox
"""

import re
from typing import Final

from pyparsing import Regex

from parsers.dialects.beginning import LIST
from parsers.dialects.dialect import AROUND_PRI, START, TEXT_LAYOUT, WITHOUT_PRI, Dialect
from parsers.dialects.parts import BEFORE, TEXT, dialect_grammar, gap
from parsers.grammar import production
from parsers.schema import Flag, Format

_KINDS: Final = "info|warning|error|critical|debug|account|packet|raw|event"
TOPICS: Final = production(
    "TAG",
    Regex(
        rf"[a-z][a-z0-9]{{1,15}},(?:{_KINDS})(?:,[a-z0-9!]{{2,16}}){{0,6}}(?=:? )",
        re.ASCII,
    )("app_name"),
)

DIALECT: Final = Dialect(
    name="MikroTik",
    order=90,
    format=Format.RFC3164,
    holds=b",",
    grammar=dialect_grammar(BEFORE + TOPICS + gap("separator", ":? ") + TEXT),
    begins=LIST,
    layout=(*START, "{app_name}", *TEXT_LAYOUT),
    always=(Flag.HEADER_LENIENT, Flag.HOSTNAME_MISSING),
    present=AROUND_PRI,
    absent=WITHOUT_PRI,
)
