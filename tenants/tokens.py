r"""A tenant's token in a message: made, and taken out. Octets in, octets out.

    <13>1 2026-11-20T22:51:03Z fw-1 app - - [tenant@32473 token="…"][origin ip="192.0.2.7"] text
    {"version": "1.1", "host": "web-1", "_tenant_token": "…", "short_message": "text"}

A token is a secret that every message carries, and what is stored is read by many: so it is taken out before
anything else looks at the message, whether it is right or wrong. With it goes its SD-PARAM; the SD-ELEMENT,
too, when it says nothing else; and STRUCTURED-DATA without an SD-ELEMENT is NILVALUE.

Only STRUCTURED-DATA counts, where RFC 5424 has it (section 6), and a member of a message that is a JSON
object (token_member.py). MSG is what users and attackers write, and says nothing. One space too many or
values without quotes, as some senders write them, hide no token.

Where header or STRUCTURED-DATA cannot be read, nobody can say what is MSG. What looks like a token that we
made is taken out of such a message wherever it stands, for it would be stored for others to read. Elsewhere,
as in MSG, only tokens that somebody has are taken out: who could have anything taken out that looks like one
could hide from the archive what he writes.
"""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from tenants.token_member import MEMBER, is_object, take_members

SD_ID: Final = b"tenant@32473"
PARAM: Final = b"token"
PREFIX: Final = "slt_"  # so that tools that look for secrets know one
SIGNS: Final = (SD_ID, MEMBER.encode(), PREFIX.encode())  # no message without one of these has a token
_RANDOM_OCTETS: Final = 24

_SECRET: Final = re.compile(re.escape(PREFIX.encode()) + rb"[A-Za-z0-9_-]{32,}")  # what new_token makes
_MADE: Final = re.compile(rb"(?=(" + re.escape(PREFIX.encode()) + rb"[A-Za-z0-9_-]{32}))")  # overlapping, too
# PRI VERSION SP TIMESTAMP SP HOSTNAME SP APP-NAME SP PROCID SP MSGID SP; devices leave VERSION out, and then
# a year begins the TIMESTAMP, as in no RFC 3164 message, whose MSG would stand where we look.
_HEADER: Final = re.compile(rb"<[0-9]{1,3}+>(?:[0-9]{1,3}+ ++|(?=[0-9]{4}-))(?:[^ ]++ ++){5}")
# SD-PARAM = PARAM-NAME "=" %d34 PARAM-VALUE %d34 ; or without quotes
_SD_PARAM: Final = rb' ++([^= \]"]++) *+= *+(?:"((?>[^"\\]*+(?:\\.[^"\\]*+)*))"|([^ \]"]*+))'
_NILVALUE: Final = re.compile(rb"-(?: |$)")
_PARAMS: Final = re.compile(_SD_PARAM, re.DOTALL)
# SD-ELEMENT = "[" SD-ID *(SP SD-PARAM) "]"
_ELEMENT: Final = re.compile(
    rb'\[ *+([^= \]"]++)((?>(?: ++[^= \]"]++ *+= *+(?:"(?>[^"\\]*+(?:\\.[^"\\]*+)*)"|[^ \]"]*+))*)) *+\]',
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Taken:
    """A message whose tokens were taken out of it, and the tokens."""

    octets: bytes
    tokens: tuple[bytes, ...]


def new_token() -> str:
    """Make a token; it needs no escapes in a PARAM-VALUE."""
    return PREFIX + secrets.token_urlsafe(_RANDOM_OCTETS)


def digest(token: bytes) -> str:
    """Give what is kept of a token: it is too long and too random to be guessed from this."""
    return sha256(token).hexdigest()


def take_out(octets: bytes, is_known: Callable[[bytes], object]) -> Taken | None:
    """Take the tokens out of a message; None when it has none.

    Those that stand where nothing can be read are taken out, too, and known ones wherever they stand; they
    are not among the tokens.

    Args:
        octets: the message.
        is_known: says whether a token is somebody's.
    """
    found = None
    if MEMBER.encode() in octets and is_object(octets):
        found = _of_object(octets)
    elif SD_ID in octets:
        found = _of_structured_data(octets)
    left = octets if found is None else found.octets
    clean = _without_known(left, is_known)
    return found if clean == left else Taken(clean, () if found is None else found.tokens)


def _without_known(octets: bytes, is_known: Callable[[bytes], object]) -> bytes:
    for secret in dict.fromkeys(match[1] for match in _MADE.finditer(octets)):
        if is_known(secret):
            octets = octets.replace(secret, b"")
    return octets


def _of_object(octets: bytes) -> Taken | None:
    clean, tokens = take_members(octets) or (_SECRET.sub(b"", octets), ())
    return None if clean == octets else Taken(clean, tokens)


def _of_structured_data(octets: bytes) -> Taken | None:
    header = _HEADER.match(octets)
    if header is None:
        clean = _SECRET.sub(b"", octets)
        return Taken(clean, ()) if clean != octets else None
    kept, tokens, place = [], [], header.end()
    while (element := _ELEMENT.match(octets, place)) is not None:
        place = element.end()
        others, found = _without_token(element) if element[1] == SD_ID else (element[0], [])
        kept.append(others)
        tokens += found
    rest = octets[place:]
    is_read = _NILVALUE.match(rest) is not None if not kept else not rest.startswith(b"[")
    if not is_read:
        rest = _SECRET.sub(b"", rest)
    if not tokens and len(rest) == len(octets) - place:
        return None
    structured_data = b"".join(kept) or (b"-" if is_read else b"")
    return Taken(octets[: header.end()] + structured_data + rest, tuple(tokens))


def _without_token(element: re.Match[bytes]) -> tuple[bytes, list[bytes]]:
    """Give an SD-ELEMENT without its tokens, empty when it says nothing else, and the tokens."""
    tokens: list[bytes] = []
    others: list[bytes] = []
    for param in _PARAMS.finditer(element[2]):
        if param[1] == PARAM:
            tokens.append(param[3] if param[2] is None else param[2])
        else:
            others.append(param[0])
    if not tokens:
        return element[0], []
    return b"[" + SD_ID + b"".join(others) + b"]" if others else b"", tokens
