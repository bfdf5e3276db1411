"""One listener with all that its messages go through, and what can be said of its settings."""

import os
from dataclasses import dataclass
from typing import Any, Final

from collector.credentials import Credentials
from collector.dtls import DtlsListener
from collector.given import GivenSocket
from collector.intake import Intake, Limits
from collector.listening import Listener
from collector.pacing import Pace
from collector.settings import OVER_UDP, CollectorSettings, ListenerSettings
from collector.sources import Sources
from collector.tcp import StreamListener
from collector.udp import UdpListener

# Parsing holds up reading. The kernel's buffer of a UDP socket must hold what comes meanwhile: some 6 ms.
_UDP_BATCH_MESSAGES: Final = 4096
# librelp sends 128 messages ahead and then waits for answers, so that those must not wait for others.
_RELP_FLUSH_SECONDS: Final = 0.001
_RELP_INTERVAL_SECONDS: Final = 0.005
_HURRIED_SECONDS: Final = 0.005  # that a message waits for others when little is to be held


@dataclass(slots=True, eq=False)
class Receiver:
    """A listener, what its messages go through, and the settings that both have."""

    name: str
    settings: ListenerSettings
    sources: Sources
    intake: Intake
    listener: Listener
    credentials: Credentials | None

    @property
    def waits(self) -> bool:
        """Whether its senders can be made to wait."""
        return isinstance(self.listener, StreamListener)

    @property
    def pace(self) -> Pace | None:
        """The rates of its senders."""
        return self.listener.pace if isinstance(self.listener, StreamListener) else self.intake.pace

    def keep_pace(self, pace: Pace) -> None:
        """Keep its senders within rates, by making them wait where that can be."""
        if isinstance(self.listener, StreamListener):
            self.listener.pace = pace
        else:
            self.intake.pace = pace

    def goes_on(self, settings: ListenerSettings, given: GivenSocket | None) -> bool:
        """Whether it can take new settings with the socket that it has.

        Args:
            settings: the new ones.
            given: the socket that was opened for them, if one was.
        """
        if self.settings.transport != settings.transport:
            return False
        if given is not None:
            return _inode(given.opened.fileno()) == _inode(self.listener.descriptor)
        return place_of(self.settings) == place_of(settings)

    def has_socket_of(self, other: "Receiver") -> bool:
        """Whether both read the same socket, each by a descriptor of its own."""
        return _inode(self.listener.descriptor) == _inode(other.listener.descriptor)

    def look(self) -> None:
        """Look at the kernel's counters, at certificates that have changed, and at who is above his rate."""
        if self.credentials is not None:
            self.credentials.look()
        if isinstance(self.listener, UdpListener | DtlsListener):
            self.listener.look_at_drops()
        if self.pace is not None:
            self.pace.tell()

    def report(self) -> dict[str, Any]:
        """Give the listener's state for the status, in JSON's types."""
        state = self.listener.report()
        state["sequence_gaps"] = self.intake.reader.gaps.report()
        if self.credentials is not None:
            state["fingerprints"] = self.credentials.fingerprints
        return state


def limits_of(settings: CollectorSettings, listener: ListenerSettings, *, hurries: bool) -> Limits:
    """Give when a listener's batches go; ``hurries`` for early."""
    most = _UDP_BATCH_MESSAGES if listener.transport in {"udp", "gelf-udp"} else settings.flush_messages
    is_answered = listener.transport.startswith("relp")
    seconds = _RELP_FLUSH_SECONDS if is_answered else settings.flush_milliseconds / 1000
    return Limits(
        messages=min(settings.flush_messages, most),
        octets=settings.flush_octets,
        seconds=min(seconds, _HURRIED_SECONDS) if hurries else seconds,
        interval=_RELP_INTERVAL_SECONDS if is_answered else 0.0,
    )


def place_of(listener: ListenerSettings) -> tuple[object, ...]:
    """Give what tells the sockets of listeners apart."""
    return listener.transport in OVER_UDP, listener.address, listener.port, listener.path


def is_left_to_another(listener: ListenerSettings, given: GivenSocket | None) -> bool:
    """Whether another process reads the socket alone: one that many read would mix up DTLS sessions."""
    return given is not None and not given.first and listener.transport == "dtls"


def _inode(descriptor: int) -> tuple[int, int]:
    found = os.fstat(descriptor)
    return found.st_dev, found.st_ino
