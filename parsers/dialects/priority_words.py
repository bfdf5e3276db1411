"""The priority in words, beside PRI (checklist D-6): behind the time, or between HOSTNAME and TAG.

    Jan 16 04:25:44 user.info cms20 authp: …        Jan 17 03:35:18 bigip1 notice tmsh[16322]: …
    Jan 20 14:03:45 aix1 auth|security:info sshd[123]: …

Cisco Meeting Server writes the first, F5 and many a syslog-ng with a template the second, AIX the third.
HOSTNAME and TAG are where they would be without these words; they are the field ``priority``.
"""

import re
from typing import Final

from pyparsing import Opt, Regex

from parsers.bsd_words import FACILITY, PRIORITY, SEVERITY
from parsers.clauses import Rule
from parsers.dialects.beginning import TIME
from parsers.dialects.dialect import AROUND_PRI, START, TAIL_3164, WITHOUT_PRI, Dialect, Gap, Present
from parsers.dialects.parts import BEFORE, HOSTNAME, STAMP, TAG, TEXT, dialect_grammar, gap, sign
from parsers.grammar import SP, production
from parsers.rfc3164 import SEPARATOR
from parsers.rfc3164_lenient import PID
from parsers.schema import Flag, Format

BEFORE_HOSTNAME: Final = production("PRIORITY", Regex(rf"{FACILITY}\.{SEVERITY}(?= )", re.ASCII)("priority"))
BEHIND_HOSTNAME: Final = production("PRIORITY", Regex(rf"{PRIORITY}(?= )", re.ASCII)("level"))

DIALECT: Final = Dialect(
    name="RFC 3164 with the priority in words",
    order=60,
    format=Format.RFC3164,
    grammar=dialect_grammar(
        BEFORE + STAMP + gap("after_time", " {1,2}")
        + sign(rf"{FACILITY}\.{SEVERITY} |[^\x00-\x20]{{1,255}}+ {{1,2}}{PRIORITY} ")
        + Opt(BEFORE_HOSTNAME + SP) + HOSTNAME + gap("after_host", " {1,2}")
        + Opt(BEHIND_HOSTNAME + SP) + TAG + Opt(PID) + SEPARATOR + TEXT
    ),
    begins=TIME,
    layout=(
        *START, "{timestamp}", Gap("after_time"), Present("priority", "{fields.priority} "),
        "{hostname}", Gap("after_host"), Present("level", "{fields.priority} "), *TAIL_3164,
    ),
    fields={"priority": "priority", "level": "priority"},
    always=(Flag.HEADER_LENIENT,),
    present=AROUND_PRI,
    absent=WITHOUT_PRI,
    rules={"PRIORITY": Rule("no RFC has it", "facility and severity in words, as syslog.conf writes them")},
)  # fmt: skip
