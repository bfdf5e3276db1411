"""macOS: programs' names have spaces, and their PID tells where the name ends.

    Dec 13 11:35:57 a-mac Google Chrome[85294]: …        Jul  3 17:10:11 host BezelServices 255.10[94]: …

To the letter of RFC 3164 section 4.1.3 the TAG would be ``Google``, the text ``Chrome[85294]: …``.
"""

import re
from typing import Final

from pyparsing import Regex

from parsers.bsd_words import WORDS_OF_A_PROGRAM
from parsers.dialects.beginning import TIME
from parsers.dialects.dialect import AROUND_PRI, START, WITHOUT_PRI, Dialect, Gap
from parsers.dialects.parts import BEFORE, HOSTNAME, STAMP, TEXT, dialect_grammar, gap
from parsers.grammar import SP, production
from parsers.rfc3164_lenient import PID
from parsers.schema import Flag, Format

TAG: Final = production("TAG", Regex(rf"{WORDS_OF_A_PROGRAM}(?=\[[0-9]{{1,10}}\])", re.ASCII)("app_name"))

DIALECT: Final = Dialect(
    name="macOS",
    order=77,
    format=Format.RFC3164,
    begins=TIME,
    holds=b"]:",
    grammar=dialect_grammar(BEFORE + STAMP + SP + HOSTNAME + SP + TAG + PID + gap("separator", ": ?") + TEXT),
    layout=(
        *START, "{timestamp} {hostname} {app_name}[{proc_id}]", Gap("separator"), "{message}", Gap("trailer"),
    ),
    always=(Flag.HEADER_LENIENT,),
    present=AROUND_PRI,
    absent=WITHOUT_PRI,
)  # fmt: skip
