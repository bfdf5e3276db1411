"""GELF over UDP: datagrams in, JSON objects out (GELF 1.1: chunks, zlib, gzip, or none of them).

Nearly always every datagram is an object, which a look at each first octet tells; only others are looked at
one by one. What is compressed is inflated no further than it is kept. Pure: the clock is an argument.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final

from collector.gelf_chunks import MAGIC, Chunks
from collector.guests import Guest, guest
from collector.inflate import ZLIB_OR_GZIP, inflate
from parsers.pipeline import Arrival
from parsers.schema import Flag

_FIRST_OCTET: Final = itemgetter(0)
_OBJECT: Final = frozenset(b"{")


@dataclass(slots=True)
class Objects:
    """What one drain of a socket gave. ``flags`` is sparse, by number of the frame."""

    frames: Sequence[bytes]
    arrivals: Sequence[Arrival]
    flags: dict[int, tuple[Flag, ...]] = field(default_factory=dict)
    guests: list[tuple[Guest, str]] = field(default_factory=list)  # who spoke another protocol
    discarded: int = 0  # octets of theirs
    inflated: int = 0  # messages that were compressed


class GelfDatagrams:
    """Reads one listener's datagrams.

    Args:
        maximum_octets: the longest message that is kept whole; what inflates to more is cut and flagged.
    """

    def __init__(self, maximum_octets: int) -> None:
        self.chunks = Chunks()
        self.maximum_octets = maximum_octets

    def read(
        self,
        datagrams: Sequence[bytes],
        arrivals: Sequence[Arrival],
        flags: dict[int, tuple[Flag, ...]],
        now: float,
    ) -> Objects:
        """Read what one drain of the socket received.

        Args:
            datagrams: none of them empty.
            arrivals: runs of them.
            flags: those that are set already, by number of the datagram.
            now: seconds, of a clock that never goes back.
        """
        if _OBJECT.issuperset(map(_FIRST_OCTET, datagrams)):
            return Objects(datagrams, arrivals, flags)
        return self._read_each(datagrams, arrivals, flags, now)

    def _read_each(
        self,
        datagrams: Sequence[bytes],
        arrivals: Sequence[Arrival],
        flags: dict[int, tuple[Flag, ...]],
        now: float,
    ) -> Objects:
        frames: list[bytes] = []
        runs: list[Arrival] = []
        out = Objects(frames, runs)
        number = 0
        for run in arrivals:
            before = len(frames)
            for datagram in datagrams[number : number + run.count]:
                self._read(datagram, run.peer, flags.get(number, ()), now, out, frames)
                number += 1
            if len(frames) > before:
                runs.append(Arrival(run.received_at, run.peer, len(frames) - before, run.tls_identity))
        return out

    def _read(  # noqa: PLR0913, PLR0917 - a datagram with all that is known of it, and where it goes
        self,
        datagram: bytes,
        peer: str,
        flags: tuple[Flag, ...],
        now: float,
        out: Objects,
        frames: list[bytes],
    ) -> None:
        if datagram.startswith(MAGIC):
            message = self.chunks.add(peer, datagram, now)
            if message is None:
                return
            datagram = message
        else:
            stranger = guest(datagram, "gelf-udp", complete=True)
            if isinstance(stranger, Guest):
                out.guests.append((stranger, peer))
                out.discarded += len(datagram)
                return
        if ZLIB_OR_GZIP.match(datagram) and (inflated := inflate(datagram, self.maximum_octets)) is not None:
            out.inflated += 1
            datagram = inflated.octets
            flags = flags if inflated.whole else (*flags, Flag.TRUNCATED)
        elif len(datagram) > self.maximum_octets:
            out.discarded += len(datagram) - self.maximum_octets
            datagram, flags = datagram[: self.maximum_octets], (*flags, Flag.TRUNCATED)
        if flags:
            out.flags[len(frames)] = tuple(dict.fromkeys(flags))
        frames.append(datagram)
