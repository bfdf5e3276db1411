r"""Cisco IOS, IOS XE, NX-OS, WLC, UCS, CIMC, Unified Communications, ASA: no RFC's header behind PRI.

    [sequence: ][origin-id: ][device's sequence: ][mark]time[ zone]: %FACILITY-SEVERITY-MNEMONIC: text

Everything but the last two is configured (``service sequence-numbers``, ``logging origin-id``, ``service
timestamps``). In the time's place may stand how long the device has been up, which is no time: the field
``uptime``. TAG stays what the BSD grammar makes of it, ``%SEC-6-IPACCESSLOGP``; its parts are fields too.
"""

import re
from typing import Final

from pyparsing import Opt, Regex

from parsers.bsd_words import MNEMONIC as MNEMONIC_START
from parsers.clauses import Rule
from parsers.dialects.dialect import AROUND_PRI, START, TAIL_3164, WITHOUT_PRI, Dialect, Gap, Present
from parsers.dialects.parts import (
    AFTER_MNEMONIC,
    BEFORE,
    MNEMONIC_FIELDS,
    MNEMONIC_PARTS,
    NODE,
    NODE_LAYOUT,
    NODE_RULES,
    STAMP,
    TEXT,
    dialect_grammar,
    gap,
    sign,
)
from parsers.grammar import production
from parsers.rfc3164_lenient import CLOCK_MARK, PID
from parsers.schema import Flag, Format

FIREWALLS: Final = "(?:ASA|FTD|PIX|FWSM|ACE|NGIPS)-"
# 51w2d, 1y2w, 1d02h, 00:01:01
UPTIME_PATTERN: Final = (
    "(?:[0-9]{1,3}y[0-9]{1,2}w|[0-9]{1,3}w[0-9]d|[0-9]{1,3}d[0-9]{1,2}h|[0-9]{2}:[0-9]{2}:[0-9]{2})"
)
UPTIME: Final = production("UPTIME", Regex(rf"{UPTIME_PATTERN}(?=:)", re.ASCII)("uptime"))
SEQUENCE: Final = production("SEQUENCE", Regex("[0-9]{1,20}(?=:)(?!:[0-9]{2}:)", re.ASCII)("sequence"))
DEVICE_SEQUENCE: Final = production(
    "SEQUENCE", Regex("[0-9]{1,20}(?: [0-9]{1,3})?(?=: )", re.ASCII)("sequence_device")
)
ORIGIN: Final = production(
    "HOSTNAME",
    Regex(rf"(?!{UPTIME_PATTERN}:|[0-9]+:)[^\x00-\x20:*%<\[{{][^\x00-\x20:%]*(?=: )", re.ASCII)("hostname"),
)
# A controller's task, where a mark would stand: *spamApTask1:
TASK: Final = production("TASK", "*" + Regex(r"[A-Za-z][^\x00-\x20:]*(?=: )", re.ASCII)("task"))
TAG: Final = production(
    "TAG",
    Regex(r"%[^\x00-\x20:]+(?= ?:| \[)|[^\x00-\x20:\[%]+(?=(?:\[[^\x00-\x20\[\]]+\])?:)", re.ASCII)(
        "app_name"
    ),
)
# A zone's name that is nobody else's, so that the source's setting says what it means.
ZONE: Final = gap("zone", rf"(?<!Z) [A-Z]{{2,5}}(?=: ?(?!%{FIREWALLS}))")

# Not where a host follows: that is what cisco_stamped.py reads.
AFTER_TIME: Final = rf" ?: {{0,2}}+(?![^\x00-\x20:%]{{1,255}}+ {MNEMONIC_START})| (?=%)"

RULES: Final = {
    "SEQUENCE": Rule("Cisco, service sequence-numbers", "a number that counts the messages, and a colon"),
    "UPTIME": Rule("Cisco, service timestamps uptime", "how long the device has been up; no time of day"),
    "TASK": Rule("Cisco, wireless controllers", '"*" and the task that wrote the message'),
}

DIALECT: Final = Dialect(
    name="Cisco IOS",
    order=21,
    format=Format.RFC3164,
    holds=b":",
    grammar=dialect_grammar(
        BEFORE
        + sign(rf"[0-9]{{1,20}}:|[*.][0-9A-Z]|{UPTIME_PATTERN}: |[^%]{{0,160}}+{MNEMONIC_START}")
        + Opt(SEQUENCE + gap("after_sequence", ": ?"))
        + Opt(ORIGIN + ": ")
        + Opt(DEVICE_SEQUENCE + ": ")
        + Opt(TASK + ": ")
        + Opt(CLOCK_MARK)
        + (
            STAMP + Opt(ZONE) + gap("after_time", AFTER_TIME)
            | UPTIME + ": "
            | sign(MNEMONIC_START)
        )
        + NODE + Opt(MNEMONIC_PARTS) + Opt(TAG) + Opt(PID) + Opt(gap("separator", AFTER_MNEMONIC)) + TEXT
    ),
    layout=(
        *START, Present("sequence", "{fields.sequence}"), Gap("after_sequence"),
        Present("hostname", "{hostname}: "), Present("sequence_device", "{fields.sequence_device}: "),
        Present("task", "*{fields.cisco.task}: "), Gap("clock_mark"),
        Present("timestamp", "{timestamp}"), Gap("zone"), Gap("after_time"),
        Present("uptime", "{fields.uptime}: "), *NODE_LAYOUT, *TAIL_3164,
    ),
    fields={
        "sequence": "sequence", "sequence_device": "sequence_device", "uptime": "uptime",
        "task": "cisco.task", "clock_mark": "cisco.clock", **MNEMONIC_FIELDS,
    },
    always=(Flag.HEADER_LENIENT,),
    present={**AROUND_PRI, "clock_mark": Flag.TIMESTAMP_LENIENT},
    absent={**WITHOUT_PRI, "hostname": Flag.HOSTNAME_MISSING},
    rules={**RULES, **NODE_RULES},
)  # fmt: skip
