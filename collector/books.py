"""The collector's books: what became of every message, by UTC day of receipt, listener and peer.

Each collector process writes a book of its own, ``books/PROCESS-RUN.book`` (collector/book_file.py). Its
numbers stand under keys ``[day, listener, peer, what]`` in JSON; ``day`` counts days since 1970, and ``peer``
is "" for what no peer can be named for. Above LARGEST_PEERS peers a day, the others share the name OTHERS.

What is counted, in messages unless it says otherwise:

    datagrams            taken from the kernel (listeners for datagrams only)
    dropped by kernel    datagrams that its buffer had no room for
    empty                datagrams without an octet
    guests: PROTOCOL     datagrams, or for streams connections, of another protocol
    framed               cut out of what came; all below are of these
    parts of messages    datagrams that are no message of their own (GELF chunks)
    not admitted         of senders that are not in sender_networks
    dropped: REASON      under pressure, or unreadable: before they were in a batch
    parsed, unparsed     read, and in a batch on its way to storage; all below are of these
    handed over          storage has said that they are on disk
    left to sender       not acknowledged when the process stopped; their sender keeps them
    lost: REASON         of batches that storage did not take
    last number          (no day; "peer" is tenant/stream) of a batch that went to storage
    held TENANT/STREAM   (keys of slots) batches that storage has not answered for
    discarded octets     of no frame
    unframed: REASON     messages that were lost before they were frames
    tenant TENANT octets of messages, where there are tenants

``framed = not admitted + dropped + parsed + unparsed`` and ``parsed + unparsed = handed over + left to sender
+ lost + held``, in every book whose process ended in order. Of one that runs or was killed the first lacks
what was in its memory. A slot for each batch that was on its way says, by number, which of them storage may
have all the same, and which lie in the disk queue.
"""

import json
import logging
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import pyarrow as pa

import durable
from collector.book_file import LONGEST_KEY, UNPLACED, BookFile

log = logging.getLogger(__name__)

DATAGRAMS: Final = "datagrams"
DROPPED_BY_KERNEL: Final = "dropped by kernel"
EMPTY: Final = "empty"
FRAMED: Final = "framed"
NOT_ADMITTED: Final = "not admitted"
PARSED: Final = "parsed"
UNPARSED: Final = "unparsed"
HANDED_OVER: Final = "handed over"
LEFT_TO_SENDER: Final = "left to sender"
OCTETS: Final = "octets"
DISCARDED: Final = "discarded octets"
LOST: Final = "lost: "
DROPPED: Final = "dropped: "
UNFRAMED: Final = "unframed: "
PARTS: Final = "parts of messages"
GUESTS: Final = "guests: "
HELD: Final = "held "
SEEN_DROPS: Final = "seen drops"
_TENANT: Final = "tenant "
_OCTETS: Final = " octets"
LAST_NUMBER: Final = "last number"
OTHERS: Final = "other peers"
LARGEST_PEERS: Final = 4096
_MOVED_AT_ONCE: Final = 8192  # peers: a change of so many numbers is one step

NANOSECONDS_A_DAY: Final = 86_400 * 10**9
NO_DAY: Final = -1
_SHORTEST: Final = 40  # octets of a key's peer that is too long are cut to this

Key = tuple[int, str, str, str]  # day, listener, peer, what


def day_of(nanoseconds: int) -> int:
    """Give the UTC day, in days since 1970, of a time in ns since 1970."""
    return nanoseconds // NANOSECONDS_A_DAY


def tenant_octets(tenant: str) -> str:
    """Give how the books call the octets of a tenant's messages."""
    return f"{_TENANT}{tenant}{_OCTETS}"


def tenant_of(what: str) -> str | None:
    """Give the tenant whose octets are counted so; None when it is something else."""
    if what.startswith(_TENANT) and what.endswith(_OCTETS):
        return what.removeprefix(_TENANT).removesuffix(_OCTETS)
    return None


def encode_key(day: int, listener: str, peer: str, what: str) -> bytes:
    """Give a key's octets in a book."""
    return json.dumps([day, listener, peer, what], separators=(",", ":"), ensure_ascii=False).encode()


def decode_key(octets: bytes) -> Key:
    """Read a key.

    Raises:
        ValueError: when it is none.
    """
    day, listener, peer, what = json.loads(octets)
    return int(day), str(listener), str(peer), str(what)


