"""RFC 5424's fields without VERSION, and mostly without PRI: as relays write them into files.

2017-02-06T13:14:15.003Z 192.168.0.1 fluentd - - - Hi, from Fluentd!
"""

from typing import Final

from parsers import rfc5424, rfc5424_lenient
from parsers.dialects.beginning import TIME
from parsers.dialects.dialect import AROUND_PRI, END, HEADER_5424, START, WITHOUT_PRI, Dialect, Gap
from parsers.dialects.lenient_rfc5424 import FIELDS
from parsers.schema import Flag, Format

DIALECT: Final = Dialect(
    name="RFC 5424 without VERSION",
    order=21,
    format=Format.RFC5424,
    holds=b" - ",
    grammar=rfc5424_lenient.WITHOUT_VERSION,
    begins=TIME,
    layout=(*START, HEADER_5424.removeprefix(" ") + " {structured_data}", Gap("before_msg"), *END),
    strict_stamp=rfc5424.TIMESTAMP,
    always=(Flag.HEADER_LENIENT,),
    present={**AROUND_PRI, "unspaced": Flag.SD_MALFORMED},
    absent=WITHOUT_PRI,
    unlike={name: rule for name, rule in FIELDS.items() if name != "version"},
)
