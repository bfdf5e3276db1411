"""What a listener counts: everything that came, and everything that was lost, by reason."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from parsers.schema import Flag


@dataclass(slots=True)
class ListenerCounts:
    """The counters of one listener since its process started."""

    messages: int = 0  # frames that were taken
    octets: int = 0  # as they came from the socket, framing and encryption included
    connections: int = 0  # accepted so far
    empty_datagrams: int = 0
    compressed_datagrams: int = 0  # that were inflated
    compressed_connections: int = 0  # likewise
    not_admitted: int = 0  # messages of senders that are not in sender_networks
    discarded_octets: int = 0  # of no frame: rests of oversize frames, and streams that were lost
    flagged: Counter[str] = field(default_factory=Counter)  # frames by the flag that framing set
    lost: Counter[str] = field(default_factory=Counter)  # messages by reason
    refused: Counter[str] = field(default_factory=Counter)  # connections by reason
    guests: Counter[str] = field(default_factory=Counter)  # connections and datagrams of other protocols

    def count_flags(self, flags: Iterable[tuple[Flag, ...]]) -> None:
        """Count the flags that framing set on frames."""
        for several in flags:
            self.flagged.update(several)

    def report(self) -> dict[str, Any]:
        """Give the counters for the status, in JSON's types."""
        return {
            "messages": self.messages,
            "octets": self.octets,
            "connections_accepted": self.connections,
            "empty_datagrams": self.empty_datagrams,
            "compressed_datagrams": self.compressed_datagrams,
            "compressed_connections": self.compressed_connections,
            "not_admitted": self.not_admitted,
            "discarded_octets": self.discarded_octets,
            "flagged": {str(flag): number for flag, number in self.flagged.items()},
            "lost": dict(self.lost),
            "refused": dict(self.refused),
            "guests": {str(guest): number for guest, number in self.guests.items()},
        }
