"""What the hand-off carries: batches, the words of its protocol, and its totals.

    → HELLO, collector                        ← WELCOME, window
    → BATCH, header, payload                  ← ACK, tenant/stream, number, window, collector
                                              ← REFUSED, tenant/stream, number, reason, collector

A collector that drains the queue of an earlier run sends that run's batches under its collector's id, after a
HELLO for it: one connection carries several collectors.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from collector.queue_folder import Place

HELLO: Final = b"HELLO"
WELCOME: Final = b"WELCOME"
BATCH: Final = b"BATCH"
ACK: Final = b"ACK"
REFUSED: Final = b"REFUSED"

_LARGEST_WINDOW: Final = 65_536

Message = list[Any]  # the ZeroMQ frames: bytes, or for a payload anything with the buffer protocol
Done = Callable[[bool], None]  # told once whether the messages are on disk


class Stream(NamedTuple):
    """Whose numbers count: each collector's for each stream. ``name`` is tenant/stream."""

    collector: bytes
    name: bytes


class Key(NamedTuple):
    """What names a batch for ever."""

    stream: Stream
    number: int


@dataclass(slots=True, eq=False)
class Batch:
    """A batch that is held until storage has answered it, or until it is in the disk queue."""

    key: Key
    header: bytes
    payload: Any
    messages: int
    octets: int  # as sent
    lost: Counter[str]  # where its messages are counted should they be lost, by reason
    done: Done | None = None
    can_wait: bool = True  # whether its sender can
    place: Place | None = None  # in the disk queue
    written: float = 0.0  # when it was put there, seconds since the epoch
    ahead: bool = False  # in the part that is sent from, and not behind what lies on disk
    gone: bool = False  # answered by storage

    @property
    def message(self) -> Message:
        """What goes to storage."""
        return [BATCH, self.header, self.payload]


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
    spilled: int = 0
    spilled_messages: int = 0
    loaded: int = 0
    unreadable_answers: int = 0


@dataclass(frozen=True, slots=True)
class Welcome:
    """Storage is there, and takes so many batches at a time."""

    window: int


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Storage has the batches of a stream up to this number."""

    key: Key
    window: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Storage has put a batch into quarantine."""

    key: Key
    reason: str


def key_in(header: bytes) -> Key:
    """Give what a batch header names, in the words in which storage would refuse it, should it have to."""
    try:
        found = json.loads(header)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        return Key(Stream(b"unknown", b"unknown"), 0)
    name = f"{found.get('tenant')}/{found.get('stream')}".encode(errors="replace")
    number = found.get("number")
    collector = str(found.get("collector")).encode(errors="replace")
    return Key(Stream(collector, name), number if isinstance(number, int) else 0)


def answer_in(message: Sequence[bytes]) -> Welcome | Acknowledged | Refused | None:
    """Read a message of storage; None when it is not of the protocol."""
    match message:
        case [kind, window] if kind == WELCOME and _is_number(window):
            return Welcome(_window(window))
        case [kind, name, number, window, collector] if (
            kind == ACK and _is_number(number) and _is_number(window)
        ):
            return Acknowledged(Key(Stream(collector, name), int(number)), _window(window))
        case [kind, name, number, reason, collector] if kind == REFUSED and _is_number(number):
            return Refused(Key(Stream(collector, name), int(number)), reason.decode(errors="replace"))
    return None


def _window(octets: bytes) -> int:
    return min(int(octets), _LARGEST_WINDOW)


def _is_number(octets: bytes) -> bool:
    return octets.isdigit() and len(octets) <= len(str(2**63))
