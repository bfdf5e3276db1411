"""Tokens: what a word, a term and a key are, and that keys never say no where a term occurs."""

import re
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.patterns import phrase_pattern, term_pattern, word_class
from storage.tokens import Keys, Wild, fold, glob, leading_letters, required_keys, text_keys


def occurs(term: str, text: str) -> bool:
    """Tell by the pattern whether a term, with its wildcards, occurs in a text."""
    return bool(pc.match_substring_regex(pa.array([text]), term_pattern(glob(term)))[0].as_py())


FOUND = [
    ("root", "for root from", "a word between blanks"),
    ("ROOT", "for Root;", "case does not count"),
    ("k", "\u212a", "the Kelvin sign is a k"),
    ("ΣΊΣ", "σίς", "final sigma is a sigma"),
    ("straße", "STRAẞE", "capital sharp s is a sharp s"),
    ("10.0.3.7", "src=10.0.3.7:443", "an address before a port"),
    ("10.0.3.7", "from 10.0.3.7.", "an address at the end of a sentence"),
    ("10.0.3.7", "10.0.3.7/24", "an address with a prefix length"),
    ("10.0.3", "10.0.3.7", "part of an address that is none itself"),
    ("fe80::1", "[fe80::1]:443", "an address in brackets"),
    ("fe80::1", "interface:fe80::1: up", "an address after a word and a colon, and before one"),
    ("fe80::1", "fe80::1%eth0", "an address with a zone"),
    ("::1", "from ::1 port", "the loopback address"),
    ("AA:BB:CC:00:11:22", "mac:aa:bb:cc:00:11:22,", "a MAC address"),
    ("aa-bb-cc-00-11-22", "aa-bb-cc-00-11-22", "a MAC address with dashes"),
    ("example.com", "bob@mail.example.com", "a domain in an e-mail address"),
    ("bob@mail.example.com", "<bob@mail.example.com>", "an e-mail address"),
    ("/var/log", "open(/var/log/x)", "the start of a path"),
    ("C:\\\\Windows", "in C:\\Windows\\System32", "a path with backslashes"),
    ("fw-1", "fw-1.example.com", "a label of a host name"),
    ("uid=0", "uid=0(root)", "a pair of name and value"),
    ("->", "a->b", "punctuation alone stands anywhere"),
    ("fail*", "failed", "a prefix"),
    ("*.example.com", "mail.example.com", "a suffix"),
    ("10.0.*.7", "10.0.31.7", "a wildcard inside an address"),
    ("/var/*.log", "/var/log/a/b.log", "a wildcard across a path"),
    ("fw-?", "fw-2", "one character"),
]
NOT_FOUND = [
    ("fail", "failed", "a word is whole"),
    ("fail", "_fail", "an underscore is part of a word"),
    ("é", "é1", "a letter of another script, too"),
    ("10.0.3.7", "110.0.3.7", "cut out of another number"),
    ("10.0.3.7", "10.0.3.71", "cut out of another number"),
    ("10.0.3.7", "10.0.3.7.5", "cut out of a longer row of numbers"),
    ("10.0.3.7", "1.10.0.3.7", "cut out of a longer row of numbers"),
    ("fe80::1", "fe80::1:2", "cut out of a longer address"),
    ("::1", "fe80::1", "cut out of a longer address"),
    ("aa:bb:cc:00:11:22", "aa:bb:cc:00:11:22:33", "cut out of a longer row of groups"),
    ("strasse", "straße", "folding is by character"),
    ("fail*ed", "fail and ed", "a wildcard does not reach across a blank"),
    ("fw-?", "fw-", "one character is not none"),
    ("fw-?", "fw-22", "nor two"),
]


@pytest.mark.parametrize(("term", "text", "_why"), FOUND)
def test_a_term_occurs(term: str, text: str, _why: str) -> None:
    """A term is found where the definition says that it occurs, and the index does not rule the text out."""
    assert occurs(term, text)
    assert admits(text_keys(text), required_keys(glob(term)))


