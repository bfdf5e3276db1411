"""The collector's role: opens the listeners, keeps the hand-off going, reports, and drains when it stops."""

import asyncio
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Final

from collector.credentials import ContextMaker, Credentials
from collector.dtls import DtlsListener
from collector.given import GivenSocket, match_sockets
from collector.handoff import Handoff
from collector.handoff_link import HandoffLink
from collector.intake import Intake, Limits
from collector.listening import Listener, Needs, open_listener
from collector.reader import Reader
from collector.rules import Loaded, load_and_tell, rules_for
from collector.settings import CollectorSettings, ListenerSettings
from collector.sources import Sources
from collector.udp import UdpListener
from collector.unfinished import Unfinished

log = logging.getLogger(__name__)

_REPORT_SECONDS: Final = 1.0
_QUIET_SECONDS: Final = 0.05  # a stopping collector goes on reading until nothing came for so long ...
_LAST_READ_SECONDS: Final = 2.0  # ... but no longer than this
# Parsing holds up reading. The kernel's buffer of a UDP socket must hold what comes meanwhile: some 6 ms.
_OF_UNFINISHED: Final = 4  # the part of memory_octets that frames may take that have not ended
_UDP_BATCH_MESSAGES: Final = 4096
# librelp sends 128 messages ahead and then waits for answers, so that those must not wait for others.
_RELP_FLUSH_SECONDS: Final = 0.001
_RELP_INTERVAL_SECONDS: Final = 0.005


