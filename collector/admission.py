"""Whose messages are taken at all (RFC 5424 section 8.12, RFC 5426 section 5.6): sender_networks."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

import pyarrow as pa

from collector.parting import Flags, part_of
from collector.sources import peer_address
from parsers.pipeline import Arrival
from tenants.rules import network_of

NOT_ADMITTED: Final = "not in sender_networks"
_REMEMBERED: Final = 4096

Received = tuple[Sequence[bytes], Sequence[Arrival], Flags]


class Admission:
    """Who may send to one listener.

    Args:
        networks: theirs, as conf has them; without any it is everybody.
    """

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks = tuple(map(network_of, networks))
        self.limited = bool(self._networks)
        self.admits = lru_cache(_REMEMBERED)(self._admits)

    def _admits(self, peer: str) -> bool:
        """Whether ``peer``, an address, may send. Who has none cannot be known, and may not."""
        if not self.limited:
            return True
        try:
            address = peer_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self._networks)

    def admitted(self, frames: Sequence[bytes], arrivals: Sequence[Arrival], flags: Flags) -> Received:
        """Give the frames of those who may send, with their arrivals and flags."""
        may = [self.admits(run.peer) for run in arrivals]
        if all(may):
            return frames, arrivals, flags
        hits = [one for one, run in zip(may, arrivals, strict=True) for _ in range(run.count)]
        return part_of(frames, arrivals, flags, pa.array(hits, pa.bool_()))
