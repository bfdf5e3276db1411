"""Raritan: the event's name in brackets behind PRI, no time, host or program.

    <27>[Login Failed]: Authentication failed for user 'x' from host 'y'

The name says what happened, as MSGID does in RFC 5424.
"""

import re
from typing import Final

from pyparsing import Regex

from parsers.clauses import Rule
from parsers.dialects.beginning import BRACKET
from parsers.dialects.dialect import AROUND_PRI, START, WITHOUT_PRI, Dialect, Gap
from parsers.dialects.parts import BEFORE, TEXT, dialect_grammar
from parsers.grammar import production
from parsers.schema import Flag, Format

EVENT: Final = production("EVENT", Regex(r"[A-Z][A-Za-z ]{2,63}(?=\]: )", re.ASCII)("msg_id"))

DIALECT: Final = Dialect(
    name="Raritan",
    order=90,
    format=Format.RFC3164,
    holds=b"]: ",
    grammar=dialect_grammar(BEFORE + "[" + EVENT + "]: " + TEXT),
    begins=BRACKET,
    layout=(*START, "[{msg_id}]: {message}", Gap("trailer")),
    always=(Flag.HEADER_LENIENT, Flag.HOSTNAME_MISSING),
    present=AROUND_PRI,
    absent=WITHOUT_PRI,
    rules={"EVENT": Rule("Raritan", "the name of the event, in brackets")},
)
