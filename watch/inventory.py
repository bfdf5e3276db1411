"""The inventory of sources: who sends, since when, how much, how, and by what clock. Pure.

A source is a peer that claims a host name, within a tenant. What was observed is added in order of seq; all
times are those of receipt, so that the same archive gives the same inventory whenever it is read.
"""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import Final

from watch.cadence import SECONDS_A_DAY, Cadence
from watch.observing import Observed, counted

RECENT_SECONDS: Final = 300.0  # over which "recent" figures fade
USUAL_SECONDS: Final = SECONDS_A_DAY  # ... and "usual" ones
_FORGOTTEN_AT_ONCE: Final = 0.02  # of all sources: choosing them looks at every one
_SKEW_FOLLOWS: Final = 0.2  # of a difference, how much the usual skew moves at one look
_NAMES: Final = 64  # counts of a source; there are hardly ever as many

Key = tuple[str, str, str]  # tenant, peer, host


@dataclass(slots=True)
class Faded:
    """A sum of which what is old counts less: after ``seconds`` about a third."""

    recent: float = 0.0
    usual: float = 0.0

    def fade(self, seconds: float) -> None:
        """Let so much time pass."""
        self.recent *= math.exp(-seconds / RECENT_SECONDS)
        self.usual *= math.exp(-seconds / USUAL_SECONDS)

    def add(self, number: float) -> None:
        """Add what came now."""
        self.recent += number
        self.usual += number


@dataclass(slots=True)
class Clock:
    """A source's clock against the time of receipt, in seconds; positive when it is ahead.

    ``now`` is what was seen last, ``usual`` the mean, ``spread`` the mean distance from it. ``off`` counts
    the looks in a row at which it was far from usual; ``usual`` does not follow then.
    """

    now: float
    usual: float
    spread: float = 0.0
    off: int = 0

    def take(self, skew: float, jump: float) -> None:
        """Take what one look has shown; a distance of ``jump`` seconds and of five spreads is far."""
        self.now = skew
        distance = abs(skew - self.usual)
        if distance > max(jump, 5 * self.spread):
            self.off += 1
            return
        self.off = 0
        self.usual += _SKEW_FOLLOWS * (skew - self.usual)
        self.spread += _SKEW_FOLLOWS * (distance - self.spread)

    def accept(self) -> None:
        """Take what it shows now for usual."""
        self.usual, self.spread, self.off = self.now, 0.0, 0


@dataclass(slots=True)
class Source:
    """One source. Times are seconds since 1970."""

    tenant: str
    peer: str
    host: str
    first: float
    last: float
    messages: int = 0
    looks: int = 0  # at which there were messages of it
    counts: dict[str, int] = field(default_factory=dict)  # of messages, as watch.observing.counted names them
    malformed: int = 0  # messages, as the next
    rate: Faded = field(default_factory=Faded)
    bad: Faded = field(default_factory=Faded)
    cadence: Cadence = field(default_factory=Cadence)
    clock: Clock | None = None
    identity: str | None = None  # that it proved last
    encrypted_last: float | None = None  # when it last sent by TLS or DTLS ...
    plain_last: float | None = None  # ... and otherwise
    downgraded: float | None = None  # when it last went from the one to the other
    missing: int = 0  # messages that its own numbers say never came
    missing_at: float | None = None  # when that number last rose

    @property
    def key(self) -> Key:
        """What the inventory finds it by."""
        return self.tenant, self.peer, self.host

    def take(self, seen: Observed, stream: str, *, jump: float, since: float | None) -> None:
        """Add what was observed; see ``Inventory.add``."""
        self._learn(seen, since)
        passed = max(seen.last - self.last, 0.0)
        self.rate.fade(passed)
        self.bad.fade(passed)
        self.rate.add(seen.messages)
        self.bad.add(seen.malformed)
        self.first, self.last = min(self.first, seen.first), max(self.last, seen.last)
        self.messages += seen.messages
        self.malformed += seen.malformed
        self.looks += 1
        for name, number in ((counted("stream", stream), seen.messages), *seen.counts.items()):
            if name in self.counts or len(self.counts) < _NAMES:
                self.counts[name] = self.counts.get(name, 0) + number
        self.identity = seen.identity or self.identity
        self._look_at_transports(seen)
        if seen.skew is not None:
            if self.clock is None:
                self.clock = Clock(seen.skew, seen.skew)
            else:
                self.clock.take(seen.skew, jump)

    def _learn(self, seen: Observed, since: float | None) -> None:
        if self.messages:
            before = self.last if since is None or not self.last < since <= seen.first else since
            if seen.first > before:
                self.cadence.learn(seen.first - before, seen.first)
        for gap in seen.gaps:
            if gap > 0:
                self.cadence.learn(gap, seen.last)

    def _look_at_transports(self, seen: Observed) -> None:
        if seen.plain_last is not None and self.encrypted_last is not None:
            long_ago = self.plain_last is None or self.plain_last < self.encrypted_last - SECONDS_A_DAY
            if long_ago:
                self.downgraded = seen.plain_last
        self.encrypted_last = _later(self.encrypted_last, seen.encrypted_last)
        self.plain_last = _later(self.plain_last, seen.plain_last)

    def of(self, kind: str) -> dict[str, int]:
        """Give the counts of one kind by name: its listeners, transports, formats, flags, streams."""
        start = f"{kind} "
        return {
            name.removeprefix(start): number for name, number in self.counts.items() if name.startswith(start)
        }

    def recent_at(self, now: float) -> float:
        """Give how many messages came of late."""
        return self.rate.recent * math.exp(-max(now - self.last, 0.0) / RECENT_SECONDS)

    def rate_at(self, now: float) -> tuple[float, float]:
        """Give the messages a second that came of late, and usually."""
        passed, known = max(now - self.last, 0.0), max(now - self.first, 1.0)
        return (
            _mean(self.rate.recent, RECENT_SECONDS, passed, known),
            _mean(self.rate.usual, USUAL_SECONDS, passed, known),
        )


