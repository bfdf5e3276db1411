"""The two sides of the books, and what is made of them: values only (see supervisor/balance.py)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

# The names of what collectors count, as collector/books.py has them.
DATAGRAMS: Final = "datagrams"
DROPPED_BY_KERNEL: Final = "dropped by kernel"
FRAMED: Final = "framed"
NOT_ADMITTED: Final = "not admitted"
PARSED: Final = "parsed"
UNPARSED: Final = "unparsed"
HANDED_OVER: Final = "handed over"
LEFT_TO_SENDER: Final = "left to sender"
DISCARDED: Final = "discarded octets"
LOST: Final = "lost: "
DROPPED: Final = "dropped: "
UNFRAMED: Final = "unframed: "
GUESTS: Final = "guests: "
EMPTY: Final = "empty"
PARTS: Final = "parts of messages"
OTHERS: Final = "other peers"
UNREADABLE: Final = "(unreadable)"
BOOKS: Final = "(books)"  # the listener of what a damaged book counted

Counts = Mapping[tuple[str, str, str], int]  # by listener, peer, what
Sources = Mapping[tuple[str, str], int]  # by listener, peer


@dataclass(frozen=True, slots=True)
class Books:
    """The collectors' side, of one day or of all.

    Attributes:
        counts: all that they count.
        ends: how runs ended or run, as ``collector.book_sums.End`` has it.
        collectors: every run's id in the hand-off.
        before: what was handed over by source when storage's files were not read yet.
        queued: the batches that lie in disk queues: collector's id, tenant/stream, number.
        queue_damage: the files in which damaged octets of disk queues are kept.
        damaged: the books' own files that cannot be read; what they counted is in none of this.
    """

    counts: Counts
    ends: Sequence[Mapping[str, Any]] = ()
    collectors: Collection[str] = ()
    before: Sources | None = None
    queued: Collection[tuple[str, str, int]] = ()
    queue_damage: Sequence[str] = ()
    damaged: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """Storage's side, of one day or of all; see ``storage.accounts.Accounts``. By listener and peer."""

    journal: Sources
    archived: Sources
    indexed: Sources
    expired: Sources
    last_numbers: Mapping[tuple[str, str], int] = field(default_factory=dict)
    missing: Sequence[tuple[str, int, int, str | None]] = ()
    damaged: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """Messages that one side has and the other has not: how many, and why."""

    listener: str
    messages: int
    cause: str
    explained: bool = True
    at: str = ""  # about when, where that is known


@dataclass(slots=True)
class Line:
    """One listener's, or one source's, numbers. None where there is no such number."""

    listener: str
    peer: str = ""
    received_by_kernel: int | None = None
    dropped_by_kernel: int | None = None
    framed: int = 0
    discarded_octets: int = 0
    not_admitted: int = 0
    dropped: int = 0
    parsed: int = 0
    unparsed: int = 0
    held: int = 0
    handed_over: int = 0
    lost: int = 0
    gone: int = 0  # with a process that was killed
    left_to_sender: int = 0
    journalled: int = 0
    in_journal: int = 0
    archived: int = 0
    indexed: int = 0
    expired: int = 0


@dataclass(slots=True)
class Statement:
    """The statement: a line for each listener and source, and every difference."""

    listeners: list[Line] = field(default_factory=list)
    sources: list[Line] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    compares: bool = True  # whether both sides are here

    @property
    def unexplained(self) -> list[Difference]:
        """The differences that have no cause: something is wrong."""
        return [one for one in self.differences if not one.explained]

    @property
    def total(self) -> Line:
        """All listeners' numbers together."""
        total = Line("total", received_by_kernel=0, dropped_by_kernel=0)
        for line in self.listeners:
            for name, number in asdict(line).items():
                if isinstance(number, int):
                    setattr(total, name, (getattr(total, name) or 0) + number)
        return total

    def document(self, *, sources: bool) -> dict[str, Any]:
        """Give it in JSON's types."""
        return {
            "balanced": not self.unexplained,
            "compared": self.compares,
            "listeners": [asdict(line) for line in self.listeners],
            **({"sources": [asdict(line) for line in self.sources]} if sources else {}),
            "total": asdict(self.total),
            "differences": [asdict(one) for one in self.differences],
            "unexplained": sum(one.messages for one in self.unexplained),
            "notes": self.notes,
        }
