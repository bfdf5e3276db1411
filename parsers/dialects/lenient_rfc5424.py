"""RFC 5424's layout with all its fields, however they are filled."""

from typing import Final

from parsers import rfc5424, rfc5424_lenient
from parsers.dialects.beginning import NUMBER
from parsers.dialects.dialect import AROUND_PRI, END, HEADER_5424, START, WITHOUT_PRI, Dialect, Gap
from parsers.schema import Flag, Format

# The fields that a lenient header is compared with, each with the production that it should be.
FIELDS: Final = {
    "version": (rfc5424.VERSION, Flag.VERSION_UNKNOWN),
    "hostname": (rfc5424.HOSTNAME, Flag.HEADER_LENIENT),
    "app_name": (rfc5424.APP_NAME, Flag.HEADER_LENIENT),
    "proc_id": (rfc5424.PROCID, Flag.HEADER_LENIENT),
    "msg_id": (rfc5424.MSGID, Flag.HEADER_LENIENT),
    "structured_data": (rfc5424.STRUCTURED_DATA, Flag.SD_MALFORMED),
}

DIALECT: Final = Dialect(
    name="RFC 5424, lenient",
    order=40,
    format=Format.RFC5424,
    grammar=rfc5424_lenient.WHOLE,
    begins=NUMBER,
    layout=(*START, Gap("version"), HEADER_5424 + " {structured_data}", Gap("before_msg"), *END),
    strict_stamp=rfc5424.TIMESTAMP,
    present={**AROUND_PRI, "unspaced": Flag.SD_MALFORMED},
    absent=WITHOUT_PRI,
    unlike=FIELDS,
    otherwise=Flag.HEADER_LENIENT,
)
