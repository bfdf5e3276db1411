"""PRI and TAG without TIMESTAMP (RFC 3164 section 4.3.2): the C library's syslog(3) without its daemon."""

from typing import Final

from parsers import rfc3164_lenient
from parsers.dialects.dialect import START, TAIL_3164, Dialect, Present
from parsers.schema import Flag, Format

DIALECT: Final = Dialect(
    name="RFC 3164 without TIMESTAMP",
    order=98,
    format=Format.RFC3164,
    holds=b":",
    grammar=rfc3164_lenient.TAGGED,
    layout=(*START, Present("hostname", "{hostname} "), *TAIL_3164),
    always=(Flag.HEADER_LENIENT,),
    absent={"hostname": Flag.HOSTNAME_MISSING},
)
