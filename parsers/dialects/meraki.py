"""Cisco Meraki: seconds since 1970 for a time, and "1 " before them, which is no VERSION of RFC 5424.

    <134>1 1563249630.774247239 MX84 events type=vpn_connectivity_change …

What follows the device's name says what kind of messages these are (events, urls, flows, security_event):
it stands in TAG's place, and is APP-NAME.
"""

import re
from typing import Final

from pyparsing import Combine, Opt, Regex

from parsers.dialects.beginning import NUMBER
from parsers.dialects.dialect import AROUND_PRI, START, WITHOUT_PRI, Dialect, Gap
from parsers.dialects.parts import BEFORE, TEXT, dialect_grammar, gap, sign
from parsers.grammar import SP, production
from parsers.schema import Flag, Format
from parsers.stamps import epoch_stamp

EPOCH: Final = production("TIMESTAMP", Combine(epoch_stamp(named=False))("timestamp"))
HOSTNAME: Final = production("HOSTNAME", Regex(r"[^\x00-\x20]+(?= )", re.ASCII)("hostname"))
KIND: Final = production("TAG", Regex(r"[a-z][a-z0-9_-]{1,40}(?= )", re.ASCII)("app_name"))

DIALECT: Final = Dialect(
    name="Cisco Meraki",
    order=30,
    format=Format.RFC3164,
    grammar=dialect_grammar(
        BEFORE + Opt(gap("version", r"1 (?=[0-9]{9,10}\.)")) + sign(r"[0-9]{9,10}\.[0-9]{1,9} ")
        + EPOCH + SP + HOSTNAME + SP + KIND + SP + TEXT
    ),
    begins=NUMBER,
    layout=(*START, Gap("version"), "{timestamp} {hostname} {app_name} {message}", Gap("trailer")),
    always=(Flag.HEADER_LENIENT,),
    present=AROUND_PRI,
    absent=WITHOUT_PRI,
)  # fmt: skip
