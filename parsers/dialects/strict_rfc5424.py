"""RFC 5424 to the letter."""

from typing import Final

from parsers import rfc5424
from parsers.dialects.dialect import END, HEADER_5424, Clock, Dialect, Present
from parsers.schema import Format

DIALECT: Final = Dialect(
    name="RFC 5424",
    order=10,
    format=Format.RFC5424,
    grammar=rfc5424.SYSLOG_MSG,
    layout=("<{pri}>1" + HEADER_5424 + " {structured_data}", Present("message", " "), *END),
    clock=Clock.RFC5424,
    strict_stamp=rfc5424.TIMESTAMP,
)
