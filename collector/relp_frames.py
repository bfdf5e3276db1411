"""Frames of RELP: octets in, commands out (the specification's section "Frame Syntax").

    RELP-FRAME  = TXNR SP COMMAND SP DATALEN [SP DATA] LF
    TXNR        = 1*9DIGIT         ; counts from 1, and from 1 again after 999999999; 0 is for hints
    COMMAND     = 1*32ALPHA
    DATALEN     = 1*9DIGIT         ; the octets of DATA; without any there is no SP before LF
    DATA        = *OCTET

A SP before LF is accepted where DATALEN is 0, and so are leading zeros, as librelp accepts them.
"""

import re
from dataclasses import dataclass
from typing import Final

LAST_TXNR: Final = 999_999_999
# An octet count may reserve no memory, and what is longer than any listener keeps is a mistake in counting.
LONGEST_DATA: Final = 16_777_216

_HEADER: Final = re.compile(rb"([0-9]{1,9}) ([A-Za-z]{1,32}) ([0-9]{1,9})(?=[ \n])")
_HEADER_BEGUN: Final = re.compile(rb"[0-9]{1,9}(?: (?:[A-Za-z]{1,32}(?: (?:[0-9]{1,9})?)?)?)?\Z")
_LONGEST_HEADER: Final = 52
_SYSLOG: Final = re.compile(rb"([0-9]{1,9}) syslog ([1-9][0-9]{0,8}) ")
_LF: Final = ord("\n")
_SP: Final = ord(" ")


class FrameError(Exception):
    """No RELP: the session must end at once, since no frame after this can be found."""


@dataclass(frozen=True, slots=True)
class Header:
    """The beginning of a frame: its DATA are ``data`` up to ``end`` in the octets, and LF must follow."""

    txnr: int
    command: bytes
    data: int
    end: int


def next_txnr(txnr: int) -> int:
    """Give the number that follows."""
    return txnr % LAST_TXNR + 1


def read_header(octets: bytes, position: int) -> Header | None:
    """Read the header that begins at ``position``; None when more octets are needed.

    Raises:
        FrameError: when it is none, whatever follows; the text says why, in few kinds.
    """
    found = _HEADER.match(octets, position)
    if found is None:
        if position == len(octets):
            return None
        if _HEADER_BEGUN.match(octets[position : position + _LONGEST_HEADER]) is None:
            raise FrameError("no frame where one should begin")
        return None
    length = int(found[3])
    if length > LONGEST_DATA:
        raise FrameError(f"DATALEN over {LONGEST_DATA}")
    data = found.end() + bool(length or octets[found.end()] == _SP)
    if length and octets[found.end()] != _SP:
        raise FrameError("no SP after DATALEN")
    return Header(int(found[1]), found[2], data, data + length)


def ends_frame(octets: bytes, position: int) -> None:
    """Check that a frame's TRAILER stands at ``position``, which is there.

    Raises:
        FrameError: when it does not: DATALEN was wrong.
    """
    if octets[position] != _LF:
        raise FrameError("no LF after the octets that DATALEN counts")


def cut_syslog(octets: bytes, position: int, txnr: int, maximum_octets: int) -> tuple[list[bytes], int]:
    """Cut the run of commands ``syslog`` that begins at ``position``.

    A match and a slice a message, 0.4 microseconds. It stops at the first doubt, an empty message or one that
    is too long included: ``read_header`` then says what that is.

    Args:
        octets: a session's, from the start of a frame.
        position: where a frame may begin.
        txnr: the number of the first command.
        maximum_octets: the longest DATA that is taken.

    Returns:
        the DATA of each, and the position after the last.
    """
    messages: list[bytes] = []
    size, match = len(octets), _SYSLOG.match
    while (found := match(octets, position)) is not None:
        begin, length = found.end(), int(found[2])
        end = begin + length
        if end >= size or octets[end] != _LF or length > maximum_octets or int(found[1]) != txnr:
            break
        messages.append(octets[begin:end])
        position = end + 1
        txnr += 1
    return messages, position
