"""The watch's role: looks, judges and keeps at its intervals, and sends canaries beside."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from storage.catalogue import Catalogue
from storage.layout import Layout
from watch.canary import Turn
from watch.findings import SilentOf
from watch.listeners import Listener
from watch.rounds import Rounds
from watch.settings import WatchSettings
from watch.telling import tell
from watch.watch import Watch, never_silent

_REPORT_SECONDS: Final = 1.0
_SOON_SECONDS: Final = 0.25  # between two looks while a canary is to be found


async def run(  # noqa: PLR0913 - what every role is given, and what it watches
    settings: WatchSettings,
    *,
    layout: Layout,
    listeners: Mapping[str, Listener],
    report: Callable[[Mapping[str, Any]], None],
    ready: Callable[[], None],
    stop: asyncio.Event,
    silent_of: SilentOf = never_silent,
    obey: Callable[[], None] | None = None,
) -> None:
    """Watch until ``stop`` is set.

    Args:
        settings: of the watch.
        layout: the data folder; only the state is written, in its folder watch.
        listeners: those of the configuration, by name, through which canaries go.
        report: is given the role's state every second.
        ready: is called once, when the state has been read.
        stop: ends the role; the state is written then.
        silent_of: what the configuration says of a source's cadence.
        obey: is told that there are no orders that this role takes.
    """
    if obey is not None:
        obey()
    watch = Watch(settings, Catalogue(layout), layout.watch, layout.run, listeners, silent_of)
    await asyncio.to_thread(watch.begin)
    role = _Role(settings, watch, Rounds(settings, layout, listeners))
    report(role.state)
    ready()
    reporter = asyncio.create_task(_report(role, report))
    try:
        await role.work(stop)
    finally:
        reporter.cancel()
        await asyncio.gather(reporter, return_exceptions=True)
        await asyncio.to_thread(watch.end)
        role.note()
        report(role.state)


class _Role:
    """One look after the other, with rounds of canaries in between."""

    def __init__(self, settings: WatchSettings, watch: Watch, rounds: Rounds) -> None:
        self._settings = settings
        self._watch = watch
        self.rounds = rounds
        self._next_round = time.monotonic()
        self.state: dict[str, Any] = {}
        self.note()

    async def work(self, stop: asyncio.Event) -> None:
        """Look until ``stop`` is set."""
        while not stop.is_set():
            tokens, more = await asyncio.to_thread(self._watch.look)
            turns = [*await self.rounds.found(tokens), *await self.rounds.overdue()]
            await asyncio.to_thread(self._settle, turns, judges=not more)
            self._send_if_due()
            self.note()
            if not more:
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), self._pause())

    def _settle(self, turns: list[Turn], *, judges: bool) -> None:
        tell(self._watch.turn(turns))
        if judges:  # what is not read yet would make sources seem silent
            tell(self._watch.judge())
        self._watch.keep_if_due()

    def _send_if_due(self) -> None:
        seconds = self._settings.canary_seconds
        listeners = self._watch.collectors.listeners
        if seconds and listeners and time.monotonic() >= self._next_round:
            self._next_round = time.monotonic() + seconds
            self.rounds.begin(listeners)

    def _pause(self) -> float:
        if self.rounds.under_way:
            return min(_SOON_SECONDS, self._settings.look_seconds)
        if not self._settings.canary_seconds:
            return self._settings.look_seconds
        until = max(self._next_round - time.monotonic(), _SOON_SECONDS)
        return min(self._settings.look_seconds, until)

    def note(self) -> None:
        """Take the state for the next reports."""
        self.state = {**self._watch.report(), "canaries": self.rounds.canaries.report()}


async def _report(role: _Role, report: Callable[[Mapping[str, Any]], None]) -> None:
    while True:
        report(role.state)
        await asyncio.sleep(_REPORT_SECONDS)
