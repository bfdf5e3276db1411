"""RFC 3164 with a time in numbers that is no date of ISO 8601's: slashes, or seconds since 1970.

05/21/2017:00:00:00 GMT host app[7]: …        1563249630.774247 host app[7]: …
"""

import re
from typing import Final

from pyparsing import Combine, Opt, Regex

from parsers.dialects.beginning import NUMBER
from parsers.dialects.dialect import AROUND_PRI, START, TAIL_3164, WITHOUT_PRI, Dialect, Gap, Present
from parsers.dialects.parts import BEFORE, TAG, TEXT, dialect_grammar, gap, sign
from parsers.grammar import production
from parsers.rfc3164 import SEPARATOR
from parsers.rfc3164_lenient import PID
from parsers.schema import Flag, Format
from parsers.stamps import epoch_stamp, slashed_stamp

STAMP: Final = production(
    "TIMESTAMP", (Combine(slashed_stamp(named=False)) | Combine(epoch_stamp(named=False)))("timestamp")
)
HOSTNAME: Final = production("HOSTNAME", Regex(r"[^\x00-\x20:\[%=]+(?= )", re.ASCII)("hostname"))

DIALECT: Final = Dialect(
    name="RFC 3164 with a time in numbers",
    order=32,
    format=Format.RFC3164,
    grammar=dialect_grammar(
        BEFORE + sign("[0-9]{1,4}/[0-9]{1,2}/|[0-9]{9,10}[. :]") + STAMP + gap("after_time", "[ :]{1,3}")
        + Opt(HOSTNAME + gap("after_host", " {1,2}")) + TAG + Opt(PID) + SEPARATOR + TEXT
    ),
    begins=NUMBER,
    layout=(
        *START, "{timestamp}", Gap("after_time"), Present("hostname", "{hostname}"), Gap("after_host"),
        *TAIL_3164,
    ),
    always=(Flag.HEADER_LENIENT,),
    present=AROUND_PRI,
    absent={**WITHOUT_PRI, "hostname": Flag.HOSTNAME_MISSING},
)  # fmt: skip
