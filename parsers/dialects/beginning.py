"""What a message begins with, behind PRI: looked at once, so that only the dialects that begin so are tried.

The look is a coarse one. It may take a word for a time ("the 5 of them"), so whatever begins with a word is
tried there, too; but it must not take a time for a word, a number or a text that has no header.
"""

import re
from enum import StrEnum
from typing import Final


class Beginning(StrEnum):
    """What stands behind PRI, or where there is none at the very start."""

    TIME = "time"  # of any kind but digits and slashes only, also behind Cisco's marks
    NUMBER = "number"  # VERSION, a count, seconds since 1970, an address
    BRACKET = "bracket"  # of an object, an array or an event; also the cookie before an object
    NAME = "name"  # of a format: CEF:, LEEF:
    PAIR = "pair"  # key=
    LIST = "list"  # topics with commas, or a host before brackets
    WORD = "word"  # anything else: a host, a program, a sentence


BEGINNING: Final = re.compile(
    rb"(?:(?:\xef\xbb\xbf|[ \n\r\0\t]){1,16}|[1-9][0-9]{0,5} (?=<))?(?:<[0-9]{1,3}>[ :]{0,3})?(?:"
    rb"(?P<time>[*.]?(?:[A-Za-z]{3},? (?: ?[0-9]|[A-Za-z]{3} )|[0-9]{4}(?:-[0-9]| [A-Za-z]{3} )))"
    rb"|(?P<number>[0-9])"
    rb"|(?P<bracket>[\[{@])|(?P<name>CEF:|LEEF:)"
    rb"|[A-Za-z_][0-9A-Za-z_.-]{0,63}+(?:(?P<pair>=)|(?P<list>,[a-z]|: \[))"
    rb"|(?P<word>))"
)

ANY: Final = frozenset(Beginning)
TIME: Final = frozenset({Beginning.TIME})
NUMBER: Final = frozenset({Beginning.NUMBER})
BRACKET: Final = frozenset({Beginning.BRACKET})
FORMAT_NAME: Final = frozenset({Beginning.NAME})
PAIR: Final = frozenset({Beginning.PAIR})
LIST: Final = frozenset({Beginning.LIST})
