"""From frames to batches: gathers what one listener received, parses it together, and hands it over."""

import asyncio
import logging
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import compress
from math import inf
from traceback import format_tb
from typing import Any, Protocol

import pyarrow as pa

from collector.admission import Admission, Received
from collector.books import DROPPED, NOT_ADMITTED, tenant_octets
from collector.counts import ListenerCounts
from collector.handoff_batch import Done
from collector.listener_book import ListenerBook, in_memory
from collector.pacing import ABOVE_RATE, Pace
from collector.reader import Reader
from collector.settings import ListenerSettings
from collector.shedding import LEAST_SEVERE, dropped, kept
from collector.sources import Sources
from collector.tenancy import Part, Tenancy
from collector.unfinished import Unfinished
from parsers.batch import encode_records
from parsers.pipeline import Arrival
from parsers.schema import Flag

log = logging.getLogger(__name__)

Flags = Mapping[int, tuple[Flag, ...]]


class Submit(Protocol):
    """Takes a finished batch; see ``collector.handoff.Handoff.submit``."""

    def __call__(  # noqa: PLR0913 - as there
        self,
        tenant: str,
        stream: str,
        *,
        messages: int,
        octets: int,
        payload: Any,
        lost: Counter[str],
        done: Done | None = None,
        can_wait: bool = True,
    ) -> None:
        """Take one batch."""


@dataclass(slots=True)
class Gathered:
    """Frames that were received together, with where they came from: ``arrivals`` are runs of frames."""

    frames: list[bytes] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    flags: dict[int, tuple[Flag, ...]] = field(default_factory=dict)
    octets: int = 0
    dones: list[Done] = field(default_factory=list)

    def add(self, frames: Sequence[bytes], arrivals: Sequence[Arrival], flags: Flags) -> None:
        """Append frames. ``flags`` goes by their number in ``frames``."""
        first = len(self.frames)
        self.frames += frames
        self.arrivals += arrivals
        self.octets += sum(map(len, frames))
        for number, several in flags.items():
            self.flags[first + number] = several

    def done(self) -> Done | None:
        """Whom to answer when all of it is in storage, or will never be."""
        return partial(_answer, tuple(self.dones)) if self.dones else None

    def halves(self) -> tuple["Gathered", "Gathered"]:
        """Cut in two; for finding the one frame that breaks something, not for the usual way.

        Who waits for an answer gets it when both halves have theirs.
        """
        middle = len(self.frames) // 2
        arrivals = [
            Arrival(run.received_at, run.peer, 1, run.tls_identity)
            for run in self.arrivals
            for _ in range(run.count)
        ]
        first, second = Gathered(), Gathered()
        first.add(
            self.frames[:middle],
            arrivals[:middle],
            {number: flags for number, flags in self.flags.items() if number < middle},
        )
        second.add(
            self.frames[middle:],
            arrivals[middle:],
            {number - middle: flags for number, flags in self.flags.items() if number >= middle},
        )
        if (done := self.done()) is not None:
            first.dones = second.dones = [_All(done, 2)]
        return first, second

    def of_tenants(self, parts: Sequence[Part]) -> "list[Gathered]":
        """Give the parts as what was gathered each; who waits for an answer gets it when all have theirs."""
        if len(parts) == 1 and parts[0].frames is self.frames:
            return [self]
        done = self.done() if len(parts) > 1 else None
        dones: list[Done] = self.dones if done is None else [_All(done, len(parts))]
        return [
            Gathered(list(one.frames), list(one.arrivals), dict(one.flags), sum(map(len, one.frames)), dones)
            for one in parts
        ]


def _columns(records: pa.RecordBatch) -> dict[str, pa.Array]:
    return dict(zip(records.schema.names, records.columns, strict=True))


def _answer(dones: Sequence[Done], ok: bool) -> None:  # noqa: FBT001 - as Done has it
    for done in dones:
        done(ok)


class _All:
    """Answers once, after ``count`` answers: True when all are."""

    def __init__(self, done: Done, count: int) -> None:
        self._done = done
        self._count = count
        self._answers: list[bool] = []

    def __call__(self, ok: bool) -> None:  # noqa: FBT001 - as Done has it
        """Take one of the answers."""
        self._answers.append(ok)
        if len(self._answers) == self._count:
            self._done(all(self._answers))


