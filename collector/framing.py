"""Framing of a stream: octets in, frames out (RFC 6587; RFC 5425 section 4.3 is its octet counting).

    TCP-DATA         = *SYSLOG-FRAME
    SYSLOG-FRAME     = MSG-LEN SP SYSLOG-MSG          ; octet counting, section 3.4.1
                     / SYSLOG-MSG TRAILER             ; non-transparent framing, section 3.4.2
    MSG-LEN          = NONZERO-DIGIT *DIGIT           ; here at most nine digits
    TRAILER          = LF / CR LF / NUL

The method is found anew for every frame (section 3.4.3): octet counting when MSG-LEN SP is followed by
"<", or when the octet after MSG-LEN octets can start or end a frame and no LF lies inside.

Feeding never raises, and the same octets give the same frames however they are cut. There are three
outcomes:

* a frame, perhaps with flags that say which leniency was used;
* a frame lost: octets that belong to no frame, counted in ``Frames.discarded``;
* the stream lost: ``Frames.guest`` says what it is, and the connection should be closed. Only a stream that
  certainly is no syslog (see collector/guests.py) is lost, never one with a bad message in it.

What is kept of a frame is exactly what its sender framed. A LF that MSG-LEN counts is part of it.
"""

import re
import sys
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final, Protocol

from collector.framing_bulk import cut_counted, cut_lines
from collector.guests import LONGEST_OPENING, Guest, NeedMore, guest
from parsers.schema import Flag

DEFAULT_MAXIMUM_OCTETS: Final = 65_536

_MSG_LEN: Final = re.compile(rb"([1-9][0-9]{0,8}) ")
_MSG_LEN_UNFINISHED: Final = re.compile(rb"[1-9][0-9]{0,8}\Z")
# Blank lines, and the indentation of the line after them. A line of more blanks than that is text.
_BETWEEN_FRAMES: Final = re.compile(rb"((?>[\r ]{0,64}[\n\0])*)[\r ]*")
_LINE_END: Final = re.compile(rb"[\n\0]")
_AFTER_COUNTED: Final = re.compile(rb"[0-9<\n\r\0]| {1,3}(?:[<\n\r\0]|[1-9][0-9]{0,8} <)")
_AFTER_COUNTED_UNSEEN: Final = re.compile(rb"(?: {1,3}(?:[1-9][0-9]{0,8} ?)?)?\Z")
_RESYNCHRONISE: Final = re.compile(rb"[\n\0]|[1-9][0-9]{0,8} <")
_RESYNCHRONISE_HINT: Final = re.compile(rb"[\n\0<]")  # without one of these there is no match
_NOT_A_MSG_LEN: Final = re.compile(rb"[0-9]+ +<")
_STARTS_OR_ENDS_A_FRAME: Final = frozenset(b"123456789<\n\r\0")

_LONGEST_MATCH: Final = 16  # no pattern above matches more octets, but for repeated SP, LF, CR and NUL
_LONGEST_INDENTATION: Final = 64  # past this, leading SP are the text itself
_BEFORE_AND_BEHIND: Final = 128  # more octets than are looked at around a frame
_NOWHERE: Final = sys.maxsize


@dataclass(slots=True)
class Frames:
    """What one call of a framer gave.

    ``flags`` is sparse: the number of a frame in ``frames`` to the flags that framing sets on it.
    ``discarded`` counts octets that belong to no frame. ``guest`` is the protocol of a stream that is lost.
    """

    frames: list[bytes] = field(default_factory=list)
    flags: dict[int, tuple[Flag, ...]] = field(default_factory=dict)
    discarded: int = 0
    guest: Guest | None = None

    def add(self, frame: bytes, *flags: Flag) -> None:
        """Append one frame."""
        if flags:
            self.flags[len(self.frames)] = flags
        self.frames.append(frame)


class Framer(Protocol):
    """Cuts one stream, as ``StreamFramer`` does."""

    holding: bool

    def feed(self, octets: bytes) -> Frames:
        """Take the next octets, give the frames that they complete."""

    @property
    def held_octets(self) -> int:
        """Octets held back until their frame is complete."""

    def settle(self) -> Frames:
        """Give what is complete; to be called when the sender has been silent for a while."""

    def truncate(self) -> Frames:
        """Give the long frame at hand as it is, flagged; its rest will be discarded."""

    def finish(self) -> Frames:
        """Take the end of the stream."""


