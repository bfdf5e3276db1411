"""Messages that never came, told by the numbers that their senders give them.

RFC 5424 section 7.3.1: ``meta sequenceId`` counts an originator's messages from 1 to 2147483647 and then
from 1 again. Cisco's numbers before the time are the same outside STRUCTURED-DATA. Both are read from the
column ``fields``; a sender is a peer and the HOSTNAME that it claims, since one counter serves all
applications of a machine.

What one sender's numbers say, in the order in which they come (Track):

    after the highest yet    what lies between is missing; the newest gaps are remembered
    in a remembered gap      came late, as UDP may do: no longer missing
    1, or far below          the sender has started again
    else below               came twice, or is older than what we know: nothing

Where several counters run under one name, numbers leap to and fro: after a while such a sender is *mixed*,
and nothing is said of it. Collector processes count each for itself: a sender that comes back to a process
which it had left for another seems to have lost what went there.
"""

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import nlargest
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

SENDERS: Final = 4096  # remembered; of more the one that was silent longest is forgotten
SHOWN: Final = 10  # senders in the report
WINDOW: Final = 1024  # numbers that one which comes late may be behind; further below is a new start
GAPS: Final = 64  # of a sender that late numbers can fill
REPEATS: Final = 64  # old numbers in a row after which they are a new start all the same
LAST_SEQUENCE_ID: Final = 2_147_483_647

_SEQUENCE_ID: Final = "meta.sequenceId"
_CISCO: Final = "sequence"
_NAMES: Final = pa.array([_SEQUENCE_ID, _CISCO])
_DIGITS: Final = r"^[0-9]{1,10}$"
_MIXED_STARTS: Final = 8  # so many new starts, and one in so many numbers, are no new starts

Sender = tuple[str, str, str]  # the field, the peer, the HOSTNAME


@dataclass(slots=True)
class Track:
    """The numbers of one sender so far; ``last`` is the number before the counter begins again at 1."""

    highest: int
    lowest: int
    last: int | None
    missing: int = 0
    restarts: int = 0
    late: int = 0
    mixed: bool = False
    _numbers: int = 1
    _repeats: int = 0
    _starts: list[int] = field(default_factory=list)  # of the remembered gaps, ascending ...
    _ends: list[int] = field(default_factory=list)  # ... and their last numbers

    def take(self, first: int, last: int) -> None:
        """Take the numbers from ``first`` to ``last``, which came one after the other."""
        if self.mixed:
            return
        self._numbers += last - first + 1
        if first == self.highest:  # came twice
            first += 1
        if first > last:
            return
        if first > self.highest:
            self._forward(first, last)
        elif self.last is not None and first + self.last - self.highest <= WINDOW:
            self.missing += first + self.last - self.highest - 1  # the counter began again at 1
            self._begin(first, last)
        else:
            self._old(first, last)

    def _forward(self, first: int, last: int) -> None:
        if self.last is not None and first - self.highest > self.last - WINDOW:
            return  # from before the counter began again at 1
        if first - self.highest > 1:
            self.missing += first - self.highest - 1
            self._starts.append(self.highest + 1)
            self._ends.append(first - 1)
            if len(self._starts) > GAPS:
                del self._starts[0], self._ends[0]
        self.highest = last
        self._repeats = 0

    def _old(self, first: int, last: int) -> None:
        """Take numbers of which the first, at least, is not above the highest."""
        filled = self._fill(first, last) if first > self.highest - WINDOW else 0
        self.late += filled
        self.missing -= filled
        if filled:
            self._follow(last)
        elif last == self.lowest - 1:
            self.lowest = first
        elif first == 1 or first <= self.highest - WINDOW:
            self._restart(first, last)
        else:
            self._repeats += last - first + 1
            if self._repeats > REPEATS:
                self._restart(first, last)
            else:
                self._follow(last)

    def _follow(self, last: int) -> None:
        self.highest = max(self.highest, last)

    def _restart(self, first: int, last: int) -> None:
        self.restarts += 1
        self._begin(first, last)
        if self.restarts >= _MIXED_STARTS and self.restarts * _MIXED_STARTS > self._numbers:
            self.mixed, self.missing = True, 0

    def _begin(self, first: int, last: int) -> None:
        self.lowest, self.highest, self._repeats = first, last, 0
        self._starts.clear()
        self._ends.clear()

    def _fill(self, first: int, last: int) -> int:
        """Take numbers out of the remembered gaps; give how many were in one."""
        begin = place = bisect_left(self._ends, first)
        filled = 0
        rest: list[tuple[int, int]] = []
        while place < len(self._starts) and self._starts[place] <= last:
            start, end = self._starts[place], self._ends[place]
            filled += min(end, last) - max(start, first) + 1
            rest += [(start, first - 1)] if start < first else []
            rest += [(last + 1, end)] if end > last else []
            place += 1
        self._starts[begin:place] = [start for start, _ in rest]
        self._ends[begin:place] = [end for _, end in rest]
        return filled


