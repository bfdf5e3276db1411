"""What a listener counts: everything that came, and everything that was lost, by reason."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from collector.books import DISCARDED, DROPPED, GUESTS, UNFRAMED
from collector.gelf_chunks import BAD_CHUNK, CROWDED_OUT, INCOMPLETE
from parsers.schema import Flag

Book = Callable[[str, int], None]  # takes what is counted, and how many more


class Booked(Counter[str]):
    """A counter whose growth goes into the books as well.

    Attributes:
        book: takes the growth; without it, nobody does.
        named: how each is called in the books.
    """

    def __init__(self, named: Callable[[str], str] = str) -> None:
        super().__init__()
        self.book: Book | None = None
        self._named = named

    def __setitem__(self, what: str, number: int) -> None:
        """Take a new number."""
        if self.book is not None:
            self.book(self._named(what), number - self[what])
        super().__setitem__(what, number)

    def count(self, what: str, amount: int) -> None:
        """Count what stands in the books already."""
        super().__setitem__(what, self[what] + amount)

    def update(self, more: Any = None, /, **named: int) -> None:
        """Add what another counter counted, one by one, so that the books have it."""
        for what, number in {**(more or {}), **named}.items():
            self[what] += number


NO_SESSION: Final = "no DTLS session"
_UNFRAMED: Final = frozenset({NO_SESSION, BAD_CHUNK, CROWDED_OUT, INCOMPLETE})


def _loss(reason: str) -> str:
    """Give how the books call what is lost for ``reason`` before it is in a batch."""
    return f"{UNFRAMED if reason in _UNFRAMED else DROPPED}{reason}"


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
    discarded: Booked = field(default_factory=Booked)  # octets of no frame; see discarded_octets
    flagged: Counter[str] = field(default_factory=Counter)  # frames by the flag that framing set
    lost: Booked = field(default_factory=partial(Booked, _loss))  # messages by reason
    refused: Counter[str] = field(default_factory=Counter)  # connections by reason
    guests: Booked = field(
        default_factory=partial(Booked, GUESTS.__add__)
    )  # connections and datagrams of other protocols

    @property
    def discarded_octets(self) -> int:
        """Octets of no frame: rests of oversize frames, and streams that were lost."""
        return self.discarded[DISCARDED]

    @discarded_octets.setter
    def discarded_octets(self, number: int) -> None:
        if number != self.discarded[DISCARDED]:
            self.discarded[DISCARDED] = number

    def keep_in(self, book: Book) -> None:
        """Have what is lost, discarded and turned away counted in the books from now on."""
        self.lost.book = self.guests.book = self.discarded.book = book

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
