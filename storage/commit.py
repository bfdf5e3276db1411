"""One group commit: the batches taken between two syncs, and the answers that are due after the second."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from storage.journal import Batch, Journal
from storage.layout import StreamName

REASON_OCTETS = 500  # an answer is a line for a log

Answer = list[bytes]


@dataclass(slots=True)
class Counts:
    """What a worker has done since its start, for its report."""

    messages: int = 0  # journalled
    octets: int = 0  # of these messages as received
    batches: int = 0  # journalled
    batches_again: int = 0  # sent again though stored: acknowledged, not stored
    batches_waiting: int = 0  # out of order: not taken, the collector sends them again
    batches_refused: int = 0  # in quarantine
    unreadable: int = 0  # messages that are not of the hand-off
    commits: int = 0
    slowest_commit: float = 0.0  # seconds from the first append to the last sync

    def stored(self, batches: list[Batch]) -> None:
        """Take in that these are journalled."""
        self.batches += len(batches)
        self.messages += sum(batch.header.messages for batch in batches)
        self.octets += sum(batch.header.octets for batch in batches)


@dataclass(slots=True)
class Commit:
    """Collects batches and answers. Answers must be sent only after every batch is on disk."""

    batches: dict[StreamName, list[Batch]] = field(default_factory=dict)
    _numbers: dict[tuple[StreamName, str], int] = field(default_factory=dict)
    _greeted: list[bytes] = field(default_factory=list)
    _refused: list[Answer] = field(default_factory=list)
    _acknowledged: dict[tuple[bytes, StreamName, str], None] = field(default_factory=dict)

    def store(self, name: StreamName, batch: Batch) -> None:
        """Have a batch written with this commit."""
        self.batches.setdefault(name, []).append(batch)
        self._numbers[name, batch.header.collector] = batch.header.number

    @property
    def octets(self) -> int:
        """What is to be written of the batches that are not written yet, a little more or less."""
        return sum(
            memoryview(batch.content.payload).nbytes for batches in self.batches.values() for batch in batches
        )

    def last_number(self, journal: Journal, collector: str) -> int:
        """Give the collector's last batch number in the journal, or in this commit."""
        return self._numbers.get((journal.name, collector), 0) or journal.last_number(collector)

    def greet(self, identity: bytes) -> None:
        """Answer a HELLO."""
        self._greeted.append(identity)

    def acknowledge(self, identity: bytes, name: StreamName, collector: str) -> None:
        """Say how far the journal is, when this commit is on disk."""
        self._acknowledged[identity, name, collector] = None

    def refuse(self, identity: bytes, stream: str, number: int, reason: str, collector: str) -> None:
        """Say that a batch is in quarantine."""
        octets = reason.encode(errors="replace")[:REASON_OCTETS]
        answer = [identity, b"REFUSED", stream.encode(), b"%d" % number, octets, collector.encode()]
        self._refused.append(answer)

    def answers(self, journals: Mapping[StreamName, Journal], window: int) -> Iterator[Answer]:
        """Give what is to be sent, now that the batches are in ``journals`` and on disk.

        Refusals go before acknowledgements, which speak for every number up to theirs.
        """
        credit = b"%d" % window
        for identity in self._greeted:
            yield [identity, b"WELCOME", credit]
        yield from self._refused
        for identity, name, collector in self._acknowledged:
            number = b"%d" % journals[name].last_number(collector)
            stream = f"{name.tenant}/{name.stream}".encode()
            yield [identity, b"ACK", stream, number, credit, collector.encode()]