@pytest.mark.parametrize(("term", "text", "_why"), NOT_FOUND)
def test_a_term_does_not_occur(term: str, text: str, _why: str) -> None:
    """A term is not found where it is only a part of something longer."""
    assert not occurs(term, text)


def admits(text: Keys, term: Keys) -> bool:
    """Tell as the index does whether a text with these keys may hold a term that requires those."""
    words = text.plain | text.other
    prefixes_found = all(
        not leading_letters(prefix)
        or any(word.startswith(prefix) for word in words)
        or leading_letters(prefix) in text.stems
        for prefix in term.prefixes
    )
    return term.plain <= text.plain and term.other <= text.other and prefixes_found


alphabet = st.sampled_from(
    "aAbB1290_.:-/@= \t\u017fßẞéÉe\u0301\u0345İ\u0131KkΣ\u03c3ςﬁ²Ⅷ٣\u4e00\U00010400\U00010428"
)
texts = st.text(alphabet, max_size=24)


@given(text=texts, start=st.integers(0, 23), length=st.integers(1, 12))
def test_keys_never_rule_out_a_part_that_occurs(text: str, start: int, length: int) -> None:
    """Whatever part of a text occurs in it as a term has all its keys among the text's."""
    term = text[start : start + length]
    if term and occurs(re.sub(r"([*?\\])", r"\\\1", term), text):
        assert admits(text_keys(text), required_keys((term,)))


@given(text=texts, parts=st.lists(texts.filter(lambda part: part.strip()), min_size=2, max_size=3))
def test_keys_never_rule_out_a_phrase(text: str, parts: list[str]) -> None:
    """The same of phrases: terms that follow each other."""
    words = [word for part in parts for word in part.split()]
    text = f"{text} {' , '.join(words)}"
    if pc.match_substring_regex(pa.array([text]), phrase_pattern(words))[0].as_py():
        for word in words:
            assert admits(text_keys(text), required_keys((word,), alone=False))


def test_words_are_the_same_to_both_engines() -> None:
    """RE2 and Python agree on every code point whether it is a word character."""
    characters = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    found = pc.match_substring_regex(pa.array(characters), f"^[{word_class()}]$").to_pylist()
    assert found == [re.fullmatch(r"\w", character) is not None for character in characters]


@given(st.characters(codec="utf-8"))
def test_case_is_folded_alike(character: str) -> None:
    """A character finds its other cases and only those: the ones that fold to the same."""
    others = {character.upper(), character.lower(), character.swapcase()}
    for other in others:
        if len(other) == 1:
            pattern = f"^(?:{term_pattern((character,))})$"
            same = bool(pc.match_substring_regex(pa.array([other]), pattern)[0].as_py())
            assert same == (fold(other) == fold(character))


def test_wildcards_are_read() -> None:
    """Stars and question marks are wild, and themselves after a backslash."""
    assert glob(r"a*b\*c?") == ("a", Wild.RUN, "b*c", Wild.ONE)
    assert glob(r"C:\x\\y") == ("C:\\x\\y",)


ASCII = st.text(st.sampled_from("aB1_.:-@/ =f0"), max_size=12)


@given(ASCII, ASCII.filter(lambda text: bool(text.strip())), st.sampled_from(["", "*", "?"]))
def test_patterns_for_ascii_find_the_same(text: str, typed: str, wild: str) -> None:
    """In a text of ASCII the small patterns find what those with all of Unicode's ranges find."""
    words = typed.split()
    term = glob(words[0] + wild)
    for pattern in (partial(term_pattern, term), partial(phrase_pattern, words)):
        small, whole = pattern(ascii_only=True), pattern(ascii_only=False)
        texts = pa.array([text])
        assert pc.match_substring_regex(texts, small) == pc.match_substring_regex(texts, whole)
