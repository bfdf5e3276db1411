r"""A tenant's token in a message that is a JSON object, as GELF's are: taken out. Octets in, octets out.

    {"version": "1.1", "host": "web-1", "_tenant_token": "slt_…", "short_message": "text"}

Only a member of the object itself counts, not of one within it: values are what users and attackers write.
It goes with its comma; every other octet stays. A trailing comma makes no object.
"""

import json
import re
from dataclasses import dataclass
from typing import Final

MEMBER: Final = "_tenant_token"

_BLANKS: Final = " \t\r\n"
_BLANK: Final = re.compile(f"[{_BLANKS}]*")
_READ: Final = json.JSONDecoder(parse_int=lambda _: None, parse_float=lambda _: None)  # of whatever size


def is_object(octets: bytes) -> bool:
    """Say whether a message begins as a JSON object."""
    return octets[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def take_members(octets: bytes) -> tuple[bytes, tuple[bytes, ...]] | None:
    """Take the tokens out of an object, and give what is left and the tokens; None when it cannot be read.

    What stands behind the object stays where it is.
    """
    text = octets.decode("utf-8", "surrogateescape")
    try:
        members, end = _members(text)
    except (ValueError, IndexError, RecursionError):  # no JSON, cut off, or nested without end
        return None
    tokens = [one.value for one in members if one.name == MEMBER and isinstance(one.value, str)]
    kept = [one for one in members if one.name != MEMBER or not isinstance(one.value, str)]
    if not tokens:
        return octets, ()
    left = [text[: members[0].start]]
    left += [text[one.start : one.following] for one in kept[:-1]]
    if kept:
        left += [text[kept[-1].start : kept[-1].end], text[members[-1].end : end]]
    left.append(text[end:])
    return _octets("".join(left)), tuple(map(_octets, tokens))


@dataclass(frozen=True, slots=True)
class _Member:
    """A member, and where it, what is behind it, and the next one or the object's end begin."""

    name: object
    value: object
    start: int
    end: int
    following: int


def _members(text: str) -> tuple[list[_Member], int]:
    """Give an object's members, and where its end stands. Raises ValueError or IndexError when it is none."""
    found: list[_Member] = []
    place = _behind_blanks(text, text.index("{") + 1)
    while text[place] != "}" or (found and text[found[-1].end : place].strip(_BLANKS)):
        start = place
        name, end = _READ.raw_decode(text, start)
        colon = _behind_blanks(text, end)
        if text[colon] != ":" or not isinstance(name, str):
            raise ValueError("no member")
        value, end = _READ.raw_decode(text, _behind_blanks(text, colon + 1))
        place = _behind_blanks(text, end)
        if text[place] == ",":
            place = _behind_blanks(text, place + 1)
        elif text[place] != "}":
            raise ValueError("no object")
        found.append(_Member(name, value, start, end, place))
    return found, place


def _behind_blanks(text: str, place: int) -> int:
    found = _BLANK.match(text, place)
    return place if found is None else found.end()


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
