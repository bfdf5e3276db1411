"""Whatever it is, it is kept: this grammar matches any octets at all. Its MSG is all after a valid PRI."""

from typing import Final

from pyparsing import Opt, StringEnd

from parsers import rfc5424
from parsers.dialects.dialect import WITHOUT_PRI, Dialect, Gap, Present
from parsers.grammar import LEADING, production
from parsers.schema import Flag, Format

DIALECT: Final = Dialect(
    name="unparsed",
    order=99,
    format=Format.UNPARSED,
    grammar=production(
        "SYSLOG-MSG",
        Opt(Opt(LEADING("leading")) + rfc5424.PRI)
        + rfc5424.MSG_TEXT + Opt(rfc5424.MSG_TRAILER) + StringEnd(),
    ).parse_with_tabs(),
    layout=(Gap("leading"), Present("pri", "<{pri}>"), "{message}", Gap("trailer")),
    always=(Flag.HEADER_LENIENT,),
    absent=WITHOUT_PRI,
)  # fmt: skip
