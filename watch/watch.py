"""The watch itself: reads on, keeps the inventory, and judges; one look after the other.

Everything here may block for a moment and is called in a thread, by one caller at a time.
"""

import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from storage.catalogue import Catalogue
from storage.layout import StreamName
from watch.canary import Turn, token_in
from watch.collectors import Collectors, read_reports, together
from watch.findings import Finding, Findings, News, SilentOf, Situation, document, same_names
from watch.following import Follower
from watch.inventory import Inventory
from watch.listeners import Listener, own_peers, places
from watch.observing import observe, own_rows
from watch.settings import WatchSettings
from watch.state import StateError, read_state, write_state

FIRST_LOOK: Final = 1_000_000  # messages of each stream that a first start looks back over
_LOOK_SECONDS: Final = 1.0  # then there is a report, and canaries are looked after
_LOOKS_AT_AN_END: Final = 5
_REPORTED: Final = 50  # findings in the role's report

log = logging.getLogger(__name__)


class Watch:
    """The inventory, its findings, and the files that they come from.

    Args:
        settings: of the watch.
        catalogue: of the data folder; nothing is written to what it reads.
        folder: for the state file.
        run: the folder of the roles' reports.
        listeners: of the configuration, by name.
        silent_of: what the configuration says of a source's cadence.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - two settings, three places, and a question
        self,
        settings: WatchSettings,
        catalogue: Catalogue,
        folder: Path,
        run: Path,
        listeners: Mapping[str, Listener],
        silent_of: SilentOf,
    ) -> None:
        self._settings = settings
        self._follower = Follower(catalogue)
        self.look_back: int | None = FIRST_LOOK  # messages of a stream that was not read before; None: all
        self._folder, self._run = folder, run
        self._listeners = listeners
        self._silent_of = silent_of
        self.inventory = Inventory(most=settings.sources)
        self.findings = Findings()
        self.collectors = Collectors()
        self._own = own_peers([])
        self._counted = 0
        self._shorter: dict[str, int] = {}  # looks at which a stream ended before its cursor
        self._behind = 0
        self._kept_at = 0.0
        self._trouble = ""

    def begin(self) -> bool:
        """Go on where the state file left off; say whether there was one."""
        self._kept_at = time.monotonic()
        try:
            found = read_state(self._folder, self._settings.sources)
        except StateError as error:
            log.error("%s", error)  # noqa: TRY400 - the sentence says all
            found = None
        if found is not None:
            self.inventory, self.findings = found
        return found is not None

    def look(self) -> tuple[list[str], bool]:
        """Read on; give the tokens of the canaries that were found, and whether there is more to read."""
        self._look_at_collectors()
        tokens: list[str] = []
        until = time.monotonic() + _LOOK_SECONDS
        behind = 0
        try:
            for name in self._follower.streams():
                behind += self._read_on(name, tokens, until)
        except OSError as error:
            self._tell_trouble(f"what is stored cannot be read just now: {error}; see to the disk")
        else:
            self._trouble = ""
        self._behind = behind
        return tokens, behind > 0

    def _look_at_collectors(self) -> None:
        now = time.time()
        found = together(read_reports(self._run), self._listeners, now)
        # Without a fresh report nobody can be found silent, but canaries still go where they went.
        self.collectors = found if found.listeners else Collectors(None, True, self.collectors.listeners)
        self._own = own_peers(places(self._listeners, self.collectors.listeners)[0])
        if found.gaps:
            self.inventory.take_gaps(found.gaps, found.ids, now)

    def _read_on(self, name: StreamName, tokens: list[str], until: float) -> int:
        """Add what is new in one stream, a reach at least; give how many messages are left at ``until``."""
        key = f"{name.tenant}/{name.stream}"
        last = self._follower.last_seq(name)
        cursor = self.inventory.cursors.setdefault(key, self._first_cursor(last))
        if cursor > last:
            self._look_at_end(key, last, cursor)
            return 0
        self._shorter.pop(key, None)
        pieces: list[Any] = []
        for piece in self._follower.after(name, cursor):
            if piece.cursor is None:
                pieces.append(piece.records)
                tokens += filter(None, map(token_in, piece.canaries))
                continue
            if pieces:
                self._add(name, pa.concat_tables(pieces))
                pieces.clear()
            self.inventory.cursors[key] = piece.cursor
            if time.monotonic() > until:
                break
        return max(0, last - self.inventory.cursors[key])

    def _look_at_end(self, key: str, last: int, cursor: int) -> None:
        """Go back to the end of a stream that was read further, when it is that short at several looks."""
        looks = self._shorter[key] = self._shorter.get(key, 0) + 1
        if looks < _LOOKS_AT_AN_END:
            return  # a file that cannot be opened may come back
        log.warning(
            "stream %s ends at message %d and had been read up to %d: it was removed, restored, or lost its "
            "end; what comes from now on is counted",
            key,
            last,
            cursor,
        )
        self.inventory.cursors[key] = last

    def _first_cursor(self, last: int) -> int:
        return 0 if self.look_back is None else max(0, last - self.look_back)

    def _add(self, name: StreamName, records: Any) -> None:
        own = own_rows(records, self._own)
        if own.true_count:
            records = records.filter(pc.invert(own))
        self._counted += records.num_rows
        seen = observe(records)
        jump, since = self._settings.skew_seconds, self.collectors.since
        self.inventory.add(name.tenant, name.stream, seen, jump=jump, since=since)

    def judge(self) -> list[News]:
        """Look for findings; give what has begun and what has ended."""
        inventory, now = self.inventory, time.time()
        news = self._without_listener(now)
        if inventory.begun is None:
            return news
        if inventory.watched is None:
            inventory.watched = now
        return [*news, *self.findings.look(inventory, self.situation(now))]

    def _without_listener(self, now: float) -> list[News]:
        """End the findings of canaries that go no more: their listener was closed, or canaries were."""
        if self._settings.canary_seconds and self.collectors.since is None:
            return []
        there = self.collectors.listeners if self._settings.canary_seconds else {}
        gone = [place for place in self.findings.lasting if place[0] == "canary" and place[3] not in there]
        return [news for place in gone if (news := self.findings.end(place, now)) is not None]

    def situation(self, now: float) -> Situation:
        """Give what judges look at besides the sources, at ``now``, seconds since 1970."""
        inventory = self.inventory
        begun, watched = inventory.begun or now, inventory.watched or now
        listening = None if self.collectors.behind else self.collectors.since
        names = same_names(inventory.sources.values(), now, self._settings.same_name_seconds)
        return Situation(now, self._settings, begun, watched, listening, self._silent_of, names)

    def turn(self, turns: list[Turn]) -> list[News]:
        """Take what canaries have shown; give what has begun and what has ended."""
        news: list[News] = []
        for one in turns:
            listener = self._listeners[one.listener]
            place, now = ("canary", listener.tenant, "", one.listener), time.time()
            if one.missing:
                if place not in self.findings.lasting:
                    news.append(self.findings.begin(Finding(*place, since=now, text=one.text)))
            elif (end := self.findings.end(place, now)) is not None:
                news.append(end)
        return news

    def end(self) -> None:
        """Look a last time, and write the state."""
        self.look()
        self.keep()

    def keep_if_due(self) -> None:
        """Write the state, if it is time to."""
        if time.monotonic() - self._kept_at >= self._settings.keep_seconds:
            self.keep()

    def keep(self) -> None:
        """Write the state; a disk that will not is told once."""
        self._kept_at = time.monotonic()
        try:
            write_state(self._folder, self.inventory, self.findings)
        except OSError as error:
            self._tell_trouble(f"the inventory of sources cannot be written: {error}; see to the disk")

    def _tell_trouble(self, told: str) -> None:
        if told != self._trouble:
            self._trouble = told
            log.warning("%s", told)

    def report(self) -> dict[str, Any]:
        """Give the state for the status, in JSON's types."""
        lasting = sorted(self.findings.lasting.values(), key=lambda one: -one.since)
        return {
            "sources": len(self.inventory.sources),
            "forgotten_sources": self.inventory.forgotten,
            "watched_messages": self._counted,
            "behind": self._behind,
            "findings": self.findings.counts(),
            "findings_lasting": [document(one) for one in lasting[:_REPORTED]],
            "error": self._trouble,
        }


def never_silent(_source: object) -> float | None:
    """Say that nothing is configured: every source's cadence is learned."""
    return None
