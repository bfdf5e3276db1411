"""The hand-off's second level: what waits to be written to the disk queue, and what lies there. No I/O.

    sent, waiting │ unloaded: on disk only, from ``cursor`` on │ being written │ unwritten
    ── ahead ────   ── behind ─────────────────────────────────────────────────────────────

Batches are in this order at any time, and it is the order in which they were submitted. Some of those ahead
have a place on disk, too: they were read from there, or were written while storage was silent.
A file of the queue is done with when no batch in memory and no unloaded one lies in it.
"""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from collector.handoff_batch import Batch
from collector.queue_folder import Place

WRITE_OCTETS: Final = 32 << 20  # in one write, and one sync
RETRY_SECONDS: Final = 2.0  # after a write that failed


@dataclass(slots=True)
class Spill:
    """What goes to the disk queue. ``active``: whether what is submitted goes behind what lies there."""

    active: bool = False
    unwritten: deque[Batch] = field(default_factory=deque)
    writing: list[Batch] | None = None
    cursor: Place | None = None
    messages: int = 0  # on disk, as far as they are counted
    failing: bool = False  # whether the last write failed
    _retry_at: float = 0.0
    _reading: Place | None = None
    _in_files: Counter[int] = field(default_factory=Counter)  # batches in memory, by the file they lie in
    _is_used: bool = False  # whether anything lies on disk
    _needed: int | None = None  # the last that was told

    @property
    def empty(self) -> bool:
        """Whether nothing lies behind."""
        return self.cursor is None and self.writing is None and not self.unwritten

    def group(self, now: float) -> list[Batch]:
        """Take what is to be written together, if anything may be written now."""
        if self.writing is not None or now < self._retry_at:
            return []
        octets, group = 0, []
        while self.unwritten and octets < WRITE_OCTETS:
            batch = self.unwritten.popleft()
            if not batch.gone:
                group.append(batch)
                octets += batch.octets
        self.writing = group or None
        return group

    def wrote(self, places: Iterable[Place], now: float) -> list[Batch]:
        """Take in that the group is on disk, and give it."""
        group, self.writing = self.writing or [], None
        self.failing, self._is_used = False, True
        for batch, place in zip(group, places, strict=True):
            batch.place, batch.written = place, now
            if not batch.gone:
                self.messages += batch.messages
                self._in_files[place.file] += 1
        return group

    def write_failed(self, now: float) -> None:
        """Take in that none of the group is on disk: it stays in memory, and is tried again."""
        self.unwritten.extendleft(reversed(self.writing or ()))
        self.writing = None
        self.failing = True
        self._retry_at = now + RETRY_SECONDS

    def found(self, first: Place) -> None:
        """Take in that batches of another process, or of an earlier run, lie on disk."""
        self.active = self._is_used = True
        if self.cursor is None or first < self.cursor:
            self.cursor = first

    def start_reading(self) -> Place | None:
        """Take where to read from, unless nothing lies there or a read is under way."""
        if self.cursor is None or self._reading is not None:
            return None
        self._reading = self.cursor
        return self.cursor

    def has_read(self, batches: Iterable[Batch], following: Place | None) -> bool:
        """Take in what a read gave; say whether it counts: the place has changed, else."""
        counts, self._reading = self._reading == self.cursor, None
        if counts:
            self.cursor = following
            for batch in batches:
                if batch.place is not None:
                    self._in_files[batch.place.file] += 1
        return counts

    def unload(self, batch: Batch) -> None:
        """Take in that a batch on disk is no longer held in memory."""
        if batch.place is not None:
            self._forget(batch.place)
            self.cursor = batch.place if self.cursor is None else min(self.cursor, batch.place)

    def answered(self, batch: Batch) -> None:
        """Take in that storage has answered a batch: its place is no longer needed."""
        batch.gone = True
        if batch.place is not None:
            self._forget(batch.place)
            self.messages = max(0, self.messages - batch.messages)

    def needed(self) -> tuple[bool, int | None]:
        """Say whether files can be removed, and give the number of the first that is needed; None: none."""
        if not self._is_used:
            return False, None
        held = list(self._in_files)
        if self.cursor is not None:
            held.append(self.cursor.file)
        if not held:
            if self.writing is not None:
                return False, None
            self._is_used, self._needed, self.messages = False, None, 0
            return True, None
        lowest = min(held)
        has_changed, self._needed = lowest != self._needed, lowest
        return has_changed, lowest

    def _forget(self, place: Place) -> None:
        self._in_files[place.file] -= 1
        if self._in_files[place.file] <= 0:
            del self._in_files[place.file]
