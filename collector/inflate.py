"""Inflating what came compressed, within bounds: zlib's format (RFC 1950) and gzip's (RFC 1952).

A little input can inflate to a thousand times as much. So a message is inflated no further than it is kept,
and a stream piece by piece, each of which goes its way before the next.
"""

import re
import zlib
from typing import Final, NamedTuple

_EITHER_HEADER: Final = 32 + zlib.MAX_WBITS  # zlib's or gzip's (zlib manual, inflateInit2)
_PIECE_OCTETS: Final = 262_144
# Deflate gives 1032 octets for one at most. Logs give some 10, one message repeated a few hundred. What gives
# more than this is made to; a stream may do so for its first octets only, which tell nothing yet.
_LARGEST_RATIO: Final = 512
_ANY_RATIO_OCTETS: Final = 4_194_304

ZLIB_OR_GZIP: Final = re.compile(rb"x[\x01\x5e\x9c\xda]|\x1f\x8b\x08")


class Inflated(NamedTuple):
    """A message that was compressed. ``whole`` is false when its end is missing or over the limit."""

    octets: bytes
    whole: bool


def inflate(octets: bytes, maximum_octets: int) -> Inflated | None:
    """Inflate one message; None when these octets are not compressed, or nothing comes out of them.

    Args:
        octets: of zlib's or gzip's format, from the first on; whatever follows their end makes it None.
        maximum_octets: how many are given at most.
    """
    inflater = zlib.decompressobj(_EITHER_HEADER)
    try:
        found = inflater.decompress(octets, maximum_octets)
        more = len(found) == maximum_octets and bool(inflater.decompress(inflater.unconsumed_tail, 1))
    except zlib.error:
        return None
    if not found or inflater.unused_data:
        return None
    return Inflated(found, whole=inflater.eof and not more)


class StreamInflater:
    """Inflates one stream. Pure: no socket.

    Attributes:
        failure: why nothing more can be inflated, in few kinds; None as long as it can.
    """

    def __init__(self) -> None:
        self.failure: str | None = None
        self._inflater = zlib.decompressobj(_EITHER_HEADER)
        self._pending = b""
        self._full = False  # the last piece, so that there may be more without more input
        self._taken = 0
        self._given = 0

    @property
    def pending(self) -> bool:
        """Whether there may be another piece."""
        return (bool(self._pending) or self._full) and self.failure is None

    def feed(self, octets: bytes) -> None:
        """Take the next octets of the stream."""
        self._taken += len(octets)
        self._pending += octets

    def piece(self) -> bytes:
        """Give the next piece of what they inflate to; it may be empty."""
        before = self._inflater.copy()  # an error takes along what came out before it
        try:
            found = self._inflater.decompress(self._pending, _PIECE_OCTETS)
        except zlib.error:
            self.failure = "compressed stream damaged"
            return _before_damage(before, self._pending)
        self._pending = self._inflater.unconsumed_tail
        self._full = len(found) == _PIECE_OCTETS
        self._given += len(found)
        if self._inflater.eof:  # rsyslog begins a new stream when it opens its file or connection anew
            self._pending = self._inflater.unused_data
            self._inflater = zlib.decompressobj(_EITHER_HEADER)
        if self._given > max(_ANY_RATIO_OCTETS, self._taken * _LARGEST_RATIO):
            self.failure = f"compressed stream inflates to more than {_LARGEST_RATIO} times its size"
        return found


def _before_damage(inflater: "zlib._Decompress", octets: bytes) -> bytes:
    """Inflate what stands before the octet that cannot be: steps that fail are halved."""
    found, step = b"", len(octets)
    while step:
        trial = inflater.copy()
        try:
            found += trial.decompress(octets[:step], _PIECE_OCTETS)
        except zlib.error:
            step //= 2
        else:
            inflater, octets = trial, octets[step:]
            step = min(step, len(octets))
    return found
