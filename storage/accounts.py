"""Storage's side of the books, counted from its files with the service running or not."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from storage.blocks import NANOSECONDS_A_DAY, Block, Snapshot, day_of, day_start
from storage.catalogue import Catalogue
from storage.expired import expired_spans, segment_spans
from storage.index_manifest import ManifestError, read_manifest
from storage.journal_reader import Damage, DamagedError, JournalReader
from storage.layout import Layout, StreamName, entries
from storage.quarantine import folder_of
from storage.recovery import last_batches
from storage.segments import Segment, list_segments, segment_metadata
from storage.spans import Span, gaps
from storage.tallies import (
    COLUMNS,
    UNREADABLE,
    Tally,
    books_begin,
    expired,
    tally_of,
    tally_segment,
)
from storage.verify_gaps import damaged_journals, first_of, reasons


@dataclass(slots=True)
class Accounts:
    """What storage has, or had.

    Attributes:
        journal: records that are in a journal and not in the archive yet.
        archived: records in the archive.
        indexed: those of them that the index covers.
        expired: records whose day has expired.
        last_numbers: the last batch number of each collector's id and tenant/stream.
        missing: seqs that are in no file: tenant/stream, first, last, and what the quarantine has of them.
        damaged: what cannot be read: file, offset, reason, and number of messages as far as that is known.
    """

    journal: Tally = field(default_factory=Tally)
    archived: Tally = field(default_factory=Tally)
    indexed: Tally = field(default_factory=Tally)
    expired: Tally = field(default_factory=Tally)
    last_numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    missing: list[tuple[str, int, int, str | None]] = field(default_factory=list)
    damaged: list[dict[str, Any]] = field(default_factory=list)


def accounts(layout: Layout, day: date | None = None, since: int | None = None) -> Accounts:
    """Count all streams.

    Args:
        layout: the data folder's.
        day: a UTC day of receipt; all days when None.
        since: what was received before (ns since 1970) is left out; None: since when there are books.

    Raises:
        OSError: when a folder cannot be read.
    """
    counting = _Counting(layout, day, books_begin(layout) if since is None else since)
    for name in layout.streams():
        counting.count(name)
    return counting.found


class _Counting:
    """Counts one stream after the other."""

    def __init__(self, layout: Layout, day: date | None, since: int) -> None:
        self.found = Accounts()
        self._layout = layout
        self._day = day
        self._since = since
        self._catalogue = Catalogue(layout)

    def count(self, name: StreamName) -> None:
        # First how far each collector is: whatever is counted after that has at least these batches.
        self.found.last_numbers.update(_last_numbers(self._layout, name))
        day = self._day
        bounds = (None, None) if day is None else (day_start(day), day_start(day) + NANOSECONDS_A_DAY)
        snapshot = self._catalogue.snapshot(name, *bounds)
        spans: list[Span] = []
        for block in snapshot.blocks:
            if not block.sealed:
                spans.append((block.first_seq, block.last_seq))
                self._add(self.found.journal, self._journalled(block))
        for one, segments in _archived_days(self._layout, name):
            if day in {None, one}:
                spans += self._count_archived(name, one, segments)
            else:
                spans += [(segment.first_seq, segment.last_seq) for segment in segments]
        noted = expired_spans(self._layout, name) or []
        spans += noted
        for date_name, (tally, gone) in expired(self._layout, name).items():
            spans += [] if noted else gone
            if day is None or date_name == day.isoformat():
                self._add(self.found.expired, tally)
        self.found.damaged += [_told(damage) for damage in snapshot.damaged]
        whole = snapshot if day is None else self._catalogue.snapshot(name)
        self.found.missing += _missing(self._layout, name, spans, whole)

    def _count_archived(self, name: StreamName, day: date, segments: Iterable[Segment]) -> Iterator[Span]:
        """Count a day's segments, and give the seqs that they have."""
        indexed = _indexed_segments(self._layout, name, day)
        for segment in segments:
            try:
                tally = tally_segment(self._layout, name, day, segment, self._since)
            except FileNotFoundError:  # merged or expired meanwhile: the next statement has it
                continue
            if tally.damaged:
                known = {"file": str(segment.path), "offset": 0, "reason": "a block is not readable"}
                self.found.damaged.append({**known, "messages": tally.damaged})
            self._add(self.found.archived, tally)
            if tally.messages == segment.last_seq - segment.first_seq + 1:
                yield segment.first_seq, segment.last_seq
            else:  # records of other days lie between, or were damaged when it was made
                yield from segment_spans(segment)
            if segment.path.name in indexed:
                self._add(self.found.indexed, tally)

    def _journalled(self, block: Block) -> Tally:
        try:
            table = block.read(COLUMNS)
        except DamagedError as error:
            self.found.damaged.append(_told(error.damage, block.rows))
            row = (day_of(block.received_max).isoformat(), UNREADABLE, "", True)
            return Tally(Counter({row: block.rows}), block.rows)
        return Tally(tally_of(table, self._since if block.received_min < self._since else 0))

    def _add(self, total: Tally, tally: Tally) -> None:
        wanted = None if self._day is None else self._day.isoformat()
        rows = Counter({row: number for row, number in tally.rows.items() if wanted in {None, row[0]}})
        total.add(Tally(rows, tally.damaged))


