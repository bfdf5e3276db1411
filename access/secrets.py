"""Secrets that we make ourselves: long and random, so that their SHA-256 is all we keep of them."""

import hashlib
import secrets
from typing import Final

OCTETS: Final = 32


def made(kind: str) -> str:
    """Give a new secret, such as ``sl-token-…``: whoever finds one in a file sees what it is."""
    return f"sl-{kind}-{secrets.token_urlsafe(OCTETS)}"


def digest(secret: str) -> str:
    """Give what is kept of a secret. It needs no salt and no costs: nobody can guess 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
