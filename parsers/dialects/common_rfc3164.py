"""RFC 3164 as most send it: no host, a stamp of ISO 8601, a TAG with a slash, and nothing of a device's.

The grammar is the lenient one, but lets go of whatever could be a device's dialect, so that the others need
not be asked about every such message.
"""

from dataclasses import replace
from typing import Final

from parsers import rfc3164_lenient
from parsers.dialects import lenient_rfc3164

DIALECT: Final = replace(
    lenient_rfc3164.DIALECT, name="RFC 3164, common", order=20, grammar=rfc3164_lenient.COMMON_STAMPED
)
