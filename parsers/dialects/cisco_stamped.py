"""Cisco ASA, FTD, PIX, ACE and whatever else puts %FACILITY-SEVERITY-MNEMONIC behind a BSD header.

    time host %PIX-7-710005: text        time host : %ASA-3-710003: text        time host: %FTD-6-302013: text
    sequence: time: host %CRYPTO-4-RECVD_PKT_INV_SPI: text

A word with a colon is the TAG elsewhere (Arista's ``AgentMonitor: %AGENT-6-INITIALIZED:``), but the firewalls
name no process: before their mnemonics it is the host, and an address always is.
"""

import re
from typing import Final

from pyparsing import Opt, Regex

from parsers.bsd_words import IPV4
from parsers.bsd_words import MNEMONIC as MNEMONIC_START
from parsers.dialects.beginning import NUMBER, TIME
from parsers.dialects.cisco_ios import FIREWALLS, RULES, SEQUENCE
from parsers.dialects.dialect import AROUND_PRI, START, TEXT_LAYOUT, WITHOUT_PRI, Dialect, Gap, Present
from parsers.dialects.parts import (
    AFTER_MNEMONIC,
    BEFORE,
    MNEMONIC,
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
from parsers.rfc3164_lenient import CLOCK_MARK
from parsers.schema import Flag, Format

HOSTNAME: Final = production(
    "HOSTNAME",
    Regex(
        rf"{IPV4}(?= ?: %| %)|[^\x00-\x20:%]+(?= : ?%| %|: ?%{FIREWALLS})"
        rf"|[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*(?= : ?%| %)",
        re.ASCII,
    )("hostname"),
)

DIALECT: Final = Dialect(
    name="Cisco behind RFC 3164's header",
    order=22,
    format=Format.RFC3164,
    holds=b"%",
    grammar=dialect_grammar(
        BEFORE
        + sign(rf"(?:[0-9]{{1,20}}: )?[*.]?{STAMP_START}[^%]{{0,320}}+{MNEMONIC_START}")
        + Opt(SEQUENCE + ": ") + Opt(CLOCK_MARK) + STAMP + gap("after_time", "[ :]{1,3}")
        + Opt(HOSTNAME + gap("after_host", " ?: ?| "))
        + NODE + MNEMONIC_PARTS + MNEMONIC + gap("separator", AFTER_MNEMONIC) + TEXT
    ),
    begins=NUMBER | TIME,
    layout=(
        *START, Present("sequence", "{fields.sequence}: "), Gap("clock_mark"),
        "{timestamp}", Gap("after_time"),
        Present("hostname", "{hostname}"), Gap("after_host"), *NODE_LAYOUT, "{app_name}", *TEXT_LAYOUT,
    ),
    fields={"sequence": "sequence", "clock_mark": "cisco.clock", **MNEMONIC_FIELDS},
    always=(Flag.HEADER_LENIENT,),
    present={**AROUND_PRI, "clock_mark": Flag.TIMESTAMP_LENIENT},
    absent={**WITHOUT_PRI, "hostname": Flag.HOSTNAME_MISSING},
    rules={**RULES, **NODE_RULES},
)  # fmt: skip
