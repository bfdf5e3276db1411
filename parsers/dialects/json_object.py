"""A JSON object, or an array of them, without HEADER, with the cookie of CEE (``@cee:``) or without."""

from typing import Final

from parsers.dialects.beginning import BRACKET
from parsers.dialects.payload import payload
from parsers.schema import Format

DIALECT: Final = payload(
    "JSON without HEADER", 93, Format.JSON, r'(?:@cee: ?)?(?:\[\s{0,8})?\{\s{0,64}["}]', look=BRACKET
)
