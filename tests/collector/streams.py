"""Feeding a framer in every way that a network can cut a stream."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from collector.framing import DEFAULT_MAXIMUM_OCTETS, Frames, StreamFramer
from collector.guests import Guest
from parsers.schema import Flag


@dataclass
class Framed:
    """Everything that a framer gave for a whole stream, however it was cut."""

    frames: list[bytes] = field(default_factory=list)
    flags: dict[int, tuple[Flag, ...]] = field(default_factory=dict)
    discarded: int = 0
    guest: Guest | None = None

    def add(self, out: Frames) -> None:
        """Take what one call gave."""
        for number, flags in out.flags.items():
            self.flags[len(self.frames) + number] = flags
        self.frames += out.frames
        self.discarded += out.discarded
        self.guest = out.guest

    @property
    def complete(self) -> list[bytes]:
        """The frames that are not flagged as cut."""
        cut = {number for number, flags in self.flags.items() if Flag.TRUNCATED in flags}
        return [frame for number, frame in enumerate(self.frames) if number not in cut]


def framed(pieces: Iterable[bytes], maximum_octets: int = DEFAULT_MAXIMUM_OCTETS) -> Framed:
    """Feed a new framer piece by piece, then end the stream."""
    framer, result = StreamFramer(maximum_octets), Framed()
    for piece in pieces:
        result.add(framer.feed(piece))
    result.add(framer.finish())
    assert framer.held_octets == 0
    return result


def cuts(stream: bytes) -> Iterator[list[bytes]]:
    """The stream split at each position, and octet by octet."""
    for position in range(1, len(stream)):
        yield [stream[:position], stream[position:]]
    yield [stream[position : position + 1] for position in range(len(stream))]


def framed_however_cut(stream: bytes, maximum_octets: int = DEFAULT_MAXIMUM_OCTETS) -> Framed:
    """Frame a stream whole, and assert that it gives the same cut in every way."""
    whole = framed([stream], maximum_octets)
    for pieces in cuts(stream):
        assert framed(pieces, maximum_octets) == whole, pieces
    return whole


def counted(*messages: bytes) -> bytes:
    """Octet-counted frames."""
    return b"".join(b"%d %b" % (len(message), message) for message in messages)
