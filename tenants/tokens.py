r"""A tenant's token in a message's STRUCTURED-DATA: made, and taken out. Octets in, octets out.

    <13>1 2026-11-20T22:51:03Z fw-1 app - - [tenant@32473 token="…"][origin ip="192.0.2.7"] text

A token is a secret that every message carries, and what is stored is read by many: so it is taken out before
anything else looks at the message, whether it is right or wrong. With it goes its SD-PARAM; the SD-ELEMENT,
too, when it says nothing else; and STRUCTURED-DATA without an SD-ELEMENT is NILVALUE.

Only STRUCTURED-DATA counts, where RFC 5424 has it (section 6). MSG is what users and attackers write, and
stays as it is. One space too many or values without quotes, as some senders write them, hide no token.

Where header or STRUCTURED-DATA cannot be read, nobody can say what is MSG. A token that we made is taken out
of such a message wherever it stands, for it would be stored for others to read; it says nothing there.
"""

import re
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

SD_ID: Final = b"tenant@32473"
PARAM: Final = b"token"
SIGN: Final = SD_ID  # no message without these octets has a token
PREFIX: Final = "slt_"  # so that tools that look for secrets know one
_RANDOM_OCTETS: Final = 24

_SECRET: Final = re.compile(re.escape(PREFIX.encode()) + rb"[A-Za-z0-9_-]{32,}")  # what new_token makes
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


def take_out(octets: bytes) -> Taken | None:
    """Take the tokens out of a message; None when it has none.

    Those that stand where nothing can be read are taken out, too, and are not among the tokens.
    """
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
