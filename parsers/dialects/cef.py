"""CEF without HEADER: behind PRI, or alone."""

from typing import Final

from parsers.dialects.beginning import FORMAT_NAME
from parsers.dialects.payload import payload
from parsers.schema import Format

DIALECT: Final = payload(
    "CEF without HEADER", 91, Format.CEF, r"CEF: ?[0-9]{1,2}(?:\.[0-9]+)?\|", look=FORMAT_NAME
)
