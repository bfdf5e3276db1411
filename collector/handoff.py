"""The hand-off's sending side, without its socket.

Batches are numbered, sent within a window, and held until storage says that they are on disk.

    → HELLO, collector                        ← WELCOME, window
    → BATCH, header, payload                  ← ACK, tenant/stream, number, window
                                              ← REFUSED, tenant/stream, number, reason

``window`` is storage's credit: how many batches may be on their way. ACK speaks for every batch of that
stream up to and including ``number``. A refused batch is in storage's quarantine: it is answered, and its
messages are counted as lost.

Who wants to know the end of a batch gives ``done`` along: it is answered exactly once, True when storage has
the batch on disk, False when storage refused it or nobody will send it any more. The answers wait in
``answers`` until whoever drives this calls them: nothing runs inside a change of state.

States: *calling* (HELLO is sent, nothing else may be) and *open* (WELCOME came). A new connection, or silence
with something unanswered, leads back to *calling*; after WELCOME everything unacknowledged is sent again
in its order. Storage knows a batch by collector id, stream and number, and stores it once.

What is held has a bound in octets. Past it ``full`` is true and the listeners must stop reading. A batch that
is submitted all the same is taken, because its octets were already read.
"""

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from parsers.batch import BatchHeader

HELLO: Final = b"HELLO"
WELCOME: Final = b"WELCOME"
BATCH: Final = b"BATCH"
ACK: Final = b"ACK"
REFUSED: Final = b"REFUSED"

_LARGEST_WINDOW: Final = 65_536
_ROOM: Final = (
    0.75  # of the bound: below it reading goes on, so that it does not start and stop at each batch
)

REFUSED_BY_STORAGE: Final = "refused by storage"
NOT_ACKNOWLEDGED: Final = "not acknowledged when stopping"

Message = list[Any]  # the ZeroMQ frames: bytes, or for a payload anything with the buffer protocol
Done = Callable[[bool], None]  # told once whether storage has the messages on disk
_Key = tuple[bytes, int]  # tenant/stream and number


@dataclass(frozen=True, slots=True)
class _Batch:
    message: Message
    messages: int
    octets: int  # as sent
    lost: Counter[str]  # where its messages are counted should they be lost, by reason
    done: Done | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A batch that storage would not journal: it lies in storage's quarantine."""

    name: str  # tenant/stream
    number: int
    messages: int
    reason: str


@dataclass(slots=True)
class Totals:
    """What the hand-off did since the start, in batches unless it says otherwise."""

    submitted: int = 0
    acknowledged: int = 0
    acknowledged_messages: int = 0
    refused: int = 0
    refused_messages: int = 0
    sent_again: int = 0
    unreadable_answers: int = 0


