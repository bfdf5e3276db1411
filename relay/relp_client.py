"""RELP's client side, without I/O: messages in, frames out; answers in, which messages are safe out.

A frame is ``TXNR SP COMMAND SP DATALEN [SP DATA] LF``. TXNR counts from 1 to 999999999 and again; the
server answers in order with ``rsp`` and a three-digit code, of which 200 alone is a success.
"""

import re
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

MAXIMUM_DATA: Final = 131_072  # octets that every server takes (librelp's default)
WINDOW_OCTETS: Final = 4_194_304  # of messages without an answer: what we hold for a server that is slow
_LAST_TXNR: Final = 999_999_999
_LONGEST_ANSWER: Final = 131_072
_HEAD: Final = re.compile(rb"([0-9]{1,9}) ([A-Za-z]{1,32}) ([0-9]{1,9})(?= |\n)", re.ASCII)
_CODE: Final = re.compile(rb"([0-9]{3})(?: |$)", re.ASCII)
_OFFERS: Final = b"relp_version=0\nrelp_software=sysledger\ncommands=syslog"
_OK: Final = b"200"
_TRAILER: Final = b"\n"
_LONGEST_HEAD: Final = len("999999999 ") + len("serverclose ") + len("999999999 ") + 20


class RelpError(ConnectionError):
    """The server said no, or something that is no RELP: connect anew."""


@dataclass(slots=True)
class RelpClient:
    """One session.

    Attributes:
        sent: what is without an answer: TXNR, the message's seq (None: a command), and its octets.
        octets: those of all messages in ``sent``.
    """

    sent: deque[tuple[int, int | None, int]] = field(default_factory=deque)
    octets: int = 0
    _txnr: int = 0
    _received: bytes = b""

    def open(self) -> bytes:
        """Give the frame that begins the session."""
        return self._command(b"open", _OFFERS, None)

    def close(self) -> bytes:
        """Give the frame that ends the session; nothing may follow it."""
        return self._command(b"close", b"", None)

    def syslog(self, seq: int, message: bytes) -> bytes:
        """Give the frame of a message.

        Raises:
            ValueError: when it is longer than every server takes.
        """
        if len(message) > MAXIMUM_DATA:
            raise ValueError(f"{len(message)} octets: RELP servers take {MAXIMUM_DATA}")
        return self._command(b"syslog", message, seq)

    def room(self, messages: Sequence[bytes], begin: int, window: int) -> int:
        """Say how many messages may be sent now.

        Args:
            messages: to be sent one after the other.
            begin: the place of the first that was not.
            window: messages that may be without an answer; their octets have a bound, too.

        Returns:
            The place behind the last that may be.
        """
        some = messages[begin : begin + window - len(self.sent)]
        return begin + bisect_right(list(accumulate(map(len, some))), WINDOW_OCTETS - self.octets)

    def _command(self, command: bytes, data: bytes, seq: int | None) -> bytes:
        self._txnr = 1 if self._txnr >= _LAST_TXNR else self._txnr + 1
        self.sent.append((self._txnr, seq, len(data)))
        self.octets += len(data)
        if not data:
            return b"%d %b 0\n" % (self._txnr, command)
        return b"%d %b %d %b\n" % (self._txnr, command, len(data), data)

    def receive(self, octets: bytes) -> Iterator[int]:
        """Take octets of the server; give the seq of each message that it has acknowledged, in order.

        Raises:
            RelpError: for a refusal, the server's close, or what is no answer.
        """
        received, position = self._received + octets, 0
        while (found := _HEAD.match(received, position)) is not None:
            length = int(found[3])
            begin = found.end() + bool(length)
            if length > _LONGEST_ANSWER:
                raise RelpError(f"it gave an answer of {length} octets; see that it is a RELP server")
            position = begin + length + len(_TRAILER)
            if len(received) < position:
                self._received = received[found.start() :]
                return
            if received[position - len(_TRAILER) : position] != _TRAILER:
                raise self._no_relp(received[found.start() :])
            seq = self._answered(int(found[1]), found[2], received[begin : begin + length])
            if seq is not None:
                yield seq
        self._received = received[position:]
        if len(self._received) > _LONGEST_HEAD:
            raise self._no_relp(self._received)

    @staticmethod
    def _no_relp(received: bytes) -> RelpError:
        return RelpError(f"it speaks no RELP ({received[:40]!r}); see to port and protocol")

    def _answered(self, txnr: int, command: bytes, data: bytes) -> int | None:
        if command == b"serverclose":
            raise RelpError("the server closes")
        if command != b"rsp" or not self.sent or self.sent[0][0] != txnr:
            raise RelpError(f"{command.decode()} for {txnr}, which was not the next to be answered")
        _, seq, octets = self.sent.popleft()
        self.octets -= octets
        code = _CODE.match(data)
        nothing = not data and seq is None  # librelp's servers answer close so
        if not nothing and (code is None or code[1] != _OK):
            reason = ascii(data[:80].decode(errors="replace"))[1:-1]
            raise RelpError(
                f"it refused the session: {reason}"
                if seq is None
                else f"it refused message {seq}, of {octets} octets: {reason}; see to its limits and its log"
            )
        return seq
