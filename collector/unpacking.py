"""The first look at a stream of messages: is it compressed as a whole (rsyslog's ``stream:always``)?

Pure: octets in; out come octets for the framer, piece by piece, so that whoever takes them can wait between.
"""

from typing import Final

from collector.guest_payloads import compressed_stream
from collector.inflate import StreamInflater

_LONGEST_LOOK: Final = 4_096


class Unpacking:
    """One stream's first stage.

    Attributes:
        plain: whether it is known that nothing has to be unpacked, and everything was given.
    """

    def __init__(self) -> None:
        self.plain = False
        self._held = b""  # while it cannot be told
        self._inflater: StreamInflater | None = None

    @property
    def compressed(self) -> bool:
        """Whether the stream is compressed."""
        return self._inflater is not None

    @property
    def failure(self) -> str | None:
        """Why the stream cannot be read any further, in few kinds; None as long as it can."""
        return None if self._inflater is None else self._inflater.failure

    @property
    def pending(self) -> bool:
        """Whether there is another piece."""
        return self._inflater is not None and self._inflater.pending

    def feed(self, octets: bytes, *, complete: bool = False) -> bytes:
        """Take the next octets of the stream; give what of them is plain. ``piece`` has the rest.

        Args:
            octets: as they came.
            complete: whether no more come.
        """
        if self._inflater is not None:
            self._inflater.feed(octets)
            return b""
        held = self._held + octets
        found = compressed_stream(held[:_LONGEST_LOOK], complete=complete)
        self._held = held if found is None else b""
        if found:
            self._inflater = StreamInflater()
            self._inflater.feed(held)
        self.plain = found is False and bool(held)
        return held if found is False else b""

    def piece(self) -> bytes:
        """Give the next piece of what was compressed; it may be empty."""
        return b"" if self._inflater is None else self._inflater.piece()