@dataclass(slots=True)
class Handoff:
    """The state of one collector's hand-off. Methods are events; ``outgoing`` holds what is to be sent.

    ``refusals`` holds what an operator must be told of, ``answers`` what senders must be; whoever tells it
    takes it out.

    Args:
        collector: this process's id, new with every start.
        memory_octets: bound on what is held.
        answer_seconds: silence after which everything unacknowledged is sent again.
    """

    collector: str
    memory_octets: int
    answer_seconds: float
    outgoing: deque[Message] = field(default_factory=deque)
    refusals: deque[Refusal] = field(default_factory=deque)
    answers: deque[tuple[Done, bool]] = field(default_factory=deque)
    totals: Totals = field(default_factory=Totals)
    open: bool = False
    held_octets: int = 0
    held_messages: int = 0
    full: bool = False
    _window: int = 0
    _sent: OrderedDict[_Key, _Batch] = field(default_factory=OrderedDict)  # on their way
    _waiting: OrderedDict[_Key, _Batch] = field(default_factory=OrderedDict)  # for credit
    _numbers: dict[bytes, int] = field(default_factory=dict)  # last number of each stream
    _heard_at: float = 0.0  # when storage last said something, owed nothing, or we last called

    @property
    def unacknowledged(self) -> int:
        """Batches on their way."""
        return len(self._sent)

    @property
    def waiting(self) -> int:
        """Batches that wait for credit."""
        return len(self._waiting)

    @property
    def idle(self) -> bool:
        """Whether everything submitted was answered."""
        return not self._sent and not self._waiting

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
        """
        name = f"{tenant}/{stream}".encode()
        number = self._numbers[name] = self._numbers.get(name, 0) + 1
        header = BatchHeader(tenant, stream, self.collector, number, messages, octets).encode()
        size = len(header) + memoryview(payload).nbytes
        self._waiting[name, number] = _Batch([BATCH, header, payload], messages, size, lost, done)
        self.totals.submitted += 1
        self._hold(size, messages)
        self._send()

    def give_up(self) -> int:
        """Let go of all that is unacknowledged: nobody will send it again. Give how many messages are lost.

        They are counted. Messages whose sender is answered, and so keeps them, are not lost.
        """
        lost = 0
        for key in [*self._sent, *self._waiting]:
            batch = self._let_go(key)
            if batch.done is None:
                batch.lost[NOT_ACKNOWLEDGED] += batch.messages
                lost += batch.messages
            self._answer(batch, ok=False)
        return lost

    def connected(self, now: float) -> None:
        """Take the event of a new connection: whatever was on its way on the old one may be lost."""
        self.open = False
        self._heard_at = now
        self.totals.sent_again += len(self._sent)
        self._sent.update(self._waiting)
        self._waiting, self._sent = self._sent, OrderedDict()
        self.outgoing.clear()
        self.outgoing.append([HELLO, self.collector.encode()])

    def silent(self, now: float) -> bool:
        """Whether storage owes an answer for too long; then connect anew and say so by ``connected``.

        To be asked now and then: the time at which storage owed nothing is remembered.
        """
        if self.idle and self.open:  # a window that stays shut is silence, too
            self._heard_at = now
        return now - self._heard_at > self.answer_seconds

    def received(self, message: Sequence[bytes], now: float) -> None:
        """Take a message of storage. What cannot be read is counted and changes nothing."""
        self._heard_at = now
        match message:
            case [kind, window] if kind == WELCOME and _is_number(window):
                self._opened(int(window))
            case [kind, name, number, window] if kind == ACK and _is_number(number) and _is_number(window):
                self._acknowledged(name, int(number), int(window))
            case [kind, name, number, reason] if kind == REFUSED and _is_number(number):
                self._refused(name, int(number), reason.decode(errors="replace"))
            case _:
                self.totals.unreadable_answers += 1

    def _opened(self, window: int) -> None:
        self.open = True
        self._set_window(window)

    def _acknowledged(self, name: bytes, number: int, window: int) -> None:
        # Numbers of a stream are on their way in order, so those up to this one come first of theirs.
        for key in [key for key in self._sent if key[0] == name and key[1] <= number]:
            batch = self._let_go(key)
            self.totals.acknowledged += 1
            self.totals.acknowledged_messages += batch.messages
            self._answer(batch, ok=True)
        self._set_window(window)

    def _refused(self, name: bytes, number: int, reason: str) -> None:
        if (name, number) not in self._sent:
            return
        batch = self._let_go((name, number))
        self.totals.refused += 1
        self.totals.refused_messages += batch.messages
        batch.lost[REFUSED_BY_STORAGE] += batch.messages
        self._answer(batch, ok=False)
        self.refusals.append(Refusal(name.decode(errors="replace"), number, batch.messages, reason))
        self._send()

    def _set_window(self, window: int) -> None:
        self._window = min(window, _LARGEST_WINDOW)
        self._send()

    def _send(self) -> None:
        while self.open and self._waiting and len(self._sent) < self._window:
            key, batch = self._waiting.popitem(last=False)
            self._sent[key] = batch
            self.outgoing.append(batch.message)

    def _let_go(self, key: _Key) -> _Batch:
        batch = self._sent.pop(key, None) or self._waiting.pop(key)
        self._hold(-batch.octets, -batch.messages)
        return batch

    def _answer(self, batch: _Batch, *, ok: bool) -> None:
        if batch.done is not None:
            self.answers.append((batch.done, ok))

    def _hold(self, octets: int, messages: int) -> None:
        self.held_octets += octets
        self.held_messages += messages
        bound = self.memory_octets * _ROOM if self.full else self.memory_octets
        self.full = self.held_octets > bound


def _is_number(octets: bytes) -> bool:
    return octets.isdigit() and len(octets) <= len(str(2**63))
