"""Cisco IOS behind a relay, which puts RFC 3164's header before what the device wrote.

    time host sequence: [origin-id: ][device's sequence: ][mark][device's time: ]%SYS-5-CONFIG_I: text

The outer header is the message's: its time is the record's, and the device's own is the field
``cisco.timestamp``, a text.
"""

import re
from typing import Final

from pyparsing import Combine, Opt, Regex

from parsers.bsd_words import MNEMONIC as MNEMONIC_START
from parsers.clauses import Rule
from parsers.dialects.beginning import TIME
from parsers.dialects.cisco_ios import DEVICE_SEQUENCE, RULES, SEQUENCE, TAG
from parsers.dialects.dialect import AROUND_PRI, START, TAIL_3164, WITHOUT_PRI, Dialect, Gap, Present
from parsers.dialects.parts import (
    AFTER_MNEMONIC,
    BEFORE,
    HOSTNAME,
    MNEMONIC_FIELDS,
    MNEMONIC_PARTS,
    NODE,
    NODE_LAYOUT,
    NODE_RULES,
    STAMP,
    STAMP_START,
    TEXT,
    dialect_grammar,
    gap,
    sign,
)
from parsers.grammar import production
from parsers.rfc3164_lenient import CLOCK_MARK, PID
from parsers.schema import Flag, Format
from parsers.stamps import calendar_stamp, iso_stamp

ORIGIN: Final = production(
    "ORIGIN", Regex(r"(?![0-9]+:)[^\x00-\x20:*%<\[{][^\x00-\x20:%\[]*(?=: )", re.ASCII)("origin")
)
DEVICE_TIME: Final = production(
    "DEVICE-TIME", Combine(calendar_stamp(named=False) | iso_stamp(named=False))("device_time")
)

_WORDS: Final = r"(?:[^\x00-\x20:%\[]{1,128}: ){0,3}"  # a sequence number, the origin, another number

DIALECT: Final = Dialect(
    name="Cisco IOS, relayed",
    order=53,
    format=Format.RFC3164,
    holds=b"%",
    grammar=dialect_grammar(
        BEFORE
        + sign(rf"{STAMP_START}[^%]{{0,320}}+{MNEMONIC_START}")
        + STAMP + gap("after_time", "[ :]{1,2}") + HOSTNAME + gap("after_host", " ?:? ")
        + sign(rf"(?:{_WORDS}[*.]?{STAMP_START}|[0-9]{{1,20}}: {_WORDS}{MNEMONIC_START})")
        + Opt(SEQUENCE + gap("after_sequence", ": ?"))
        + Opt(ORIGIN + ": ") + Opt(DEVICE_SEQUENCE + ": ") + Opt(CLOCK_MARK)
        + Opt(DEVICE_TIME + gap("after_device_time", "(?: [A-Za-z]{1,8})? ?: {0,2}"))
        + sign(MNEMONIC_START)
        + NODE + MNEMONIC_PARTS + TAG + Opt(PID) + gap("separator", AFTER_MNEMONIC) + TEXT
    ),
    begins=TIME,
    layout=(
        *START, "{timestamp}", Gap("after_time"), "{hostname}", Gap("after_host"),
        Present("sequence", "{fields.sequence}"), Gap("after_sequence"),
        Present("origin", "{fields.cisco.origin}: "),
        Present("sequence_device", "{fields.sequence_device}: "), Gap("clock_mark"),
        Present("device_time", "{fields.cisco.timestamp}"), Gap("after_device_time"),
        *NODE_LAYOUT, *TAIL_3164,
    ),
    fields={
        "sequence": "sequence", "origin": "cisco.origin", "sequence_device": "sequence_device",
        "clock_mark": "cisco.clock", "device_time": "cisco.timestamp", **MNEMONIC_FIELDS,
    },
    always=(Flag.HEADER_LENIENT,),
    present=AROUND_PRI,
    absent=WITHOUT_PRI,
    rules={
        **RULES,
        **NODE_RULES,
        "ORIGIN": Rule("Cisco, logging origin-id", "the device's own name, behind a relay's HOSTNAME"),
        "DEVICE-TIME": Rule("Cisco, service timestamps", "the device's own time, behind a relay's"),
    },
)  # fmt: skip
