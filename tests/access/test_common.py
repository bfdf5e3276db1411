"""What is tried first is no password, and what people can remember and nobody guesses is one."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from access.common import is_guessable


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword", "password1234567890", "Password2026!!!!", "P@ssw0rdP@ssw0rd", "Pa$$w0rd-Pa$$w0rd",
        "qwertyuiop12345", "1qaz2wsx3edc4rfv", "!qaz2wsx3edc4rfv", "0987654321qwerty", "zyxwvutsrqponmlk",
        "Summer2026Summer", "sysledger-admin-2026", "iloveyouprincess1", "aaaaaaaaaaaaaaaaaaaa",
        "abcabcabcabcabcabc", "xkcdxkcdxkcdxkcd", "letmeinletmein99", "dragon monkey football",
        "olga.married-2026!", "olgaolgaolgaolga1", "...............", "               ",
        "🦄🦄🦄🦄🦄🦄🦄🦄🦄🦄🦄🦄🦄🦄🦄",
    ],
)  # fmt: skip
def test_what_is_tried_first(password: str) -> None:
    """Common words, whatever signs stand for letters, runs of keys, years, repetitions, the own name."""
    assert is_guessable(password, "olga.married")


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple", "four words nobody knows", "Zugspitze 2962 Meter hoch",
        "unser hund heißt berta",
        "мой дядя самых честных правил", "静かな湖畔の森の影からもう起き",
        "kL9#vQ2!pX7@mN4$", "4f1c9be27d3a80c5",
        "my password is a whole sentence", "olga keeps nineteen geese",
    ],
)  # fmt: skip
def test_what_is_worth_guessing(password: str) -> None:
    """Words that do not belong together, a sentence, what a machine made: with a common word in it or not."""
    assert not is_guessable(password, "olga.married")


@given(some.text(max_size=64), some.text(max_size=64))
def test_any_text_is_looked_at(password: str, name: str) -> None:
    """No text breaks it, and whoever repeats no more than three characters has chosen nothing."""
    assert is_guessable(password, name) in {True, False}
    assert is_guessable(password[:3] * 20, name)
