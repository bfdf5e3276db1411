r"""RFC 5424's layout, as far as senders keep to it: four grammars.

1. All the fields, however they are filled: other VERSION, stamps that only people would read, words too
   long or with 8-bit octets, STRUCTURED-DATA of any content, and what stands before PRI.
2. All the fields but STRUCTURED-DATA, which is missing or never closed.
3. A header that ends after HOSTNAME (CyberArk, LEEF) or goes on in RFC 3164's way, with or without HOSTNAME
   (Junos).
4. All the fields, but behind no VERSION, and mostly no PRI: as relays write them into files.

What is wrong with each field is not told here: it is compared with the strict production of its name
(parsers/dialects.py). A name that is no column stands for what was between the columns.
"""

import re
from typing import Final

from pyparsing import (
    Combine,
    FollowedBy,
    Literal,
    NotAny,
    OneOrMore,
    Opt,
    ParserElement,
    Regex,
    StringEnd,
    ZeroOrMore,
)

from parsers.grammar import LEADING, SP, production
from parsers.rfc5424 import MSG, NILVALUE, PRI
from parsers.stamps import iso_stamp

# A field: any octets but the controls and SP. An empty one is between two SP.
FIELD: Final = production("FIELD", Regex(r"[^\x00-\x20]+", re.ASCII))

STAMP: Final = production("ISO-TIMESTAMP", Combine(iso_stamp(named=False)))
VERSION: Final = production("VERSION", Regex("[0-9]{1,3}", re.ASCII)("version"))
# Without PRI, only VERSION 1 and a date are enough to tell this from other text.
_START: Final = (
    Opt(LEADING("leading"))
    + (PRI + Opt(SP("after_pri")) | FollowedBy(Regex("1 [0-9]{4}-[0-9]{2}-", re.ASCII)))
    + VERSION + SP
)  # fmt: skip


def _field(name: str) -> ParserElement:
    return Opt(NILVALUE | FIELD(name)) + SP


_HEADER: Final = (
    _START + (NILVALUE | (STAMP | FIELD)("timestamp")) + SP
    + _field("hostname") + _field("app_name") + _field("proc_id")
)  # fmt: skip

# In quotes a "]" ends nothing. From the element on whose quotes do not pair, the first "]" ends each: to look
# for pairs again in every one would take time by the square of the length.
QUOTED: Final = production("PARAM-VALUE", Regex(r'"(?>(?:[^"\\]++|\\.)*)"', re.ASCII | re.DOTALL))
UNQUOTED: Final = production("SD-PARAM", Regex(r'[^"\]]+', re.ASCII))
PAIRED: Final = production("SD-ELEMENT", Literal("[") + ZeroOrMore(UNQUOTED | QUOTED) + Literal("]"))
UNPAIRED: Final = production("SD-ELEMENT", Regex(r"\[[^\]]*\]", re.ASCII))
STRUCTURED_DATA: Final = production(
    "STRUCTURED-DATA",
    Literal("-") + FollowedBy(Regex(r"[^!-~]|\Z", re.ASCII))
    | Combine(OneOrMore(PAIRED) + ZeroOrMore(UNPAIRED) | OneOrMore(UNPAIRED))("structured_data"),
)
_MSG: Final = Opt((SP("before_msg") | Regex("(?=[^ ])", re.ASCII)("unspaced")) + MSG) + StringEnd()

WHOLE: Final = production(
    "SYSLOG-MSG", _HEADER + Opt(NILVALUE | FIELD("msg_id")) + SP + STRUCTURED_DATA + _MSG
).parse_with_tabs()

# One of PROCID and MSGID is NILVALUE, or "[" follows: without that, any text would look like a header.
_WITHOUT_SD_SIGNS: Final = Regex(
    r"(?:[^\x00-\x20]+[ ]){3}(?:-[ ][^\x00-\x20]+|[^\x00-\x20]+[ ]-)(?:[ ]|\Z)"
    r"|(?:[^\x00-\x20]+[ ]){5}\[", re.ASCII,
)  # fmt: skip
WITHOUT_SD: Final = production(
    "SYSLOG-MSG",
    _START + FollowedBy(_WITHOUT_SD_SIGNS) + (NILVALUE | STAMP("timestamp")) + SP
    + _field("hostname") + _field("app_name") + _field("proc_id")
    + (NILVALUE | FIELD("msg_id")) + Opt(SP("before_msg") + MSG) + StringEnd(),
).parse_with_tabs()  # fmt: skip

_TAG: Final = Regex(r"[^\x00-\x20\[\]:]+(?=\[[^\x00-\x20\[\]]+\]:)", re.ASCII)
TAG: Final = production("TAG", _TAG("app_name"))
NO_TAG: Final = production("HOSTNAME", NotAny(_TAG))
PID: Final = production("PID", "[" + Regex(r"[^\x00-\x20\[\]]+", re.ASCII)("proc_id") + "]")
CUT: Final = production(
    "SYSLOG-MSG",
    _START + (NILVALUE | STAMP("timestamp"))
    + Opt(SP + (NILVALUE | NO_TAG + FIELD("hostname"))) + Opt(SP + TAG + PID + ":")
    + Opt(SP("before_msg") + MSG) + StringEnd(),
).parse_with_tabs()  # fmt: skip

# Without VERSION, what follows APP-NAME tells this from RFC 3164: NILVALUE for PROCID or MSGID, and then
# STRUCTURED-DATA.
_WITHOUT_VERSION_SIGNS: Final = Regex(
    r"[^\x00-\x20]{1,255} [^\x00-\x20:\[]{1,48} (?:- [!-~]{1,32}|[!-~]{1,128} -)"
    r" (?:-(?:[ ]|\Z)|\[[!-~]{1,64}[ \]])",
    re.ASCII,
)
WITHOUT_VERSION: Final = production(
    "SYSLOG-MSG",
    Opt(LEADING("leading")) + Opt(PRI + Opt(SP("after_pri"))) + STAMP("timestamp") + SP
    + FollowedBy(_WITHOUT_VERSION_SIGNS) + _field("hostname") + _field("app_name") + _field("proc_id")
    + (NILVALUE | FIELD("msg_id")) + SP + STRUCTURED_DATA + _MSG,
).parse_with_tabs()  # fmt: skip