class SequenceGaps:
    """The tracks of all senders of one listener."""

    def __init__(self) -> None:
        self._tracks: OrderedDict[Sender, Track] = OrderedDict()  # the one heard of last at the end
        self._forgotten = 0
        self._missing_of_forgotten = 0

    def count(self, records: pa.RecordBatch) -> None:
        """Look at the numbers in a batch of BATCH_SCHEMA."""
        for sender, first, last in numbers_in(records):
            track = self._tracks.get(sender)
            if track is None:
                wraps = LAST_SEQUENCE_ID if sender[0] == _SEQUENCE_ID else None
                self._tracks[sender] = Track(last, first, wraps)
                self._forget()
            else:
                self._tracks.move_to_end(sender)
                track.take(first, last)

    def _forget(self) -> None:
        if len(self._tracks) > SENDERS:
            _, track = self._tracks.popitem(last=False)
            self._forgotten += 1
            self._missing_of_forgotten += track.missing

    def report(self) -> dict[str, Any]:
        """Give the state for the status, in JSON's types; ``senders`` has those that miss or restart most."""
        tracks = self._tracks.values()
        told = [(sender, track) for sender, track in self._tracks.items() if track.missing or track.restarts]
        most = nlargest(SHOWN, told, key=lambda pair: (pair[1].missing, pair[1].restarts))
        return {
            "missing": self._missing_of_forgotten + sum(track.missing for track in tracks),
            "numbered_senders": len(tracks),
            "mixed_senders": sum(track.mixed for track in tracks),
            "forgotten_senders": self._forgotten,
            "senders": [_reported(sender, track) for sender, track in most],
        }


def _reported(sender: Sender, track: Track) -> dict[str, Any]:
    name, peer, host = sender
    return {
        "field": name,
        "peer": peer,
        "host": host,
        "missing": track.missing,
        "restarts": track.restarts,
        "late": track.late,
        "mixed": track.mixed,
    }


def numbers_in(records: pa.RecordBatch) -> Iterator[tuple[Sender, int, int]]:
    """Give the senders' numbers, as runs that came one after the other: the sender, first and last number.

    Runs of one sender are in the order in which they came.
    """
    fields = records["fields"]
    if fields.null_count == len(fields):
        return
    numbered = pc.is_in(fields.keys, _NAMES)
    if not pc.any(numbered, min_count=0).as_py():
        return
    for name in (_SEQUENCE_ID, _CISCO):
        rows, numbers = _numbers(fields, name)
        if len(rows):
            yield from _runs(records.take(rows), numbers, name)


def _numbers(fields: pa.MapArray, name: str) -> tuple[pa.Array, pa.Array]:
    """Give the rows that have a number under ``name``, and the numbers."""
    texts = pc.map_lookup(fields, name, "first")
    counts = pc.match_substring_regex(texts, _DIGITS)
    if name == _CISCO:  # another sender's own key has that name, too
        counts = pc.and_(counts, _of_cisco(fields))
    rows = pc.indices_nonzero(pc.fill_null(counts, fill_value=False))
    numbers = texts.take(rows).cast(pa.int64())
    if name == _SEQUENCE_ID:
        valid = pc.and_(pc.greater(numbers, 0), pc.less_equal(numbers, LAST_SEQUENCE_ID))
        return rows.filter(valid), numbers.filter(valid)
    return rows, numbers


def _of_cisco(fields: pa.MapArray) -> pa.Array:
    """Tell which rows have a field that only Cisco's dialects make."""
    makes = pc.starts_with(fields.keys, "cisco.")
    before = pc.cumulative_sum(pa.concat_arrays([pa.array([0]), makes.cast(pa.int64())]))
    offsets = fields.offsets
    base = offsets[0].as_py()
    ends = before.take(pc.subtract(offsets, base))
    return pc.greater(ends[1:], ends[:-1])


def _runs(records: pa.RecordBatch, numbers: pa.Array, name: str) -> Iterator[tuple[Sender, int, int]]:
    peers = records["peer"]
    hosts = pc.fill_null(records["hostname"], "").dictionary_encode()
    codes = pc.add(
        pc.multiply(peers.indices.cast(pa.int64()), len(hosts.dictionary)), hosts.indices.cast(pa.int64())
    )
    order = pc.sort_indices(codes)  # stable
    codes, numbers = codes.take(order), numbers.take(order)
    goes_on = pc.and_(pc.equal(codes[1:], codes[:-1]), pc.equal(pc.subtract(numbers[1:], numbers[:-1]), 1))
    ends = pc.indices_nonzero(pa.concat_arrays([pc.invert(goes_on), pa.array([True])]))
    starts = pa.concat_arrays([pa.array([0], pa.uint64()), pc.add(ends, 1)[:-1].cast(pa.uint64())])
    peer_texts, host_texts = peers.dictionary.to_pylist(), hosts.dictionary.to_pylist()
    runs = zip(
        codes.take(starts).to_pylist(),
        numbers.take(starts).to_pylist(),
        numbers.take(ends).to_pylist(),
        strict=True,
    )
    for code, first, last in runs:
        peer, host = divmod(code, len(host_texts))
        yield (name, peer_texts[peer], host_texts[host]), first, last
