"""Keeping one listener's senders within their rates, so that a noisy one starves no other.

A connection is read no faster than its sender may send: it waits, and nothing is lost. Datagrams above the
rate are dropped, before anything is done with them, counted and told. Both go by what arrives together.
"""

import logging
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from collector.admission import Received
from collector.parting import Flags
from collector.rates import Buckets, Rate
from collector.settings import ListenerSettings
from collector.source_settings import SourceSettings
from collector.sources import Sources
from parsers.pipeline import Arrival

log = logging.getLogger(__name__)

ABOVE_RATE: Final = "rate limit"
_REMEMBERED: Final = 4096  # peers whose rate is known without looking again
_TOLD_SECONDS: Final = 60.0  # between two lines about senders above their rates
_TOLD_MOST: Final = 5  # senders that one line names
_COUNTED_MOST: Final = 1_000  # senders that are counted for it
_SECONDS_AT_ONCE: Final = 2.0  # of the rate, where no burst is set


class Pace:
    """The rates of one listener's senders, each of which is a peer's address.

    Attributes:
        limited: whether any sender has a rate.

    Args:
        name: the listener's name.
        settings: the listener's.
        sources: which source a sender is of.
        configured: the sources' settings, by name.
    """

    def __init__(
        self,
        name: str,
        settings: ListenerSettings,
        sources: Sources,
        configured: Mapping[str, SourceSettings],
    ) -> None:
        self._name = name
        self._sources = sources
        self._own = _rate(settings.source_rate or None, None)
        self._rates = {one: _rate(it.rate, it.burst) for one, it in configured.items() if it.rate is not None}
        self.limited = self._own is not None or any(self._rates.values())
        self._rate_of = lru_cache(_REMEMBERED)(self._look_up)
        self._buckets = Buckets()
        self._dropped: Counter[str] = Counter()
        self._slowed: set[str] = set()
        self._told_at = -_TOLD_SECONDS

    def within(
        self, frames: Sequence[bytes], arrivals: Sequence[Arrival], flags: Flags, now: float | None = None
    ) -> Received:
        """Give the frames that are within their rates, the first of each sender, with all that is theirs."""
        now = time.monotonic() if now is None else now
        sums: Counter[str] = Counter()
        for run in arrivals:
            sums[run.peer] += run.count
        left: dict[str, int] = {}
        for peer, count in sums.items():
            if (rate := self._rate_of(peer)) is not None:
                granted = self._buckets.take(peer, rate, count, now)
                if granted < count:
                    left[peer] = granted
                    self._count(peer, count - granted)
        return _cut(frames, arrivals, flags, left) if left else (frames, arrivals, flags)

    def rest(self, peer: str, count: int) -> float:
        """Take that ``count`` messages of a connection were read; give the seconds until it may be again."""
        rate = self._rate_of(peer)
        if rate is None or not count:
            return 0.0
        seconds = self._buckets.owe(peer, rate, count, time.monotonic())
        if seconds and len(self._slowed) < _COUNTED_MOST:
            self._slowed.add(peer)
        return seconds

    def tell(self) -> None:
        """Tell of senders above their rates, now and then; to be called every second or so."""
        if not (self._dropped or self._slowed) or time.monotonic() - self._told_at < _TOLD_SECONDS:
            return
        self._told_at = time.monotonic()
        if self._dropped:
            log.error(
                "listener %s: %d messages above their senders' rates were dropped, of %d senders: %s; raise "
                "rate of their source, or source_rate, if that is too few",
                self._name,
                self._dropped.total(),
                len(self._dropped),
                ", ".join(f"{peer} ({count})" for peer, count in self._dropped.most_common(_TOLD_MOST)),
            )
        if self._slowed:
            log.warning(
                "listener %s: senders are read no faster than their rates allow, and wait: %s",
                self._name,
                ", ".join(sorted(self._slowed)[:_TOLD_MOST]),
            )
        self._dropped.clear()
        self._slowed.clear()

    def _look_up(self, peer: str) -> Rate | None:
        name = self._sources.of_peer(peer).name
        if name is None or name not in self._rates:
            return self._own
        return self._rates[name]

    def _count(self, peer: str, count: int) -> None:
        if peer in self._dropped or len(self._dropped) < _COUNTED_MOST:
            self._dropped[peer] += count
        else:
            self._dropped["others"] += count


def _rate(messages: float | None, burst: int | None) -> Rate | None:
    """Give a rate; 0 is none."""
    if not messages:
        return None
    return Rate(messages, max(1.0, _SECONDS_AT_ONCE * messages if burst is None else burst))


def _cut(
    frames: Sequence[bytes], arrivals: Sequence[Arrival], flags: Flags, left: dict[str, int]
) -> Received:
    """Keep the first ``left`` frames of each peer that is named there, and all of the others."""
    kept: list[bytes] = []
    runs: list[Arrival] = []
    marked: Flags = {}
    begin = 0
    for run in arrivals:
        count = min(run.count, left.get(run.peer, run.count))
        if run.peer in left:
            left[run.peer] -= count
        if count:
            shift = len(kept) - begin
            if flags:
                more = {n + shift: flags[n] for n in range(begin, begin + count) if n in flags}
                marked = {**marked, **more}
            kept += frames[begin : begin + count]
            runs.append(run if count == run.count else replace(run, count=count))
        begin += run.count
    return kept, runs, marked
