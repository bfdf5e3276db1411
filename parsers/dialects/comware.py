r"""H3C, HPE Comware and Huawei: %%VVMODULE/SEVERITY/MNEMONIC for TAG, VV the version of their format.

    Jan 27 14:13:39 2022 host (Stack) %%10WEB/5/LOGIN: …        … host %%01SHELL/4/LOGIN(l)[12]:…

TAG stays whole, its parts are fields; what stands in brackets behind the host (Stack) is the field ``slot``.
"""

import re
from typing import Final

from pyparsing import FollowedBy, Opt, Regex

from parsers.clauses import Rule
from parsers.dialects.beginning import TIME
from parsers.dialects.dialect import AROUND_PRI, START, TAIL_3164, WITHOUT_PRI, Dialect, Gap, Present
from parsers.dialects.parts import BEFORE, HOSTNAME, STAMP, TEXT, dialect_grammar, gap
from parsers.grammar import production
from parsers.rfc3164 import SEPARATOR
from parsers.rfc3164_lenient import PID
from parsers.schema import Flag, Format

SLOT: Final = production("SLOT", "(" + Regex(r"[^()\x00-\x1f]{1,64}(?=\) )", re.ASCII)("slot") + ")")
TAG: Final = production(
    "TAG", Regex(r"%%[0-9]{2}[^\x00-\x20:\[/]+/[0-7]/[^\x00-\x20:\[]+(?=[:\[])", re.ASCII)("app_name")
)
PARTS: Final = FollowedBy(
    Regex("%%[0-9]{2}", re.ASCII) + Regex(r"[^\x00-\x20:\[/]+(?=/)", re.ASCII)("module") + "/"
    + Regex("[0-7](?=/)", re.ASCII)("comware_severity") + "/"
    + Regex(r"[^\x00-\x20:\[(]+", re.ASCII)("mnemonic")
)  # fmt: skip

DIALECT: Final = Dialect(
    name="H3C Comware",
    order=55,
    format=Format.RFC3164,
    holds=b"%%",
    grammar=dialect_grammar(
        BEFORE + STAMP + gap("after_time", " {1,2}") + HOSTNAME + gap("after_host", " {1,2}")
        + Opt(SLOT + gap("after_slot", " ")) + PARTS + TAG + Opt(PID) + SEPARATOR + TEXT
    ),
    begins=TIME,
    layout=(
        *START, "{timestamp}", Gap("after_time"), "{hostname}", Gap("after_host"),
        Present("slot", "({fields.comware.slot})"), Gap("after_slot"), *TAIL_3164,
    ),
    fields={
        "module": "comware.module", "comware_severity": "comware.severity", "mnemonic": "comware.mnemonic",
        "slot": "comware.slot",
    },
    always=(Flag.HEADER_LENIENT,),
    present=AROUND_PRI,
    absent=WITHOUT_PRI,
    rules={"SLOT": Rule("H3C Comware", "the part of a stack that reports, in brackets")},
)  # fmt: skip
