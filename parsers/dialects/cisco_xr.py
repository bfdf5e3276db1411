"""Cisco IOS XR: the node that wrote the message stands before the time, and the process behind it.

    [sequence: ][host ]RP/0/RSP0/CPU0:time[ zone]: process[pid]: %MGBL-SYS-5-CONFIG_I : text

TAG is the process; %FACILITY-SEVERITY-MNEMONIC is where the text begins, and its parts are fields. What a
relay has put a header before, cisco_xr_relayed.py reads.
"""

import re
from typing import Final

from pyparsing import Opt, Regex

from parsers.bsd_words import NODE as NODE_PATTERN
from parsers.clauses import Rule
from parsers.dialects.cisco_ios import RULES, SEQUENCE
from parsers.dialects.dialect import AROUND_PRI, START, TAIL_3164, WITHOUT_PRI, Dialect, Gap, Present
from parsers.dialects.parts import (
    BEFORE,
    HOSTNAME,
    MNEMONIC_FIELDS,
    MNEMONIC_PARTS,
    STAMP,
    TAG,
    TEXT,
    dialect_grammar,
    gap,
    sign,
)
from parsers.grammar import production
from parsers.rfc3164 import SEPARATOR
from parsers.rfc3164_lenient import CLOCK_MARK, PID
from parsers.schema import Flag, Format

NODE: Final = production("NODE", Regex(rf"{NODE_PATTERN}(?=:)", re.ASCII)("node"))
NODE_RULE: Final = Rule("Cisco IOS XR", "the node that wrote the message, and a colon")

DIALECT: Final = Dialect(
    name="Cisco IOS XR",
    order=70,
    format=Format.RFC3164,
    holds=b"/",
    grammar=dialect_grammar(
        BEFORE
        + sign(rf"(?:[0-9]{{1,20}}: )?(?:[^\x00-\x20:]{{1,255}}+:? )?{NODE_PATTERN}:")
        + Opt(SEQUENCE + ": ") + Opt(HOSTNAME + gap("after_host", ":? ")) + NODE + ":"
        + Opt(CLOCK_MARK) + STAMP + gap("after_time", " ?: {0,2}")
        + TAG + Opt(PID) + SEPARATOR + Opt(MNEMONIC_PARTS) + TEXT
    ),
    layout=(
        *START, Present("sequence", "{fields.sequence}: "), Present("hostname", "{hostname}"),
        Gap("after_host"), "{fields.cisco.node}:", Gap("clock_mark"), "{timestamp}", Gap("after_time"),
        *TAIL_3164,
    ),
    fields={"sequence": "sequence", "node": "cisco.node", "clock_mark": "cisco.clock", **MNEMONIC_FIELDS},
    always=(Flag.HEADER_LENIENT,),
    present={**AROUND_PRI, "clock_mark": Flag.TIMESTAMP_LENIENT},
    absent={**WITHOUT_PRI, "hostname": Flag.HOSTNAME_MISSING},
    rules={**RULES, "NODE": NODE_RULE},
)  # fmt: skip
