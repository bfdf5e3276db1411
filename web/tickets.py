"""Tickets: what we give a browser to bring back, signed, so that it comes back as it was, and not too late.

A ticket hides nothing: its claims are there to read. It holds for one purpose only. No two are the same, so
that one which may be brought once only can be kept as used (access/used.py).
"""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from secrets import token_urlsafe
from typing import Final

_TAG_OCTETS: Final = 32
_NUMBER_OCTETS: Final = 12  # that tell two tickets of the same claims and time apart
MOST_CHARACTERS: Final = 4096


class Tickets:
    """Makes and checks tickets with one key.

    Args:
        key: 32 random octets.
        clock: gives seconds since the epoch.
    """

    def __init__(self, key: bytes, clock: Callable[[], float] = time.time) -> None:
        self._key = key
        self._clock = clock

    def tag(self, purpose: str, text: str) -> str:
        """Sign a text for a purpose."""
        return _written(self._signed(purpose, text.encode("utf-8", "surrogatepass")))

    def made(self, purpose: str, seconds: float, claims: Mapping[str, str]) -> str:
        """Give a ticket that holds for so long."""
        content = json.dumps([self._clock() + seconds, dict(claims), token_urlsafe(_NUMBER_OCTETS)]).encode()
        return _written(self._signed(purpose, content) + content)

    def claims(self, purpose: str, ticket: str) -> dict[str, str] | None:
        """Give the claims of a ticket; None when it is not ours, for something else, or too old."""
        if len(ticket) > MOST_CHARACTERS:
            return None
        try:
            octets = base64.b64decode(ticket + "=" * (-len(ticket) % 4), b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        tag, content = octets[:_TAG_OCTETS], octets[_TAG_OCTETS:]
        if not hmac.compare_digest(tag, self._signed(purpose, content)):
            return None
        until, claims, *_ = json.loads(content)
        return {str(name): str(value) for name, value in claims.items()} if self._clock() < until else None

    def _signed(self, purpose: str, content: bytes) -> bytes:
        return hmac.new(self._key, purpose.encode() + b"\n" + content, hashlib.sha256).digest()


def _written(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