class Book:
    """One process's book: numbers by key, kept where the end of the process loses none.

    Args:
        file: where they stand.
    """

    def __init__(self, file: BookFile) -> None:
        self.file = file
        self.totals: Counter[str] = Counter()  # of all days and listeners, for the report
        self.drops: dict[int, int] = {}  # of each socket, by its cookie: how many have been counted
        self._places: dict[Key, int] = {}
        self._peers: dict[int, set[str]] = {}  # by day
        self._free: list[int] = []  # slots
        self._newest = NO_DAY
        self._noted: dict[tuple[int, str, str], list[pa.StructArray]] = {}  # by day, listener, what
        self._told = False

    def place(self, day: int, listener: str, peer: str, what: str) -> int:
        """Give the place of a number; it is 0 at first."""
        key = (day, listener, peer, what)
        found = self._places.get(key)
        if found is None:
            if day > self._newest:
                self._forget_before(day - 1)
            found = self._places[key] = self._new(day, listener, self._named(day, peer), what)
        return found

    def _forget_before(self, day: int) -> None:
        """Let go of the places of old days. Should one be needed again, a second record goes on from 0."""
        self._newest = day + 1
        self._places = {key: place for key, place in self._places.items() if key[0] in {NO_DAY, day}}
        self._peers = {one: peers for one, peers in self._peers.items() if one >= day}

    def add(self, place: int, amount: int) -> None:
        """Add to one number."""
        self.file.add(place, amount)

    def count(self, listener: str, what: str, amount: int, peer: str = "", at: int | None = None) -> None:
        """Add ``amount`` to what is counted of a listener, at a time in ns since 1970 (now without one)."""
        day = day_of(time.time_ns() if at is None else at)
        self.file.add(self.place(day, listener, peer, what), amount)
        self.totals[what] += amount

    def change(self, amounts: Iterable[tuple[int, int]], numbers: Sequence[tuple[int, int]] = ()) -> None:
        """Add amounts and set numbers at several places, all or nothing."""
        sums: dict[int, int] = {}
        for place, amount in amounts:
            sums[place] = sums.get(place, 0) + amount
        value = self.file.value
        self.file.change([*((place, value(place) + amount) for place, amount in sums.items()), *numbers])

    def note(self, day: int, listener: str, what: str, peers: pa.StructArray) -> None:
        """Note which peers' messages were counted for the listener as a whole (values and counts)."""
        self._noted.setdefault((day, listener, what), []).append(peers)

    def spread(self) -> None:
        """Move what was noted since the last time from the listeners as a whole to their peers."""
        noted, self._noted = self._noted, {}
        for (day, listener, what), several in noted.items():
            values = pa.chunked_array([one.field(0).cast(pa.string()) for one in several], pa.string())
            counts = pa.chunked_array([one.field(1) for one in several], pa.int64())
            sums = pa.table({"peer": values, "count": counts}).group_by("peer").aggregate([("count", "sum")])
            whole = self.place(day, listener, "", what)
            pairs = list(zip(sums["peer"].to_pylist(), sums["count_sum"].to_pylist(), strict=True))
            for begin in range(0, len(pairs), _MOVED_AT_ONCE):
                part = [(peer, count) for peer, count in pairs[begin : begin + _MOVED_AT_ONCE] if peer]
                amounts = [(self.place(day, listener, peer, what), count) for peer, count in part]
                self.change([*amounts, (whole, -sum(count for _, count in part))])

    def take_slot(self) -> int | None:
        """Give a free slot's place; None when the file cannot grow."""
        if self._free:
            return self._free.pop()
        try:
            return self.file.new_slot()
        except OSError as error:
            self.file.add(UNPLACED, 1)
            self._tell(error)
            return None

    def give_slot(self, slot: int) -> None:
        """Take back a slot that is free."""
        self._free.append(slot)

    def kernel_dropped(self, listener: str, cookie: int, seen: int, dropped: int) -> None:
        """Count datagrams that the kernel dropped, and note how far a socket's own count has been seen."""
        self.drops[cookie] = seen
        place = self.place(day_of(time.time_ns()), listener, "", DROPPED_BY_KERNEL)
        noted = self.place(NO_DAY, "", str(cookie), SEEN_DROPS)
        self.change([(place, dropped)], [(noted, seen)])
        self.totals[DROPPED_BY_KERNEL] += dropped

    def touch(self) -> None:
        """Say that the process is alive, and tell the peers apart; to be called each second."""
        self.spread()
        self.file.touch(time.time_ns())

    def sync(self) -> None:
        """Wait until the file is on disk; may be called in a thread. A failure is told once."""
        try:
            if self.file.descriptor >= 0:
                durable.sync_data(self.file.descriptor)
        except OSError as error:
            self._tell(error)

    def close(self) -> None:
        """End the book in order."""
        self.spread()
        self.file.close(time.time_ns())

    def _named(self, day: int, peer: str) -> str:
        if not peer or day == NO_DAY:
            return peer
        peers = self._peers.setdefault(day, set())
        if peer not in peers:
            if len(peers) >= LARGEST_PEERS:
                return OTHERS
            peers.add(peer)
        return peer

    def _new(self, day: int, listener: str, peer: str, what: str) -> int:
        key = (day, listener, peer, what)
        if key in self._places:  # another peer of OTHERS has made it
            return self._places[key]
        octets = encode_key(*key)
        if len(octets) > LONGEST_KEY:
            octets = encode_key(day, listener[:_SHORTEST], peer[:_SHORTEST], what[:_SHORTEST])
        try:
            place = self.file.new(octets)
        except OSError as error:
            self._tell(error)
            place = UNPLACED
        self._places[key] = place
        return place

    def _tell(self, error: OSError) -> None:
        if not self._told:
            self._told = True
            log.error(
                "the books cannot be written: %s; messages go on, but `sysledger balance` will not balance: "
                "make room in the data folder's books/ and restart the collector",
                error,
            )
