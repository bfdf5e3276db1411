"""A session of RELP, server's side, without I/O: octets in; messages, answers and the end of it out.

    sender                              here
    1 open … relp_version=0 …     →
                                  ←     1 rsp … 200 OK …            (500 … when it cannot be)
    2 syslog 27 <13>1 - h a - …   →     ``Run``: messages for storage
                                  ←     2 rsp 6 200 OK              after ``answer``, never before
    3 close 0                     →
                                  ←     3 rsp 0, 0 serverclose 0    after all answers before it

States: *waiting* (for ``open``), *open*, *closing* (nothing more is read, answers are owed), *ended*.

Answers go in the order of the commands, each after its messages are in storage. A message that storage did
not take is not answered by 500: librelp throws it away then. The session ends without an answer, and the
sender sends again, in a new session, whatever was not answered in this one. So messages come at least once,
and some twice after a connection broke.

A message over the limit is cut at its end, flagged ``truncated``, and answered like any other: its sender
would else come back with it for ever. What is no RELP ends the session at once.
"""

from enum import Enum, auto
from typing import Final

from collector.relp_answers import Answers, Run, response
from collector.relp_frames import (
    LAST_TXNR,
    FrameError,
    Header,
    cut_syslog,
    ends_frame,
    next_txnr,
    read_header,
)
from collector.relp_offers import OfferError, answer_offers
from parsers.schema import Flag

# The specification promises this to every sender (128 KiB), whatever a listener's maximum_octets says.
SMALLEST_MAXIMUM_OCTETS: Final = 131_072

_SERVERCLOSE: Final = b"0 serverclose 0\n"
_LONGEST_OFFERS: Final = 131_072


class _State(Enum):
    WAITING = auto()
    OPEN = auto()
    CLOSING = auto()
    ENDED = auto()


