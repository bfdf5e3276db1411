"""The collector's role: opens the listeners, keeps the hand-off going, reports, and drains when it stops."""

import asyncio
import logging
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from collector.book_opening import open_book
from collector.gate import STATES, Gate, State
from collector.given import GivenSocket, match_sockets
from collector.handoff_making import QueuePlace, change_handoff, make_handoff, storage_place
from collector.obeying import Obey, obey_nobody
from collector.pacing import ABOVE_RATE
from collector.quotas import Quotas
from collector.receivers import Receivers
from collector.rules import Loaded, RuleFiles
from collector.settings import CollectorSettings
from collector.shedding import is_shed
from tenants.assignment import Assignment
from tenants.file import read_registry
from tenants.registry import Registry

log = logging.getLogger(__name__)

_REPORT_SECONDS: Final = 1.0
_QUIET_SECONDS: Final = 0.05  # a stopping collector goes on reading until nothing came for so long ...
_LAST_READ_SECONDS: Final = 2.0  # ... but no longer than this


class Collector:
    """The listeners of one process and their way to storage.

    Args:
        settings: what to listen on, and within which bounds.
        tls_folder: where the appliance's own key and certificate are, or will be made.
        endpoint: storage's ZeroMQ address.
        given: sockets that are open already, by listener.
        first: whether this is the first of the collector processes.
        rules: reads the rule files, which takes a while.
        queue: where the disk queue lies; without it, what storage does not take stays in memory.
        books: the folder of the books; without it, nobody sees what is counted.
        process: what this process is called in them.
        tenants: the file that says whose messages are; without it, they are the listeners' tenants'.
    """

    def __init__(  # noqa: PLR0913 - as ``run``
        self,
        settings: CollectorSettings,
        tls_folder: Path,
        endpoint: str,
        given: Mapping[str, GivenSocket],
        rules: Callable[[CollectorSettings], Sequence[Loaded]],
        *,
        first: bool = True,
        queue: QueuePlace | None = None,
        books: Path | None = None,
        process: str = "collector",
        tenants: Path | None = None,
    ) -> None:
        self._settings = settings
        self._tenants = tenants
        self._quotas = Quotas(books if first else None)  # one process tells for all
        self._load_rules = rules
        self._given = given
        self._first = first
        self._endpoint, self._tls_folder, self._queue = endpoint, tls_folder, queue
        storage = storage_place(settings, endpoint, tls_folder)
        self._handoff, self._link = make_handoff(settings, storage, self._balance, queue)
        self._book = open_book(books, process, self._handoff.collector)
        self._syncing: asyncio.Future[None] | None = None  # the books, in a thread
        self._receivers = Receivers(settings, tls_folder, self._link.submit, self._book)
        self._gate = Gate()
        self._told_lost = 0
        self._shed_before: Counter[str] = Counter()  # messages dropped before this panic, by reason
        self._told_shed = True

    async def start(self) -> None:
        """Open all listeners, then take what comes.

        The rules are read in between: what is sent meanwhile waits in the sockets' buffers.

        Raises:
            ListenerError: when an address cannot be had.
            CertificateError: when a key or certificate cannot be used.
            RegistryError: when nobody can say whose messages are.
        """
        registry = self._registry()
        self._receivers.assignment = Assignment(registry)
        self._quotas.use(registry)
        self._receivers.open(self._given)
        loaded = self._load_rules(self._settings)
        self._link.start()
        await self._receivers.start(loaded)

    async def reload(self, settings: CollectorSettings, sockets: Sequence[tuple[str, int]]) -> None:
        """Go on with other settings; all or nothing.

        Rule files and tenants are read again, beside the work, and only here. Whatever reads and writes
        messages goes on meanwhile.

        Args:
            settings: the new ones.
            sockets: new listening sockets, by name and descriptor; ours from here on.

        Raises:
            ListenerError: when an address cannot be had.
            CertificateError: when a key or certificate cannot be used.
            EndpointError: when storage is on the network and its key is not known.
            RegistryError: when nobody can say whose messages are.
        """
        try:
            storage = storage_place(settings, self._endpoint, self._tls_folder)
            loaded = await asyncio.to_thread(self._load_rules, settings)
            registry = await asyncio.to_thread(self._registry)
        except Exception:
            for _, descriptor in sockets:
                os.close(descriptor)
            raise
        given = match_sockets(sockets, settings.listeners, first=self._first)
        change = self._receivers.prepare(settings, given, loaded, Assignment(registry))
        self._settings = settings
        change_handoff(settings, storage, self._handoff, self._link, self._queue)
        await self._receivers.make(change)
        self._quotas.use(registry)
        self._balance()
        log.info("new settings are in use")

    def _registry(self) -> Registry:
        """Read whose messages are."""
        return Registry() if self._tenants is None else read_registry(self._tenants)

    def hear(self, state: str) -> None:
        """Obey the appliance's state; see ``collector.gate``."""
        known: State = next((one for one in STATES if one == state), "ok")
        before, self._gate = self._gate.state, Gate(known, self._gate.full, self._gate.fullness)
        if known == "panic":
            self._shed_before, self._told_shed = self._shed(), False
        elif before == "panic" and (shed := self._shed() - self._shed_before):
            log.error("the panic is over; dropped in it: %s", _figures(shed))
        self._link.press(self._gate.hurries)
        self._balance()

    def _balance(self) -> None:
        """Let senders wait, or read from them, as state and memory ask for."""
        handoff, before = self._handoff, self._gate
        self._gate = Gate(before.state, handoff.full, handoff.held_octets / handoff.memory_octets)
        self._receivers.balance(self._gate)

    def look(self) -> dict[str, Any]:
        """Look at the kernel's counters, tell of new losses, and give the state for the status."""
        self._link.check()
        self._receivers.look()
        self._tell_losses()
        self._book.touch()
        self._quotas.look()
        return self._report()

    def _tell_losses(self) -> None:
        if not self._told_shed and (shed := self._shed() - self._shed_before):
            self._told_shed = True
            log.error(
                "the appliance is in panic: messages of senders that cannot be made to wait are dropped, the "
                "least severe first; so far %s; the sum is told at the end: see why storage cannot keep up",
                _figures(shed),
            )
        lost = {what: number for what, number in self._receivers.lost().items() if not _is_told_apart(what)}
        if sum(lost.values()) > self._told_lost:
            self._told_lost = sum(lost.values())
            log.error(
                "messages lost since the start: %s; see that storage keeps up, and raise receive_buffer, "
                "net.core.rmem_max or collector.processes where the kernel's buffer was full",
                "; ".join(f"{number} ({what})" for what, number in lost.items()),
            )

    def _shed(self) -> Counter[str]:
        """Give how many messages were dropped by severity, by reason."""
        shed: Counter[str] = Counter()
        for what, number in self._receivers.lost().items():
            if is_shed(reason := what.partition(", ")[2]):
                shed[reason] += number
        return shed

    def _report(self) -> dict[str, Any]:
        handoff = self._handoff
        return {
            "endpoint": self._link.endpoint,
            "collector": handoff.collector,
            "paused": self._gate.streams_wait,
            "state": self._gate.state,
            "listeners": self._receivers.report(),
            "books": dict(self._book.totals),
            "tenants": self._quotas.report(),
            "handoff": {
                **self._link.report(),
                "unfinished_octets": self._receivers.unfinished.octets,
            },
        }

    def keep_books(self) -> None:
        """Have the books on disk, so that not even a loss of power takes more than some seconds of them.

        Nobody waits for it: a disk that is slow must not make us seem dead.
        """
        if self._syncing is None or self._syncing.done():
            self._syncing = asyncio.get_running_loop().run_in_executor(None, self._book.sync)

    async def end_books(self) -> None:
        """Say in the books that this process ends in order: what it held is handed over, or told."""
        if self._syncing is not None:
            await self._syncing
        self._book.close()

    async def drain(self) -> None:
        """Stop reading, and see everything that was read into storage."""
        await self._read_the_rest()
        await self._receivers.close()
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
            before = self._receivers.octets()
            await asyncio.sleep(_QUIET_SECONDS)
            if self._receivers.octets() == before and not self._gate.streams_wait:
                return

    async def close(self) -> None:
        """Give back every socket."""
        await self._receivers.close()
        await self._link.close()


