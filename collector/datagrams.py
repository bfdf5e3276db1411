"""What came from a UDP socket, put in order (RFC 5426): a datagram is a frame (section 3.1).

Everything here works on a whole drain of the socket at a time.
"""

import re
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, compress, count, groupby, starmap
from itertools import repeat as repeated
from operator import itemgetter
from typing import Final

from collector.datagram_reading import Received, Runs
from collector.guests import Guest, datagram_guests
from collector.inflate import inflate
from parsers.pipeline import Arrival
from parsers.schema import Flag

_FIRST: Final = itemgetter(0)
_Z: Final = ord("z")
_COMPRESSED: Final = re.compile(rb"zx[\x01\x5e\x9c\xda]")  # rsyslog's compression.mode="single"


@dataclass(frozen=True, slots=True)
class Datagrams:
    """A drain's worth of frames. ``flags`` is sparse, by number of the frame."""

    frames: Sequence[bytes]
    arrivals: list[Arrival]
    flags: dict[int, tuple[Flag, ...]]
    empty: int  # datagrams without an octet: counted, never records (RFC 5426 has no such message)
    compressed: int  # how many came compressed, and were inflated
    guests: Sequence[tuple[Guest, str]] = ()  # who spoke another protocol, whose datagrams are no frames
    discarded: int = 0  # octets of theirs


def sort_datagrams(
    received: Received, received_at: int, *, guests: bool = True, maximum_octets: int = 65_535
) -> Datagrams:
    """Make frames and arrivals of what one drain received.

    Args:
        received: at least one datagram.
        received_at: nanoseconds since 1970, for all of them.
        guests: whether to look for datagrams of other protocols, which are no frames.
        maximum_octets: the longest message that a compressed datagram may give; the rest is cut.
    """
    whole = _chosen(received, received.octets) if b"" in received.octets else received
    empty = len(received.octets) - len(whole.octets)
    found = datagram_guests(whole.octets, "udp") if guests else {}
    strangers: list[tuple[Guest, str]] = []
    discarded = 0
    if found:
        peers = list(_each_peer(whole.runs))
        strangers = [(guest, peers[number]) for number, guest in found.items()]
        discarded = sum(len(whole.octets[number]) for number in found)
        whole = _chosen(whole, [number not in found for number in range(len(peers))])
    flags: dict[int, tuple[Flag, ...]] = {}
    if any(whole.flags):
        flags = {
            number: (Flag.TRUNCATED,) for number, flag in enumerate(whole.flags) if flag & socket.MSG_TRUNC
        }
    frames, compressed = whole.octets, 0
    if _Z in map(_FIRST, frames):
        frames, compressed = _inflate(frames, flags, maximum_octets)
    return Datagrams(
        frames=frames,
        arrivals=[Arrival(received_at, peer, number) for peer, number in whole.runs],
        flags=flags,
        empty=empty,
        compressed=compressed,
        guests=strangers,
        discarded=discarded,
    )


def _inflate(
    datagrams: Sequence[bytes], flags: dict[int, tuple[Flag, ...]], maximum_octets: int
) -> tuple[tuple[bytes, ...], int]:
    """Inflate those that came compressed, flag them, and tell how many they are."""
    frames, inflated = list(datagrams), 0
    for number in compress(count(), map(_COMPRESSED.match, datagrams)):
        found = inflate(datagrams[number][1:], maximum_octets)
        # Of texts such as "zx^2" something may come out, too.
        if found is not None and (found.whole or found.octets.startswith(b"<")):
            frames[number] = found.octets
            flags[number] = (Flag.INFLATED,) if found.whole else (Flag.TRUNCATED, Flag.INFLATED)
            inflated += 1
    return tuple(frames), inflated


def _chosen(received: Received, wanted: Sequence[object]) -> Received:
    """Leave out those that are not wanted, which are few."""
    peers = compress(_each_peer(received.runs), wanted)
    return Received(
        tuple(compress(received.octets, wanted)),
        tuple(compress(received.flags, wanted)),
        [(peer, len(list(run))) for peer, run in groupby(peers)],
    )


def _each_peer(runs: Runs) -> Iterable[str]:
    return chain.from_iterable(starmap(repeated, runs))
