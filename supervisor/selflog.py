"""The appliance's own log: short lines on stderr, and syslog messages into its own listener.

Every line goes to stderr at once. A second copy is encoded by rfc5424-logging-handler and queued for the
listener ``self`` (UDP on loopback), which keeps it under stream ``sysledger``. That copy

* never blocks the caller: the queue has a bound, and a thread of its own empties it;
* never feeds on itself: at most BURST lines go out every PAUSE_SECONDS, so that a line about a lost line
  cannot make a storm, and sending logs nothing;
* waits for the listener to come up: on loopback the kernel tells at once that nobody took a datagram;
* says how many lines it lost, as soon as it gets through again, or on stderr when it is closed. The lines
  that tell of a normal stop are after the listener's end; they stand on stderr only and count as no loss.
"""

import errno
import logging
import socket
import sys
import threading
import time
from collections import deque
from typing import Any, Final

from rfc5424logging import Rfc5424SysLogHandler
from rfc5424logging.handler import LOG_SYSLOG

QUEUE_LINES: Final = 1000  # what may wait while the listener is not up
BURST: Final = 50
PAUSE_SECONDS: Final = 0.1
MAXIMUM_OCTETS: Final = 60_000  # fits one UDP datagram; a traceback hardly reaches it
CLOSE_SECONDS: Final = 2.0

log = logging.getLogger(__name__)


class StderrFormatter(logging.Formatter):
    """``2026-11-20 22:51:03Z storage WARNING: what happened``: the level only when it matters."""

    converter = staticmethod(time.gmtime)  # as logging documents it

    def __init__(self, role: str) -> None:
        super().__init__(f"%(asctime)s {role}%(shown)s: %(message)s", "%Y-%m-%d %H:%M:%SZ")

    def format(self, record: logging.LogRecord) -> str:
        """Give the record's line, and its traceback when it has one."""
        record.shown = "" if record.levelno == logging.INFO else f" {record.levelname}"
        return super().format(record)


class QueueTransport:
    """What the handler sends through: a bounded queue, and a thread that sends from it by UDP."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self._waiting: deque[tuple[int, bytes]] = deque()
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._socket: socket.socket | None = None
        self.level = logging.INFO  # of the line that is being handed over, set by the handler
        self.lost = 0
        self._thread = threading.Thread(target=self._work, name="selflog", daemon=True)
        self._thread.start()

    def transmit(self, message: bytes) -> None:
        """Queue one message, or count it as lost when the queue is full."""
        if len(self._waiting) >= QUEUE_LINES:
            self.lost += 1
            return
        self._waiting.append((self.level, message[:MAXIMUM_OCTETS]))
        self._wake.set()

    def close(self) -> None:
        """Send what can be sent now, and say on stderr what could not."""
        self._closing.set()
        self._wake.set()
        self._thread.join(CLOSE_SECONDS)
        serious = sum(level > logging.INFO for level, _ in self._waiting)
        if lost := self.lost + serious:
            host, port = self._address
            place = f"{host} port {port}"
            sys.stderr.write(f"log lines that stand here only, as no listener took them at {place}: {lost}\n")

    def _work(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            while self._waiting:
                sent = self._send_burst()
                if self._closing.is_set():
                    if not sent:
                        break
                else:
                    self._closing.wait(PAUSE_SECONDS)
            if self._closing.is_set():
                break
            self._tell_loss()
        if self._socket is not None:
            self._socket.close()

    def _send_burst(self) -> bool:
        """Send up to BURST lines; False when the listener took none."""
        for _ in range(min(BURST, len(self._waiting))):
            if not self._send(self._waiting[0][1]):
                return False
            self._waiting.popleft()
        return True

    def _send(self, message: bytes) -> bool:
        """Send one datagram; False when it has to be sent again."""
        try:
            if self._socket is None:
                self._socket = _connected(self._address)
            self._socket.send(message)
            refused = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        except OSError as error:
            if error.errno != errno.EMSGSIZE:
                return False
            self.lost += 1
            return True
        return refused == 0

    def _tell_loss(self) -> None:
        if self.lost:
            lost, self.lost = self.lost, 0
            log.warning(
                "lines of this log that were not kept: %d; more than %d were waiting", lost, QUEUE_LINES
            )


def _connected(address: tuple[str, int]) -> socket.socket:
    """Give a UDP socket that hears of ICMP's port unreachable, which only a connected one does."""
    family, kind, protocol, _, sockaddr = socket.getaddrinfo(*address, type=socket.SOCK_DGRAM)[0]
    connected = socket.socket(family, kind, protocol)
    connected.setblocking(False)
    connected.connect(sockaddr)
    return connected


class SelfHandler(Rfc5424SysLogHandler):  # type: ignore[misc] # the library has no types
    """Encodes by RFC 5424: facility syslog (5), APP-NAME sysledger-ROLE; sends through a QueueTransport."""

    def __init__(self, address: tuple[str, int], role: str) -> None:
        super().__init__(address, facility=LOG_SYSLOG, appname=f"sysledger-{role}", utc_timestamp=True)

    def _setup_transport(self) -> None:
        self.transport = QueueTransport(self.address)

    def emit(self, record: logging.LogRecord) -> None:
        """Queue the record; what cannot be encoded is counted as lost, and stands on stderr already."""
        self.transport.level = record.levelno
        super().emit(record)

    def handleError(self, _record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """Count the line as lost. It stands on stderr already, and logging about it would come back here."""
        self.transport.lost += 1


def start(role: str, level: str, address: tuple[str, int] | None) -> None:
    """Configure logging for this process.

    Args:
        role: which process speaks, shown in every line.
        level: the least severe level written: debug, info, warning or error.
        address: of the listener for our own log; None for stderr only.
    """
    handlers: list[Any] = [logging.StreamHandler(sys.stderr)]
    handlers[0].setFormatter(StderrFormatter(role))
    if address is not None:
        handlers.append(SelfHandler(address, role))
        handlers[1].setFormatter(logging.Formatter("%(message)s"))
    logging.basicConfig(level=level.upper(), handlers=handlers, force=True)
    logging.raiseExceptions = False  # a closed terminal is no reason for a second error
    for noisy in ("uvicorn", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def change(role: str, level: str, address: tuple[str, int] | None) -> None:
    """Be on other settings; see ``start``. Lines that wait for the old listener are still sent there."""
    handlers = logging.getLogger().handlers
    addresses = [handler.address for handler in handlers if isinstance(handler, SelfHandler)]
    if addresses == ([] if address is None else [address]):
        logging.getLogger().setLevel(level.upper())
    else:
        start(role, level, address)


def stop() -> None:
    """Close the handlers, so that what is queued gets sent. Logging goes nowhere after it."""
    logging.shutdown()
    logging.getLogger().handlers.clear()
