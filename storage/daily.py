"""What each day of a stream holds and takes, and how far its index is: from the files.

Footers, manifests and folders are read, no messages.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from storage import quarantine
from storage.catalogue import Catalogue, Damage
from storage.index import octets_of
from storage.index_manifest import ManifestError, read_manifest
from storage.layout import Layout, StreamName, entries
from storage.segments import Segment, list_segments


@dataclass(frozen=True, slots=True)
class Day:
    """One UTC day of receipt in the archive.

    Attributes:
        day: the date.
        messages: those that can be read.
        segments: files.
        indexed: how many of them the index covers; the others are scanned by searches.
        archive_octets: size of the segments.
        index_octets: size of the index.
        index_damaged: the index is there and cannot be read.
    """

    day: date
    messages: int
    segments: int
    indexed: int
    archive_octets: int
    index_octets: int
    index_damaged: bool = False

    @property
    def octets(self) -> int:
        """What the day takes on the disk."""
        return self.archive_octets + self.index_octets


@dataclass(frozen=True, slots=True)
class StreamDays:
    """A stream's days, oldest first, and what is in no archive yet.

    Attributes:
        name: the stream.
        days: those of the archive.
        journal_files: number.
        journal_messages: those that are in no segment yet.
        journal_octets: size of the journal files.
        damaged: what cannot be read, of journal and archive.
        quarantined: entries of the stream's quarantine.
    """

    name: StreamName
    days: tuple[Day, ...]
    journal_files: int
    journal_messages: int
    journal_octets: int
    damaged: tuple[Damage, ...]
    quarantined: int

    @property
    def messages(self) -> int:
        """All that can be read."""
        return self.journal_messages + sum(day.messages for day in self.days)

    @property
    def octets(self) -> int:
        """What the stream takes on the disk."""
        return self.journal_octets + sum(day.octets for day in self.days)

    @property
    def pending(self) -> int:
        """Segments that the index does not cover."""
        return sum(day.segments - day.indexed for day in self.days)


def stream_days(layout: Layout, catalogue: Catalogue, name: StreamName) -> StreamDays:
    """Look at a stream.

    Raises:
        OSError: when a folder must not be read.
    """
    snapshot = catalogue.snapshot(name)
    rows: Counter[Path] = Counter()
    for block in snapshot.blocks:
        if block.sealed:
            rows[block.path.parent] += block.rows
    journals = entries(layout.journal(name), "*.journal")
    return StreamDays(
        name=name,
        days=tuple(
            _day(layout, name, day, rows[layout.archive_day(name, day)]) for day in layout.archived_days(name)
        ),
        journal_files=len(journals),
        journal_messages=sum(block.rows for block in snapshot.blocks if not block.sealed),
        journal_octets=_octets(journals),
        damaged=tuple(snapshot.damaged),
        quarantined=len(entries(quarantine.folder_of(layout, name), "*.octets")),
    )


def day_octets(layout: Layout, name: StreamName, day: date) -> int:
    """Give what a day of a stream takes on the disk: archive and index.

    Raises:
        OSError: when a folder must not be read.
    """
    segments = list_segments(layout.archive_day(name, day))
    return sum(segment.size for segment in segments) + _index_octets(layout.index_day(name, day))


def _day(layout: Layout, name: StreamName, day: date, messages: int) -> Day:
    segments = list_segments(layout.archive_day(name, day))
    folder = layout.index_day(name, day)
    indexed, is_damaged = _indexed(folder, segments)
    archive_octets = sum(segment.size for segment in segments)
    return Day(day, messages, len(segments), indexed, archive_octets, _index_octets(folder), is_damaged)


def _index_octets(folder: Path) -> int:
    try:
        return octets_of(folder)
    except FileNotFoundError:  # put together or expired meanwhile
        return 0


def _indexed(folder: Path, segments: Iterable[Segment]) -> tuple[int, bool]:
    try:
        manifest = read_manifest(folder)
    except ManifestError:
        return 0, True
    if manifest is None:
        return 0, False
    return sum(segment.path.name in manifest.segments for segment in segments), False


def _octets(paths: Iterable[Path]) -> int:
    """Add up sizes; a journal that was sealed meanwhile counts nothing."""
    total = 0
    for path in paths:
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue
    return total


def together(streams: Iterable[StreamDays]) -> dict[date, int]:
    """Give the messages of each day over several streams, oldest first."""
    found: defaultdict[date, int] = defaultdict(int)
    for stream in streams:
        for day in stream.days:
            found[day.day] += day.messages
    return dict(sorted(found.items()))
