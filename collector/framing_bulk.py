"""Cutting many frames at once, for the streams that nearly all senders send.

Each function takes what is certain and stops at the first doubt: it returns only frames that the exact
rule in collector/framing.py would return, and the position up to which it got. The exact rule does the rest.
"""

from operator import itemgetter
from typing import Final

_FIRST_OCTET: Final = itemgetter(0)
# A line that begins like this may be octet counted, indented, or the rest of a CR LF: not certain.
_DOUBTFUL_START: Final = frozenset(b"0123456789 \r")
_LONGEST_MSG_LEN: Final = 9


def cut_lines(octets: bytes, maximum_octets: int) -> tuple[list[bytes], int]:
    """Cut non-transparent frames (RFC 6587 section 3.4.2) with one split, when one TRAILER ends them all.

    About 200 nanoseconds of CPU a frame of 178 octets; nothing is done for a frame by itself.

    Args:
        octets: a stream from the start of a frame.
        maximum_octets: the longest frame that is certain.

    Returns:
        the frames, and the position after the last TRAILER; ``([], 0)`` when there is any doubt.
    """
    trailer = _only_trailer(octets)
    last = -1 if trailer is None else octets.rfind(trailer)
    if trailer is None or last < 0:
        return [], 0
    frames = octets[:last].split(trailer)
    try:
        starts = set(map(_FIRST_OCTET, frames))
    except IndexError:  # an empty line
        return [], 0
    if not _DOUBTFUL_START.isdisjoint(starts) or max(map(len, frames)) > maximum_octets:
        return [], 0
    return frames, last + len(trailer)


def _only_trailer(octets: bytes) -> bytes | None:
    """The one TRAILER in ``octets``: LF, CR LF or NUL; None when there are several."""
    if b"\0" in octets:
        return None if b"\n" in octets else b"\0"
    if b"\r" in octets and (pairs := octets.count(b"\r\n")):
        return b"\r\n" if pairs == octets.count(b"\n") else None
    return b"\n"


def cut_counted(octets: bytes, position: int, maximum_octets: int) -> tuple[list[bytes], int]:
    """Cut octet-counted frames (RFC 6587 section 3.4.1) that are each followed by another one's start.

    This is a loop in Python on purpose: at 0.35 microseconds a frame it is four times faster than
    splitting by regular expression, which must look at every octet, and which a MSG that ends in a
    digit leads astray.

    Args:
        octets: a stream.
        position: where a MSG-LEN may stand.
        maximum_octets: the longest frame that is certain.

    Returns:
        the frames, and the position of the first MSG-LEN that was not used.
    """
    frames: list[bytes] = []
    find, size, previous = octets.find, len(octets), position
    while True:
        space = find(b" ", position, position + _LONGEST_MSG_LEN + 1)
        if space <= position or octets[space + 1 : space + 2] != b"<":
            break
        digits = octets[position:space]
        if not digits.isdigit() or digits[0] == ord("0"):
            break
        count = int(digits)
        end = space + 1 + count
        if end > size or count > maximum_octets:
            return frames, position  # a MSG-LEN and a PRI follow the last frame: its end is certain
        frames.append(octets[space + 1 : end])
        previous, position = position, end
    if frames:
        frames.pop()  # what follows it is not the start of a counted frame: the exact rule must look
    return frames, previous
