"""Cisco IOS XR behind a relay, which puts RFC 3164's header before what the device wrote.

    time host [sequence: ]RP/0/RSP0/CPU0:device's time[ zone]: process[pid]: %MGBL-SYS-5-CONFIG_I : text

The outer header is the message's, as with Cisco IOS: the device's own time is the field ``cisco.timestamp``.
"""

from typing import Final

from pyparsing import Opt

from parsers.bsd_words import NODE_AND_TIME
from parsers.dialects import cisco_relayed
from parsers.dialects.beginning import TIME
from parsers.dialects.cisco_ios import SEQUENCE
from parsers.dialects.cisco_relayed import DEVICE_TIME
from parsers.dialects.cisco_xr import NODE, NODE_RULE
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
from parsers.rfc3164 import SEPARATOR
from parsers.rfc3164_lenient import CLOCK_MARK, PID
from parsers.schema import Flag, Format

DIALECT: Final = Dialect(
    name="Cisco IOS XR, relayed",
    order=53,
    format=Format.RFC3164,
    holds=b"/",
    grammar=dialect_grammar(
        BEFORE + STAMP + gap("after_time", "[ :]{1,2}") + HOSTNAME + gap("after_host", " ?:? ")
        + sign(rf"(?:[0-9]{{1,20}}: )?{NODE_AND_TIME}")
        + Opt(SEQUENCE + ": ") + NODE + ":" + Opt(CLOCK_MARK)
        + DEVICE_TIME + gap("after_device_time", "(?: [A-Za-z]{1,8})? ?: {0,2}")
        + TAG + Opt(PID) + SEPARATOR + Opt(MNEMONIC_PARTS) + TEXT
    ),
    begins=TIME,
    layout=(
        *START, "{timestamp}", Gap("after_time"), "{hostname}", Gap("after_host"),
        Present("sequence", "{fields.sequence}: "), "{fields.cisco.node}:", Gap("clock_mark"),
        "{fields.cisco.timestamp}", Gap("after_device_time"), *TAIL_3164,
    ),
    fields={
        "sequence": "sequence", "node": "cisco.node", "clock_mark": "cisco.clock",
        "device_time": "cisco.timestamp", **MNEMONIC_FIELDS,
    },
    always=(Flag.HEADER_LENIENT,),
    present=AROUND_PRI,
    absent=WITHOUT_PRI,
    rules={**cisco_relayed.DIALECT.rules, "NODE": NODE_RULE},
)  # fmt: skip
