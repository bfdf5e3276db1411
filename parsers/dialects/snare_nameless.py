r"""Windows events as Snare sends them, without HOSTNAME: it is the eleventh of the text's columns.

Oct 16 23:47:31 #001\tMSWinEventLog\t0\tSecurity\t19023582\tFri Oct 16 16:30:44 2009\t592\t…\tDC1\t…
"""

import re
from typing import Final

from pyparsing import FollowedBy, Opt, Regex

from parsers.dialects.dialect import AROUND_PRI, START, WITHOUT_PRI, Dialect, Gap, Present
from parsers.dialects.parts import BEFORE, STAMP, STAMP_START, TEXT, dialect_grammar, gap, sign
from parsers.dialects.snare import BEGINS, TAB, TAG
from parsers.grammar import production
from parsers.schema import Flag, Format

_COLUMN: Final = rf"(?>(?:(?!{TAB})[^\x00]){{0,255}}){TAB}"
COMPUTER: Final = production(
    "HOSTNAME",
    FollowedBy(Regex(rf"(?>{_COLUMN}){{10}}", re.ASCII) + Regex(r"[^\x00-\x20#]+", re.ASCII)("hostname")),
)

DIALECT: Final = Dialect(
    name="Windows Snare without HOSTNAME",
    order=72,
    format=Format.RFC3164,
    holds=b"MSWinEventLog",
    grammar=dialect_grammar(
        BEFORE + sign(rf"{STAMP_START}|#|{BEGINS}")
        + Opt(STAMP + gap("after_time", " {1,2}")) + Opt(gap("control", rf"#[0-9]{{3}}{TAB}"))
        + FollowedBy(Regex(BEGINS, re.ASCII)) + TAG + Opt(COMPUTER) + TEXT
    ),
    layout=(
        *START, Present("timestamp", "{timestamp}"), Gap("after_time"), Gap("control"), "{message}",
        Gap("trailer"),
    ),
    always=(Flag.HEADER_LENIENT,),
    present=AROUND_PRI,
    absent={**WITHOUT_PRI, "hostname": Flag.HOSTNAME_MISSING},
)  # fmt: skip
