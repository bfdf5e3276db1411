"""Passwords that are tried first: those that people choose most, and what they make longer ones of.

Lists of stolen passwords hold hardly any of the length that we ask for; those that are as long are short ones
twice, a run along the keyboard, a word with a year behind it. So it is the pieces that are looked for here:
what is left of a password without them has to be worth guessing. None is refused for holding a common word
(NIST SP 800-63B section 3.1.1.2 compares whole passwords), only for being little else. Whoever guesses has
seen more, of course: it is the pauses (access/attempts.py) and the second factor that guessing fails at.
"""

import re
from typing import Final

LEAST_LEFT: Final = 8  # characters that are in no such piece; each piece stands for one
# Rows of keyboards, the alphabet, and the columns that fingers walk down: any run along them, either way.
_RUNS: Final = (
    "12345678901234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop",
    "qsdfghjklm", "wxcvbn", "abcdefghijklmnopqrstuvwxyz", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "zaq1xsw2cde3vfr4bgt5nhy6mju7ki8lo9p0",
)  # fmt: skip
_LEAST_RUN: Final = 3
_WORDS: Final = (
    "abc", "access", "account", "admin", "administrator", "amanda", "andrew", "angel", "apple", "arsenal",
    "ashley", "asdf", "auditor", "autumn", "babygirl", "bailey", "banana", "baseball", "basketball", "batman",
    "buster", "butterfly", "changeit", "changeme", "charlie", "chelsea", "chocolate", "christmas", "computer",
    "config", "cookie", "dallas", "daniel", "default", "demo", "diamond", "dragon", "eagle", "elastic",
    "family", "flower", "football", "freedom", "friend", "friends", "george", "ginger", "google", "guest",
    "hallo", "hannah", "harley", "hello", "hockey", "hottie", "hunter", "iloveu", "iloveyou", "jennifer",
    "jessica", "jesus", "jordan", "joshua", "justin", "killer", "kitty", "letmein", "linux", "liverpool",
    "login", "logs", "london", "love", "lovely", "maggie", "master", "matrix", "matthew", "merlin", "michael",
    "michelle", "monday", "money", "monkey", "mustang", "mypass", "naruto", "nicole", "ninja", "oracle",
    "orange", "pass", "passwd", "passwort", "password", "peanut", "pepper", "phoenix", "pokemon", "power",
    "princess", "private", "purple", "qazwsx", "qwerty", "rainbow", "ranger", "robert", "root", "secret",
    "secure", "security", "server", "service", "shadow", "soccer", "spring", "starwars", "summer", "sunshine",
    "superman", "support", "sysadmin", "syslog", "sysledger", "system", "temp", "test", "thomas", "thunder",
    "tigger", "trustno", "user", "welcome", "whatever", "william", "willkommen", "winter", "yankees",
)  # fmt: skip
_YEAR: Final = re.compile(r"(19|20)\d\d")
_SAME: Final = re.compile(r"(.)\1{2,}")
_AGAIN: Final = re.compile(r"(.{3,})(?=.*\1)")  # a piece that comes again counts where it comes last
_PIECE: Final = "\n"
_SIGNS: Final = str.maketrans("@4310$57!", "aaeiossti")


def is_guessable(password: str, *own: str) -> bool:
    """Say whether a password is made of what is tried first.

    Args:
        password: as typed.
        own: words that whoever guesses at this very account tries, such as its name.
    """
    text = "".join(password.casefold().split())  # of which _PIECE is none
    mine = [word for one in own for word in re.split(r"[^\w]+", one.casefold()) if len(word) >= _LEAST_RUN]
    return min(_left(text, mine), _left(text.translate(_SIGNS), mine)) < LEAST_LEFT


def _left(text: str, own: list[str]) -> int:
    """Count the characters that are in no piece, and the pieces."""
    for word in sorted({*own, *_WORDS}, key=len, reverse=True):
        text = text.replace(word, _PIECE)
    text = _YEAR.sub(_PIECE, text)
    text = _RUN.sub(_PIECE, text)
    text = _SAME.sub(_PIECE, text)
    text = _AGAIN.sub(_PIECE, text)
    pieces = len(re.findall(f"{_PIECE}+", text))
    return pieces + sum(one.isalnum() for one in text)


def _runs() -> re.Pattern[str]:
    found = {
        row[start:end]
        for line in _RUNS
        for row in (line, line[::-1])
        for start in range(len(row))
        for end in range(start + _LEAST_RUN, len(row) + 1)
    }
    return re.compile("|".join(sorted(map(re.escape, found), key=len, reverse=True)))


_RUN: Final = _runs()
