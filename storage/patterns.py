r"""Terms as regular expressions of RE2, the engine that Arrow runs over a column.

RE2's own classes know another version of Unicode than Python's, and its ``\w`` is ASCII only; so that index
and rows agree to the letter, the classes of word characters and of characters that differ only in case are
spelled out from Python's tables (storage/tokens.py has the definition that is put into patterns here).

Such a class has hundreds of ranges, which RE2 takes milliseconds to compile, at every call and for every
place where it stands. Most texts are ASCII: with ``ascii_only`` a pattern is for those, and much smaller.
"""

import re
from array import array
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from storage.tokens import JOINERS, Glob, Shape, Wild, fold, shape

_SURROGATES: Final = range(0xD800, 0xE000)
_LAST_CASED: Final = 0x1F000  # no letter beyond has upper and lower case
_HEX: Final = "0-9A-Fa-f"


def term_pattern(term: Glob, *, ascii_only: bool = False) -> str:
    """Give the RE2 pattern that is found in a text where ``term`` occurs (see storage/tokens.py)."""
    return "".join(term_parts(term, ascii_only=ascii_only))


def term_parts(term: Glob, *, ascii_only: bool = False) -> tuple[str, str, str]:
    """Give the patterns of what may stand before a term, of the term itself, and of what may stand after."""
    word = word_class(ascii_only=ascii_only)
    body = "".join(_element(element, word, ascii_only=ascii_only) for element in term)
    if len(term) == 1 and isinstance(term[0], str):
        kind = shape(term[0])
        if kind is not Shape.WORDS:
            before, after = _address_ends(kind, ascii_only=ascii_only)
            return before, body, after
    before = f"(?:^|[^{word}])" if term and _is_bounded(term[0], 0) else ""
    after = f"(?:$|[^{word}])" if term and _is_bounded(term[-1], -1) else ""
    return before, body, after


def phrase_pattern(terms: Sequence[str], *, ascii_only: bool = False) -> str:
    """Give the RE2 pattern of terms that follow each other with blanks and punctuation between them.

    The first and last are bounded as a term is; in between each term stands as typed.
    """
    return "".join(phrase_parts(terms, ascii_only=ascii_only))


def phrase_parts(terms: Sequence[str], *, ascii_only: bool = False) -> tuple[str, str, str]:
    """Give the patterns of what may stand before a phrase, of the phrase itself, and of what after."""
    word = word_class(ascii_only=ascii_only)
    body = f"[^{word}]+".join(_literal(term, ascii_only=ascii_only) for term in terms)
    before = f"(?:^|[^{word}])" if _is_bounded(terms[0], 0) else ""
    after = f"(?:$|[^{word}])" if _is_bounded(terms[-1], -1) else ""
    return before, body, after


def whole_pattern(term: Glob) -> str:
    """Give the RE2 pattern of a whole value, in which ``*`` stands for anything."""
    elements = {Wild.RUN: "(?s:.*)", Wild.ONE: "(?s:.)"}
    body = "".join(_literal(part) if isinstance(part, str) else elements[part] for part in term)
    return f"^{body}$"


def _is_bounded(element: "str | Wild", end: int) -> bool:
    if isinstance(element, Wild):
        return element is Wild.ONE
    return re.match(r"\w", element[end]) is not None


def _element(element: "str | Wild", word: str, *, ascii_only: bool) -> str:
    if isinstance(element, str):
        return _literal(element, ascii_only=ascii_only)
    token = f"[{word}{re.escape(JOINERS)}]"
    return f"{token}*" if element is Wild.RUN else token


def _literal(text: str, *, ascii_only: bool = False) -> str:
    return "".join(_character(character, ascii_only=ascii_only) for character in text)


def _character(character: str, *, ascii_only: bool) -> str:
    if ascii_only and character.isascii():  # spared: the table of all letters takes a while to make
        return f"[{character.upper()}{character.lower()}]" if character.isalpha() else _escape(character)
    variants = _variants().get(character)
    if variants is None:
        return _escape(character)
    return "[" + "".join(map(_escape, variants)) + "]"


def literal(text: str) -> str:
    """Give the RE2 pattern that is found where ``text`` stands, as it is written."""
    return "".join(map(_escape, text))


def _escape(character: str) -> str:
    if character.isascii() and character.isalnum():
        return character
    return f"\\x{{{ord(character):x}}}"


@lru_cache(maxsize=2)
def word_class(*, ascii_only: bool = False) -> str:
    """Give the inside of a character class with all word characters, or those of ASCII."""
    return _ranges(r"\w+", ascii_only=ascii_only)


def _ranges(pattern: str, *, ascii_only: bool) -> str:
    parts = [range(0x80)] if ascii_only else [range(_SURROGATES.start), range(_SURROGATES.stop, 0x110000)]
    runs = [run for part in parts for run in re.findall(pattern, array("I", part).tobytes().decode("utf-32"))]
    return "".join(f"\\x{{{ord(run[0]):x}}}-\\x{{{ord(run[-1]):x}}}" for run in runs)


@lru_cache(maxsize=1)
def _variants() -> dict[str, str]:
    """Give, for every character that has upper and lower case forms, all of them."""
    alike: dict[str, str] = defaultdict(str)
    for character in map(chr, range(_LAST_CASED)):
        alike[fold(character)] += character
    return {character: forms for forms in alike.values() if len(forms) > 1 for character in forms}


@lru_cache(maxsize=2 * len(Shape))
def _address_ends(kind: Shape, *, ascii_only: bool) -> tuple[str, str]:
    """Give what may stand before and after an address."""
    word = word_class(ascii_only=ascii_only)
    if kind is Shape.IPV4:
        return f"(?:^|[^{word}.]|(?:^|[^0-9])\\.)", f"(?:$|[^{word}.]|\\.(?:$|[^0-9]))"
    foreign = _ranges(r"[^\W0-9A-Fa-f]+", ascii_only=ascii_only)
    joint, longest = ("\\-" if kind is Shape.MAC_DASH else ":"), (4 if kind is Shape.IPV6 else 2)
    return _groups_ends(word, foreign, joint, longest)


def _groups_ends(word: str, foreign: str, joint: str, longest: int) -> tuple[str, str]:
    """Give what may stand around hexadecimal groups: no ``joint`` with another group of 1 to ``longest``.

    ``foreign`` are the word characters that are no hexadecimal digits.
    """
    alien = f"[{foreign}][{_HEX}]{{0,{longest}}}|[{_HEX}]{{{longest + 1}}}"
    before = f"(?:^|[^{word}{joint}]|(?:^|[^{word}{joint}]|{alien}){joint})"
    alien = f"[{_HEX}]{{0,{longest}}}[{foreign}]|[{_HEX}]{{{longest + 1}}}"
    after = f"(?:$|[^{word}{joint}]|{joint}(?:$|[^{word}{joint}]|{alien}))"
    return before, after
