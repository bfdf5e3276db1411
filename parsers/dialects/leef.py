"""LEEF without HEADER: behind PRI, or alone."""

from typing import Final

from parsers.dialects.beginning import FORMAT_NAME
from parsers.dialects.payload import payload
from parsers.schema import Format

DIALECT: Final = payload(
    "LEEF without HEADER", 91, Format.LEEF, r"LEEF: ?[12](?:\.[0-9]+)?\|", look=FORMAT_NAME
)
