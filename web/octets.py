"""The exact octets of a message as a hex dump."""

from dataclasses import dataclass
from typing import Final

OCTETS_A_LINE: Final = 16
_HALF: Final = OCTETS_A_LINE // 2
_PRINTABLE: Final = range(0x20, 0x7F)


@dataclass(frozen=True, slots=True)
class HexLine:
    """One line of the dump: where it starts, its octets in hexadecimal, and those that are ASCII as text."""

    offset: str
    left: str
    right: str
    text: str


def hex_dump(octets: bytes, limit: int) -> list[HexLine]:
    """Give the lines of a dump of the first ``limit`` octets."""
    kept = octets[:limit]
    return [_line(start, kept[start : start + OCTETS_A_LINE]) for start in range(0, len(kept), OCTETS_A_LINE)]


def _line(start: int, octets: bytes) -> HexLine:
    text = "".join(chr(octet) if octet in _PRINTABLE else "·" for octet in octets)
    return HexLine(f"{start:08x}", octets[:_HALF].hex(" "), octets[_HALF:].hex(" "), text)