class RelpSession:
    """One session. Feeding never raises: what went wrong is in ``failure``.

    Attributes:
        failure: why the session cannot be used any more, in few kinds; None as long as it can.
        answers: what is owed and what is to be sent.
        discarded: octets that are in no message: rests of messages that were too long, or of a session
            that failed. Whoever counts them takes them out.

    Args:
        maximum_octets: the longest message that is kept whole; never below 131072.
    """

    def __init__(self, maximum_octets: int) -> None:
        self.failure: str | None = None
        self.answers = Answers()
        self.discarded = 0
        self._maximum = max(maximum_octets, SMALLEST_MAXIMUM_OCTETS)
        self._state = _State.WAITING
        self._expected = 1
        self._tail = bytearray()
        self._wake_length = 0  # nothing can be decided before the tail has this length
        self._oversize: bytes | None = None  # a message that was cut, while its rest is discarded
        self._oversize_rest = 0
        self._runs: list[Run] = []

    @property
    def ended(self) -> bool:
        """Whether everything is said, so that the connection is to be closed."""
        return self._state is _State.ENDED

    @property
    def is_open(self) -> bool:
        """Whether messages may come."""
        return self._state is _State.OPEN

    @property
    def reads(self) -> bool:
        """Whether anything the sender says is still heard."""
        return self._state in (_State.WAITING, _State.OPEN)

    def feed(self, octets: bytes) -> list[Run]:
        """Take the next octets of the sender; give the messages that they complete."""
        if not self.reads:  # nothing may follow ``close``
            self.discarded += len(octets)
            return []
        tail = self._tail
        if len(tail) + len(octets) < self._wake_length:
            tail += octets
            return []
        octets = bytes(tail) + octets if tail else octets
        self._tail = bytearray()
        cut = self._cut(octets)
        self._tail += octets[cut:]
        if not self.reads:
            self._discard_tail()
        runs, self._runs = self._runs, []
        return [run for run in runs if run.messages]

    def answer(self, run: Run) -> None:
        """Take that a run's messages are in storage."""
        run.stored = True
        self._settle()

    def fail(self, reason: str) -> None:
        """End the session at once: nothing that is not answered will be."""
        if self._state is not _State.ENDED:
            self.failure = reason
            self.answers.forget()
            self.answers.outgoing.append(_SERVERCLOSE)
            self._state = _State.ENDED
            self._discard_tail()

    def leave(self) -> None:
        """End the session when everything that was taken is answered: the appliance stops."""
        if self.reads:
            self._close(_SERVERCLOSE)
            self._discard_tail()

    def take_outgoing(self) -> bytes:
        """Give what is to be sent, once."""
        outgoing = b"".join(self.answers.outgoing)
        self.answers.outgoing.clear()
        return outgoing

    # Cutting.

    def _cut(self, octets: bytes) -> int:
        """Take all that is complete; give the position up to which that was."""
        position, self._wake_length = 0, 0
        try:
            while self.reads:
                after = self._step(octets, position)
                if after == position:
                    break
                position = after
        except FrameError as error:
            self.fail(str(error))
        return position

    def _step(self, octets: bytes, position: int) -> int:
        if self._oversize is not None:
            return self._discard(octets, position)
        if self._state is _State.OPEN:
            messages, after = cut_syslog(octets, position, self._expected, self._maximum)
            if messages:
                self._take_messages(messages)
                return after
        header = read_header(octets, position)
        return position if header is None else self._frame(octets, position, header)

    def _frame(self, octets: bytes, position: int, header: Header) -> int:
        """Take one frame that is no simple message."""
        self._check(header)
        if header.end - header.data > self._limit(header.command):
            return self._begin_oversize(octets, position, header)
        if header.end >= len(octets):
            self._wake_length = header.end + 1 - position
            return position
        ends_frame(octets, header.end)
        self._command(header, octets[header.data : header.end])
        return header.end + 1

    def _check(self, header: Header) -> None:
        """Check what a header alone tells, before anything is awaited for it."""
        if self._state is _State.WAITING and header.command != b"open":
            self._refuse(header.txnr, "open must come first")
            raise FrameError("open must come first")
        if header.txnr != self._expected:
            raise FrameError("TXNR is not the next one")

    def _limit(self, command: bytes) -> int:
        return self._maximum if command == b"syslog" else _LONGEST_OFFERS

    def _begin_oversize(self, octets: bytes, position: int, header: Header) -> int:
        if header.command != b"syslog":
            raise FrameError("DATALEN too large for this command")
        kept = header.data + self._maximum
        if kept > len(octets):
            self._wake_length = kept - position
            return position
        self._oversize = octets[header.data : kept]
        self._oversize_rest = header.end - kept
        return kept

    def _discard(self, octets: bytes, position: int) -> int:
        size = min(self._oversize_rest, len(octets) - position)
        self.discarded += size
        self._oversize_rest -= size
        position += size
        if self._oversize_rest or position == len(octets):
            return position
        ends_frame(octets, position)
        message, self._oversize = self._oversize, None
        self._take_messages([message or b""], Flag.TRUNCATED)
        return position + 1

    def _discard_tail(self) -> None:
        self.discarded += len(self._tail)
        self._tail.clear()

    # Commands.

    def _command(self, header: Header, data: bytes) -> None:
        if header.command == b"syslog":
            self._take_messages([data])
            return
        self._expected = next_txnr(self._expected)
        if header.command == b"close":
            self._close(b"%d rsp 0\n%b" % (header.txnr, _SERVERCLOSE))
        elif header.command != b"open":
            self._owe(response(header.txnr, b"500 unknown command"))
        elif self._state is _State.OPEN:
            self._owe(response(header.txnr, b"500 protocol error: open a second time"))
        else:
            self._open(header.txnr, data)

    def _open(self, txnr: int, data: bytes) -> None:
        try:
            offers = answer_offers(data)
        except OfferError as error:
            self._refuse(txnr, str(error))
            raise FrameError(str(error)) from error
        self._state = _State.OPEN
        self._owe(response(txnr, b"200 OK\n" + offers))

    def _take_messages(self, messages: list[bytes], *flags: Flag) -> None:
        if not self._runs or not self.answers.owes_last(self._runs[-1]):
            self._runs.append(Run(self._expected))
            self.answers.owe(self._runs[-1])
        run = self._runs[-1]
        self.answers.add(run, messages, *flags)
        self._expected = (self._expected + len(messages) - 1) % LAST_TXNR + 1
        if not run.messages:
            self._settle()

    # Answers.

    def _owe(self, answer: bytes) -> None:
        self.answers.owe(answer)
        self._settle()

    def _refuse(self, txnr: int, reason: str) -> None:
        self.answers.outgoing.append(response(txnr, b"500 " + reason.encode()))

    def _close(self, last: bytes) -> None:
        self._state = _State.CLOSING
        self._owe(last)

    def _settle(self) -> None:
        self.answers.settle()
        if self._state is _State.CLOSING and self.answers.idle:
            self._state = _State.ENDED
