"""The hand-off's sending side, without its socket and without its disk.

Batches are numbered, sent within a window, and held until storage says that they are on disk
(collector/handoff_batch.py has the protocol). ``window`` is storage's credit: how many batches may be on
their way. ACK speaks for every batch of that stream up to and including its number. A refused batch is in
storage's quarantine: it is answered, and its messages are counted as lost.

Who wants to know the end of a batch gives ``done`` along: it is answered exactly once, True when the batch is
on disk, with storage or in the disk queue, False when storage refused it or nobody will send it any more.
The answers wait in ``answers`` until whoever drives this calls them: nothing runs inside a change of state.

States: *calling* (HELLO is sent, nothing else may be) and *open* (WELCOME came). A new connection, or silence
with something unanswered, leads back to *calling*; after WELCOME everything unacknowledged is sent again
in its order. Storage knows a batch by collector id, stream and number, and stores it once.

Three levels: as long as storage answers, batches stay in memory and nothing is written. When it is silent for
``spill_seconds``, when too much is held of senders who cannot wait, when the appliance is under pressure or
when the process ends, everything unacknowledged goes to the disk queue in its order, and all that comes later
goes behind it (collector/handoff_spill.py). Memory then holds a bounded part read ahead from the queue's
front, until the queue is empty and storage answers.

What is held has a bound in octets. Past it ``full`` is true and the listeners must stop reading. A batch that
is submitted all the same is taken, because its octets were already read.
"""

from collections import Counter, OrderedDict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from math import inf
from typing import Any, Final

from collector.handoff_batch import (
    HELLO,
    Acknowledged,
    Batch,
    Done,
    Key,
    Message,
    Refusal,
    Refused,
    Stream,
    Totals,
    Welcome,
    answer_in,
    key_in,
)
from collector.handoff_spill import Spill
from collector.listener_book import Tally
from collector.queue_folder import Loaded, Place
from parsers.batch import BatchHeader

_ROOM: Final = (
    0.75  # of the bound: below it reading goes on, so that it does not start and stop at each batch
)
_SHARE: Final = 0.5  # of the bound: more goes to disk, when it is of senders who cannot wait
_SHARE_PRESSED: Final = 0.25
_URGENT: Final = 1 / 64  # of the bound: less of such senders is no reason
_READ_AHEAD: Final = 1 / 6  # of the bound: what is read ahead of the disk queue
_WRITTEN_A_TAKEN: Final = 0.5  # octets
_PRESSED_SECONDS: Final = 0.5  # of silence, under pressure: more than a commit takes under full load

REFUSED_BY_STORAGE: Final = "refused by storage"
NOT_ACKNOWLEDGED: Final = "not acknowledged when stopping"


