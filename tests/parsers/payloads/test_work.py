"""The work on a text grows with its length and no faster, whatever it is: steps are counted, not seconds."""

import re
from itertools import pairwise
from typing import Final

import pytest

from parsers.payloads import cef, iana_sd, json_text, keyvalue, leef, snare
from tests.parsers.payloads.steps import Counter, steps

PATTERNS: Final = {
    f"{module.__name__.rpartition('.')[2]}.{name}": value
    for module in (cef, iana_sd, json_text, keyvalue, leef, snare)
    for name, value in vars(module).items()
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str)
}
# What a pattern can be made to begin with again and again, with what cannot end it.
PIECES: Final = (
    "a", " ", "=", "|", "\\", '"', "'", "[", "]", ",", "\t", "#", "#011", "a ", "a=", " a=", " a= ",
    "a='", ' a="',
    ' a="\\', "\\|", "\\\\", "CEF:", "CEF:0|", "CEF:0|\\|", "CEF:0|a|", " CEF:0|=", "LEEF:2.0|",
    "LEEF:1.0|a|^|",
    "LEEF:2.0|x", "MSWinEventLog", "MSWinEventLog ", "MSWinEventLog 1\t", "MSWinEventLog 1#011",
    "\tMSWinEventLog 1",
    "[meta", "[meta ", ' a="b"', ' a="b', ' a=""', "sev=1", "sev=", "sev=1a", " A", " AB", "@cee:", "{",
    " \n", "\x00",
)  # fmt: skip
SIZES: Final = (400, 800)
MATCHED_AT_ONE_PLACE: Final = {"json_text._BEGIN", "json_text._END", "json_text._COOKIE"}


def taken(name: str, text: str) -> int:
    """Count the steps of using a pattern on a text as our code does."""
    if name in MATCHED_AT_ONE_PLACE:
        counter = Counter(PATTERNS[name], text)
        counter.match()
        return counter.steps
    return steps(PATTERNS[name], text)


@pytest.mark.parametrize("name", PATTERNS)
def test_steps_grow_with_the_text_and_no_faster(name: str) -> None:
    """Twice the text takes at most twice the steps, and a few, whatever one or two pieces it is made of."""
    for piece in (*PIECES, *(first + second for first, second in pairwise(PIECES))):
        for end in ("", "x"):
            before, after = (taken(name, piece * (size // len(piece)) + end) for size in SIZES)
            assert after <= 2.2 * before + 200, (piece, end, before, after)


@pytest.mark.parametrize("name", PATTERNS)
def test_our_engine_matches_as_pythons_does(name: str) -> None:
    """What counts the steps finds the same matches as ``re``, or its count would mean nothing."""
    pattern = PATTERNS[name]
    for piece in (*PIECES, *(first + second for first, second in pairwise(PIECES))):
        text = piece * 3
        found = pattern.search(text)
        assert Counter(pattern, text).search() == (found.span() if found else None), piece


def test_a_pattern_that_is_quadratic_is_caught() -> None:
    """The counter tells a pattern that looks at the rest of the text from every place."""
    few, many = (steps(re.compile("a*b"), "a" * size) for size in (100, 200))
    assert many > 3 * few
