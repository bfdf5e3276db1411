"""Which tenant a message belongs to: the first of token, TLS identity, peer's network and listener that says.

Who says nothing leaves it to the listener's own setting. Of several networks the narrowest says; of the
names of certificates one that stands there in full before one with ``*``, and of these the longest.
"""

import re
from collections.abc import Iterable
from typing import Final

from tenants.registry import Registry
from tenants.rules import address_of, is_fingerprint, network_of
from tenants.tokens import digest

_STAR: Final = "[^.,]*"  # what * stands for: a part of a label, or of one attribute of a subject


class Assignment:
    """The rules of a registry, made ready for many questions."""

    def __init__(self, registry: Registry | None = None) -> None:
        tenants = (registry or Registry()).tenants
        self.exists = bool(tenants)
        self.has_tokens = any(tenant.tokens for tenant in tenants)
        self._tokens = {token.sha256: tenant.name for tenant in tenants for token in tenant.tokens}
        self._listeners = {listener: tenant.name for tenant in tenants for listener in tenant.listeners}
        self._networks = _by_size((text, tenant.name) for tenant in tenants for text in tenant.networks)
        identities = [(text, tenant.name) for tenant in tenants for text in tenant.identities]
        self._identities = {
            text if is_fingerprint(text) else text.casefold(): name
            for text, name in identities
            if "*" not in text
        }
        self._patterns = sorted(
            ((_pattern(text), name) for text, name in identities if "*" in text),
            key=lambda pair: (-len(pair[0].pattern), pair[0].pattern),
        )

    def of_token(self, token: bytes) -> str | None:
        """Give the tenant whose token this is; None when it is nobody's."""
        return self._tokens.get(digest(token))

    def of_identity(self, identity: str | None) -> str | None:
        """Give the tenant of a TLS identity, as records have it: a fingerprint, a space and a name."""
        if not identity:
            return None
        fingerprint, _, name = identity.partition(" ")
        told = name.casefold()
        found = self._identities.get(fingerprint) or (self._identities.get(told) if told else None)
        if found is not None or not told:
            return found
        return next((tenant for pattern, tenant in self._patterns if pattern.fullmatch(told)), None)

    def of_peer(self, peer: str) -> str | None:
        """Give the tenant of the narrowest network that a peer's address is in."""
        address = address_of(peer) if self._networks else None
        if address is None:
            return None
        number, bits = int(address), address.max_prefixlen
        return next(
            (
                tenant
                for (version, length), by_number in self._networks.items()
                if version == address.version and (tenant := by_number.get(number >> (bits - length)))
            ),
            None,
        )

    def of_listener(self, listener: str) -> str | None:
        """Give the tenant that a listener is given to."""
        return self._listeners.get(listener)

    def of_sender(self, listener: str, peer: str, identity: str | None) -> str | None:
        """Give the tenant of a message without a token; None leaves it to the listener's setting."""
        return self.of_identity(identity) or self.of_peer(peer) or self.of_listener(listener)


def _by_size(networks: Iterable[tuple[str, str]]) -> dict[tuple[int, int], dict[int, str]]:
    """Give tenants by version and prefix length, longest first, and there by the prefix as a number.

    So what a peer costs is bounded by the lengths that there are, and not by the networks.
    """
    found: dict[tuple[int, int], dict[int, str]] = {}
    read = [(network_of(text), name) for text, name in networks]
    for network, name in sorted(read, key=lambda pair: -pair[0].prefixlen):
        prefix = int(network.network_address) >> (network.max_prefixlen - network.prefixlen)
        found.setdefault((network.version, network.prefixlen), {})[prefix] = name
    return found


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(_STAR.join(map(re.escape, text.casefold().split("*"))))
