"""RFC 5424's header, and no STRUCTURED-DATA behind it, or one that never ends."""

from typing import Final

from parsers import rfc5424, rfc5424_lenient
from parsers.dialects.beginning import NUMBER
from parsers.dialects.dialect import AROUND_PRI, END, HEADER_5424, START, WITHOUT_PRI, Dialect, Gap
from parsers.dialects.lenient_rfc5424 import FIELDS
from parsers.schema import Flag, Format

DIALECT: Final = Dialect(
    name="RFC 5424 without STRUCTURED-DATA",
    order=41,
    format=Format.RFC5424,
    grammar=rfc5424_lenient.WITHOUT_SD,
    begins=NUMBER,
    layout=(*START, Gap("version"), HEADER_5424, Gap("before_msg"), *END),
    strict_stamp=rfc5424.TIMESTAMP,
    always=(Flag.SD_MALFORMED,),
    present=AROUND_PRI,
    absent=WITHOUT_PRI,
    unlike=FIELDS,
)