def _archived_days(layout: Layout, name: StreamName) -> Iterator[tuple[date, list[Segment]]]:
    for day in layout.archived_days(name):
        yield day, list_segments(layout.archive_day(name, day))


def _indexed_segments(layout: Layout, name: StreamName, day: date) -> Iterable[str]:
    try:
        manifest = read_manifest(layout.index_day(name, day))
    except ManifestError:
        return ()
    return () if manifest is None else manifest.segments.keys()


def _last_numbers(layout: Layout, name: StreamName) -> dict[tuple[str, str], int]:
    """Give the last batch number of each collector, as journals and the newest segment say."""
    stream = f"{name.tenant}/{name.stream}"
    numbers: Counter[tuple[str, str]] = Counter()
    newest = [segments[-1] for _, segments in _archived_days(layout, name) if segments]
    if newest:
        try:
            about = segment_metadata(max(newest, key=lambda segment: segment.last_seq).path)
            for collector, (number, _) in about["collectors"].items():
                numbers[collector, stream] = number
        except (DamagedError, FileNotFoundError, KeyError, TypeError, ValueError):
            pass
    for path in entries(layout.journal(name), "*.journal"):
        try:
            reader = JournalReader(path)
            reader.scan()
        except (DamagedError, OSError):
            continue
        for collector, last in last_batches(reader).items():
            numbers[collector, stream] = max(numbers[collector, stream], last.number)
    return dict(numbers)


def _missing(
    layout: Layout, name: StreamName, spans: list[Span], whole: Snapshot
) -> Iterator[tuple[str, int, int, str | None]]:
    """Give the seqs that should be somewhere and are not, and the damaged file that they were in, if any.

    Args:
        layout: the data folder's.
        name: the stream.
        spans: of segments, expired ones too.
        whole: all of the stream, for the journals' records of all days.
    """
    damaged = {first_of(one.path.name): one.path for one in whole.damaged if one.path.suffix == ".journal"}
    damaged |= damaged_journals(folder_of(layout, name))
    journals = {first_of(path.name) for path in entries(layout.journal(name), "*.journal")}
    there = [*spans, *((block.first_seq, block.last_seq) for block in whole.blocks if not block.sealed)]
    first = min((low for low, _ in there), default=1)
    # A new journal's name says which seqs were given before it, whether or not anything came after them.
    last = max([high for _, high in there] + [begun - 1 for begun in journals], default=0)
    if found := gaps(there, first, last):
        starts = journals | damaged.keys() | _sealed_journals(layout, name)
        for (low, high), kept in reasons(found, starts, damaged):
            yield f"{name.tenant}/{name.stream}", low, high, None if kept is None else str(kept)


def _sealed_journals(layout: Layout, name: StreamName) -> set[int]:
    """Give the first seqs of the journals that the segments there are were made from."""
    found: set[int] = set()
    for _, segments in _archived_days(layout, name):
        for segment in segments:
            try:
                found |= {first_of(str(journal)) for journal in segment_metadata(segment.path)["journals"]}
            except (DamagedError, FileNotFoundError, KeyError, TypeError):
                found.add(segment.first_seq)
    return found


def _told(damage: Damage, messages: int | None = None) -> dict[str, Any]:
    return {
        "file": str(damage.path), "offset": damage.offset, "reason": damage.reason, "messages": messages,
    }  # fmt: skip