@dataclass(frozen=True, slots=True)
class Limits:
    """When a batch goes: after so many messages or octets, or seconds since its first message.

    But for the first two, ``interval`` seconds pass at least between batches: each costs work and a sync.
    """

    messages: int
    octets: int
    seconds: float
    interval: float = 0.0


class Intake:
    """What one listener's messages go through on their way to storage.

    Args:
        name: the listener's name.
        settings: how its messages are read, and which stream they go to.
        limits: when a batch goes.
        submit: takes the batches.
        reader: makes records of frames; without it, one that knows of no sources and no rules.
        unfinished: accounts for frames that have not ended, of all listeners; without it they have no bound.
        book: the listener's part of the books; without it, one that nobody else sees.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what a listener's messages go through, and how they are read
        self,
        name: str,
        settings: ListenerSettings,
        limits: Limits,
        submit: Submit,
        reader: Reader | None = None,
        unfinished: Unfinished | None = None,
        book: ListenerBook | None = None,
    ) -> None:
        self.unfinished = unfinished or Unfinished(sys.maxsize)
        self.book = book or ListenerBook(in_memory(), name)
        self.counts = ListenerCounts()
        self.counts.keep_in(self.book.count)
        self._name = name
        self._settings = settings
        self.reader = reader or Reader(name, settings.transport, Sources(name, settings, {}))
        self._admission = Admission(settings.sender_networks)
        self._limits = limits
        self._submit = submit
        self._gathered = Gathered()
        self._timer: asyncio.TimerHandle | None = None
        self._flushed_at = -inf
        self.least_severe = LEAST_SEVERE  # of what still goes on; all does, unless the appliance is in panic
        self.pace: Pace | None = None  # of senders that cannot be made to wait
        self._tenancy: Tenancy | None = None  # None: all is of the listener's own tenant

    def change(self, settings: ListenerSettings, reader: Reader, tenancy: Tenancy | None = None) -> None:
        """Go on with other settings. What was gathered before is read and sent as it would have been."""
        self.flush()
        self._settings = settings
        self._admission = Admission(settings.sender_networks)
        self.reader = reader
        self._tenancy = tenancy

    def part_by(self, tenancy: Tenancy | None) -> None:
        """Have ``tenancy`` say whose messages are; without it all are the tenant's of the settings."""
        self.flush()
        self._tenancy = tenancy

    def use(self, limits: Limits) -> None:
        """Let batches go by other limits from the next message on."""
        self._limits = limits

    def add(
        self,
        frames: Sequence[bytes],
        arrivals: Sequence[Arrival],
        flags: Flags,
        done: Done | None = None,
    ) -> None:
        """Take frames.

        Args:
            frames: messages, which travel in one batch.
            arrivals: runs of them.
            flags: those that framing set, by number in ``frames``.
            done: called exactly once, and never from here: True when storage has all these frames on disk,
                False when it has refused them or they are given up. Without frames there is no call.
        """
        self.book.frames(arrivals, len(frames))
        if self._admission.limited:
            frames, arrivals, flags = self._admitted(frames, arrivals, flags, done)
        if self.pace is not None and self.pace.limited:
            frames, arrivals, flags = self._within_rates(self.pace, frames, arrivals, flags)
        if not frames:
            return
        self.counts.messages += len(frames)
        self.counts.count_flags(flags.values())
        gathered = self._gathered
        gathered.add(frames, arrivals, flags)
        if done is not None:
            gathered.dones.append(done)
        if len(gathered.frames) >= self._limits.messages or gathered.octets >= self._limits.octets:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._delay(), self.flush)

    def _delay(self) -> float:
        since = time.monotonic() - self._flushed_at
        return max(self._limits.seconds, self._limits.interval - since)

    def _admitted(
        self, frames: Sequence[bytes], arrivals: Sequence[Arrival], flags: Flags, done: Done | None
    ) -> Received:
        """Leave out, and count, what comes from those who may not send."""
        received = self._admission.admitted(frames, arrivals, flags)
        self.counts.not_admitted += len(frames) - len(received[0])
        self.book.turned_away(NOT_ADMITTED, arrivals, received[1])
        if frames and not received[0] and done is not None:
            asyncio.get_running_loop().call_soon(done, False)
        return received

    def _within_rates(
        self, pace: Pace, frames: Sequence[bytes], arrivals: Sequence[Arrival], flags: Flags
    ) -> Received:
        """Leave out, and count, what its senders may not send so soon."""
        received = pace.within(frames, arrivals, flags)
        if above := len(frames) - len(received[0]):
            self.counts.lost.count(ABOVE_RATE, above)
            self.book.turned_away(f"{DROPPED}{ABOVE_RATE}", arrivals, received[1])
        return received

    def flush(self) -> None:
        """Parse and hand over what was gathered."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        gathered, self._gathered = self._gathered, Gathered()
        self._flushed_at = time.monotonic()
        if not gathered.frames:
            return
        if self._tenancy is None:
            self._hand_over(gathered, self._settings.tenant)
        else:
            self._hand_over_apart(gathered, self._tenancy)

    def _hand_over_apart(self, gathered: Gathered, tenancy: Tenancy) -> None:
        """Hand over to each tenant what is its own."""
        try:
            parts = tenancy.parts(gathered.frames, gathered.arrivals, gathered.flags)
        except Exception as error:  # noqa: BLE001
            # As in _hand_over: it promises not to raise.
            if len(gathered.frames) > 1:
                for half in gathered.halves():
                    self._hand_over_apart(half, tenancy)
                return
            # An error's own words may hold the message, and with it a token.
            log.error(  # noqa: TRY400
                "listener %s: nobody can say whose a message is, so it is kept for tenant %s; report this "
                "%s:\n%s",
                self._name,
                self._settings.tenant,
                type(error).__name__,
                "".join(format_tb(error.__traceback__)),
            )
            self._hand_over(gathered, self._settings.tenant)
            return
        for part, own in zip(parts, gathered.of_tenants(parts), strict=True):
            self.counts.count_flags([(Flag.TOKEN_WRONG,)] * part.wrong)
            self.book.count(tenant_octets(part.tenant), own.octets)
            self._hand_over(own, part.tenant)

    def _hand_over(self, gathered: Gathered, tenant: str) -> None:
        try:
            records = self._parse(gathered)
            if self.least_severe < LEAST_SEVERE:
                gathered, records = self._shed(gathered, records)
            payload = encode_records(records)
        except Exception:
            # Parsing promises not to raise. Should it do so, one message may not take 16,000 along.
            if len(gathered.frames) > 1:
                for half in gathered.halves():
                    self._hand_over(half, tenant)
                return
            log.exception(
                "listener %s: a message could not be read and is kept as text only; "
                "report it with these octets: %r",
                self._name,
                gathered.frames[0],
            )
            self._hand_over_unread(gathered, tenant)
            return
        if gathered.frames:
            self._hand_over_records(gathered, tenant, records, payload)

    def _shed(self, gathered: Gathered, records: pa.RecordBatch) -> tuple[Gathered, pa.RecordBatch]:
        """Leave out, and count, what is not severe enough by now; see ``collector.shedding``."""
        keep = kept(records, self.least_severe)
        if keep.true_count == len(keep):
            return gathered, records
        for reason, several in dropped(records, keep).items():
            self.counts.lost.count(reason, several.num_rows)
            self.book.dropped(reason, several)
        frames = list(compress(gathered.frames, keep.to_pylist()))
        return replace(gathered, frames=frames, octets=sum(map(len, frames))), records.filter(keep)

    def _hand_over_unread(self, gathered: Gathered, tenant: str) -> None:
        """Hand over one message without reading it: its octets and text in an empty message's record."""
        (octets,) = gathered.frames
        try:
            empty = self._parse(replace(gathered, frames=[b""]))
            own = {"raw": pa.array([octets], pa.binary()), "message": [octets.decode(errors="replace")]}
            records = pa.RecordBatch.from_pydict({**_columns(empty), **own}, empty.schema)
            payload = encode_records(records)
        except Exception:
            log.exception("listener %s: nothing can be made a record; messages are lost", self._name)
            self.counts.lost["not parsed"] += 1
            if (done := gathered.done()) is not None:
                asyncio.get_running_loop().call_soon(done, False)
            return
        self._hand_over_records(gathered, tenant, records, payload)

    def _hand_over_records(
        self, gathered: Gathered, tenant: str, records: pa.RecordBatch, payload: Any
    ) -> None:
        self._submit(
            tenant,
            self._settings.stream,
            messages=len(gathered.frames),
            octets=gathered.octets,
            payload=payload,
            lost=self.book.tally(records, self.counts.lost),
            done=gathered.done(),
        )

    def _parse(self, gathered: Gathered) -> pa.RecordBatch:
        return self.reader.read(gathered.frames, gathered.arrivals, gathered.flags)
