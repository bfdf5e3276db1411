"""The listeners of one process: opened together, changed while they receive, and made to wait.

A change comes in two steps. ``prepare`` does all that can fail, and changes nothing; ``Change.make`` then
cannot fail. A listener whose place and transport stay goes on, with its socket, connections and counts; one
whose do not is replaced. What is replaced or left out *parts*: for a moment it takes what still comes, since
the supervisor lets go of the socket when all processes have changed; then its senders are asked to leave.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from collector import trail_listener
from collector.books import Book
from collector.counts import ListenerCounts
from collector.credentials import ContextMaker, Credentials
from collector.gate import Gate
from collector.given import GivenSocket
from collector.intake import Intake, Submit
from collector.listener_book import ListenerBook, in_memory
from collector.listening import Needs, credentials_for, open_listener
from collector.pacing import Pace
from collector.reader import Reader
from collector.receiver import Receiver, is_left_to_another, limits_of, place_of
from collector.rules import Loaded, rules_for
from collector.settings import OVER_UDP, CollectorSettings, ListenerSettings
from collector.shedding import LEAST_SEVERE, least_severe
from collector.sources import Sources
from collector.tcp import StreamListener
from collector.tenancy import tenancy_of
from collector.trail_listener import sources_for
from collector.unfinished import Unfinished
from tenants.assignment import Assignment

log = logging.getLogger(__name__)

OF_UNFINISHED: Final = 4  # the part of memory_octets that frames may take that have not ended
# What the appliance tells of itself and of its users is little, and says what is going on.
_NEVER_SHED: Final = frozenset({"self", trail_listener.NAME})
_PARTING_SECONDS: Final = 2.0  # a supervisor changes all processes in less
_LEAVING_SECONDS: Final = 5.0  # for senders to hear that they are to leave
_LOOK_SECONDS: Final = 0.05


@dataclass(slots=True)
class _Kept:
    """A receiver that goes on, and all that it goes on with."""

    receiver: Receiver
    settings: ListenerSettings
    reader: Reader
    pace: Pace
    credentials: Credentials | None
    sources: Sources


@dataclass(slots=True)
class Change:
    """A change that cannot fail any more."""

    settings: CollectorSettings
    assignment: Assignment
    kept: list[_Kept] = field(default_factory=list)
    opened: list[Receiver] = field(default_factory=list)
    leaving: list[Receiver] = field(default_factory=list)


class Receivers:
    """The listeners of one process.

    Args:
        settings: what to listen on, and within which bounds.
        tls_folder: where the appliance's own key and certificate are, or will be made.
        submit: takes the batches.
        book: the process's; without it, one that nobody else sees.
    """

    def __init__(
        self, settings: CollectorSettings, tls_folder: Path, submit: Submit, book: Book | None = None
    ) -> None:
        self.settings = settings
        self.assignment = Assignment()  # whose messages are
        self.unfinished = Unfinished(settings.memory_octets // OF_UNFINISHED)
        self._tls_folder = tls_folder
        self._submit = submit
        self._book = book or in_memory()
        self._gate = Gate()
        self._present: dict[str, Receiver] = {}
        self._parting: dict[Receiver, asyncio.Task[None]] = {}
        self._counts: dict[str, ListenerCounts] = {}  # by listener; they outlive it

    @property
    def paused(self) -> bool:
        """Whether those who can wait are made to."""
        return self._gate.streams_wait

    def all(self) -> Iterator[Receiver]:
        """Give all of them, those that are parting too."""
        yield from list(self._present.values())
        yield from list(self._parting)

    # Opening and changing.

    def open(self, given: Mapping[str, GivenSocket], rules: Sequence[Loaded] = ()) -> None:
        """Open all listeners; they take messages when they are started.

        Args:
            given: sockets that are open already, by listener.
            rules: the rule files that are in use.

        Raises:
            ListenerError: when an address cannot be had.
            CertificateError: when a key or certificate cannot be used.
        """
        for name, listener in self._wanted(self.settings, given).items():
            self._present[name] = self._opened(self.settings, name, listener, given.get(name), rules)

    async def start(self, rules: Sequence[Loaded]) -> None:
        """Take what comes."""
        for receiver in self._present.values():
            receiver.intake.reader.use(rules_for(rules, receiver.settings.stream))
            await self._start(receiver)

    def prepare(
        self,
        settings: CollectorSettings,
        given: Mapping[str, GivenSocket],
        rules: Sequence[Loaded],
        assignment: Assignment,
    ) -> Change:
        """Do all of a change that can fail.

        Args:
            settings: the new ones.
            given: sockets that have been opened for them; they are closed when this fails.
            rules: the rule files that will be in use.
            assignment: says whose messages will be.

        Raises:
            ListenerError: when an address cannot be had.
            CertificateError: when a key or certificate cannot be used.
        """
        change = Change(settings, assignment)
        unused = dict(given)
        try:
            for name, listener in self._wanted(settings, given).items():
                present = self._present.get(name)
                if present is not None and present.goes_on(listener, given.get(name)):
                    change.kept.append(self._kept(settings, present, listener, rules))
                    continue
                mine = given.get(name) or self._at_same_place(listener)
                if mine is not None:
                    unused[name] = mine
                change.opened.append(self._opened(settings, name, listener, mine, rules))
                unused.pop(name, None)
        except Exception:
            for receiver in change.opened:
                receiver.listener.forgo()
            raise
        finally:
            for one in unused.values():
                one.opened.close()
        staying = {kept.receiver for kept in change.kept}
        change.leaving = [receiver for receiver in self._present.values() if receiver not in staying]
        return change

    async def make(self, change: Change) -> None:
        """Make a change: who goes on changes at once, what is new begins, and what is left out parts."""
        self.settings, self.assignment = change.settings, change.assignment
        self.unfinished.allow(change.settings.memory_octets // OF_UNFINISHED)
        for kept in change.kept:
            self._adapt(kept)
        for receiver in change.leaving:
            del self._present[receiver.name]
            receiver.intake.part_by(tenancy_of(self.assignment, receiver.name, receiver.settings))
            shares = any(receiver.has_socket_of(opened) for opened in change.opened)
            if shares and not isinstance(receiver.listener, StreamListener):
                receiver.listener.stop_reading()
            self._parting[receiver] = asyncio.create_task(self._part(receiver, at_once=shares))
        for receiver in change.opened:
            self._present[receiver.name] = receiver
            await self._start(receiver)

    def _wanted(
        self, settings: CollectorSettings, given: Mapping[str, GivenSocket]
    ) -> dict[str, ListenerSettings]:
        return {
            name: listener
            for name, listener in settings.listeners.items()
            if listener.enabled and not is_left_to_another(listener, given.get(name))
        }

    def _opened(
        self,
        settings: CollectorSettings,
        name: str,
        listener: ListenerSettings,
        given: GivenSocket | None,
        rules: Sequence[Loaded],
    ) -> Receiver:
        sources = Sources(name, listener, sources_for(settings, name))
        reader = Reader(name, listener.transport, sources, rules_for(rules, listener.stream))
        intake = self._intake(settings, name, listener, reader)
        pace = Pace(name, listener, sources, sources_for(settings, name))
        made: list[Credentials] = []

        def make_credentials(make: ContextMaker) -> Credentials:
            made.append(Credentials(name, listener, self._tls_folder, make))
            return made[0]

        opened = open_listener(Needs(name, listener, intake, make_credentials, settings.processes > 1, given))
        receiver = Receiver(name, listener, sources, intake, opened, made[0] if made else None)
        receiver.keep_pace(pace)
        return receiver

    def _intake(
        self, settings: CollectorSettings, name: str, listener: ListenerSettings, reader: Reader
    ) -> Intake:
        limits = limits_of(settings, listener, hurries=self._gate.hurries)
        can_wait = listener.transport not in OVER_UDP and listener.transport != "unix"
        submit = partial(self._submit, can_wait=can_wait)
        book = ListenerBook(self._book, name)
        intake = Intake(name, listener, limits, submit, reader, self.unfinished, book)
        intake.counts = self._counts_of(name, intake.counts)
        return intake

    def _counts_of(self, name: str, new: ListenerCounts) -> ListenerCounts:
        """Give the counts of a listener, which go on when it is replaced, or comes back."""
        return self._counts.setdefault(name, new)

    def _kept(
        self,
        settings: CollectorSettings,
        receiver: Receiver,
        listener: ListenerSettings,
        rules: Sequence[Loaded],
    ) -> _Kept:
        name = receiver.name
        sources = Sources(name, listener, sources_for(settings, name))
        reader = Reader(name, listener.transport, sources, rules_for(rules, listener.stream))
        pace = Pace(name, listener, sources, sources_for(settings, name))
        credentials = None
        if receiver.credentials is not None:
            make = credentials_for(listener.transport)
            credentials = Credentials(name, listener, self._tls_folder, make)
        return _Kept(receiver, listener, reader, pace, credentials, sources)

    def _adapt(self, kept: _Kept) -> None:
        receiver = kept.receiver
        kept.reader.gaps = receiver.intake.reader.gaps
        tenancy = tenancy_of(self.assignment, receiver.name, kept.settings)
        receiver.intake.change(kept.settings, kept.reader, tenancy)
        receiver.settings, receiver.sources = kept.settings, kept.sources
        if receiver.credentials is not None and kept.credentials is not None:
            receiver.credentials.become(kept.credentials)
        receiver.listener.change(kept.settings)
        receiver.keep_pace(kept.pace)
        self._use_limits(receiver)

    def _at_same_place(self, listener: ListenerSettings) -> GivenSocket | None:
        """Give another descriptor of the socket that is open at the place of a listener already."""
        for receiver in self.all():
            if place_of(receiver.settings) == place_of(listener) and receiver.listener.descriptor >= 0:
                copy = socket.socket(fileno=os.dup(receiver.listener.descriptor))
                copy.setblocking(False)
                return GivenSocket(copy)
        return None

    async def _start(self, receiver: Receiver) -> None:
        self._use_limits(receiver)
        receiver.intake.part_by(tenancy_of(self.assignment, receiver.name, receiver.settings))
        await receiver.listener.start()
        self._pause_or_resume(receiver)

    # Parting.

    async def _part(self, receiver: Receiver, *, at_once: bool) -> None:
        """Take what still comes, ask the senders to leave, and close."""
        listener = receiver.listener
        try:
            if not at_once:
                await asyncio.sleep(_PARTING_SECONDS)
            if isinstance(listener, StreamListener):
                listener.part()
                for _ in range(round(_LEAVING_SECONDS / _LOOK_SECONDS)):
                    if not listener.connected:
                        break
                    await asyncio.sleep(_LOOK_SECONDS)
            await listener.close()
            receiver.intake.flush()
            await listener.close()  # RELP: the first time lets answers go out
        except Exception:
            log.exception("listener %s: it could not be closed in order", receiver.name)
        finally:
            self._parting.pop(receiver, None)

    async def close(self) -> None:
        """Close every listener; what it has read goes on. To be called twice, see ``RelpListener.close``."""
        receivers = list(self.all())
        for task in list(self._parting.values()):
            task.cancel()
        await asyncio.gather(*self._parting.values(), return_exceptions=True)
        self._parting.clear()
        for receiver in receivers:
            await receiver.listener.close()
            receiver.intake.flush()

    # Waiting.

    def balance(self, gate: Gate) -> None:
        """Let senders wait, or read from them, as ``gate`` says."""
        before, self._gate = self._gate, gate
        for receiver in self.all():
            receiver.intake.least_severe = self._least_severe(receiver)
        if (gate.streams_wait, gate.datagrams_wait) != (before.streams_wait, before.datagrams_wait):
            for receiver in self.all():
                self._pause_or_resume(receiver)
        if gate.state != before.state:
            for receiver in self.all():
                self._use_limits(receiver)

    def _least_severe(self, receiver: Receiver) -> int:
        if self._gate.state != "panic" or receiver.waits or receiver.name in _NEVER_SHED:
            return LEAST_SEVERE
        return least_severe(self._gate.fullness)

    def _pause_or_resume(self, receiver: Receiver) -> None:
        listener = receiver.listener
        waits = self._gate.streams_wait if receiver.waits else self._gate.datagrams_wait
        if waits != listener.paused:
            listener.pause() if waits else listener.resume()

    def _use_limits(self, receiver: Receiver) -> None:
        receiver.intake.use(limits_of(self.settings, receiver.settings, hurries=self._gate.hurries))
        receiver.intake.least_severe = self._least_severe(receiver)
        if isinstance(receiver.listener, StreamListener):
            receiver.listener.turns_away = self._gate.turns_away

    # Looking.

    def look(self) -> None:
        """Let each look at what has changed around it; to be called every second or so."""
        for receiver in self.all():
            receiver.look()

    def octets(self) -> int:
        """Give how many octets have come since the start."""
        return sum(counts.octets for counts in self._counts.values())

    def lost(self) -> dict[str, int]:
        """Give how many messages were lost since the start, by listener and reason."""
        return {
            f"listener {name}, {reason}": number
            for name, counts in self._counts.items()
            for reason, number in counts.lost.items()
        }

    def report(self) -> dict[str, Any]:
        """Give the listeners' state for the status, in JSON's types, by name."""
        return {name: receiver.report() for name, receiver in self._present.items()}
