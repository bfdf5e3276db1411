"""What a dialect is: one grammar of a message, and what it means when a message matches it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cached_property
from types import MappingProxyType
from typing import Final

from pyparsing import ParserElement

from parsers import rfc3164
from parsers.clauses import Rule
from parsers.compile import compile_grammar
from parsers.dialects.beginning import ANY, Beginning
from parsers.layouts import HEADER_5424, Gap, Layout, Present
from parsers.schema import Flag, Format

__all__ = [
    "AROUND_PRI", "COLUMNS", "END", "HEADER_5424", "START", "TAIL_3164", "TEXT_LAYOUT", "WITHOUT_PRI",
    "Clock", "Dialect", "Gap", "Layout", "Present",
]  # fmt: skip


class Clock(Enum):
    """How the results name ``timestamp`` is read."""

    RFC5424 = auto()  # to the letter: cast as a column
    STAMP = auto()  # text by text, each distinct one once


@dataclass(frozen=True)
class Dialect:
    """One grammar and what it means when a message matches it.

    The grammar's results names are the record's columns (COLUMNS), fields, and what stood between them.
    ``layout`` says how they were joined in the message, and with that how parsers/rebuild.py joins them
    again; what follows it says which leniency each of the parts amounts to. Dialects are tried by
    ``order``, see parsers/dialects/__init__.py.
    """

    name: str
    order: int
    format: Format
    grammar: ParserElement
    layout: Layout
    clock: Clock = Clock.STAMP
    strict_stamp: ParserElement = rfc3164.TIMESTAMP
    fields: Mapping[str, str] = field(default_factory=dict)  # results name → its name in the column fields
    begins: frozenset[Beginning] = ANY  # what stands behind PRI in its messages
    holds: bytes = b""  # octets somewhere in every message of it, which are found sooner than a pattern fails
    stamp: tuple[str, ...] = ("timestamp",)  # results names that make up the time, joined by SP
    always: tuple[Flag, ...] = ()
    present: Mapping[str, Flag] = field(default_factory=dict)  # results name is there → leniency
    absent: Mapping[str, Flag] = field(default_factory=dict)  # results name is not there → leniency
    unlike: Mapping[str, tuple[ParserElement, Flag]] = field(default_factory=dict)  # not of that production
    otherwise: Flag | None = None  # where nothing else tells why the strict grammar did not match
    automatic: bool = True  # tried where nothing is known of the source
    rules: Mapping[str, Rule] = field(default_factory=dict)  # productions that no RFC has, for explaining

    @cached_property
    def pattern(self) -> re.Pattern[bytes]:
        """The grammar, compiled; to be used with fullmatch."""
        return compile_grammar(self.grammar)

    @cached_property
    def shows_time(self) -> bool:
        """Whether the time's text stands between the columns, and not within one, where it is kept anyway."""
        parts = (part for part in self.layout if not isinstance(part, Gap))
        return any("{timestamp}" in (part if isinstance(part, str) else part.text) for part in parts)

    @cached_property
    def stamp_pattern(self) -> re.Pattern[bytes]:
        """The strict stamp, compiled."""
        return compile_grammar(self.strict_stamp)

    @cached_property
    def unlike_patterns(self) -> dict[str, tuple[re.Pattern[bytes], Flag]]:
        """The productions of ``unlike``, compiled."""
        return {name: (compile_grammar(element), flag) for name, (element, flag) in self.unlike.items()}


COLUMNS: Final = {
    "pri": "PRIVAL", "timestamp": "TIMESTAMP", "hostname": "HOSTNAME", "app_name": "APP-NAME",
    "proc_id": "PROCID", "msg_id": "MSGID", "structured_data": "STRUCTURED-DATA", "message": "MSG",
}  # fmt: skip

START: Final = (Gap("leading"), Present("pri", "<{pri}>"), Gap("after_pri"))
END: Final = (Gap("bom"), Present("message", "{message}"), Gap("trailer"))
TEXT_LAYOUT: Final = (Gap("separator"), "{message}", Gap("trailer"))
TAIL_3164: Final = (
    Present("app_name", "{app_name}"), Present("proc_id", "[{proc_id}]"), *TEXT_LAYOUT,
)  # fmt: skip

# What a missing or surrounded PRI amounts to.
AROUND_PRI: Final[Mapping[str, Flag]] = MappingProxyType(
    {"leading": Flag.HEADER_LENIENT, "after_pri": Flag.HEADER_LENIENT}
)
WITHOUT_PRI: Final[Mapping[str, Flag]] = MappingProxyType({"pri": Flag.PRI_ASSUMED})