def _later(one: float | None, other: float | None) -> float | None:
    return one if other is None else other if one is None else max(one, other)


def _mean(faded: float, seconds: float, passed: float, known: float) -> float:
    """Give a rate of a faded sum: of a source that is known for a short while, over that while."""
    return faded * math.exp(-passed / seconds) / (seconds * -math.expm1(-known / seconds))


@dataclass(slots=True)
class Inventory:
    """All sources, and how far the streams have been read.

    ``begun`` is the time of receipt from which it counts, None while it is empty; ``watched`` when findings
    were first looked for. ``cursors`` holds for each stream, as "tenant/stream", the seq of the last message
    that was added. ``gaps`` is what the collectors last reported as missing, see ``take_gaps``.
    """

    most: int = 20_000
    begun: float | None = None
    watched: float | None = None
    forgotten: int = 0
    sources: dict[Key, Source] = field(default_factory=dict)
    cursors: dict[str, int] = field(default_factory=dict)
    gaps: dict[str, int] = field(default_factory=dict)

    def add(
        self,
        tenant: str,
        stream: str,
        seen: Iterable[Observed],
        *,
        jump: float = 60.0,
        since: float | None = None,
    ) -> None:
        """Add what was observed in one stream.

        Args:
            tenant: of the stream.
            stream: its name.
            seen: of records that follow those of the last time.
            jump: seconds by which a clock must leave its usual place to be taken for off.
            since: when the collectors have begun to listen; a pause that began before is no source's own.
        """
        for one in seen:
            source = self.sources.get((tenant, one.peer, one.host))
            if source is None:
                source = Source(tenant, one.peer, one.host, one.first, one.first)
                self.sources[source.key] = source
                self.begun = one.first if self.begun is None else min(self.begun, one.first)
            source.take(one, stream, jump=jump, since=since)
        if len(self.sources) > self.most:
            self._forget()

    def _forget(self) -> None:
        """Leave out those that were seen once, oldest first, and then those that are silent longest."""
        number = len(self.sources) - self.most + int(self.most * _FORGOTTEN_AT_ONCE)
        for source in nsmallest(number, self.sources.values(), key=lambda one: (one.looks > 1, one.last)):
            del self.sources[source.key]
        self.forgotten += number

    def take_gaps(
        self, reported: dict[str, tuple[Key, int]], collectors: Collection[str], now: float
    ) -> None:
        """Take what collectors report as missing by the numbers that senders give their messages.

        Args:
            reported: by a key that begins with the collector's id and a blank: the source, and how many of
                its messages are missing since that collector's start.
            collectors: the ids of those that reported; what others said before is forgotten.
            now: the time.
        """
        for key, (source_key, missing) in reported.items():
            source, before = self.sources.get(source_key), self.gaps.get(key, 0)
            if source is None or missing == before:
                continue
            self.gaps[key] = missing
            source.missing = max(0, source.missing + missing - before)
            if missing > before:
                source.missing_at = now
        if any(key.partition(" ")[0] not in collectors for key in self.gaps):
            self.gaps = {key: old for key, old in self.gaps.items() if key.partition(" ")[0] in collectors}
