"""An explanation (parsers/explain.py) as a table of a page."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from web import visible

if TYPE_CHECKING:
    from parsers.explain import Explanation

RANGES: Final = 400  # rows of the table
TEXT_CHARACTERS: Final = 400  # of one range


@dataclass(frozen=True, slots=True)
class Part:
    """One range of octets, counted from 1 as in the sentences about mismatches, and what it is."""

    place: str
    production: str
    text: visible.Shown
    value: str
    clause: str


@dataclass(frozen=True, slots=True)
class Explained:
    """What the page shows of an explanation."""

    parts: tuple[Part, ...]
    left_out: int
    mismatches: tuple[str, ...]


def explained(explanation: "Explanation", device_time: str | None) -> Explained:
    """Give an explanation's rows; ``device_time`` is what the record says of the message's TIMESTAMP."""
    parts = []
    for one in explanation.ranges[:RANGES]:
        value = device_time if one.production == "TIMESTAMP" else one.value
        text = visible.show(visible.decode(one.octets), TEXT_CHARACTERS)
        same = value is None or value.encode() == one.octets
        parts.append(
            Part(
                place=f"{one.end}" if one.end - one.start == 1 else f"{one.start + 1} to {one.end}",
                production=one.production,
                text=text,
                value="" if same or value is None else value,
                clause=one.clause,
            )
        )
    sentences = tuple(f"{one.standard}: {one.sentence}" for one in explanation.mismatches)
    return Explained(tuple(parts), max(0, len(explanation.ranges) - RANGES), sentences)
