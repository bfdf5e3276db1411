"""RFC 5424's header, cut after HOSTNAME (CyberArk, QRadar's LEEF) or going on as RFC 3164's (Junos)."""

from typing import Final

from parsers import rfc5424, rfc5424_lenient
from parsers.dialects.beginning import NUMBER
from parsers.dialects.dialect import AROUND_PRI, END, START, WITHOUT_PRI, Dialect, Gap, Present
from parsers.dialects.lenient_rfc5424 import FIELDS
from parsers.schema import Flag, Format

DIALECT: Final = Dialect(
    name="RFC 5424, header cut short",
    order=42,
    format=Format.RFC5424,
    grammar=rfc5424_lenient.CUT,
    begins=NUMBER,
    layout=(
        *START, Gap("version"), " {timestamp}", Present("hostname", " {hostname}"),
        Present("app_name", " {app_name}[{proc_id}]:"), Gap("before_msg"), *END,
    ),
    strict_stamp=rfc5424.TIMESTAMP,
    always=(Flag.HEADER_LENIENT,),
    present=AROUND_PRI,
    absent={**WITHOUT_PRI, "hostname": Flag.HOSTNAME_MISSING},
    unlike=FIELDS,
)  # fmt: skip
