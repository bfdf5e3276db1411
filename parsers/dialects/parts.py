"""Grammar that devices' dialects have in common: what stands before the time, the time, TAG, and the text.

Elements with results names stand once in a grammar; the functions make those whose name a dialect chooses.
"""

import re
from typing import Final

from pyparsing import Combine, FollowedBy, Opt, ParserElement, Regex, StringEnd

from parsers.bsd_words import PART
from parsers.clauses import Rule
from parsers.dialects.dialect import Gap, Layout, Present
from parsers.grammar import LEADING, production
from parsers.rfc3164_lenient import AFTER_PRI, IPV6
from parsers.rfc5424 import MSG_TEXT, MSG_TRAILER, PRI
from parsers.stamps import USUAL_STAMP, calendar_stamp, iso_stamp

# PRI may be missing, but not what makes a dialect's message its own.
BEFORE: Final = Opt(LEADING("leading")) + Opt(PRI + Opt(AFTER_PRI))
STAMP: Final = production(
    "TIMESTAMP",
    (USUAL_STAMP | Combine(calendar_stamp(named=False)) | Combine(iso_stamp(named=False)))("timestamp"),
)
# Where a stamp can begin: a short look, before a grammar tries to read one.
STAMP_START: Final = "(?:[A-Za-z]{3},? [ 0-9A-Za-z]|[0-9]{4}[ -])"
HOSTNAME: Final = production(
    "HOSTNAME", Regex(rf"(?:{IPV6}|[^\x00-\x20:\[%=\"'<>|{{}}]+)(?=[ :])", re.ASCII)("hostname")
)
TAG: Final = production(
    "TAG", Regex(r"[^\x00-\x20:\[%]+(?=(?:\[[^\x00-\x20\[\]]+\])?:)", re.ASCII)("app_name")
)
TEXT: Final = MSG_TEXT + Opt(MSG_TRAILER) + StringEnd()

# %FACILITY-SEVERITY-MNEMONIC, as Cisco's devices and those that learnt from them have it for TAG.
MNEMONIC: Final = production("TAG", Regex(r"%[^\x00-\x20:]+(?= ?:| \[)", re.ASCII)("app_name"))
MNEMONIC_PARTS: Final = FollowedBy(
    Regex("%", re.ASCII)
    + Regex("[0-9A-Za-z][0-9A-Za-z_-]{0,60}?(?=-[0-7]-[0-9A-Za-z])", re.ASCII)("cisco_facility")
    + "-"
    + Regex("[0-7]", re.ASCII)("cisco_severity")
    + "-"
    + Regex(r"[0-9A-Za-z_./-]+(?= ?:| \[)", re.ASCII)("cisco_mnemonic")
)
MNEMONIC_FIELDS: Final = {
    "cisco_facility": "cisco.facility",
    "cisco_severity": "cisco.severity",
    "cisco_mnemonic": "cisco.mnemonic",
    "node": "cisco.node",
}
# What stands behind a mnemonic; ACI has no colon there.
AFTER_MNEMONIC: Final = r" ?: ?| (?=\[)"


def gap(name: str, pattern: str) -> ParserElement:
    """Give what stands between two columns, kept under a results name of its own."""
    return production("GAP", Regex(pattern, re.ASCII)(name))


def sign(pattern: str) -> ParserElement:
    """Look ahead for what makes a message a dialect's own, so that all others are let go at once."""
    return FollowedBy(production("SIGN", Regex(pattern, re.ASCII)))


# The part of a device that wrote the message, which some put before the mnemonic.
NODE: Final = Opt(
    gap("before_node", rf"(?={PART})%(?:\$ )?")
    + production("NODE", Regex(r"[^\x00-\x20%]+", re.ASCII)("node"))
    + gap("after_node", r" (?:%\$ )?")
)
NODE_LAYOUT: Final[Layout] = (
    Gap("before_node"), Present("node", "{fields.cisco.node}"), Gap("after_node"),
)  # fmt: skip
NODE_RULES: Final = {"NODE": Rule("Cisco, Dell", "the part of the device that wrote the message")}


def dialect_grammar(element: ParserElement) -> ParserElement:
    """Give the grammar of a whole message the name that it has in the RFCs."""
    return production("SYSLOG-MSG", element).parse_with_tabs()
