"""Senders that are turned away at a listener: each is counted, and the first of its kind told."""

import logging
from typing import Final

from collector.counts import ListenerCounts

log = logging.getLogger(__name__)

_TOLD_MOST: Final = 1_000  # kinds of refusal that are remembered, and logged


class Refusals:
    """What one listener refused.

    Args:
        name: the listener's name.
        counts: where refusals are counted.
    """

    def __init__(self, name: str, counts: ListenerCounts) -> None:
        self._name = name
        self._counts = counts
        self._told: set[tuple[str, str]] = set()

    def add(self, peer: str, reason: str, detail: str = "") -> None:
        """Count a refusal by ``reason``, of which there are few; log it with ``detail`` if it is news."""
        self._counts.refused[reason] += 1
        if (peer, reason) not in self._told and len(self._told) < _TOLD_MOST:
            self._told.add((peer, reason))
            log.error(
                "listener %s: connection from %s closed: %s%s; what it sends is not received until that is "
                "mended (further ones are only counted)",
                self._name,
                peer,
                reason,
                detail and f" ({detail})",
            )
