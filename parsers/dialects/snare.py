r"""Windows events as Snare sends them: MSWinEventLog and tabs behind HOSTNAME.

    Oct 16 23:47:31 dc1 MSWinEventLog\t1\tSecurity\t19023582\tFri Oct 16 16:30:44 2009\t592\t…

The text begins at MSWinEventLog, which is the name of its format, and of its program: TAG. rsyslog writes a
tab as #011. The relay's time may be missing.
"""

import re
from typing import Final

from pyparsing import FollowedBy, Opt, Regex

from parsers.dialects.dialect import AROUND_PRI, START, WITHOUT_PRI, Dialect, Gap, Present
from parsers.dialects.parts import BEFORE, STAMP, STAMP_START, TEXT, dialect_grammar, gap, sign
from parsers.grammar import production
from parsers.schema import Flag, Format

TAB: Final = "(?:\t|#011)"
BEGINS: Final = rf"MSWinEventLog(?={TAB})"
HOSTNAME: Final = production(
    "HOSTNAME", Regex(rf"[^\x00-\x20#]++(?=(?: |{TAB}){{1,2}}{BEGINS})", re.ASCII)("hostname")
)
TAG: Final = FollowedBy(Regex(BEGINS, re.ASCII)("app_name"))

DIALECT: Final = Dialect(
    name="Windows Snare",
    order=71,
    format=Format.RFC3164,
    holds=b"MSWinEventLog",
    grammar=dialect_grammar(
        BEFORE + sign(rf"{STAMP_START}|[^\x00-\x20#]{{1,255}}+[ \t#]{{1,2}}[M0]")
        + Opt(STAMP + gap("after_time", " {1,2}")) + HOSTNAME
        + gap("after_host", rf"(?: |{TAB}){{1,2}}") + TAG + TEXT
    ),
    layout=(
        *START, Present("timestamp", "{timestamp}"), Gap("after_time"), "{hostname}", Gap("after_host"),
        "{message}", Gap("trailer"),
    ),
    always=(Flag.HEADER_LENIENT,),
    present=AROUND_PRI,
    absent=WITHOUT_PRI,
)  # fmt: skip
