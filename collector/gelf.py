"""GELF over TCP: a stream cut into JSON objects.

GELF 1.1 ends each with NUL, and many senders end them with LF. So NUL always ends one; LF ends one that
stands on a single line, and one of several lines when "{" follows. What is no object is a line, like text.

Feeding never raises, and the same octets give the same frames however they are cut.
"""

import json
import re
from collections.abc import Sequence
from operator import itemgetter
from typing import Final

from collector.framing import Frames
from parsers.schema import Flag

_OBJECT: Final = ord("{")
_OBJECT_END: Final = ord("}")
_FIRST: Final = itemgetter(0)
_LAST: Final = itemgetter(-1)
_NUL: Final = 0
_BLANKS: Final = b"\0 \t\r\n"
_BEFORE_LF: Final = b" \t\r"
_NOT_BLANK: Final = re.compile(rb"[^\0 \t\r\n]")
_LINE_END: Final = re.compile(rb"[\n\0]")
# No JSON has "}" and "{" with only blanks between: there would be a comma.
_SEVERAL_LINES_END: Final = re.compile(rb"\0|\}[ \t\r]{0,32}\n(?=[ \t\r\n]{0,32}\{)")
_LONGEST_MATCH: Final = 67
_LONGEST_END: Final = 64


class GelfFramer:
    """Cuts one stream. Pure: no clock, no socket. It holds ``maximum_octets`` and a little more at most.

    ``holding`` is true while what came may be an object whose sender ends it by nothing: call ``settle`` when
    that sender falls silent.
    """

    def __init__(self, maximum_octets: int) -> None:
        self.holding = False
        self._maximum = maximum_octets
        self._tail = bytearray()
        self._searched = 0  # so much of the tail holds no end
        self._several_lines = False  # the object at the tail's start goes on after its first line
        self._discarding = False  # the rest of an object that is too long

    def feed(self, octets: bytes) -> Frames:
        """Take the next octets of the stream, give the objects that they complete."""
        out = Frames()
        self._tail += octets
        if not (self._several_lines or self._discarding) and (b"\n" in octets or b"\0" in octets):
            self._cut_simple(out)
        while self._tail and self._step(out):
            self._searched, self._several_lines = 0, False
        self.holding = self._ends_as_object()
        return out

    @property
    def held_octets(self) -> int:
        """Octets held back until their object is complete."""
        return len(self._tail)

    def truncate(self) -> Frames:
        """Give the object at hand as it is, flagged ``truncated``; what comes of it yet is discarded."""
        out = Frames()
        if self._tail and not self._discarding:
            out.add(bytes(self._tail), Flag.TRUNCATED)
            self._tail.clear()
            self._discarding = True
        return out

    def settle(self) -> Frames:
        """Give an object that is complete; to be called when the sender has been silent for a while."""
        out = Frames()
        if self._ends_as_object() and _is_json(bytes(self._tail)):
            self._give_tail(out)
        self.holding = False
        return out

    def finish(self) -> Frames:
        """Take the end of the stream: give what is left, flagged where it is cut."""
        out = Frames()
        if self._discarding:
            out.discarded = len(self._tail)
            self._tail.clear()
        elif self._ends_as_object():
            self._give_tail(out)
        else:
            self._give_tail(out, Flag.FRAMING_ERROR, Flag.TRUNCATED)
        return out

    def _cut_simple(self, out: Frames) -> None:
        """Cut with one split what ends in NUL or LF alone, as nearly all streams do."""
        tail = self._tail
        trailer = b"\n" if b"\0" not in tail else b"\0" if b"\n" not in tail else None
        end = -1 if trailer is None else tail.rfind(trailer)
        if trailer is None or end < 0:
            return
        frames = bytes(tail[:end]).split(trailer)
        if _are_objects(frames) and max(map(len, frames)) <= self._maximum:
            out.frames += frames
            del tail[: end + 1]
            self._searched = 0

    def _step(self, out: Frames) -> bool:
        """Get one object or line further; False when more octets are needed for that."""
        tail = self._tail
        if self._discarding:
            return self._discard(out)
        if not self._searched:
            start = _NOT_BLANK.search(tail)
            del tail[: len(tail) if start is None else start.start()]
        end = self._end() if tail else None
        if end is not None and end <= self._maximum + len(_BEFORE_LF):
            self._give(out, end)
        elif end is not None or len(tail) > self._maximum + _LONGEST_MATCH:  # what could end it was seen
            out.add(bytes(tail[: self._maximum]), Flag.TRUNCATED)
            del tail[: self._maximum]
            self._discarding = True
        else:
            return False
        return True

    def _give(self, out: Frames, end: int) -> None:
        self._add(out, bytes(self._tail[:end]).rstrip(_BEFORE_LF))
        del self._tail[: end + 1]

    def _add(self, out: Frames, frame: bytes, *flags: Flag) -> None:
        if len(frame) > self._maximum:
            out.discarded += len(frame) - self._maximum
            frame, flags = frame[: self._maximum], tuple(dict.fromkeys((*flags, Flag.TRUNCATED)))
        out.add(frame, *flags)

    def _end(self) -> int | None:
        """Find the LF or NUL that ends the object or line at the tail's start."""
        tail = self._tail
        if not self._several_lines:
            found = _LINE_END.search(tail, self._searched)
            if found is None:
                self._searched = len(tail)
                return None
            line = found.start()
            if tail[0] != _OBJECT or tail[line] == _NUL or _ends_as_object(tail, line):
                return line
            self._several_lines, self._searched = True, line
        found = _SEVERAL_LINES_END.search(tail, self._searched)
        self._searched = max(len(tail) - _LONGEST_MATCH, self._searched)
        return None if found is None else found.end() - 1

    def _discard(self, out: Frames) -> bool:
        found = _LINE_END.search(self._tail)
        size = len(self._tail) if found is None else found.end()
        out.discarded += size
        del self._tail[:size]
        self._discarding = found is None
        return found is not None

    def _ends_as_object(self) -> bool:
        return not self._discarding and _ends_as_object(self._tail, len(self._tail))

    def _give_tail(self, out: Frames, *flags: Flag) -> None:
        if frame := bytes(self._tail).strip(_BLANKS):
            self._add(out, frame, *flags)
        self._tail.clear()
        self._searched, self._several_lines = 0, False


def _are_objects(frames: Sequence[bytes]) -> bool:
    try:
        return set(map(_FIRST, frames)) == {_OBJECT} and set(map(_LAST, frames)) == {_OBJECT_END}
    except IndexError:  # an empty one
        return False


def _ends_as_object(octets: bytearray, end: int) -> bool:
    return octets[max(end - _LONGEST_END, 0) : end].rstrip(_BLANKS).endswith(b"}")


def _is_json(octets: bytes) -> bool:
    try:
        json.loads(octets)
    except (ValueError, RecursionError):  # no JSON, no UTF-8, or nested without end
        return False
    return True
