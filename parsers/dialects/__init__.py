"""The dialects: every grammar of a message, each in a module of its own, in the order of trying.

A new dialect is one more module here with a ``DIALECT``, and its test: it is found by being here. Its
``order`` says when it is tried:

     1 to  9    what would be taken for a standard: none so far, for it costs every message a look
    10 to 19    the two standards to the letter: most messages go no further
    20 to 29    RFC 3164 as most send it, and Cisco IOS
    30 to 49    a number behind PRI: RFC 5424 as it is sent, and what only looks like it
    50 to 79    what devices make of RFC 3164
    80 to 89    RFC 3164 as it is sent
    90 to 98    no header but PRI, or nothing at all
    99          anything

From 20 on a dialect is tried on what the ones before have left. Three things keep that cheap; what a dialect
says of them must be true of every message that it matches, which the tests see to:

    begins      what its messages begin with behind PRI (parsers/dialects/beginning.py): that is looked at
                once, and only the dialects that begin so are tried; all, where nothing is said
    holds       octets that stand somewhere in each of its messages: others are let go without a match
    a sign      at the start of its grammar (parsers/dialects/parts.py), where a few octets tell

What looks like RFC 3164 would be taken for it. Such a dialect has an order below 10 and ``holds`` something
rare; or an order from 50 on, where it costs only its likes, and the word by which it differs is named in
parsers/bsd_words.py, by which the standard's own grammars let its messages go.
"""

from importlib import import_module
from operator import attrgetter
from pkgutil import iter_modules
from typing import Final

from parsers.dialects.dialect import COLUMNS, Clock, Dialect
from parsers.dialects.lenient_rfc3164 import PLAIN as PLAIN_LENIENT_RFC3164
from parsers.dialects.rfc3164_without_time import DIALECT as WITHOUT_TIME
from parsers.dialects.strict_rfc3164 import DIALECT as STRICT_RFC3164
from parsers.dialects.strict_rfc3164 import PLAIN as PLAIN_RFC3164
from parsers.dialects.strict_rfc5424 import DIALECT as STRICT_RFC5424
from parsers.dialects.unparsed import DIALECT as UNPARSED
from parsers.schema import Format

__all__ = [
    "COLUMNS", "DIALECTS", "FORMATS", "STRICT_RFC3164", "STRICT_RFC5424", "UNPARSED",
    "Clock", "Dialect", "dialects_of",
]  # fmt: skip

FORMATS: Final = ("auto", Format.RFC5424.value, Format.RFC3164.value, Format.GELF.value)


def _found() -> list[Dialect]:
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    dialects = [module.DIALECT for module in modules if hasattr(module, "DIALECT")]
    return sorted(dialects, key=attrgetter("order", "name"))


DIALECTS: Final[tuple[Dialect, ...]] = tuple(dialect for dialect in _found() if dialect is not UNPARSED)


def dialects_of(name: str) -> tuple[Dialect, ...]:
    """Give the dialects of a format of FORMATS, in the order in which they are tried, UNPARSED last.

    ``rfc3164`` is RFC 3164 as rsyslog and syslog-ng read it, by its rules alone: no dialect of any device.

    Raises:
        ValueError: when there is no such format.
    """
    if name == "auto":
        return (*(dialect for dialect in DIALECTS if dialect.automatic), UNPARSED)
    if name == Format.RFC3164:
        return (PLAIN_RFC3164, PLAIN_LENIENT_RFC3164, WITHOUT_TIME, UNPARSED)
    if name in FORMATS:
        return (*(dialect for dialect in DIALECTS if dialect.format == name), UNPARSED)
    raise ValueError(f"format {name!r}: use {', '.join(FORMATS[:-1])} or {FORMATS[-1]}")
