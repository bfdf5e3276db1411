"""RFC 3164 as it is sent: any stamp, then HOSTNAME and TAG in the shapes in which they are met."""

from dataclasses import replace
from typing import Final

from parsers import rfc3164, rfc3164_lenient
from parsers.dialects.beginning import TIME
from parsers.dialects.dialect import AROUND_PRI, START, TAIL_3164, WITHOUT_PRI, Dialect, Gap, Present
from parsers.grammar import SP
from parsers.schema import Flag, Format

DIALECT: Final = Dialect(
    name="RFC 3164, lenient",
    order=80,
    format=Format.RFC3164,
    grammar=rfc3164_lenient.STAMPED,
    begins=TIME,
    layout=(
        *START, Gap("clock_mark"), "{timestamp}", Gap("after_time"),
        Present("hostname", "{hostname}"), Gap("after_host"), *TAIL_3164,
    ),
    fields={"clock_mark": "cisco.clock"},
    present={**AROUND_PRI, "clock_mark": Flag.TIMESTAMP_LENIENT},
    absent={
        **WITHOUT_PRI, "hostname": Flag.HOSTNAME_MISSING, "app_name": Flag.HEADER_LENIENT,
        "after_time": Flag.HEADER_LENIENT,
    },
    unlike={
        "hostname": (rfc3164.HOSTNAME, Flag.HEADER_LENIENT),
        "app_name": (rfc3164.TAG, Flag.HEADER_LENIENT),
        "after_time": (SP, Flag.TIMESTAMP_LENIENT),
        "after_host": (SP, Flag.HEADER_LENIENT),
    },
    otherwise=Flag.HEADER_LENIENT,
)  # fmt: skip

# The same for the setting format = "rfc3164", which knows the RFC's rules and no devices.
PLAIN: Final = replace(DIALECT, grammar=rfc3164_lenient.PLAIN_STAMPED)
