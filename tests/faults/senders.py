"""Senders of numbered messages, as threads: TCP, UDP, RELP, and the file that rsyslogd reads.

Each knows what it has given away, and what of that is acknowledged: then it must be there, once.
"""

import select
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import Final

from relay.relp_client import RelpClient
from tests.faults.numbered import Numbered

_AGAIN: Final = 0.1  # seconds until the next attempt to connect
_PATIENCE: Final = 1.0  # a call on a socket may take so long, then the end is looked for
_STEP: Final = 0.002


class Sender(ABC, threading.Thread):
    """Sends chunks at a rate until it is told to stop.

    Attributes:
        given: messages handed to the transport.
        acknowledged: how many of them, from 0 on, must be there.
        broken: connections that ended under it.

    Args:
        numbered: the messages.
        port: of 127.0.0.1.
        rate: messages a second.
        limit: messages after which it stops by itself.
    """

    def __init__(self, numbered: Numbered, port: int, rate: float, limit: float = inf) -> None:
        super().__init__(name=numbered.sender, daemon=True)
        self.numbered, self.port, self.rate, self.limit = numbered, port, rate, limit
        self.given = self.broken = 0
        self.stopping = threading.Event()
        self.giving_up = threading.Event()
        self.error: BaseException | None = None
        self._began = 0.0

    def run(self) -> None:
        """Send; what goes wrong by our own mistake is kept for the harness."""
        self._began = time.monotonic()
        try:
            self.work()
        except BaseException as error:
            self.error = error
            raise

    @abstractmethod
    def work(self) -> None:
        """Send until ``stopping`` is set, then see to what is on its way."""

    @property
    def acknowledged(self) -> int:
        """How many messages, from number 0 on, are acknowledged."""
        return 0

    def due(self) -> bool:
        """Wait for the moment of the next chunk; False when it is time to stop."""
        if self.given >= self.limit:
            self.stopping.set()
        ahead = self._began + self.given / self.rate - time.monotonic()
        return not self.stopping.wait(ahead) if ahead > 0 else not self.stopping.is_set()

    def next_chunk(self) -> int:
        """Give the number of the next chunk."""
        return self.given // self.numbered.chunk

    def connected(self) -> socket.socket | None:
        """Connect; None when it is time to stop first."""
        while not self.stopping.is_set():
            with suppress(OSError):
                return socket.create_connection(("127.0.0.1", self.port), _PATIENCE)
            self.stopping.wait(_AGAIN)
        return None


class TcpSender(Sender):
    """Plain TCP, non-transparent framing: what is on its way when a connection breaks is in nobody's hand."""

    def work(self) -> None:
        """Send; a chunk whose connection breaks is not sent again."""
        while (connection := self.connected()) is not None:
            try:
                with connection:
                    self._send(connection)
            except OSError:
                self.broken += 1

    def _send(self, connection: socket.socket) -> None:
        while self.due():
            octets = self.numbered.lines(self.next_chunk())
            self.given += self.numbered.chunk
            self._send_all(connection, octets)
        connection.shutdown(socket.SHUT_WR)  # and wait for the other end: it has read everything then
        while not self.giving_up.is_set():
            with suppress(TimeoutError):
                if not connection.recv(4096):
                    return

    def _send_all(self, connection: socket.socket, octets: bytes) -> None:
        """Send with patience: whoever reads nothing for long is waited for."""
        left = memoryview(octets)
        while left and not self.giving_up.is_set():
            with suppress(TimeoutError):
                left = left[connection.send(left) :]


class UdpSender(Sender):
    """UDP: ``given`` counts what the kernel took."""

    def work(self) -> None:
        """Send; what nobody listens for is refused by the kernel, and lost."""
        with socket.socket(type=socket.SOCK_DGRAM) as opened:
            opened.connect(("127.0.0.1", self.port))
            while self.due():
                for message in self.numbered.messages(self.next_chunk()):
                    try:
                        opened.send(message)
                    except OSError:  # the answer to one that was sent before
                        self.broken += 1
                self.given += self.numbered.chunk


class FileSender(Sender):
    """Writes a file that rsyslogd reads and forwards by RELP; rsyslogd answers for all of it.

    Attributes:
        answerable: False once rsyslogd was killed, with what it held in memory.
    """

    def __init__(self, numbered: Numbered, path: Path, rate: float) -> None:
        super().__init__(numbered, 0, rate)
        self._path = path
        self._counting: int | None = None  # messages that must be there, once there are others
        self.answerable = True

    @property
    def acknowledged(self) -> int:
        """All that is in the file, but for nudges."""
        counting = self.given if self._counting is None else self._counting
        return counting if self.answerable else 0

    def nudge(self) -> None:
        """Give one chunk more, which need not be there: with it rsyslogd sees that its session has broken."""
        if self._counting is None:
            self._counting = self.given
        self._write()

    def work(self) -> None:
        """Write."""
        while self.due():
            self._write()

    def _write(self) -> None:
        with self._path.open("ab", buffering=0) as file:
            file.write(self.numbered.lines(self.next_chunk()))
        self.given += self.numbered.chunk


class RelpSender(Sender):
    """Speaks RELP: what it was answered for must be there. What it was not, it sends again."""

    def __init__(self, numbered: Numbered, port: int, rate: float, window: int = 128) -> None:
        super().__init__(numbered, port, rate)
        self._window = window
        self._waiting: deque[tuple[int, bytes]] = deque()
        self._on_its_way: deque[tuple[int, bytes]] = deque()
        self._answered = 0
        self.sessions = self.sent_again = 0

    @property
    def acknowledged(self) -> int:
        """Those that were answered: they are, in order."""
        return self._answered

    def work(self) -> None:
        """Send, and after the stop go on until everything is answered."""
        while not self.giving_up.is_set() and (not self.stopping.is_set() or self._waiting):
            try:
                with socket.create_connection(("127.0.0.1", self.port), _PATIENCE) as connection:
                    self.sessions += 1
                    self._session(connection)
            except OSError:  # RelpError is one
                self.broken += 1
                self.sent_again += len(self._on_its_way)
                self._waiting.extendleft(reversed(self._on_its_way))
                self._on_its_way.clear()
                self.giving_up.wait(_AGAIN)

    def _session(self, connection: socket.socket) -> None:
        client = RelpClient()
        connection.sendall(client.open())
        self._receive(connection, client, _PATIENCE * 10)
        while not self.giving_up.is_set():
            self._make()
            if self.stopping.is_set() and not self._waiting and not self._on_its_way:
                return
            frames = []
            while self._waiting and len(self._on_its_way) < self._window:
                self._on_its_way.append(self._waiting.popleft())
                frames.append(client.syslog(*self._on_its_way[-1]))
            connection.sendall(b"".join(frames))
            self._receive(connection, client, _STEP)

    def _make(self) -> None:
        """Make the messages that are due, but no more than may be on their way."""
        ahead = (time.monotonic() - self._began) * self.rate
        while not self.stopping.is_set() and self.given < ahead and len(self._waiting) < self._window:
            first, messages = self.given, self.numbered.messages(self.next_chunk())
            self._waiting.extend(enumerate(messages, first))
            self.given += len(messages)

    def _receive(self, connection: socket.socket, client: RelpClient, seconds: float) -> None:
        if not select.select([connection], [], [], seconds)[0]:
            return
        octets = connection.recv(65536)
        if not octets:
            raise ConnectionResetError("the collector closed")
        for number in client.receive(octets):
            acknowledged, _ = self._on_its_way.popleft()
            if acknowledged != number:
                raise AssertionError("answers are in order")
            self._answered = number + 1
