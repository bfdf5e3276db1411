"""The RELP listener: sessions over TCP, or over TLS, answered when storage has their messages.

RELP's TLS begins with the first octet, as librelp does it; the specification's command ``starttls``, which
nobody sends, is refused like any unknown one.

A session that breaks with messages unanswered makes its sender send them again, and storage keeps both. How
many that may be is counted, by listener.
"""

import socket
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Final

from collector.credentials import Credentials
from collector.given import GivenSocket
from collector.intake import Intake
from collector.relp import RelpSession
from collector.relp_answers import Run
from collector.settings import ListenerSettings
from collector.tcp import StreamConnection, StreamListener
from collector.tls import TlsLayer
from parsers.pipeline import Arrival

# rsyslog corks its socket while it hands over a batch (a hint to librelp): only full segments leave then, and
# what is 200 milliseconds old. On loopback, where a segment holds 64 KiB, 128 messages that wait for answers
# fill none, and so each window would take that long. In segments of Ethernet's size nearly all of them leave.
_SEGMENT_OCTETS: Final = 1_400

NOT_STORED: Final = "storage did not take its messages"


@dataclass(slots=True)
class RelpCounts:
    """What RELP adds to a listener's counts."""

    sessions: int = 0  # opened so far
    broken_sessions: int = 0  # of those: ended with messages unanswered
    perhaps_sent_again: int = 0  # messages that were unanswered then


class RelpConnection(StreamConnection):
    """One connection of a sender that speaks RELP."""

    def __init__(self, listener: StreamListener, counts: RelpCounts) -> None:
        super().__init__(listener)
        self._relp = RelpSession(listener.maximum_octets)
        self._counts = counts
        self._opened = False
        self._broken = False  # it ended with messages unanswered
        self._leaving = False
        self._crowded = False  # it waits for storage, whatever the other connections do
        self._unread = False  # it does not read what we answer

    @property
    def session_is_open(self) -> bool:
        """Whether the sender has opened its session, and not closed it."""
        return self._relp.is_open

    @property
    def unacknowledged(self) -> int:
        """Messages that are not answered yet."""
        return self._relp.answers.unacknowledged

    def take(self, octets: bytes) -> None:
        """Take octets of the session, any encryption removed."""
        for run in self._relp.feed(octets):
            arrival = Arrival(time.time_ns(), self.peer, len(run.messages), self.identity)
            self.listener.intake.add(run.messages, [arrival], run.flags, partial(self._stored, run))
            if self.listener.pace.limited:
                self.rest(len(run.messages))
        if self._relp.is_open and not self._opened:
            self._opened = True
            self._counts.sessions += 1
        self._go_on()

    def leave(self) -> None:
        """Read no more, and close when everything that was read is answered."""
        super().pause()
        self._leaving = True
        self._relp.leave()
        self._go_on()

    def resume(self) -> None:
        """Read again, unless this sender has to wait."""
        if self._relp.reads and not (self._crowded or self._unread):
            super().resume()

    def pause_writing(self) -> None:
        """Take that the sender does not read its answers: more would have to be kept."""
        self._unread = True
        self._balance()

    def resume_writing(self) -> None:
        """Take that the sender reads its answers again."""
        self._unread = False
        self._balance()

    def eof_received(self) -> bool:
        """Take that the sender will say no more. It may still read answers, or be gone: that looks alike."""
        if self._relp.reads:
            self._count_broken()
        self._relp.leave()
        self._go_on()
        return True  # the connection is closed by us

    def connection_lost(self, error: Exception | None) -> None:
        """Take the end: whatever was not answered, its sender keeps and sends again."""
        self._relp.fail("connection lost")
        self._count_discarded()
        self._count_broken()
        super().connection_lost(error)

    def _stored(self, run: Run, ok: bool) -> None:  # noqa: FBT001 - as Done has it
        if ok:
            self._relp.answer(run)
        elif not self._relp.ended:
            self._relp.fail(NOT_STORED)
        self._go_on()

    def _go_on(self) -> None:
        """Say what is to be said, close when that was all, and read or wait."""
        self._count_discarded()
        if self._transport is None or self._transport.is_closing():
            return
        self.send(self._relp.take_outgoing())
        if not self._relp.ended:
            self._balance()
            return
        self._count_broken()
        if self._relp.failure is None or self._leaving:
            self.close()
        elif not self.refused:
            self.refuse(f"RELP: {self._relp.failure}")

    def _balance(self) -> None:
        self._crowded = self._relp.answers.crowded
        if self._crowded or self._unread:
            super().pause()
        elif not self.listener.paused and self._relp.reads:
            super().resume()

    def _count_broken(self) -> None:
        if self.unacknowledged and not self._broken:
            self._broken = True
            self._counts.broken_sessions += 1
            self._counts.perhaps_sent_again += self.unacknowledged

    def _count_discarded(self) -> None:
        self.listener.intake.counts.discarded_octets += self._relp.discarded
        self._relp.discarded = 0


class RelpTlsConnection(TlsLayer, RelpConnection):
    """One connection of a sender that speaks RELP inside TLS."""


class RelpListener(StreamListener):
    """A listening socket and its sessions; see ``StreamListener``.

    Args:
        name: the listener's name.
        settings: its settings.
        intake: takes the messages.
        credentials: for TLS; None is plain RELP.
        shared: whether other collector processes listen there, too.
        given: the socket, where another process has opened it for us.

    Raises:
        ListenerError: when the address cannot be had.
    """

    def __init__(  # noqa: PLR0913 - as StreamListener
        self,
        name: str,
        settings: ListenerSettings,
        intake: Intake,
        credentials: Credentials | None,
        *,
        shared: bool,
        given: GivenSocket | None = None,
    ) -> None:
        self._relp_counts = RelpCounts()
        self._credentials = credentials
        self._stopping = False
        super().__init__(name, settings, intake, self._connect, shared=shared, given=given)
        with suppress(OSError):  # not every system lets it be set
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, _SEGMENT_OCTETS)

    def _connect(self, listener: StreamListener) -> RelpConnection:
        if self._credentials is None:
            return RelpConnection(listener, self._relp_counts)
        return RelpTlsConnection(listener, self._credentials, self._relp_counts)

    def part(self) -> None:
        """Accept and read no more; sessions end when everything that was read is answered."""
        self._stopping = True
        super().part()

    async def close(self) -> None:
        """Accept and read no more, let answers go out as storage gives them; the second time, close all."""
        if self._stopping:
            await super().close()
            return
        self.part()

    def _sessions(self) -> list[RelpConnection]:
        return [one for one in self._connections if isinstance(one, RelpConnection)]

    def report(self) -> dict[str, Any]:
        """Give the listener's state for the status, in JSON's types."""
        sessions = self._sessions()
        return {
            **super().report(),
            "relp": {
                **asdict(self._relp_counts),
                "open": sum(session.session_is_open for session in sessions),
                "unacknowledged": sum(session.unacknowledged for session in sessions),
            },
        }
