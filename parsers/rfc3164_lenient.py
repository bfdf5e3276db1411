r"""RFC 3164 as it is sent: two grammars, tried in this order.

1. A stamp of any kind that parsers/timestamps.py reads, with what devices put around it, then HOSTNAME
   and TAG in the shapes in which they are met. A word with a colon behind it is a TAG, not a HOSTNAME,
   so HOSTNAME may be missing; so may TAG, and PRI too where the stamp makes sure that this is syslog.
2. A valid PRI, no stamp, and a TAG with a colon (section 4.3.2): the C library's syslog(3) without header. A
   HOSTNAME stands before it only if it is TAG[PID]: that follows; other words are text.

A name that is no column stands for what was between the columns.
"""

import re
from typing import Final

from pyparsing import Combine, Opt, ParserElement, Regex, StringEnd

from parsers.bsd_words import ANY_WORD, NO_DEVICE, NO_HOSTNAME, NO_TAG
from parsers.grammar import LEADING, SP, production
from parsers.rfc3164 import SEPARATOR
from parsers.rfc5424 import MSG_TEXT, MSG_TRAILER, PRI
from parsers.stamps import USUAL_STAMP, calendar_stamp, iso_stamp

AFTER_PRI: Final = production("AFTER-PRI", Regex("[ :]{1,3}", re.ASCII)("after_pri"))
# Cisco's marks: "*" for a clock that is not set, "." for one that has lost its source
CLOCK_MARK: Final = production("CLOCK-MARK", Regex("[*.]", re.ASCII)("clock_mark"))
STAMP: Final = production(
    "TIMESTAMP",
    (USUAL_STAMP | Combine(calendar_stamp(named=False)) | Combine(iso_stamp(named=False)))("timestamp"),
)
AFTER_TIME: Final = production("AFTER-TIME", Regex("[ :\t]{1,4}", re.ASCII)("after_time"))

IPV6: Final = r"[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f.:]*(?:%[0-9A-Za-z._-]+)?"
# Devices' names hold more than a host name may: "_", "/", ",", "@", "(", octets of 8 bits. What no name holds
# makes the word a TAG: "%" (Cisco), "=" (a parameter), quotes.
HOSTNAME: Final = production(
    "HOSTNAME",
    Regex(rf"(?:{IPV6}|\[[0-9A-Fa-f.:]+\]|[^\x00-\x20:\[%=\"'<>|{{}}]+)(?= |\Z)", re.ASCII)("hostname"),
)
AFTER_HOST: Final = production("AFTER-HOSTNAME", Regex(" {1,4}", re.ASCII)("after_host"))
TAG: Final = production("TAG", Regex(r"[^\x00-\x20:\[]+", re.ASCII)("app_name"))
# rsyslog and syslog-ng agree that brackets in TAG's place are a PID without TAG.
PID: Final = production("PID", "[" + Regex(r"[^\x00-\x20\[\]]+(?=\])", re.ASCII)("proc_id") + "]")


def _stamped(
    no_hostname: ParserElement, no_tag: ParserElement, no_device: ParserElement = ANY_WORD
) -> ParserElement:
    """Give the grammar of a message with a stamp whose HOSTNAME and TAG are not the words named."""
    return production(
        "SYSLOG-MSG",
        Opt(LEADING("leading")) + Opt(PRI + Opt(AFTER_PRI)) + Opt(CLOCK_MARK) + STAMP + Opt(AFTER_TIME)
        + no_device + Opt(no_hostname + HOSTNAME + Opt(AFTER_HOST)) + Opt(no_tag + TAG) + Opt(PID)
        + SEPARATOR + MSG_TEXT + Opt(MSG_TRAILER) + StringEnd(),
    ).parse_with_tabs()  # fmt: skip


STAMPED: Final = _stamped(NO_HOSTNAME, NO_TAG)
COMMON_STAMPED: Final = _stamped(ANY_WORD, ANY_WORD, NO_DEVICE)  # no sign of what devices make of it
PLAIN_STAMPED: Final = _stamped(ANY_WORD, ANY_WORD)  # by the RFC's rules alone, as parsers/rfc3164.py's PLAIN

_NAME: Final = r"[A-Za-z_/(%][0-9A-Za-z_/()%.@#+-]*"
# Without a stamp only TAG[PID]: behind it makes sure that a word is the HOSTNAME.
HOSTNAME_BEFORE_PID: Final = production(
    "HOSTNAME",
    Regex(rf"[0-9A-Za-z][0-9A-Za-z_.:-]*+(?= {_NAME}\[[0-9]+\]:)", re.ASCII)("hostname"),
)
TAGGED: Final = production(
    "SYSLOG-MSG",
    Opt(LEADING("leading")) + PRI + Opt(AFTER_PRI) + Opt(HOSTNAME_BEFORE_PID + SP)
    + Regex(rf"{_NAME}(?=(?:\[[^\x00-\x20\[\]]+\])?:)", re.ASCII)("app_name")
    + Opt(PID) + SEPARATOR + MSG_TEXT + Opt(MSG_TRAILER) + StringEnd(),
).parse_with_tabs()  # fmt: skip
