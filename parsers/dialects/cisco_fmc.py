"""Cisco Firepower Management Center's audit: a process for TAG, the centre for HOSTNAME, who did what.

    Aug 14 2019 13:58:54 mojo_server.pl: siem-management: admin@10.0.255.31, Task Queue, Successful

Between TAG and HOSTNAME some versions put a word. A user at an address, and a comma, make it this device's.
"""

import re
from typing import Final

from pyparsing import Regex

from parsers.dialects.beginning import TIME
from parsers.dialects.dialect import AROUND_PRI, START, WITHOUT_PRI, Dialect, Gap
from parsers.dialects.parts import BEFORE, STAMP, STAMP_START, TEXT, dialect_grammar, gap, sign
from parsers.grammar import SP, production
from parsers.schema import Flag, Format

_WHO: Final = "[^ ,@:=<]{1,128}@[^,@:>]{1,128}, ?"
TAG: Final = production("TAG", Regex(r"[^\x00-\x20:\[]{1,64}(?=: )", re.ASCII)("app_name"))
HOSTNAME: Final = production(
    "HOSTNAME", Regex(rf"[0-9A-Za-z][0-9A-Za-z._-]{{0,254}}(?=: {_WHO})", re.ASCII)("hostname")
)

DIALECT: Final = Dialect(
    name="Cisco Firepower Management Center, audit",
    order=52,
    format=Format.RFC3164,
    holds=b"@",
    grammar=dialect_grammar(
        BEFORE + sign(rf"{STAMP_START}[^@]{{0,512}}+@") + STAMP + SP
        + TAG + gap("after_tag", r": (?:[^\x00-\x20:]{1,64} (?=[^ :]{1,255}: ))?")
        + HOSTNAME + gap("separator", ": ") + TEXT
    ),
    begins=TIME,
    layout=(
        *START, "{timestamp} {app_name}", Gap("after_tag"), "{hostname}", Gap("separator"), "{message}",
        Gap("trailer"),
    ),
    always=(Flag.HEADER_LENIENT,),
    present=AROUND_PRI,
    absent=WITHOUT_PRI,
)  # fmt: skip
