"""What one listener writes into the books: by arrival and by batch, never by message or by peer.

At once everything is counted for the listener as a whole (peer ""). Once a second ``Book.spread`` moves it to
the peers, all together. So the listener's numbers are exact at any instruction, and of a process that is
killed only the last second is not told apart by peer.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from collector.book_file import BookFile
from collector.books import (
    DROPPED,
    FRAMED,
    HANDED_OVER,
    HELD,
    LAST_NUMBER,
    LEFT_TO_SENDER,
    LOST,
    NANOSECONDS_A_DAY,
    NO_DAY,
    PARSED,
    UNPARSED,
    Book,
    day_of,
)
from collector.counts import Booked
from parsers.pipeline import Arrival
from parsers.schema import Format

_FEW_PEERS: Final = 64  # of a batch that waits on disk: more of them would take too much memory meanwhile

_ByDay = dict[int, pa.StructArray]  # values and counts: messages by peer


def in_memory() -> Book:
    """Give a book that nobody else sees."""
    return Book(BookFile(None, {}))


class ListenerBook:
    """One listener's part of a book.

    Args:
        book: the process's.
        listener: the listener's name.
    """

    def __init__(self, book: Book, listener: str) -> None:
        self.book = book
        self.listener = listener
        self._day = -1
        self._framed = -1  # the place of this day's frames

    def count(self, what: str, amount: int, peer: str = "") -> None:
        """Count something of now."""
        self.book.count(self.listener, what, amount, peer)

    def frames(self, arrivals: Sequence[Arrival], count: int) -> None:
        """Count ``count`` frames as they arrive, before anything else is done with them."""
        if not arrivals:
            return
        first, last = day_of(arrivals[0].received_at), day_of(arrivals[-1].received_at)
        if first != last:
            for run in arrivals:
                self._add_framed(day_of(run.received_at), run.count)
            return
        self._add_framed(first, count)

    def _add_framed(self, day: int, count: int) -> None:
        if day != self._day:
            self._day, self._framed = day, self.book.place(day, self.listener, "", FRAMED)
        self.book.add(self._framed, count)
        self.book.totals[FRAMED] += count

    def turned_away(self, what: str, arrivals: Sequence[Arrival], left: Sequence[Arrival] = ()) -> None:
        """Count frames that were taken and go no further.

        Args:
            what: what became of them.
            arrivals: those that came.
            left: those of them that do go further.
        """
        sums = _sums(arrivals)
        sums.subtract(_sums(left))
        place, name = self.book.place, self.listener
        amounts: list[tuple[int, int]] = []
        for (day, peer), amount in sums.items():
            if amount:
                amounts += [(place(day, name, "", FRAMED), -amount), (place(day, name, peer, FRAMED), amount)]
                amounts.append((place(day, name, peer, what), amount))
                self.book.totals[what] += amount
        self.book.change(amounts)

    def dropped(self, reason: str, records: pa.RecordBatch) -> None:
        """Count records that were read, and go no further."""
        what = f"{DROPPED}{reason}"
        for day, peers in _by_day(records).items():
            amount = _total(peers)
            self.book.add(self.book.place(day, self.listener, "", what), amount)
            self.book.totals[what] += amount
            self.book.note(day, self.listener, what, peers)
            self.book.note(day, self.listener, FRAMED, peers)

    def tally(self, records: pa.RecordBatch, counted: Booked) -> "Tally":
        """Say what a batch holds.

        Args:
            records: the batch.
            counted: where its messages are counted for the report should they be lost, by reason.
        """
        return Tally(self, records, counted)


class Tally(Counter[str]):
    """One batch in the books: how many messages it holds of each day and peer, and what becomes of them.

    It is what the hand-off takes as ``lost``: a count under a reason is the end of the batch in the books,
    and goes on to the listener's counts.
    """

    def __init__(self, listener: ListenerBook, records: pa.RecordBatch, counted: Booked) -> None:
        super().__init__()
        self._listener = listener
        self._peers = _by_day(records)
        self._amounts = {day: _total(peers) for day, peers in self._peers.items()}
        self._unparsed = _by_day(_unparsed(records))
        self._parsed = _by_day(_parsed(records)) if self._unparsed else self._peers
        self._counted = counted
        self._slots: list[int] = []
        self._open = False

    def opened(self, stream: str, number: int) -> None:
        """Take that the batch is on its way to ``stream`` under ``number``: read, and held until settled."""
        book, name = self._listener.book, self._listener.listener
        amounts, held = [], []
        for what, several in ((PARSED, self._parsed), (UNPARSED, self._unparsed)):
            for day, peers in several.items():
                amounts.append((book.place(day, name, "", what), _total(peers)))
                book.totals[what] += _total(peers)
        for day, amount in self._amounts.items():
            if (slot := book.take_slot()) is not None:
                self._slots.append(slot)
                held += [(slot + 1, number), (slot + 2, book.place(day, name, "", f"{HELD}{stream}"))]
                held.append((slot, amount))
        held.append((book.place(NO_DAY, "", stream, LAST_NUMBER), number))
        book.change(amounts, held)
        for what, several in ((PARSED, self._parsed), (UNPARSED, self._unparsed), (FRAMED, self._peers)):
            for day, peers in several.items():
                book.note(day, name, what, peers)
        self._parsed = self._unparsed = {}
        self._open = True

    def on_disk(self) -> None:
        """Take that the batch lies in the disk queue, where it may stay for long: keep little of it."""
        self._peers = {day: peers for day, peers in self._peers.items() if len(peers) <= _FEW_PEERS}

    def handed_over(self) -> None:
        """Take that storage has the batch on disk."""
        self._settle(HANDED_OVER)

    def left_to_sender(self) -> None:
        """Take that nobody will send the batch any more; its sender was told so, and keeps the messages."""
        self._settle(LEFT_TO_SENDER)

    def __setitem__(self, reason: str, number: int) -> None:
        """Take that messages are lost for ``reason``."""
        more = number - self[reason]
        super().__setitem__(reason, number)
        if self._open:
            self._counted.count(reason, more)
            self._settle(f"{LOST}{reason}")
        else:
            self._counted[reason] += more

    def _settle(self, what: str) -> None:
        """Count all of the batch under ``what``, and free its slots, in one step."""
        if not self._open:
            return
        self._open = False
        book, name = self._listener.book, self._listener.listener
        amounts = [(book.place(day, name, "", what), amount) for day, amount in self._amounts.items()]
        book.change(amounts, [(slot, 0) for slot in self._slots])
        book.totals[what] += sum(self._amounts.values())
        for slot in self._slots:
            book.give_slot(slot)
        for day, peers in self._peers.items():
            book.note(day, name, what, peers)
        self._slots, self._peers = [], {}


def _sums(arrivals: Sequence[Arrival]) -> Counter[tuple[int, str]]:
    sums: Counter[tuple[int, str]] = Counter()
    for run in arrivals:
        sums[day_of(run.received_at), run.peer] += run.count
    return sums


def _unparsed(records: pa.RecordBatch) -> pa.RecordBatch:
    column = records["format"]
    if Format.UNPARSED not in column.dictionary.to_pylist():
        return records.slice(0, 0)
    return records.filter(pc.equal(column.cast(pa.string()), Format.UNPARSED))


def _parsed(records: pa.RecordBatch) -> pa.RecordBatch:
    return records.filter(pc.not_equal(records["format"].cast(pa.string()), Format.UNPARSED))


def _by_day(records: pa.RecordBatch) -> _ByDay:
    """Count records by UTC day of receipt and peer."""
    if not records.num_rows:
        return {}
    times = records["received_at"].view(pa.int64())
    bounds = pc.min_max(times)
    first, last = (day_of(bounds[name].as_py()) for name in ("min", "max"))
    if first == last:
        return {first: pc.value_counts(records["peer"])}
    days = pc.divide(times, NANOSECONDS_A_DAY)
    found = {day: records["peer"].filter(pc.equal(days, day)) for day in range(first, last + 1)}
    return {day: pc.value_counts(peers) for day, peers in found.items() if len(peers)}


def _total(peers: pa.StructArray) -> int:
    return int(pc.sum(peers.field(1)).as_py())
