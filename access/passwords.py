"""Passwords: what may be one, and what is kept of it (Argon2id, RFC 9106)."""

import os
import unicodedata
from threading import Semaphore
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from access.common import is_guessable

# NIST SP 800-63B-4 section 3.1.1.2: fifteen where the password is all that is asked for, as it is until the
# account has a second factor. No rules on kinds of characters, and none on when to change it: likewise there.
LEAST_CHARACTERS: Final = 15
MOST_CHARACTERS: Final = 1024
# The second recommended option of RFC 9106 section 4: three passes over 64 MiB in four lanes.
ITERATIONS: Final = 3
LANES: Final = 4
MEMORY_KIBIBYTES: Final = 64 * 1024
SALT_OCTETS: Final = 16
HASH_OCTETS: Final = 32
AT_ONCE: Final = 2  # each takes the memory above

_turns = Semaphore(AT_ONCE)


class PasswordError(ValueError):
    """This may not be a password; the message says what may."""


def check(password: str, name: str = "") -> None:
    """Look whether something may be the password of the account ``name``.

    Raises:
        PasswordError: when it may not.
    """
    if len(password) < LEAST_CHARACTERS:
        raise PasswordError(
            f"the password has {len(password)} characters: use {LEAST_CHARACTERS} or more, such as four words"
        )
    if len(password) > MOST_CHARACTERS:
        raise PasswordError(f"the password has {len(password):,} characters: use at most {MOST_CHARACTERS:,}")
    if is_guessable(password, name):
        raise PasswordError(
            "the password is made of what is tried first (common words, runs of keys, repetitions, years, "
            "the account's name): use four words that do not belong together"
        )


def hashed(password: str) -> str:
    """Give what is kept of a password: Argon2id's encoded form, with its salt and costs."""
    kept = Argon2id(
        salt=os.urandom(SALT_OCTETS),
        length=HASH_OCTETS,
        iterations=ITERATIONS,
        lanes=LANES,
        memory_cost=MEMORY_KIBIBYTES,
    )
    with _turns:
        return kept.derive_phc_encoded(_octets(password))


def is_right(password: str, kept: str | None) -> bool:
    """Compare a password with what is kept; as long for an account without one as for a wrong password."""
    if len(password) > MOST_CHARACTERS:
        return False
    if kept is None:
        hashed(password)
        return False
    try:
        with _turns:
            Argon2id.verify_phc_encoded(_octets(password), kept)
    except InvalidKey:
        return False
    return True


def _octets(password: str) -> bytes:
    """Give the octets that are hashed: a letter may be typed in several ways (RFC 8265 section 4.2.2)."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
