"""Frames out of DTLS records (RFC 6012 section 5.4): octet-counted SYSLOG-FRAMEs, or a bare message each.

Several frames may lie in one record, and one over several. Records can be lost or overtake each other, so
whoever feeds them says where the one before is missing: what was begun there is given out, flagged, since its
rest would be another message's octets. Pure: no clock, no socket.
"""

import re
from typing import Final

from collector.framing import DEFAULT_MAXIMUM_OCTETS, Frames
from parsers.schema import Flag

_MSG_LEN: Final = re.compile(rb"([1-9][0-9]{0,8}) ")
_MSG_LEN_UNFINISHED: Final = re.compile(rb"[1-9][0-9]{0,8}\Z")
_PADDING: Final = re.compile(rb"[ \r\n\0]*\Z")  # what some put behind a counted frame
_STARTS_OR_ENDS_A_FRAME: Final = frozenset(b"123456789<\n\r\0")
_LESS_THAN: Final = ord("<")


class RecordFramer:
    """Cuts the records of one session into frames.

    A record that starts with "<", or with neither that nor MSG-LEN, is one message as it stands: many senders
    frame nothing here. ``holding`` is true while a frame waits for its rest.
    """

    def __init__(self, maximum_octets: int = DEFAULT_MAXIMUM_OCTETS) -> None:
        self._maximum = maximum_octets
        self._begun = bytearray()  # of a message whose rest is to come, or of a MSG-LEN
        self._missing = 0  # octets of that message; 0 while MSG-LEN itself is not whole
        self._oversize = False

    @property
    def holding(self) -> bool:
        """Whether a frame waits for its rest."""
        return bool(self._begun or self._missing)

    def feed(self, record: bytes, *, gap: bool) -> Frames:
        """Take a record's plaintext, give the frames that it completes.

        Args:
            record: one record's octets.
            gap: whether the record before this one did not come.
        """
        out = Frames()
        if gap:
            self._give_up(out)
        position = 0
        if self._missing:
            position = self._continue(record, out)
        elif self._begun:
            record, self._begun = bytes(self._begun) + record, bytearray()
        elif record.startswith(b"<"):
            self._give(out, record)
            return out
        self._cut(record, position, out, doubtful=gap)
        return out

    def finish(self) -> Frames:
        """Take it that nothing more comes of what was begun: give it, flagged."""
        out = Frames()
        self._give_up(out)
        return out

    def _continue(self, record: bytes, out: Frames) -> int:
        taken = record[: self._missing]
        self._missing -= len(taken)
        self._collect(taken, out)
        if not self._missing:
            out.add(bytes(self._begun), *((Flag.TRUNCATED,) if self._oversize else ()))
            self._begun = bytearray()
            self._oversize = False
        return len(taken)

    def _collect(self, octets: bytes, out: Frames) -> None:
        room = self._maximum - len(self._begun)
        self._begun += octets[:room]
        if len(octets) > room:
            self._oversize = True
            out.discarded += len(octets) - room

    def _cut(self, record: bytes, position: int, out: Frames, *, doubtful: bool) -> None:
        size = len(record)
        while position < size:
            found = _MSG_LEN.match(record, position)
            if found is None or not self._is_counted(record, found):
                self._give_rest(record, position, out, doubtful=doubtful)
                return
            message, end = found.end(), found.end() + int(found[1])
            if end > size:
                self._missing = end - size
                self._collect(record[message:], out)
                return
            self._give(out, record[message:end])
            position = end

    def _is_counted(self, record: bytes, found: "re.Match[bytes]") -> bool:
        """Rule 6587-8, within a record: ``1 2026-11-20T...`` is a line that lost its PRI."""
        message, end = found.end(), found.end() + int(found[1])
        if message == len(record) or record[message] == _LESS_THAN:
            return True
        return end <= len(record) and (end == len(record) or record[end] in _STARTS_OR_ENDS_A_FRAME)

    def _give_rest(self, record: bytes, position: int, out: Frames, *, doubtful: bool) -> None:
        """What is no counted frame: a bare message when it is the whole record, else something miscounted."""
        if position and _PADDING.match(record, position):
            out.discarded += len(record) - position
        elif _MSG_LEN_UNFINISHED.match(record, position):
            self._begun += record[position:]
        else:
            self._give(out, record[position:], *((Flag.FRAMING_ERROR,) if position or doubtful else ()))

    def _give(self, out: Frames, message: bytes, *flags: Flag) -> None:
        if len(message) > self._maximum:
            out.discarded += len(message) - self._maximum
            message, flags = message[: self._maximum], (*flags, Flag.TRUNCATED)
        out.add(message, *flags)

    def _give_up(self, out: Frames) -> None:
        if self._begun:
            out.add(bytes(self._begun), Flag.FRAMING_ERROR, *((Flag.TRUNCATED,) if self._missing else ()))
        self._begun = bytearray()
        self._missing = 0
        self._oversize = False
