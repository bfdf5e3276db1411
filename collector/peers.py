"""How a peer's address is written in records."""

from functools import lru_cache
from typing import Final

_MAPPED: Final = "::ffff:"


@lru_cache(maxsize=4096)
def plain_address(host: str) -> str:
    """Give the address as text; an IPv4 address mapped into IPv6 (RFC 4291 section 2.5.5.2) as plain IPv4."""
    return host[len(_MAPPED) :] if host.startswith(_MAPPED) and "." in host else host