class _After(Enum):
    """What comes after the octets at hand."""

    MORE = auto()  # perhaps more octets, at any time
    SILENCE = auto()  # nothing for a while
    END = auto()  # nothing, for ever


class StreamFramer:
    """Cuts one stream into frames. Pure: no clock, no socket.

    It holds at most ``maximum_octets`` and a little more. A frame that is longer is cut at its end, flagged
    ``truncated``, and the rest of it discarded by its count or up to its TRAILER.

    A counted frame is given out when the octet after it is seen, since only that shows whether its count
    was right. ``holding`` is true while such a frame waits; call ``settle`` when the sender falls silent.
    """

    def __init__(self, maximum_octets: int = DEFAULT_MAXIMUM_OCTETS) -> None:
        self.holding = False
        self._maximum = maximum_octets
        self._tail = bytearray()  # octets from the start of the frame at hand
        self._wake_length = 0  # nothing can be decided before the tail has this length ...
        self._wake_pattern: re.Pattern[bytes] | None = None  # ... or this is found in new octets
        self._searched = 0  # so much of the tail was searched for the place to resynchronise
        self._discard_octets = 0  # rest of an oversize counted frame
        self._discard_line = False  # rest of an oversize line
        self._miscounted = False  # what follows may be the rest of a frame with a wrong MSG-LEN
        self._opening = True  # the first octets have not told yet what this stream is
        self._guest: Guest | None = None  # whose stream this is, which is lost then
        self._take(b"", _After.MORE)

    def feed(self, octets: bytes) -> Frames:
        """Take the next octets of the stream, give the frames that they complete."""
        tail = self._tail
        if not tail:
            return self._cut(octets, _After.MORE)
        if len(tail) + len(octets) < self._wake_length and (
            self._wake_pattern is None or self._wake_pattern.search(octets) is None
        ):
            tail += octets  # octet by octet this must cost no more than an append
            return Frames()
        return self._cut(bytes(tail) + octets, _After.MORE)

    def settle(self) -> Frames:
        """Give what is complete by its count; to be called when the sender has been silent for a while."""
        return self._cut(bytes(self._tail), _After.SILENCE)

    def truncate(self) -> Frames:
        """Give the long frame at hand as it is, flagged ``truncated``; what comes of it yet is discarded."""
        maximum, self._maximum = self._maximum, max(len(self._tail) - _BEFORE_AND_BEHIND, _BEFORE_AND_BEHIND)
        out = self._cut(bytes(self._tail), _After.MORE)
        self._maximum = maximum
        return out

    def finish(self) -> Frames:
        """Take the end of the stream: give what is left, flagged where it is cut (RFC 6587 section 3.5)."""
        return self._cut(bytes(self._tail), _After.END)

    @property
    def held_octets(self) -> int:
        """Octets held back until their frame is complete."""
        return len(self._tail)

    # One run over the octets at hand.

    def _take(self, octets: bytes, after: _After) -> None:
        self._octets = octets
        self._size = len(octets)
        self._after = after
        self._position = 0
        self._line_feed = -1  # the next LF and the next NUL, each looked for once
        self._nul = -1
        self._out = Frames(guest=self._guest)

    def _cut(self, octets: bytes, after: _After) -> Frames:
        self._take(octets, after)
        self.holding = False
        if self._is_syslog():
            self._cut_simple_lines()
            while self._position < self._size and self._step():
                self._searched = 0
        out = self._out
        if self._guest is not None:
            out.discarded += self._size - self._position
            self._position = self._size
        self._tail = bytearray(octets[self._position :])
        self._take(b"", _After.MORE)  # hold on to nothing else
        return out

    def _is_syslog(self) -> bool:
        """False when the stream is lost, or its first octets do not tell yet."""
        if self._opening and self._octets:
            found = self._look_for_guest()
            if isinstance(found, NeedMore):
                return self._wait(found.octets, _LINE_END)
            self._guest = self._out.guest = found
            self._opening = False
        return self._guest is None

    def _look_for_guest(self) -> Guest | NeedMore | None:
        if self._octets.startswith(b"<"):
            return None
        complete = self._after is _After.END or self._size >= LONGEST_OPENING
        return guest(self._octets[:LONGEST_OPENING], "tcp", complete=complete)

    def _cut_simple_lines(self) -> None:
        if self._octets.startswith(b"<") and not (self._discard_octets or self._discard_line):
            self._miscounted = False
            self._out.frames, self._position = cut_lines(self._octets, self._maximum)

    def _step(self) -> bool:
        """Get one frame further; False when more octets are needed for that."""
        if self._discard_octets:
            return self._discard_by_count()
        if self._discard_line:
            return self._discard_to_line_end()
        return self._next_frame()

    def _skip_to(self, position: int) -> bool:
        self._position = position
        return True

    def _wait(self, length: int, pattern: re.Pattern[bytes] | None = None) -> bool:
        """Look again at ``length`` octets of this run, or at ``pattern`` in octets still to come."""
        self._wake_length = length - self._position
        self._wake_pattern = pattern
        return False

    def _hold(self, length: int, pattern: re.Pattern[bytes] | None = None) -> bool:
        self.holding = True
        return self._wait(length, pattern)

    # Where a frame starts, and which method frames it (rules 6587-8 and 6587-9).

    def _next_frame(self) -> bool:
        octets, line = self._octets, self._position
        between = _BETWEEN_FRAMES.match(octets, line)
        start = line if between is None else between.end()
        if between is not None and between.end(1) > line:  # what was left of a miscounted frame ends here
            self._miscounted = False
            self._position = line = between.end(1)
        if start - line > _LONGEST_INDENTATION:
            return self._line(line)
        if start == self._size:
            return self._skip_to(start) if self._after is _After.END else self._wait(0)
        if octets[start] == ord("<"):
            self._miscounted = False
            return self._line(start)
        if ord("1") <= octets[start] <= ord("9"):
            return self._digit(start, line)
        return self._line(line)  # SP before other text is indentation: it belongs to the frame

    def _digit(self, start: int, line: int) -> bool:
        """A frame whose first octet but SP is a digit: octet counting, or a line that starts at ``line``."""
        frames, position = cut_counted(self._octets, start, self._maximum)
        if frames:
            self._miscounted = False
            self._out.frames += frames
            return self._skip_to(position)
        msg_len = _MSG_LEN.match(self._octets, start)
        ended = self._after is _After.END
        if msg_len is None:
            unfinished = not ended and _MSG_LEN_UNFINISHED.match(self._octets, start)
            return self._wait(0) if unfinished else self._line(line)
        message = msg_len.end()
        end = message + int(msg_len[1])
        if message == self._size:
            return self._line(line) if ended else self._wait(0)
        if self._octets[message] == ord("<"):
            return self._counted(message, end)
        if end - message > self._maximum or self._next_line_feed(message) < end:
            return self._line(line)
        return self._digit_without_pri(message, end, line)

    def _digit_without_pri(self, message: int, end: int, line: int) -> bool:
        """``12 Use the BFG!`` is octet counted; ``1 2020-05-22T...`` is a line that lost its PRI."""
        if end < self._size:
            fits = self._octets[end] in _STARTS_OR_ENDS_A_FRAME
            return self._counted(message, end) if fits else self._line(line)
        if end == self._size:
            return self._hold(end + 1) if self._after is _After.MORE else self._counted(message, end)
        return self._line(line) if self._after is _After.END else self._wait(end + 1, _LINE_END)

    # Octet counting.

    def _counted(self, message: int, end: int) -> bool:
        if end - message > self._maximum:
            return self._oversize_counted(message, end)
        if end > self._size:
            return self._cut_short(message) if self._after is _After.END else self._wait(end + 1)
        if _AFTER_COUNTED.match(self._octets, end):
            return self._give_counted(message, end)
        if not _AFTER_COUNTED_UNSEEN.match(self._octets, end):
            return self._wrong_count(message, end)
        if self._after is _After.MORE:
            return self._hold(0)
        return self._give_counted(message, end, doubtful=True)

    def _give_counted(self, message: int, end: int, *, doubtful: bool = False) -> bool:
        self._out.add(self._octets[message:end])
        self._miscounted = doubtful
        return self._skip_to(end)

    def _cut_short(self, message: int) -> bool:
        """The stream ended inside a counted frame: keep what came, never as complete."""
        self._out.add(self._octets[message:], Flag.FRAMING_ERROR, Flag.TRUNCATED)
        return self._skip_to(self._size)

    def _oversize_counted(self, message: int, end: int) -> bool:
        """Rule 6587-10: the first octets are kept, the rest is consumed by its count."""
        kept_end = message + self._maximum
        if kept_end > self._size:
            return self._cut_short(message) if self._after is _After.END else self._wait(kept_end)
        self._out.add(self._octets[message:kept_end], Flag.TRUNCATED)
        self._discard_octets = end - kept_end
        return self._skip_to(kept_end)

    def _wrong_count(self, message: int, end: int) -> bool:
        """Rule 6587-9: neither MSG-LEN nor "<" follows, so the frame goes on to where one does."""
        found = _RESYNCHRONISE.search(self._octets, max(end, self._searched))
        if found is not None and found.start() - message <= self._maximum:
            self._out.add(self._without_cr(message, found.start()), Flag.FRAMING_ERROR)
            return self._skip_to(found.start())
        longest = message + self._maximum + _LONGEST_MATCH
        if found is not None or self._size > longest or self._after is not _After.MORE:
            return self._give_counted(message, end, doubtful=True)
        self._searched = max(end, self._size - _LONGEST_MATCH) - self._position
        return self._hold(longest + 1, _RESYNCHRONISE_HINT)

    def _discard_by_count(self) -> bool:
        octets = min(self._discard_octets, self._size - self._position)
        self._out.discarded += octets
        self._discard_octets -= octets
        self._miscounted = True  # until what follows shows that the count was right
        return self._skip_to(self._position + octets)

    # Non-transparent framing.

    def _line(self, start: int) -> bool:
        end = self._line_end(start)
        if end < _NOWHERE:
            return self._give_line(start, end)
        if self._after is _After.END:
            return self._give_line(start, self._size)
        longest = start + self._maximum + _LONGEST_MATCH
        if self._size < longest:
            return self._wait(longest, _RESYNCHRONISE_HINT if self._miscounted else _LINE_END)
        return self._oversize_line(start)

    def _give_line(self, start: int, end: int) -> bool:
        line = self._without_cr(start, end)
        if len(line) > self._maximum:
            self._out.discarded += end - start - self._maximum
            line = line[: self._maximum]
            self._out.add(line, *self._line_flags(line), Flag.TRUNCATED)
        else:
            self._out.add(line, *self._line_flags(line))
        return self._skip_to(end)

    def _oversize_line(self, start: int) -> bool:
        line = self._octets[start : start + self._maximum]
        self._out.add(line, *self._line_flags(line), Flag.TRUNCATED)
        self._discard_line = True
        return self._skip_to(start + self._maximum)

    def _line_flags(self, line: bytes) -> tuple[Flag, ...]:
        doubtful = self._miscounted or _NOT_A_MSG_LEN.match(line) is not None
        return (Flag.FRAMING_ERROR,) if doubtful else ()

    def _without_cr(self, start: int, end: int) -> bytes:
        """The frame before the TRAILER at ``end``, which as CR LF begins an octet earlier."""
        cr_lf = self._octets[end - 1 : end + 1] == b"\r\n"
        return self._octets[start : end - 1 if cr_lf else end]

    def _discard_to_line_end(self) -> bool:
        pattern = _RESYNCHRONISE if self._miscounted else _LINE_END
        found = pattern.search(self._octets, self._position)
        if found is not None:
            self._discard_line = False
            end = found.start()
        elif self._after is _After.END:
            end = self._size
        else:  # the last of these octets may be the start of a match
            end = max(self._position, self._size - _LONGEST_MATCH)
        self._out.discarded += end - self._position
        self._position = end
        return found is not None or self._wait(0)

    def _line_end(self, start: int) -> int:
        if not self._miscounted:
            if self._nul < start:
                self._nul = _find(self._octets, b"\0", start)
            return min(self._next_line_feed(start), self._nul)
        found = _RESYNCHRONISE.search(self._octets, max(start, self._searched))
        if found is not None:
            return found.start()
        self._searched = max(start, self._size - _LONGEST_MATCH) - self._position
        return _NOWHERE

    def _next_line_feed(self, start: int) -> int:
        if self._line_feed < start:
            self._line_feed = _find(self._octets, b"\n", start)
        return self._line_feed


def _find(octets: bytes, wanted: bytes, start: int) -> int:
    found = octets.find(wanted, start)
    return _NOWHERE if found < 0 else found