def _is_told_apart(what: str) -> bool:
    reason = what.partition(", ")[2]
    return reason == ABOVE_RATE or is_shed(reason)


def _figures(shed: Counter[str]) -> str:
    each = ", ".join(f"{number} ({reason})" for reason, number in sorted(shed.items(), reverse=True))
    return f"{shed.total()} messages: {each}"


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
    queue: Path | None = None,
    books: Path | None = None,
    process: str = "collector",
    tenants: Path | None = None,
    obey: Obey = obey_nobody,
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
        queue: the folder of this process's disk queue; without it, what storage does not take stays in
            memory.
        books: the folder of the books; without it, nobody sees what is counted.
        process: what this process is called in them.
        tenants: the file that says whose messages are; without it, they are the listeners' tenants'.
        obey: is told once what obeys the appliance's state, and what reloads; see ``Collector``.

    Raises:
        ListenerError: when an address cannot be had; the message names the setting to change.
        CertificateError: when a key or certificate cannot be used; likewise.
        RegistryError: when nobody can say whose messages are.
    """
    sockets = match_sockets(given, settings.listeners, first=first)
    rules = RuleFiles(folder).load_and_tell
    place = QueuePlace(queue, first) if queue is not None else None
    collector = Collector(
        settings,
        tls_folder,
        endpoint,
        sockets,
        rules,
        first=first,
        queue=place,
        books=books,
        process=process,
        tenants=tenants,
    )
    obey(state=collector.hear, reload=collector.reload)
    try:
        await collector.start()
        report(collector.look())
        ready()
        while not stop.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _REPORT_SECONDS)
            report(collector.look())
            collector.keep_books()
        await collector.drain()
        report(collector.look())
        await collector.end_books()
    finally:
        await collector.close()
