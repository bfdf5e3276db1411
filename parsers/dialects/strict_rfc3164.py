"""RFC 3164 to the letter, as far as it has one."""

from dataclasses import replace
from typing import Final

from parsers import rfc3164
from parsers.dialects.dialect import Dialect, Gap, Present
from parsers.schema import Format

DIALECT: Final = Dialect(
    name="RFC 3164",
    order=11,
    format=Format.RFC3164,
    grammar=rfc3164.SYSLOG_MSG,
    layout=(
        "<{pri}>{timestamp} {hostname} {app_name}", Present("proc_id", "[{proc_id}]"),
        Gap("separator"), "{message}", Gap("trailer"),
    ),
)  # fmt: skip

# The same for the setting format = "rfc3164", which knows the RFC's rules and no devices.
PLAIN: Final = replace(DIALECT, grammar=rfc3164.PLAIN)
