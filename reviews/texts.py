"""What people type into saved searches, reviews and findings, checked."""

from typing import Final

MOST_TITLE: Final = 120  # characters
MOST_NOTE: Final = 4000
MOST_NAME: Final = 100


class TextError(ValueError):
    """A text that is missing or too long; the message says what to write."""


class DoneError(Exception):
    """What was asked for cannot be done any more, since something else was done; the message says what."""


def title(text: str) -> str:
    """Give a title as it is kept: one line.

    Raises:
        TextError: when it is empty or too long.
    """
    return _checked("a title", " ".join(text.split()), MOST_TITLE)


def note(text: str, what: str = "a note") -> str:
    """Give a note as it is kept; ``what`` is what it is called when it is missing.

    Raises:
        TextError: when it is empty or too long.
    """
    return _checked(what, text.replace("\r\n", "\n").strip(), MOST_NOTE)


def about(text: str) -> str:
    """Give a description as it is kept, which may be empty.

    Raises:
        TextError: when it is too long.
    """
    return note(text, "a description") if text.strip() else ""


def owner(text: str) -> str:
    """Give the name of a finding's owner as it is kept: an account, or whoever else sees to it.

    Raises:
        TextError: when it is empty or too long.
    """
    return _checked("an owner", " ".join(text.split()), MOST_NAME)


def _checked(what: str, text: str, most: int) -> str:
    if not text:
        raise TextError(f"{what} is missing: write one")
    if len(text) > most:
        raise TextError(f"{what} of {len(text):,} characters: write at most {most:,}")
    return text
