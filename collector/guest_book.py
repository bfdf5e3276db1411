"""What a listener counts and tells of its guests (see collector/guests.py)."""

import logging
import time
from typing import Final

from collector.counts import ListenerCounts
from collector.guests import SENDERS, Guest, advice

log = logging.getLogger(__name__)

_TOLD_AGAIN: Final = 3600.0  # seconds: a peer that goes on is told of once in so long
_TOLD_MOST: Final = 1_000  # peers and protocols that are remembered, and told of in that time


class GuestBook:
    """The guests of one listener.

    Args:
        name: the listener's name.
        transport: its transport.
        counts: where guests are counted.
    """

    def __init__(self, name: str, transport: str, counts: ListenerCounts) -> None:
        self._name = name
        self._transport = transport
        self._counts = counts
        self._told: dict[tuple[str, Guest], float] = {}

    def add(self, guest: Guest, peer: str) -> None:
        """Count a guest, and tell of it, unless that was done not long ago."""
        self._counts.guests[guest] += 1
        if self._is_news((peer, guest), time.monotonic()):
            log.log(
                logging.ERROR if guest in SENDERS else logging.WARNING,
                "listener %s: %s turned away: %s (nothing of it is stored; for an hour it is only counted)",
                self._name,
                peer,
                advice(guest, self._transport),
            )

    def _is_news(self, what: tuple[str, Guest], now: float) -> bool:
        if now - self._told.get(what, -_TOLD_AGAIN) < _TOLD_AGAIN:
            return False
        if len(self._told) >= _TOLD_MOST:
            self._told = {one: told for one, told in self._told.items() if now - told < _TOLD_AGAIN}
        if len(self._told) >= _TOLD_MOST:
            return False
        self._told[what] = now
        return True
