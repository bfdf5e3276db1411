"""AIX: its syslogd puts words before the HOSTNAME of what it relays.

Jan  1 00:00:00 Message forwarded from host1: su: …
"""

from typing import Final

from pyparsing import Opt

from parsers.dialects.beginning import TIME
from parsers.dialects.dialect import AROUND_PRI, START, TAIL_3164, WITHOUT_PRI, Dialect, Gap
from parsers.dialects.parts import BEFORE, HOSTNAME, STAMP, TAG, TEXT, dialect_grammar, gap
from parsers.rfc3164 import SEPARATOR
from parsers.rfc3164_lenient import PID
from parsers.schema import Flag, Format

DIALECT: Final = Dialect(
    name="AIX, forwarded",
    order=50,
    format=Format.RFC3164,
    holds=b" Message forwarded from ",
    grammar=dialect_grammar(
        BEFORE + STAMP + gap("words", " Message forwarded from ") + HOSTNAME + gap("after_host", ":? ")
        + Opt(TAG) + Opt(PID) + SEPARATOR + TEXT
    ),
    begins=TIME,
    layout=(*START, "{timestamp}", Gap("words"), "{hostname}", Gap("after_host"), *TAIL_3164),
    always=(Flag.HEADER_LENIENT,),
    present=AROUND_PRI,
    absent=WITHOUT_PRI,
)  # fmt: skip
