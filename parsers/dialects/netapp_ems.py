"""NetApp ONTAP's events: node, daemon, event and severity in brackets where TAG stands.

    Jul 13 16:00:00 filer1 [filer1-01:raid.rg.scrub.done:notice]: …
    Jul 13 16:00:00 [filer1-01: mgwd: raid.rg.scrub.done:notice]: …

The event is TAG; by the letter of RFC 3164 there would be none, and all of it a PID. HOSTNAME may be missing.
"""

import re
from typing import Final

from pyparsing import Opt, Regex

from parsers.bsd_words import EVENT_OF_A_NODE, SEVERITY
from parsers.clauses import Rule
from parsers.dialects.beginning import TIME
from parsers.dialects.dialect import AROUND_PRI, START, TEXT_LAYOUT, WITHOUT_PRI, Dialect, Gap, Present
from parsers.dialects.parts import BEFORE, HOSTNAME, STAMP, TEXT, dialect_grammar, gap, sign
from parsers.grammar import production
from parsers.schema import Flag, Format

NODE: Final = production("NODE", Regex("[0-9A-Za-z_-]+", re.ASCII)("node"))
DAEMON: Final = production("DAEMON", Regex("[0-9A-Za-z_.-]+(?=: )", re.ASCII)("daemon"))
EVENT: Final = production("TAG", Regex(r"[0-9A-Za-z_]+\.[0-9A-Za-z_.]+", re.ASCII)("app_name"))
LEVEL: Final = production("PRIORITY", Regex(SEVERITY, re.ASCII)("priority"))

DIALECT: Final = Dialect(
    name="NetApp ONTAP, events",
    order=58,
    format=Format.RFC3164,
    holds=b"]:",
    grammar=dialect_grammar(
        BEFORE + STAMP + gap("after_time", " {1,2}") + Opt(HOSTNAME + gap("after_host", ":? "))
        + sign(EVENT_OF_A_NODE) + "[" + NODE + gap("after_node", ":? ?") + Opt(DAEMON + ": ")
        + EVENT + ":" + LEVEL + "]" + gap("separator", ": ?") + TEXT
    ),
    begins=TIME,
    layout=(
        *START, "{timestamp}", Gap("after_time"), Present("hostname", "{hostname}"), Gap("after_host"),
        "[{fields.netapp.node}", Gap("after_node"), Present("daemon", "{fields.netapp.daemon}: "),
        "{app_name}:{fields.priority}]", *TEXT_LAYOUT,
    ),
    fields={"node": "netapp.node", "daemon": "netapp.daemon", "priority": "priority"},
    always=(Flag.HEADER_LENIENT,),
    present=AROUND_PRI,
    absent={**WITHOUT_PRI, "hostname": Flag.HOSTNAME_MISSING},
    rules={
        "NODE": Rule("NetApp ONTAP", "the node that reports the event"),
        "DAEMON": Rule("NetApp ONTAP", "the daemon that reports it"),
        "PRIORITY": Rule("no RFC has it", "the severity in words, as syslog.conf writes it"),
    },
)  # fmt: skip
