"""From frames to batches: gathers what one listener received, parses it together, and hands it over."""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa

from collector.counts import ListenerCounts
from collector.settings import ListenerSettings
from parsers.batch import encode_records
from parsers.pipeline import Arrival, parse_frames
from parsers.schema import Flag

log = logging.getLogger(__name__)

Flags = Mapping[int, tuple[Flag, ...]]


class Submit(Protocol):
    """Takes a finished batch; see ``collector.handoff.Handoff.submit``."""

    def __call__(  # noqa: PLR0913 - as there
        self, tenant: str, stream: str, *, messages: int, octets: int, payload: Any, lost: Counter[str]
    ) -> None:
        """Take one batch."""


@dataclass(slots=True)
class Gathered:
    """Frames that were received together, with where they came from: ``arrivals`` are runs of frames."""

    frames: list[bytes] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    flags: dict[int, tuple[Flag, ...]] = field(default_factory=dict)
    octets: int = 0

    def add(self, frames: Sequence[bytes], arrivals: Sequence[Arrival], flags: Flags) -> None:
        """Append frames. ``flags`` goes by their number in ``frames``."""
        first = len(self.frames)
        self.frames += frames
        self.arrivals += arrivals
        self.octets += sum(map(len, frames))
        for number, several in flags.items():
            self.flags[first + number] = several

    def halves(self) -> tuple["Gathered", "Gathered"]:
        """Cut in two; for finding the one frame that breaks something, not for the usual way."""
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
        return first, second


@dataclass(frozen=True, slots=True)
class Limits:
    """When a batch goes: after so many messages or octets, or seconds since its first message."""

    messages: int
    octets: int
    seconds: float


class Intake:
    """What one listener's messages go through on their way to storage.

    Args:
        name: the listener's name.
        settings: how its messages are read, and which stream they go to.
        limits: when a batch goes.
        submit: takes the batches.
    """

    def __init__(self, name: str, settings: ListenerSettings, limits: Limits, submit: Submit) -> None:
        self.counts = ListenerCounts()
        self._name = name
        self._settings = settings
        self._timezone = settings.source_timezone()
        self._limits = limits
        self._submit = submit
        self._gathered = Gathered()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, frames: Sequence[bytes], arrivals: Sequence[Arrival], flags: Flags) -> None:
        """Take frames; ``arrivals`` are runs of them, ``flags`` goes by their number in ``frames``."""
        if not frames:
            return
        self.counts.messages += len(frames)
        self.counts.count_flags(flags.values())
        gathered = self._gathered
        gathered.add(frames, arrivals, flags)
        if len(gathered.frames) >= self._limits.messages or gathered.octets >= self._limits.octets:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._limits.seconds, self.flush)

    def flush(self) -> None:
        """Parse and hand over what was gathered."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        gathered, self._gathered = self._gathered, Gathered()
        if gathered.frames:
            self._hand_over(gathered)

    def _hand_over(self, gathered: Gathered) -> None:
        try:
            payload = encode_records(self._parse(gathered))
        except Exception:
            # Parsing promises not to raise. Should it do so, one message may not take 16,000 along.
            if len(gathered.frames) > 1:
                for half in gathered.halves():
                    self._hand_over(half)
                return
            self.counts.lost["not parsed"] += 1
            log.exception(
                "listener %s: a message could not be made a record and is lost; "
                "report it with these octets: %r",
                self._name,
                gathered.frames[0],
            )
            return
        self._submit(
            self._settings.tenant,
            self._settings.stream,
            messages=len(gathered.frames),
            octets=gathered.octets,
            payload=payload,
            lost=self.counts.lost,
        )

    def _parse(self, gathered: Gathered) -> pa.RecordBatch:
        return parse_frames(
            gathered.frames,
            gathered.arrivals,
            listener=self._name,
            transport=self._settings.transport,
            format=self._settings.format,
            timezone=self._timezone,
            framing_flags=gathered.flags,
        )
