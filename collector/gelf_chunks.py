"""GELF's chunks, put together: what one datagram cannot hold comes in up to 128.

    chunk = %x1E.0F  message-id  number  count  data        ; 8 octets, 1, 1, and the rest

All chunks of a message must come within five seconds. Nothing acknowledges them, and anybody may send
them: what is held is bounded, in octets, in messages, and for each peer. Pure: the clock is an argument.
"""

from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import Final

MAGIC: Final = b"\x1e\x0f"
MAXIMUM_CHUNKS: Final = 128
SECONDS: Final = 5.0

INCOMPLETE: Final = "GELF message incomplete after 5 s"
CROWDED_OUT: Final = "GELF message incomplete, and too many others"
BAD_CHUNK: Final = "GELF chunk malformed"

_HEADER_OCTETS: Final = 12
_MOST_OF_A_PEER: Final = 256  # messages that are incomplete at a time
_MOST: Final = 4_096
_MOST_OCTETS: Final = 33_554_432

_Key = tuple[str, bytes]


@dataclass(slots=True)
class _Message:
    since: float
    count: int
    parts: dict[int, bytes] = field(default_factory=dict)
    octets: int = 0


@dataclass(slots=True)
class Chunks:
    """Incomplete messages of one listener.

    ``lost`` counts messages (and chunks that belong to none) by reason, ``duplicates`` chunks that came
    twice, which do no harm.
    """

    lost: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    _messages: OrderedDict[_Key, _Message] = field(default_factory=OrderedDict)  # the oldest first
    _of_peers: Counter[str] = field(default_factory=Counter)
    _octets: int = 0

    @property
    def incomplete(self) -> int:
        """Messages of which a chunk is missing."""
        return len(self._messages)

    def add(self, peer: str, chunk: bytes, now: float) -> bytes | None:
        """Take a datagram that begins with ``MAGIC``; give the message that it completes.

        Args:
            peer: who sent it; ids of different peers have nothing to do with each other.
            chunk: the datagram.
            now: seconds, of a clock that never goes back.
        """
        if len(chunk) <= _HEADER_OCTETS or not chunk[10] < chunk[11] <= MAXIMUM_CHUNKS:
            self.lost[BAD_CHUNK] += 1
            return None
        self.expire(now)
        key, number, count = (peer, chunk[2:10]), chunk[10], chunk[11]
        message = self._messages.get(key)
        if message is None:
            message = self._begin(key, count, now)
        if message.count != count:
            self.lost[BAD_CHUNK] += 1
            return None
        if number in message.parts:
            self.duplicates += 1
            return None
        message.parts[number] = chunk[_HEADER_OCTETS:]
        message.octets += len(chunk)
        self._octets += len(chunk)
        if len(message.parts) < count:
            self._make_room(key)
            return None
        self._forget(key)
        return b"".join(map(message.parts.__getitem__, range(count)))

    def expire(self, now: float) -> None:
        """Give up what is older than five seconds."""
        while self._messages:
            key, message = next(iter(self._messages.items()))
            if now - message.since <= SECONDS:
                return
            self._lose(key, INCOMPLETE)

    def close(self) -> None:
        """Give up everything: no more chunks will come."""
        for key in list(self._messages):
            self._lose(key, INCOMPLETE)

    def _begin(self, key: _Key, count: int, now: float) -> _Message:
        if self._of_peers[key[0]] >= _MOST_OF_A_PEER:
            self._lose(next(other for other in self._messages if other[0] == key[0]), CROWDED_OUT)
        message = self._messages[key] = _Message(now, count)
        self._of_peers[key[0]] += 1
        return message

    def _make_room(self, latest: _Key) -> None:
        while len(self._messages) > _MOST or self._octets > _MOST_OCTETS:
            oldest = next(iter(self._messages))
            self._lose(oldest, CROWDED_OUT)
            if oldest == latest:
                return

    def _lose(self, key: _Key, reason: str) -> None:
        self.lost[reason] += 1
        self._forget(key)

    def _forget(self, key: _Key) -> None:
        message = self._messages.pop(key)
        self._octets -= message.octets
        self._of_peers[key[0]] -= 1
        if not self._of_peers[key[0]]:
            del self._of_peers[key[0]]
