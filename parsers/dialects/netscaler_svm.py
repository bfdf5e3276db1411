"""Citrix NetScaler's management service (SVM): RFC 3164 with TAG before the appliance's address.

Jun 18 18:18:42 svm_service: 1.1.1.1  18/06/2020:16:18:42 GMT mynetscaler2 0-PPE-0 : GUI CMD_EXECUTED : …
"""

import re
from typing import Final

from pyparsing import Regex

from parsers.dialects.beginning import TIME
from parsers.dialects.dialect import AROUND_PRI, START, WITHOUT_PRI, Dialect, Gap
from parsers.dialects.parts import BEFORE, HOSTNAME, STAMP, TEXT, dialect_grammar, gap
from parsers.grammar import SP, production
from parsers.schema import Flag, Format

TAG: Final = production("TAG", Regex("svm_[0-9a-z_]+(?=: )", re.ASCII)("app_name"))

DIALECT: Final = Dialect(
    name="Citrix NetScaler SVM",
    order=59,
    format=Format.RFC3164,
    holds=b" svm_",
    grammar=dialect_grammar(
        BEFORE + STAMP + SP + TAG + ": " + HOSTNAME
        + gap("after_host", " {1,2}(?=[0-9]{2}/[0-9]{2}/[0-9]{4}:)") + TEXT
    ),
    begins=TIME,
    layout=(
        *START, "{timestamp} {app_name}: {hostname}", Gap("after_host"), "{message}", Gap("trailer"),
    ),
    always=(Flag.HEADER_LENIENT,),
    present=AROUND_PRI,
    absent=WITHOUT_PRI,
)  # fmt: skip
