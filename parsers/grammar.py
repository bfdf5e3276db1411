"""What the grammars share: octets as characters, and productions that skip no white space.

pyparsing reads str. Octets are given to it as latin-1 text, so that one octet is one character and every
offset is an octet's; the compiled patterns (parsers/compile.py) read the octets themselves.
"""

import re
from typing import Final

from pyparsing import Literal, ParserElement, Regex

DIGIT: Final = "0123456789"  # RFC 5234 appendix B.1
PRINTUSASCII: Final = "".join(map(chr, range(33, 127)))  # RFC 5424 section 6: %d33-126
TRAILER_OCTETS: Final = "\n\r\0"  # what senders put behind a message: LF, CR, NUL


def production(name: str, element: ParserElement) -> ParserElement:
    """Give ``element`` the RFC's ``name`` and take pyparsing's skipping of white space from all of it."""
    _skip_nothing(element, set())
    named = element.set_name(name)
    named.streamlined = True  # else pyparsing merges nested sequences, and `explain` loses their names
    return named


def _skip_nothing(element: ParserElement, seen: set[int]) -> None:
    """Do what ``leave_whitespace(recursive=True)`` does, without a copy of everything at every production."""
    if id(element) not in seen:
        seen.add(id(element))
        element.leave_whitespace(recursive=False)
        for inner in element.recurse():
            _skip_nothing(inner, seen)


def to_text(octets: bytes) -> str:
    """Give the text that pyparsing reads for ``octets``: one character an octet, U+0000 to U+00FF."""
    return octets.decode("latin-1")


SP: Final = production("SP", Literal(" "))
# What stands before PRI and is skipped (checklist D-1, D-2): a BOM, SP, LF, CR, NUL, HTAB; a few of them. Or
# a MSG-LEN, which some senders write although a datagram needs none.
LEADING: Final = production(
    "LEADING",
    Regex("(?:\xef\xbb\xbf|[ \n\r\0\t]){1,16}|[1-9][0-9]{0,5} (?=<[0-9]{1,3}>)", re.ASCII),
)
