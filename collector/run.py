"""The collector's role: opens the listeners, keeps the hand-off going, reports, and drains when it stops."""

import asyncio
import logging
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from collector.certificate import fingerprints, own_certificate
from collector.datagrams import drops_by_inode
from collector.handoff import Handoff
from collector.handoff_link import HandoffLink
from collector.intake import Intake, Limits
from collector.settings import CollectorSettings, ListenerSettings
from collector.tcp import StreamConnection, StreamListener
from collector.tls import TlsConnection
from collector.tls_session import configured_certificate, server_context
from collector.udp import UdpListener

log = logging.getLogger(__name__)

Listener = UdpListener | StreamListener

_REPORT_SECONDS: Final = 1.0
_QUIET_SECONDS: Final = 0.05  # a stopping collector goes on reading until nothing came for so long ...
_LAST_READ_SECONDS: Final = 2.0  # ... but no longer than this
# Parsing holds up reading. The kernel's buffer of a UDP socket must hold what comes meanwhile: some 6 ms.
_UDP_BATCH_MESSAGES: Final = 4096
_UDP_TABLES: Final = (Path("/proc/net/udp"), Path("/proc/net/udp6"))


class Collector:
    """The listeners of one process and their way to storage.

    Args:
        settings: what to listen on, and within which bounds.
        tls_folder: where the appliance's own key and certificate are, or will be made.
        endpoint: storage's ZeroMQ address.
    """

    def __init__(self, settings: CollectorSettings, tls_folder: Path, endpoint: str) -> None:
        self._settings = settings
        self._tls_folder = tls_folder
        self._endpoint = endpoint
        self._handoff = Handoff(uuid.uuid4().hex, settings.memory_octets, settings.answer_seconds)
        self._link = HandoffLink(self._handoff, endpoint, self._balance)
        self._listeners: list[Listener] = []
        self._fingerprints: dict[str, list[str]] = {}
        self._paused = False
        self._told_lost = 0

    async def start(self) -> None:
        """Open all listeners, then take what comes.

        Raises:
            ListenerError: when an address cannot be had.
            CertificateError: when a key or certificate cannot be used.
        """
        for name, listener in self._settings.listeners.items():
            if listener.enabled:
                self._listeners.append(self._open(name, listener))
        self._link.start()
        for opened in self._listeners:
            await opened.start()

    def _open(self, name: str, settings: ListenerSettings) -> Listener:
        shared = self._settings.processes > 1
        intake = Intake(name, settings, self._limits(settings), self._link.submit)
        if settings.transport == "udp":
            return UdpListener(name, settings, intake, shared=shared)
        if settings.transport == "tcp":
            return StreamListener(name, settings, intake, StreamConnection, shared=shared)
        files = configured_certificate(settings) or own_certificate(self._tls_folder)
        context = server_context(name, settings, files)
        self._fingerprints[name] = fingerprints(files.certificate)
        return StreamListener(
            name, settings, intake, lambda listener: TlsConnection(listener, context), shared=shared
        )

    def _limits(self, listener: ListenerSettings) -> Limits:
        settings = self._settings
        most = _UDP_BATCH_MESSAGES if listener.transport == "udp" else settings.flush_messages
        return Limits(
            messages=min(settings.flush_messages, most),
            octets=settings.flush_octets,
            seconds=settings.flush_milliseconds / 1000,
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
        drops = _kernel_drops()
        for listener in self._listeners:
            if isinstance(listener, UdpListener):
                listener.look_at_drops(drops)
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
                **asdict(handoff.totals),
            },
        }

    def _report_of(self, listener: Listener) -> dict[str, Any]:
        state = listener.report()
        if listener.name in self._fingerprints:
            state["fingerprints"] = self._fingerprints[listener.name]
        return state

    async def drain(self) -> None:
        """Stop reading, and see everything that was read into storage."""
        await self._read_the_rest()
        for listener in self._listeners:
            await listener.close()
            listener.intake.flush()
        if not await self._link.drain(self._settings.stop_seconds):
            self._handoff.give_up()
            log.error(
                "%d messages in %d batches were not acknowledged within %g s and are lost: "
                "see whether role storage runs, and why it was slow",
                self._handoff.held_messages,
                self._handoff.unacknowledged + self._handoff.waiting,
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


def _kernel_drops() -> dict[int, int]:
    drops: dict[int, int] = {}
    for table in _UDP_TABLES:
        with suppress(OSError):  # no such table: not Linux, or no IPv6
            drops |= drops_by_inode(table.read_text("ascii"))
    return drops


async def run(  # noqa: PLR0913 - what every role is given, and two places
    settings: CollectorSettings,
    *,
    tls_folder: Path,
    endpoint: str,
    report: Callable[[Mapping[str, Any]], None],
    ready: Callable[[], None],
    stop: asyncio.Event,
) -> None:
    """Receive until ``stop`` is set, then hand over everything that was received.

    Args:
        settings: what to listen on, and within which bounds.
        tls_folder: where the appliance's own key and certificate are, or will be made.
        endpoint: storage's ZeroMQ address; storage need not be there yet.
        report: is given the role's state, in JSON's types, before ``ready``, every second and at the end.
        ready: is called once all listeners are open.
        stop: asks for the end.

    Raises:
        ListenerError: when an address cannot be had; the message names the setting to change.
        CertificateError: when a key or certificate cannot be used; likewise.
    """
    collector = Collector(settings, tls_folder, endpoint)
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