@dataclass(slots=True)
class Handoff:
    """The state of one collector's hand-off. Methods are events; ``outgoing`` holds what is to be sent.

    ``refusals`` holds what an operator must be told of, ``answers`` what senders must be; whoever tells it
    takes it out. ``next_group``, ``next_read`` and ``spilled.needed`` say what the disk queue is to do.

    Args:
        collector: this process's id, new with every start.
        memory_octets: bound on what is held.
        answer_seconds: silence after which everything unacknowledged is sent again.
        spill_seconds: silence after which it goes to the disk queue; None when there is none.
    """

    collector: str
    memory_octets: int
    answer_seconds: float
    spill_seconds: float | None = None
    outgoing: deque[Message] = field(default_factory=deque)
    refusals: deque[Refusal] = field(default_factory=deque)
    answers: deque[tuple[Done, bool]] = field(default_factory=deque)
    totals: Totals = field(default_factory=Totals)
    lost: Counter[str] = field(default_factory=Counter)  # of what came out of the disk queue, by reason
    tallies: dict[Key, Tally] = field(default_factory=dict)  # in the books, of what this run has put there
    spilled: Spill = field(default_factory=Spill)
    open: bool = False
    held_octets: int = 0
    held_messages: int = 0
    full: bool = False
    _window: int = 0
    _sent: OrderedDict[Key, Batch] = field(default_factory=OrderedDict)  # on their way
    _waiting: OrderedDict[Key, Batch] = field(default_factory=OrderedDict)  # for credit
    _ahead_octets: int = 0  # of these two
    _urgent_octets: int = 0  # held, of senders who cannot wait
    _numbers: dict[bytes, int] = field(default_factory=dict)  # last number of each stream
    _greeted: set[bytes] = field(default_factory=set)  # collectors, on this connection
    _last: dict[Stream, int] = field(default_factory=dict)  # numbers sent, on this connection
    _heard_at: float = -inf  # when storage last said something, owed nothing, or we called after silence
    _answered_at: float = 0.0  # when storage last said something, or owed nothing
    _now: float = 0.0
    _pressed: bool = False
    _ending: bool = False
    _credit: float = 0.0  # octets that may be written to the disk queue while storage answers

    @property
    def unacknowledged(self) -> int:
        """Batches on their way."""
        return len(self._sent)

    @property
    def waiting(self) -> int:
        """Batches in memory that wait for credit, or for the disk."""
        return len(self._waiting) + len(self.spilled.unwritten) + len(self.spilled.writing or ())

    @property
    def idle(self) -> bool:
        """Whether everything submitted was answered, and nothing lies in the disk queue."""
        return not self._sent and not self._waiting and self.spilled.empty

    @property
    def safe(self) -> bool:
        """Whether everything submitted is on disk, with storage or here."""
        return self.spilled.writing is None and all(
            batch.place is not None or batch.gone
            for batch in chain(self._sent.values(), self._waiting.values(), self.spilled.unwritten)
        )

    @property
    def oldest_written(self) -> float | None:
        """When the oldest batch of the disk queue was put there, seconds since the epoch; None: not known."""
        both = chain(self._sent.values(), self._waiting.values())
        return min((batch.written for batch in both if batch.place is not None), default=None)

    def submit(  # noqa: PLR0913 - what a batch is, each by name
        self,
        tenant: str,
        stream: str,
        *,
        messages: int,
        octets: int,
        payload: Any,
        lost: Counter[str],
        done: Done | None = None,
        can_wait: bool = True,
    ) -> None:
        """Take a batch.

        Args:
            tenant: with ``stream``, where it goes.
            stream: see ``tenant``.
            messages: the number of its records.
            octets: the octets of its messages as received.
            payload: the encoded records; anything with the buffer protocol.
            lost: where its messages are counted should they be lost, by reason.
            done: whom to answer, by ``answers``.
            can_wait: whether its sender waits when the hand-off is full, rather than to lose messages.
        """
        name = f"{tenant}/{stream}".encode()
        number = self._numbers[name] = self._numbers.get(name, 0) + 1
        header = BatchHeader(tenant, stream, self.collector, number, messages, octets).encode()
        size = len(header) + memoryview(payload).nbytes
        key = Key(Stream(self.collector.encode(), name), number)
        batch = Batch(key, header, payload, messages, size, lost, done, can_wait)
        self.totals.submitted += 1
        if isinstance(lost, Tally):
            lost.opened(f"{tenant}/{stream}", number)
        self._hold(batch, 1)
        if self.spilled.active:
            self.spilled.unwritten.append(batch)
            return
        self._put_ahead(batch)
        if self._holds_too_much():
            self.spill()
        self._send()

    def begin(self, now: float) -> None:
        """Take in that work begins."""
        self._now = self._answered_at = self._heard_at = now

    def press(self, pressed: bool) -> None:  # noqa: FBT001 - one word says it
        """Take in whether the appliance is under pressure: then little goes to disk sooner."""
        self._pressed = pressed

    def end(self) -> None:
        """Take in that the process ends: what storage does not take soon goes to disk without waiting."""
        self._ending = True

    def spill(self) -> None:
        """Have everything unacknowledged put into the disk queue, and all that comes later behind it."""
        if self.spill_seconds is None or self.spilled.active:
            return
        self.spilled.active = True
        both = chain(self._sent.values(), self._waiting.values())
        self.spilled.unwritten.extend(batch for batch in both if batch.place is None)

    def tick(self, now: float) -> None:
        """Take in that time has passed."""
        self._now = now
        if not self._sent and not self._waiting:
            self._answered_at = now
        elif self._is_quiet():
            self.spill()
        self._end_spilling()

    def give_up(self) -> int:
        """Let go of all that is unacknowledged: nobody will send it again. Give how many messages are lost.

        They are counted. Messages whose sender is answered, and so keeps them, are not lost, nor is what lies
        in the disk queue: the next start sends it.
        """
        lost = 0
        behind = [batch for batch in self.spilled.unwritten if not batch.ahead]
        ahead = [self._drop(key) for key in [*self._sent, *self._waiting]]
        for batch in ahead:
            if batch.place is None:
                batch.gone = True
            else:  # its file must stay
                self.spilled.unload(batch)
        for batch in [*ahead, *behind]:
            if batch.done is None and batch.place is None:
                batch.lost[NOT_ACKNOWLEDGED] += batch.messages
                lost += batch.messages
            elif batch.place is None and isinstance(batch.lost, Tally):
                batch.lost.left_to_sender()
            self._answer(batch, ok=False)
        self.spilled.unwritten.clear()
        return lost

    def connected(self, now: float) -> None:
        """Take the event of a new connection: whatever was on its way on the old one may be lost."""
        if self.silent(now):  # a connection that breaks again and again is silence, too
            self._heard_at = now
        self.open = False
        self._now = now
        self.totals.sent_again += len(self._sent)
        self._sent.update(self._waiting)
        self._waiting, self._sent = self._sent, OrderedDict()
        self._last.clear()
        self.outgoing.clear()
        self._greeted = {self.collector.encode()}
        self.outgoing.append([HELLO, self.collector.encode()])
        self._unload()

    def silent(self, now: float) -> bool:
        """Whether storage owes an answer for too long; then connect anew and say so by ``connected``.

        To be asked now and then: the time at which storage owed nothing is remembered.
        """
        if self.open and not self._sent and not self._waiting:  # a window that stays shut is silence, too
            self._heard_at = now
        return now - self._heard_at > self.answer_seconds

    def received(self, message: Sequence[bytes], now: float) -> None:
        """Take a message of storage. What cannot be read is counted and changes nothing."""
        self._now = self._heard_at = now
        match answer_in(message):
            case Welcome(window):
                self.open = True
                self._window = window
            case Acknowledged(key, window):
                self._answered_at = now
                self._acknowledged(key)
                self._window = window
            case Refused(key, reason):
                self._answered_at = now
                self._refused(key, reason)
            case _:
                self.totals.unreadable_answers += 1
        self._end_spilling()
        self._send()

    def wrote(self, places: Iterable[Place], now: float, clock: float) -> None:
        """Take in that the group is on disk; ``clock`` in seconds since the epoch."""
        self._now = now
        for batch in self.spilled.wrote(places, clock):
            self.totals.spilled += 1
            self.totals.spilled_messages += batch.messages
            if isinstance(batch.lost, Tally):
                self.tallies[batch.key] = batch.lost
                batch.lost.on_disk()
            self._answer(batch, ok=True)
            if batch.ahead or batch.gone:
                continue
            if self.spilled.cursor is None and self._has_room():
                self._put_ahead(batch)
            else:
                self.spilled.unload(batch)
                self._hold(batch, -1)
        self._unload()
        self._end_spilling()
        self._send()

    def write_failed(self, now: float) -> None:
        """Take in that nothing of the group is on disk: it stays here, unanswered, and is tried again."""
        self._now = now
        self.spilled.write_failed(now)
        self._end_spilling()

    def next_group(self, now: float) -> list[Batch]:
        """Say what to write to the disk queue now, together.

        While storage answers the queue must become shorter, whatever comes in: then one octet is written for
        two that storage took out of it, and senders who can wait do. Others are kept from losing messages.
        """
        self._now = now
        if not (
            self._credit > 0 or not self.open or self._ending or self._is_quiet() or self._holds_too_much()
        ):
            return []
        group = self.spilled.group(now)
        self._credit = max(0.0, self._credit - sum(batch.octets for batch in group))
        return group

    def next_read(self) -> tuple[Place, int] | None:
        """Say what to read of the disk queue now: from where, and how many octets."""
        if self._ahead_octets > self._read_ahead() // 2:
            return None
        place = self.spilled.start_reading()
        return None if place is None else (place, self._read_ahead() - self._ahead_octets)

    def has_read(self, batches: Iterable[Loaded], following: Place | None) -> None:
        """Take in what was read of the disk queue, and where the next lies."""
        found = [batch for one in batches if (batch := self._batch_of(one)) is not None]
        if not self.spilled.has_read(found, following):
            return
        for batch in found:
            self.totals.loaded += 1
            self._hold(batch, 1)
            self._put_ahead(batch)
        self._end_spilling()
        self._send()

    def found(self, first: Place) -> None:
        """Take in that the disk queue holds what this run did not put there."""
        self.spill()  # what is ahead has to go to disk, too, should storage fall silent meanwhile
        self.spilled.found(first)

    def _batch_of(self, loaded: Loaded) -> Batch | None:
        """Give what was read as a batch; None when it is held already."""
        key = key_in(loaded.header)
        if key in self._sent or key in self._waiting:
            return None
        return Batch(
            key,
            loaded.header,
            loaded.payload,
            loaded.messages,
            loaded.size,
            self.tallies.get(key, self.lost),
            place=loaded.place,
            written=loaded.written,
        )

    def _acknowledged(self, key: Key) -> None:
        # Numbers of a stream are on their way in order, so those up to this one come first of theirs.
        for one in [one for one in self._sent if one.stream == key.stream and one.number <= key.number]:
            batch = self._let_go(one)
            self.totals.acknowledged += 1
            self.totals.acknowledged_messages += batch.messages
            if isinstance(batch.lost, Tally):
                batch.lost.handed_over()
            self._answer(batch, ok=True)

    def _refused(self, key: Key, reason: str) -> None:
        if key not in self._sent:
            return
        batch = self._let_go(key)
        self.totals.refused += 1
        self.totals.refused_messages += batch.messages
        batch.lost[REFUSED_BY_STORAGE] += batch.messages
        self._answer(batch, ok=False)
        name = key.stream.name.decode(errors="replace")
        self.refusals.append(Refusal(name, key.number, batch.messages, reason))

    def _send(self) -> None:
        while self.open and self._waiting and len(self._sent) < self._window:
            key = next(iter(self._waiting))
            if not self._greet(key):
                return
            batch = self._sent[key] = self._waiting.pop(key)
            self._last[key.stream] = key.number
            self.outgoing.append(batch.message)

    def _greet(self, key: Key) -> bool:
        """Say HELLO where storage expects it; tell whether the batch may go.

        Storage takes a stream's batches without gaps between two HELLOs. Where one was damaged or refused
        there is a gap. A HELLO within a connection may find another worker than the batches before it, and
        would have it pass them over: so it waits until they are answered.
        """
        collector, last = key.stream.collector, self._last.get(key.stream)
        if collector in self._greeted and (last is None or key.number == last + 1):
            return True
        if any(one.stream.collector == collector for one in self._sent):
            return False
        for stream in [stream for stream in self._last if stream.collector == collector]:
            del self._last[stream]
        self._greeted.add(collector)
        self.outgoing.append([HELLO, collector])
        return True

    def _put_ahead(self, batch: Batch) -> None:
        self._waiting[batch.key] = batch
        batch.ahead = True
        self._ahead_octets += batch.octets

    def _drop(self, key: Key) -> Batch:
        """Hold a batch of those ahead no longer."""
        batch = self._sent.pop(key, None) or self._waiting.pop(key)
        self._ahead_octets -= batch.octets
        self._hold(batch, -1)
        return batch

    def _let_go(self, key: Key) -> Batch:
        """Hold a batch no longer that storage has answered."""
        batch = self._drop(key)
        self.tallies.pop(key, None)
        if batch.place is not None:
            self._credit += batch.octets * _WRITTEN_A_TAKEN
        self.spilled.answered(batch)
        return batch

    def _unload(self) -> None:
        """Keep of what lies on disk only so much in memory as is read ahead."""
        while len(self._waiting) + len(self._sent) > 1 and self._waiting and not self._has_room():
            key = next(reversed(self._waiting))
            if self._waiting[key].place is None:
                return
            self.spilled.unload(self._drop(key))

    def _end_spilling(self) -> None:
        """Go back to memory alone, once the queue's front is here, storage answers, and little is held."""
        spilled = self.spilled
        if not spilled.active or spilled.cursor is not None or spilled.writing is not None:
            return
        if self._is_quiet() or not self.open:
            return
        # While anything is ahead, its answers bring the credit to write what is behind. Nothing else would.
        holds_much = self.held_octets > self.memory_octets * _SHARE_PRESSED
        if holds_much and not spilled.failing and (self._sent or self._waiting):
            return
        spilled.active = False
        for batch in spilled.unwritten:
            if not batch.ahead and not batch.gone:
                self._put_ahead(batch)
        spilled.unwritten.clear()

    def _is_quiet(self) -> bool:
        """Whether storage is silent for too long to hold in memory what it has not acknowledged."""
        if self.spill_seconds is None or not (self._sent or self._waiting):
            return False
        bound = min(self.spill_seconds, _PRESSED_SECONDS) if self._pressed else self.spill_seconds
        return self._now - self._answered_at > bound

    def _holds_too_much(self) -> bool:
        """Whether so much is held that senders who cannot wait would lose messages. Others wait.

        What goes to disk while storage answers is written and read once more: it makes everything slower.
        """
        share = _SHARE_PRESSED if self._pressed else _SHARE
        urgent = self._urgent_octets > self.memory_octets * _URGENT
        return urgent and self.held_octets > self.memory_octets * share

    def _has_room(self) -> bool:
        return self._ahead_octets <= self._read_ahead()

    def _read_ahead(self) -> int:
        return int(self.memory_octets * _READ_AHEAD)

    def _answer(self, batch: Batch, *, ok: bool) -> None:
        if batch.done is not None:
            self.answers.append((batch.done, ok))
            batch.done = None

    def _hold(self, batch: Batch, sign: int) -> None:
        self.held_octets += sign * batch.octets
        self.held_messages += sign * batch.messages
        if not batch.can_wait:
            self._urgent_octets += sign * batch.octets
        bound = self.memory_octets * _ROOM if self.full else self.memory_octets
        self.full = self.held_octets > bound
