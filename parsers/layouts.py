"""How a message and its time were put together: what reading a message and rebuilding it both know.

No grammar is here, so that whoever only rebuilds messages need not make the grammars first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from parsers.schema import Format

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
CANONICAL_FORM: Final = "%Y-%m-%dT%H:%M:%S.%6NZ|+00:00"  # of a time; null in the column timestamp_form


@dataclass(frozen=True, slots=True)
class Gap:
    """What stood between columns: the octets under a results name that is no column; absent, nothing."""

    name: str


@dataclass(frozen=True, slots=True)
class Present:
    """A piece of a form that stands only where the results name ``name`` is there."""

    name: str
    text: str


# A text stands as it is; {name} in it, and in a Present, is the column's value, {fields.name} a field's.
Layout = tuple[str | Gap | Present, ...]

HEADER_5424: Final = " {timestamp} {hostname} {app_name} {proc_id} {msg_id}"

_ONLY_MESSAGE: Final[Layout] = ("<{pri}>{message}",)
# How a message of each format looks whose message_form is null.
CANONICAL: Final[Mapping[Format, Layout]] = MappingProxyType({
    **dict.fromkeys(Format, _ONLY_MESSAGE),
    Format.RFC5424: (
        "<{pri}>1" + HEADER_5424 + " {structured_data}", Present("message", " {message}"),
    ),
    Format.RFC3164: (
        "<{pri}>{timestamp} {hostname} {app_name}", Present("proc_id", "[{proc_id}]"), ": {message}",
    ),
})  # fmt: skip
