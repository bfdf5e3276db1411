"""The dialects: every grammar of a message, in the order in which they are tried.

A new dialect is one more grammar and one more entry in DIALECTS. Its layout says how the columns were
joined in the message, and with that how parsers/rebuild.py joins them again; its rules say which
leniency each of its parts amounts to.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cached_property
from types import MappingProxyType
from typing import Final

from pyparsing import Opt, ParserElement, StringEnd

from parsers import rfc3164, rfc3164_lenient, rfc5424, rfc5424_lenient
from parsers.compile import compile_grammar
from parsers.grammar import LEADING, SP, production
from parsers.schema import Flag, Format


@dataclass(frozen=True, slots=True)
class Gap:
    """What stood between columns: the octets under a results name that is no column; absent, nothing."""

    name: str


@dataclass(frozen=True, slots=True)
class Present:
    """A piece of a form that stands only where the column ``name`` (a results name) is not null."""

    name: str
    text: str


# A text stands as it is; {name} in it, and in a Present, is the column's value.
Layout = tuple[str | Gap | Present, ...]


class Clock(Enum):
    """How the results name ``timestamp`` is read."""

    RFC5424 = auto()  # to the letter: cast as a column
    STAMP = auto()  # text by text, each distinct one once


@dataclass(frozen=True)
class Dialect:
    """One grammar and what it means when a message matches it."""

    name: str
    format: Format
    grammar: ParserElement
    layout: Layout
    clock: Clock
    strict_stamp: ParserElement
    always: tuple[Flag, ...] = ()
    present: Mapping[str, Flag] = field(default_factory=dict)  # results name is there → leniency
    absent: Mapping[str, Flag] = field(default_factory=dict)  # results name is not there → leniency
    unlike: Mapping[str, tuple[ParserElement, Flag]] = field(default_factory=dict)  # not of that production
    otherwise: Flag | None = None  # where nothing else tells why the strict grammar did not match

    @cached_property
    def pattern(self) -> re.Pattern[bytes]:
        """The grammar, compiled; to be used with fullmatch."""
        return compile_grammar(self.grammar)

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

_HEADER_5424: Final = " {timestamp} {hostname} {app_name} {proc_id} {msg_id}"
_START: Final = (Gap("leading"), Present("pri", "<{pri}>"), Gap("after_pri"))
_END: Final = (Gap("bom"), Present("message", "{message}"), Gap("trailer"))

# How a message of each format looks whose message_form is null.
CANONICAL: Final[Mapping[Format, Layout]] = MappingProxyType({
    Format.RFC5424: (
        "<{pri}>1" + _HEADER_5424 + " {structured_data}", Present("message", " {message}"),
    ),
    Format.RFC3164: (
        "<{pri}>{timestamp} {hostname} {app_name}", Present("proc_id", "[{proc_id}]"), ": {message}",
    ),
    Format.UNPARSED: ("<{pri}>{message}",),
})  # fmt: skip

# The 5424 fields that a lenient header is compared with, each with the production that it should be.
_FIELDS_5424: Final = MappingProxyType({
    "version": (rfc5424.VERSION, Flag.VERSION_UNKNOWN),
    "hostname": (rfc5424.HOSTNAME, Flag.HEADER_LENIENT),
    "app_name": (rfc5424.APP_NAME, Flag.HEADER_LENIENT),
    "proc_id": (rfc5424.PROCID, Flag.HEADER_LENIENT),
    "msg_id": (rfc5424.MSGID, Flag.HEADER_LENIENT),
    "structured_data": (rfc5424.STRUCTURED_DATA, Flag.SD_MALFORMED),
})  # fmt: skip
_AROUND_PRI: Final = {"leading": Flag.HEADER_LENIENT, "after_pri": Flag.HEADER_LENIENT}
_WITHOUT_PRI: Final = {"pri": Flag.PRI_ASSUMED}

STRICT_RFC5424: Final = Dialect(
    name="RFC 5424",
    format=Format.RFC5424,
    grammar=rfc5424.SYSLOG_MSG,
    layout=(
        "<{pri}>1" + _HEADER_5424 + " {structured_data}",
        Present("message", " "), *_END,
    ),
    clock=Clock.RFC5424,
    strict_stamp=rfc5424.TIMESTAMP,
)  # fmt: skip

_LENIENT_RFC5424: Final = Dialect(
    name="RFC 5424, lenient",
    format=Format.RFC5424,
    grammar=rfc5424_lenient.WHOLE,
    layout=(*_START, Gap("version"), _HEADER_5424 + " {structured_data}", Gap("before_msg"), *_END),
    clock=Clock.STAMP,
    strict_stamp=rfc5424.TIMESTAMP,
    present={**_AROUND_PRI, "unspaced": Flag.SD_MALFORMED},
    absent=_WITHOUT_PRI,
    unlike=_FIELDS_5424,
    otherwise=Flag.HEADER_LENIENT,
)

_WITHOUT_SD_RFC5424: Final = Dialect(
    name="RFC 5424 without STRUCTURED-DATA",
    format=Format.RFC5424,
    grammar=rfc5424_lenient.WITHOUT_SD,
    layout=(*_START, Gap("version"), _HEADER_5424, Gap("before_msg"), *_END),
    clock=Clock.STAMP,
    strict_stamp=rfc5424.TIMESTAMP,
    always=(Flag.SD_MALFORMED,),
    present=_AROUND_PRI,
    absent=_WITHOUT_PRI,
    unlike=_FIELDS_5424,
)

_CUT_RFC5424: Final = Dialect(
    name="RFC 5424, header cut short",
    format=Format.RFC5424,
    grammar=rfc5424_lenient.CUT,
    layout=(
        *_START, Gap("version"), " {timestamp}", Present("app_name", " {app_name}[{proc_id}]:"),
        Present("hostname", " {hostname}"), Gap("before_msg"), *_END,
    ),
    clock=Clock.STAMP,
    strict_stamp=rfc5424.TIMESTAMP,
    always=(Flag.HEADER_LENIENT,),
    present=_AROUND_PRI,
    absent={**_WITHOUT_PRI, "hostname": Flag.HOSTNAME_MISSING},
    unlike=_FIELDS_5424,
)  # fmt: skip

STRICT_RFC3164: Final = Dialect(
    name="RFC 3164",
    format=Format.RFC3164,
    grammar=rfc3164.SYSLOG_MSG,
    layout=(
        "<{pri}>{timestamp} {hostname} {app_name}", Present("proc_id", "[{proc_id}]"),
        Gap("separator"), "{message}", Gap("trailer"),
    ),
    clock=Clock.STAMP,
    strict_stamp=rfc3164.TIMESTAMP,
)  # fmt: skip

_TAIL_3164: Final = (
    Present("app_name", "{app_name}"), Present("proc_id", "[{proc_id}]"),
    Gap("separator"), "{message}", Gap("trailer"),
)  # fmt: skip

_LENIENT_RFC3164: Final = Dialect(
    name="RFC 3164, lenient",
    format=Format.RFC3164,
    grammar=rfc3164_lenient.STAMPED,
    layout=(
        *_START, Gap("clock_mark"), "{timestamp}", Gap("after_time"),
        Present("hostname", "{hostname}"), Gap("after_host"), *_TAIL_3164,
    ),
    clock=Clock.STAMP,
    strict_stamp=rfc3164.TIMESTAMP,
    present={**_AROUND_PRI, "clock_mark": Flag.TIMESTAMP_LENIENT},
    absent={
        **_WITHOUT_PRI, "hostname": Flag.HOSTNAME_MISSING, "app_name": Flag.HEADER_LENIENT,
        "after_time": Flag.HEADER_LENIENT,
    },
    unlike={
        "hostname": (rfc3164.HOSTNAME, Flag.HEADER_LENIENT),
        "app_name": (rfc3164.TAG, Flag.HEADER_LENIENT),
        "after_time": (SP, Flag.TIMESTAMP_LENIENT),
        "after_host": (SP, Flag.HEADER_LENIENT),
    },
    otherwise=Flag.HEADER_LENIENT,
)  # fmt: skip

_TAGGED_RFC3164: Final = Dialect(
    name="RFC 3164 without TIMESTAMP",
    format=Format.RFC3164,
    grammar=rfc3164_lenient.TAGGED,
    layout=(*_START, *_TAIL_3164),
    clock=Clock.STAMP,
    strict_stamp=rfc3164.TIMESTAMP,
    always=(Flag.HEADER_LENIENT, Flag.HOSTNAME_MISSING),
)

# Whatever it is, it is kept: this grammar matches any octets at all. Its MSG is all after a valid PRI.
UNPARSED: Final = Dialect(
    name="unparsed",
    format=Format.UNPARSED,
    grammar=production(
        "SYSLOG-MSG",
        Opt(Opt(LEADING("leading")) + rfc5424.PRI)
        + rfc5424.MSG_TEXT + Opt(rfc5424.MSG_TRAILER) + StringEnd(),
    ).parse_with_tabs(),
    layout=(Gap("leading"), Present("pri", "<{pri}>"), "{message}", Gap("trailer")),
    clock=Clock.STAMP,
    strict_stamp=rfc3164.TIMESTAMP,
    always=(Flag.HEADER_LENIENT,),
    absent=_WITHOUT_PRI,
)  # fmt: skip

DIALECTS: Final[tuple[Dialect, ...]] = (
    STRICT_RFC5424,
    _LENIENT_RFC5424,
    _WITHOUT_SD_RFC5424,
    _CUT_RFC5424,
    STRICT_RFC3164,
    _LENIENT_RFC3164,
    _TAGGED_RFC3164,
)


def dialects_of(name: str) -> tuple[Dialect, ...]:
    """Give the dialects of ``format = "auto"``, ``"rfc5424"`` or ``"rfc3164"``, in order, UNPARSED last.

    Raises:
        ValueError: when there is no such format.
    """
    if name == "auto":
        return (*DIALECTS, UNPARSED)
    if name in (Format.RFC5424, Format.RFC3164):
        return (*(dialect for dialect in DIALECTS if dialect.format == name), UNPARSED)
    raise ValueError(f"format {name!r}: use auto, rfc5424 or rfc3164")
