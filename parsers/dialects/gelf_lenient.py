"""GELF as it is sent, where a source is known to send it: any JSON object, whatever it lacks."""

from dataclasses import replace
from typing import Final

from parsers.dialects.beginning import BRACKET
from parsers.dialects.gelf import VALUES
from parsers.dialects.payload import payload
from parsers.schema import Flag, Format

DIALECT: Final = replace(
    payload("GELF, lenient", 96, Format.GELF, r"\{", VALUES, look=BRACKET),
    automatic=False,
    absent={"hostname": Flag.HOSTNAME_MISSING},
)