class Collector:
    """The listeners of one process and their way to storage.

    Args:
        settings: what to listen on, and within which bounds.
        tls_folder: where the appliance's own key and certificate are, or will be made.
        endpoint: storage's ZeroMQ address.
        given: sockets that are open already, by listener.
        rules: reads the rule files, which takes a while.
    """

    def __init__(
        self,
        settings: CollectorSettings,
        tls_folder: Path,
        endpoint: str,
        given: Mapping[str, GivenSocket],
        rules: Callable[[], Sequence[Loaded]],
    ) -> None:
        self._settings = settings
        self._load_rules = rules
        self._given = given
        self._tls_folder = tls_folder
        self._endpoint = endpoint
        self._handoff = Handoff(uuid.uuid4().hex, settings.memory_octets, settings.answer_seconds)
        self._unfinished = Unfinished(settings.memory_octets // _OF_UNFINISHED)
        self._link = HandoffLink(self._handoff, endpoint, self._balance)
        self._listeners: list[Listener] = []
        self._credentials: dict[str, Credentials] = {}  # by listener
        self._paused = False
        self._told_lost = 0

    async def start(self) -> None:
        """Open all listeners, then take what comes.

        The rules are read in between: what is sent meanwhile waits in the sockets' buffers.

        Raises:
            ListenerError: when an address cannot be had.
            CertificateError: when a key or certificate cannot be used.
        """
        for name, listener in self._settings.listeners.items():
            if listener.enabled and not self._is_left_to_another(name, listener):
                self._listeners.append(self._open(name, listener))
        loaded = self._load_rules()
        self._link.start()
        for opened in self._listeners:
            opened.intake.reader.use(rules_for(loaded, self._settings.listeners[opened.name].stream))
            await opened.start()

    def _is_left_to_another(self, name: str, listener: ListenerSettings) -> bool:
        """Whether another process reads the socket alone: one that many read would mix up DTLS sessions."""
        given = self._given.get(name)
        return given is not None and not given.first and listener.transport == "dtls"

    def _open(self, name: str, settings: ListenerSettings) -> Listener:
        shared, given = self._settings.processes > 1, self._given.get(name)
        sources = Sources(name, settings, self._settings.sources)
        reader = Reader(name, settings.transport, sources)
        intake = Intake(name, settings, self._limits(settings), self._link.submit, reader, self._unfinished)
        make_credentials = partial(self._read_credentials, name, settings)
        return open_listener(Needs(name, settings, intake, make_credentials, shared, given))

    def _read_credentials(self, name: str, settings: ListenerSettings, make: ContextMaker) -> Credentials:
        credentials = self._credentials[name] = Credentials(name, settings, self._tls_folder, make)
        return credentials

    def _limits(self, listener: ListenerSettings) -> Limits:
        settings = self._settings
        most = _UDP_BATCH_MESSAGES if listener.transport in {"udp", "gelf-udp"} else settings.flush_messages
        is_answered = listener.transport.startswith("relp")
        return Limits(
            messages=min(settings.flush_messages, most),
            octets=settings.flush_octets,
            seconds=_RELP_FLUSH_SECONDS if is_answered else settings.flush_milliseconds / 1000,
            interval=_RELP_INTERVAL_SECONDS if is_answered else 0.0,
        )

    def _balance(self) -> None:
        """Let senders wait while the hand-off is full."""
        if self._handoff.full == self._paused:
            return
        self._paused = self._handoff.full
        for listener in self._listeners:
            if self._paused:
                listener.pause()
            else:
                listener.resume()

    def look(self) -> dict[str, Any]:
        """Look at the kernel's counters, tell of new losses, and give the state for the status."""
        self._link.check()
        for credentials in self._credentials.values():
            credentials.look()
        for listener in self._listeners:
            if isinstance(listener, UdpListener | DtlsListener):
                listener.look_at_drops()
        self._tell_losses()
        return self._report()

    def _tell_losses(self) -> None:
        lost = {
            f"listener {listener.name}, {reason}": number
            for listener in self._listeners
            for reason, number in listener.intake.counts.lost.items()
        }
        if sum(lost.values()) > self._told_lost:
            self._told_lost = sum(lost.values())
            log.error(
                "messages lost since the start: %s; see that storage keeps up, and raise receive_buffer, "
                "net.core.rmem_max or collector.processes where the kernel's buffer was full",
                "; ".join(f"{number} ({what})" for what, number in lost.items()),
            )

    def _report(self) -> dict[str, Any]:
        handoff = self._handoff
        return {
            "endpoint": self._endpoint,
            "collector": handoff.collector,
            "paused": self._paused,
            "listeners": {listener.name: self._report_of(listener) for listener in self._listeners},
            "handoff": {
                "open": handoff.open,
                "unacknowledged": handoff.unacknowledged,
                "waiting": handoff.waiting,
                "held_messages": handoff.held_messages,
                "held_octets": handoff.held_octets,
                "unfinished_octets": self._unfinished.octets,
                **asdict(handoff.totals),
            },
        }

    def _report_of(self, listener: Listener) -> dict[str, Any]:
        state = listener.report()
        state["sequence_gaps"] = listener.intake.reader.gaps.report()
        if listener.name in self._credentials:
            state["fingerprints"] = self._credentials[listener.name].fingerprints
        return state

    async def drain(self) -> None:
        """Stop reading, and see everything that was read into storage."""
        await self._read_the_rest()
        for listener in self._listeners:
            await listener.close()
            listener.intake.flush()
        if not await self._link.drain(self._settings.stop_seconds) and (lost := self._link.give_up()):
            log.error(
                "%d messages were not acknowledged within %g s and are lost: "
                "see whether role storage runs, and why it was slow",
                lost,
                self._settings.stop_seconds,
            )

    async def _read_the_rest(self) -> None:
        """Let the event loop read until nothing comes any more, within a bound."""
        for _ in range(round(_LAST_READ_SECONDS / _QUIET_SECONDS)):
            before = self._octets()
            await asyncio.sleep(_QUIET_SECONDS)
            if self._octets() == before and not self._paused:
                return

    def _octets(self) -> int:
        return sum(listener.intake.counts.octets for listener in self._listeners)

    async def close(self) -> None:
        """Give back every socket."""
        for listener in self._listeners:
            await listener.close()
        await self._link.close()


async def run(  # noqa: PLR0913 - what every role is given, two places, and sockets
    settings: CollectorSettings,
    *,
    tls_folder: Path,
    endpoint: str,
    report: Callable[[Mapping[str, Any]], None],
    ready: Callable[[], None],
    stop: asyncio.Event,
    given: Sequence[tuple[str, int]] = (),
    first: bool = True,
    folder: Path = Path(),
) -> None:
    """Receive until ``stop`` is set, then hand over everything that was received.

    Args:
        settings: what to listen on, and within which bounds.
        tls_folder: where the appliance's own key and certificate are, or will be made.
        endpoint: storage's ZeroMQ address; storage need not be there yet.
        report: is given the role's state, in JSON's types, before ``ready``, every second and at the end.
        ready: is called once all listeners are open.
        stop: asks for the end.
        given: sockets that another process has opened for this one, by name and number of descriptor.
        first: whether this is the first of the collector processes.
        folder: where relative paths of rule files start: the configuration file's folder.

    Raises:
        ListenerError: when an address cannot be had; the message names the setting to change.
        CertificateError: when a key or certificate cannot be used; likewise.
    """
    sockets = match_sockets(given, settings.listeners, first=first)
    collector = Collector(settings, tls_folder, endpoint, sockets, partial(load_and_tell, settings, folder))
    try:
        await collector.start()
        report(collector.look())
        ready()
        while not stop.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _REPORT_SECONDS)
            report(collector.look())
        await collector.drain()
        report(collector.look())
    finally:
        await collector.close()
