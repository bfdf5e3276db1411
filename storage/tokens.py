r"""Tokens: the one definition of a word, for the rows that match and for the index that picks blocks.

A *word character* is a letter, a digit or "_" of any script (``\w`` of Python's re). A *word* is an
unbroken run of them. A *term* is what a user types without a space: ``root``, ``10.0.3.7``, ``fw-*``. A
term occurs in a text where its characters stand, upper and lower case alike and its punctuation as typed,
and is not cut out of longer words: where the term begins or ends with a word character, no word character
stands next to it. So ``10.0.3.7`` occurs in ``src=10.0.3.7:443`` and not in ``110.0.3.7``, ``example.com``
occurs in ``bob@mail.example.com``, ``fw-1`` in ``fw-1.example.com`` and not in ``fw-12``.

Addresses are whole: an IPv4 address does not occur in a longer dotted number, an IPv6 or MAC address not
in a longer row of hexadecimal groups (``fe80::1`` is not in ``fe80::1:2``).

``*`` stands for any number of token characters, ``?`` for one; token characters are the word characters and
``. : @ / \ + -``, so that a wildcard reaches through an address, a path or a host name and never across
a blank.

For the index a text is boiled down to *keys*, such that a term that occurs in a text has all its own keys
(``Keys.required``) among the text's (``text_keys``). Keys are folded in case and of four kinds:

    word      a whole word
    pair      two words and the single character (or "::") between them: mail.example, uid=0, db8::17
    address   a whole IPv4 address
    stem      what a word with digits begins with before the first of them, for prefixes
"""

import ipaddress
import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum
from itertools import compress, pairwise
from typing import Final

WORD: Final = re.compile(r"\w+")
JOINERS: Final = ".:@/\\+-"  # with the word characters, what "*" and "?" stand for
PLAIN_LENGTH: Final = 32  # longer words are hardly ever typed, and often random

_SPLIT: Final = re.compile(r"(\w+)")
_PLAIN: Final = re.compile(rf"^[^\W\d]{{1,{PLAIN_LENGTH}}}$", re.MULTILINE)
_STEM: Final = re.compile(rf"^[^\W\d]{{1,{PLAIN_LENGTH}}}", re.MULTILINE)
_IPV4: Final = re.compile(r"(?<!\w)(?<![0-9]\.)(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?!\w)(?!\.[0-9])")
_MAC: Final = re.compile(r"[0-9a-f]{2}(?P<joint>[:-])(?:[0-9a-f]{2}(?P=joint)){4}[0-9a-f]{2}", re.IGNORECASE)


class Wild(Enum):
    """A wildcard in a term."""

    RUN = "*"
    ONE = "?"


Glob = tuple["str | Wild", ...]


