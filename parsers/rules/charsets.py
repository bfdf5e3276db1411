"""Sets of characters as regular expressions over octets; a character beyond ASCII is several octets."""

import re
from collections.abc import Iterable


def one_of(characters: str) -> str:
    """Give an expression for one of the characters."""
    plain, wide = _divided(characters)
    parts = ([f"[{_members(plain)}]"] if plain else []) + [_escaped(octets) for octets in wide]
    return f"(?:{'|'.join(parts)})" if wide else parts[0]


def until(characters: str, *, least: int) -> str:
    """Give an expression for at least ``least`` (0 or 1) octets, up to the first of the characters."""
    plain, wide = _divided(characters)
    repeat = "+" if least else "*"
    if not wide:
        return f"[^{_members(plain)}]{repeat}+"
    leads = {octets[0] for octets in wide}
    ends = "|".join(_escaped(octets) for octets in wide)
    other = f"(?!{ends})[{_members(leads)}]"
    return f"(?>(?:[^{_members(set(plain) | leads)}]|{other}){repeat})"


def octets_in(octets: Iterable[int]) -> str:
    """Give a set, for use between brackets or alone, of these octets; one that never matches when empty."""
    members = _members(octets)
    return f"[{members}]" if members else "(?!)"


def _divided(characters: str) -> tuple[list[int], list[bytes]]:
    plain = [ord(character) for character in characters if character.isascii()]
    wide = [character.encode("utf-8", "replace") for character in characters if not character.isascii()]
    return plain, wide


def _members(octets: Iterable[int]) -> str:
    return "".join(f"\\x{octet:02x}" for octet in sorted(set(octets)))


def _escaped(octets: bytes) -> str:
    return re.escape(octets.decode("latin-1"))
