"""NetApp ONTAP: the host's name with a colon behind it, and then once more.

Oct 3 11:36:46 host: host: 00000030.00c8f1e2 11e5347f Thu Oct 03 2024 11:36:44 -06:00 [kern_audit3167] …
"""

import re
from typing import Final

from pyparsing import Regex

from parsers.clauses import Rule
from parsers.dialects.beginning import TIME
from parsers.dialects.dialect import AROUND_PRI, START, WITHOUT_PRI, Dialect, Gap
from parsers.dialects.parts import BEFORE, STAMP, TEXT, dialect_grammar, gap
from parsers.grammar import production
from parsers.schema import Flag, Format

HOSTNAME: Final = production("HOSTNAME", Regex(r"[^\x00-\x20:\[%=]+(?=: )", re.ASCII)("hostname"))
NODE: Final = production(
    "NODE", Regex(r"[^\x00-\x20:\[%=]+(?=: [0-9a-f]{8}\.[0-9a-f]{8} )", re.ASCII)("node")
)

DIALECT: Final = Dialect(
    name="NetApp ONTAP",
    order=58,
    format=Format.RFC3164,
    grammar=dialect_grammar(
        BEFORE + STAMP + gap("after_time", " {1,2}") + HOSTNAME + ": " + NODE + ": " + TEXT
    ),
    begins=TIME,
    layout=(
        *START, "{timestamp}", Gap("after_time"), "{hostname}: {fields.netapp.node}: {message}",
        Gap("trailer"),
    ),
    fields={"node": "netapp.node"},
    always=(Flag.HEADER_LENIENT,),
    present=AROUND_PRI,
    absent=WITHOUT_PRI,
    rules={"NODE": Rule("NetApp ONTAP", "the node's name, behind the host's")},
)  # fmt: skip  # fmt: skip