class Shape(Enum):
    """What a term looks like, which decides what may stand next to it."""

    WORDS = "words"
    IPV4 = "ipv4"
    IPV6 = "ipv6"
    MAC_COLON = "mac with :"
    MAC_DASH = "mac with -"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of a text, or those that a term requires, folded in case.

    ``plain`` are words without digits and of ordinary length; ``other`` are all further words, pairs and
    addresses; ``stems`` begin words of ``other``; ``prefixes`` (required keys only) begin some word.
    """

    plain: AbstractSet[str] = frozenset()
    other: AbstractSet[str] = frozenset()
    stems: AbstractSet[str] = frozenset()
    prefixes: AbstractSet[str] = frozenset()


def fold(text: str) -> str:
    """Give ``text`` as keys compare it: without regard to case."""
    return text.casefold()


def is_plain(word: str) -> bool:
    """Tell whether a folded word is kept under its own name: no digits in it, and not too long."""
    return _PLAIN.fullmatch(word) is not None


def leading_letters(word: str) -> str:
    """Give the stem that the index keeps of a folded word: its letters before the first digit, at most 32."""
    found = _STEM.match(word)
    return found[0] if found else ""


def shape(term: str) -> Shape:
    """Tell whether a term is an address, of which kind."""
    if _IPV4.fullmatch(term):
        return Shape.IPV4
    if found := _MAC.fullmatch(term):
        return Shape.MAC_COLON if found["joint"] == ":" else Shape.MAC_DASH
    if ":" in term and "%" not in term and "." not in term:
        try:
            ipaddress.IPv6Address(term)
        except ValueError:
            return Shape.WORDS
        return Shape.IPV6
    return Shape.WORDS


def text_keys(text: str) -> Keys:
    """Give the keys of ``text``, which may be the text of a whole block with blanks between its messages.

    This is the definition. What is of ASCII the index reads by another way to the same keys, some times as
    fast: storage/token_hashes.py.
    """
    folded = text.isascii()  # then every word and pair can be folded beforehand, with the text
    pieces = "\n".join(set((text.lower() if folded else text).split()))
    parts = _SPLIT.split(pieces)  # separator, word, separator, word, … separator
    words, separators = parts[1::2], parts[2:-1:2]
    joints = set(filter(_is_joint, set(separators)))
    neighbours = zip(words, separators, words[1:])  # noqa: B905 - the last word has no successor
    pairs = set(map("".join, compress(neighbours, map(joints.__contains__, separators))))
    distinct = "\n".join(set(words))
    if not folded:
        distinct = fold(distinct)
        pairs = set(fold("\n".join(pairs)).split("\n"))
    plain = set(_PLAIN.findall(distinct))
    other = set(distinct.split("\n")) - plain
    stems = set(_STEM.findall("\n".join(other)))
    other |= pairs
    other.update(_IPV4.findall(pieces))
    other.discard("")
    return Keys(plain=plain, other=other, stems=stems)


def _is_joint(separator: str) -> bool:
    return separator == "::" or (len(separator) == 1 and not separator.isspace())


def glob(text: str) -> Glob:
    r"""Read a term with wildcards; ``\*``, ``\?`` and ``\\`` are the characters themselves."""
    elements: list[str | Wild] = []
    for found in re.finditer(
        r"\\(?P<escaped>[*?\\])|(?P<wild>[*?])|(?P<literal>(?:[^*?\\]|\\(?![*?\\]))+)", text
    ):
        if found["wild"]:
            elements.append(Wild(found["wild"]))
        else:
            literal = found["escaped"] or found["literal"]
            if elements and isinstance(elements[-1], str):
                literal = f"{elements.pop()}{literal}"
            elements.append(literal)
    return tuple(elements)


def required_keys(term: Glob, *, alone: bool = True) -> Keys:
    """Give keys that every text has in which ``term`` occurs; none where nothing can be said.

    Inside a phrase (``alone`` False) an address is not held to be whole, so that its own key is not required.
    """
    plain: set[str] = set()
    other: set[str] = set()
    prefixes: set[str] = set()
    for number, literal in enumerate(term):
        if isinstance(literal, Wild):
            continue
        open_before, open_after = number > 0, number < len(term) - 1
        for word, whole, prefix in _words(literal, open_before=open_before, open_after=open_after):
            if whole:
                (plain if is_plain(fold(word)) else other).add(fold(word))
            elif prefix:
                prefixes.add(fold(word))
        other.update(_whole_pairs(literal, open_before=open_before, open_after=open_after))
    if alone and len(term) == 1 and isinstance(term[0], str) and shape(term[0]) is Shape.IPV4:
        other.add(term[0])
    return Keys(plain=plain, other=other, prefixes=prefixes)


def _words(literal: str, *, open_before: bool, open_after: bool) -> Iterator[tuple[str, bool, bool]]:
    """Give the words of a literal: the word, whether it is whole, and whether at least its start is."""
    for found in WORD.finditer(literal):
        starts = found.start() > 0 or not open_before
        ends = found.end() < len(literal) or not open_after
        yield found[0], starts and ends, starts


def _whole_pairs(literal: str, *, open_before: bool, open_after: bool) -> Iterator[str]:
    found = list(WORD.finditer(literal))
    for left, right in pairwise(found):
        starts = left.start() > 0 or not open_before
        ends = right.end() < len(literal) or not open_after
        if starts and ends and _is_joint(literal[left.end() : right.start()]):
            yield fold(literal[left.start() : right.end()])
