"""What the supervisor tells the service manager, by the protocol of systemd (sd_notify(3)).

One datagram a message, to the Unix socket that NOTIFY_SOCKET names: a path, or with ``@`` before it a name in
Linux' abstract namespace. Without that variable nobody is told, and nothing is different.
"""

import logging
import os
import socket
import time
from collections.abc import MutableMapping
from typing import Final

_MICROSECONDS: Final = 1_000_000
_VARIABLES: Final = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")

log = logging.getLogger(__name__)


class Notifier:
    """Tells the service manager how this process is.

    Attributes:
        watchdog_seconds: how long the manager waits for a sign of life; None when it does not.

    Args:
        environment: what is in it for us is removed, so that no program started from here speaks for us.
        process: the id of this process; a watchdog may be meant for another.
    """

    def __init__(self, environment: MutableMapping[str, str], process: int) -> None:
        name, microseconds, whose = (environment.pop(variable, "") for variable in _VARIABLES)
        self._address = f"\0{name[1:]}" if name.startswith("@") else name
        meant = whose in {"", str(process)} and microseconds.isdigit()
        self.watchdog_seconds = int(microseconds) / _MICROSECONDS if meant else None
        self._status = ""

    def ready(self) -> None:
        """Say that everything works, after a start or a reload."""
        self._send("READY=1")

    def reloading(self) -> None:
        """Say that a reload has begun; ``ready`` says that it has ended."""
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._send(f"RELOADING=1\nMONOTONIC_USEC={now}")

    def stopping(self) -> None:
        """Say that everything is being stopped."""
        self._send("STOPPING=1")

    def status(self, text: str) -> None:
        """Say in a line how it goes, where that is something new."""
        line = " ".join(text.split())
        if line != self._status:
            self._status = line
            self._send(f"STATUS={line}")

    def alive(self) -> None:
        """Keep the manager's watchdog from its work, if there is one."""
        if self.watchdog_seconds is not None:
            self._send("WATCHDOG=1")

    def _send(self, text: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.setblocking(False)
                sender.sendto(text.encode(), self._address)
        except OSError as error:
            log.warning("the service manager at NOTIFY_SOCKET was not told %r: %s", text, error)


def notifier() -> Notifier:
    """Give the one for this process."""
    return Notifier(os.environ, os.getpid())
