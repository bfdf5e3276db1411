"""Verifying a data folder: journal, archive and index, octet by octet, beside a running service or without.

What is looked at, file by file, the other verify_*.py say; here it is put together to what must be true of a
stream: every seq up to the last is there once, and a gap has a reason.

Beside a running service journals are sealed, segments merged, days expired and indexed meanwhile. Therefore,
as readers do: the journals are opened first, and what they have last is the last record that is asked for;
then each day's folder is listed, verified, and listed again until nothing in it is new. What vanishes is no
fault.
Memory is bounded by a few blocks, and by the spans of seqs, of which there is mostly one a file.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from storage import quarantine
from storage.expired import expired_spans
from storage.findings import REPORT, RESTART, Finding, Weight, note, of_damage
from storage.indexer import rebuild
from storage.journal_reader import DamagedError, JournalReader
from storage.layout import Layout, StreamName, entries
from storage.leftovers import left_over, quarantined
from storage.segments import Segment, list_segments, span_of
from storage.spans import Span, doubles, gaps, told, without
from storage.verify_gaps import damaged_journals, first_of, reasons
from storage.verify_index import check_index
from storage.verify_journal import JournalCheck, JournalFacts
from storage.verify_segment import SegmentFacts, check_segment

NEVER_KNOWN: Final = "nothing to do, unless the ledger has them: then there is a fault beside this"
MISSING: Final = (
    "look whether a segment or a journal file was removed, and restore it from a backup; else report this"
)
LOOKS: Final = 20  # at a day's folder that changes while it is verified

Progress = Callable[[int], None]  # is told how many octets more are done


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is verified: all, or one stream, or one day of the archive (without the journals)."""

    name: StreamName | None = None
    day: date | None = None
    quick: bool = False


@dataclass(slots=True)
class Verified:
    """What was verified of one stream, and what was found."""

    name: StreamName
    last_seq: int = 0
    journal_files: int = 0
    journal_messages: int = 0
    segments: int = 0
    archive_messages: int = 0
    message_octets: int = 0
    indexed_blocks: int = 0
    pending_segments: int = 0
    missing: int = 0
    double: int = 0
    findings: list[Finding] = field(default_factory=list)
    damaged_indexes: list[date] = field(default_factory=list)

    @property
    def faults(self) -> list[Finding]:
        """What is wrong."""
        return [finding for finding in self.findings if finding.is_fault]


def verify(layout: Layout, wanted: Wanted, progress: Progress = lambda _octets: None) -> list[Verified]:
    """Verify what is wanted of a data folder, stream by stream; changes nothing.

    Raises:
        PermissionError: when a folder must not be read.
    """
    names = layout.streams() if wanted.name is None else [wanted.name]
    return [_Stream(layout, name, wanted, progress).verified() for name in names]


def refused(layout: Layout) -> list[Finding]:
    """Give the batches that were refused and belong to no stream."""
    return list(quarantined(quarantine.folder_of(layout, None)))


def octets_to_read(layout: Layout, wanted: Wanted) -> int:
    """Give about how many octets verifying has to read."""
    names = layout.streams() if wanted.name is None else [wanted.name]
    paths = [path for name in names for path in _paths(layout, name, wanted)]
    return sum(path.stat().st_size for path in paths if path.exists())


def repair(layout: Layout, verified: Sequence[Verified]) -> list[tuple[StreamName, date]]:
    """Make the damaged indexes anew from the archive, which is all that can be repaired without a backup.

    Raises:
        IndexBusyError: when a running indexer does not let go of a day.
        DamagedError: when a segment cannot be read.
        OSError: when the index cannot be written.
    """
    made = []
    for each in verified:
        for day in each.damaged_indexes:
            rebuild(layout, each.name, [day])
            made.append((each.name, day))
    return made


def _paths(layout: Layout, name: StreamName, wanted: Wanted) -> Iterator[Path]:
    if wanted.day is None:
        yield from entries(layout.journal(name), "*.journal")
    for day in layout.archived_days(name) if wanted.day is None else [wanted.day]:
        yield from entries(layout.archive_day(name, day), "*.parquet")


class _Stream:
    """Verifies one stream, once."""

    def __init__(self, layout: Layout, name: StreamName, wanted: Wanted, progress: Progress) -> None:
        self._layout = layout
        self._name = name
        self._wanted = wanted
        self._progress = progress
        self._found = Verified(name)
        self._journals: list[JournalFacts] = []
        self._segments: dict[date, dict[Segment, SegmentFacts]] = {}
        self._gone: list[Span] = []  # seqs of segments that the indexes of days that are there know of

    def verified(self) -> Verified:
        """Do it."""
        readers = [] if self._wanted.day is not None else list(self._opened())
        for day in self._days():
            self._verify_day(day)
        self._verify_journals(readers)
        if self._wanted.day is None:
            self._found.last_seq = self._last_seq(readers)
            self._verify_seqs()
            self._found.findings += left_over(self._layout, self._name)
        return self._summed_up()

    def _summed_up(self) -> Verified:
        found = self._found
        segments = [facts for kept in self._segments.values() for facts in kept.values()]
        found.segments = len(segments)
        found.archive_messages = sum(facts.messages for facts in segments)
        found.journal_files = len(self._journals)
        found.journal_messages = sum(facts.messages for facts in self._journals)
        every: list[SegmentFacts | JournalFacts] = [*segments, *self._journals]
        for each in every:
            found.message_octets += each.octets
            found.findings += each.findings
        found.findings.sort(key=lambda each: (each.weight is Weight.NOTE, str(each.path), each.offset))
        return found

    def _days(self) -> list[date]:
        if self._wanted.day is not None:
            return [self._wanted.day]
        return sorted({*self._layout.archived_days(self._name), *self._layout.indexed_days(self._name)})

    def _opened(self) -> Iterator[JournalReader]:
        """Hold every journal file open, so that it can be read to its end when it is sealed meanwhile."""
        for path in entries(self._layout.journal(self._name), "*.journal"):
            try:
                reader = JournalReader(path)
                reader.scan()
            except FileNotFoundError:
                continue
            except DamagedError as error:
                facts = JournalFacts(path)
                facts.findings.append(of_damage(error.damage, RESTART))
                self._journals.append(facts)
                continue
            yield reader

    def _verify_day(self, day: date) -> None:
        """Verify a day's segments, until those in its folder are, and its index."""
        folder = self._layout.archive_day(self._name, day)
        kept: dict[Segment, SegmentFacts] = {}
        for _ in range(LOOKS):
            listed = list_segments(folder)
            fresh = [segment for segment in listed if segment not in kept]
            kept = {segment: facts for segment, facts in kept.items() if segment in listed}
            if not fresh:
                break
            for segment in fresh:
                with contextlib.suppress(FileNotFoundError):  # merged or expired: the next look tells
                    kept[segment] = check_segment(segment, day, quick=self._wanted.quick)
                    self._progress(segment.size)
        self._segments[day] = kept
        self._verify_index(day)
        for facts in kept.values():
            facts.footer = None
            facts.samples.clear()

    def _verify_index(self, day: date) -> None:
        segments = self._segments[day].values()
        blocks = {
            each.segment.path.name: each.footer.row_groups for each in segments if each.footer is not None
        }
        samples = {each.segment.path.name: each.samples for each in segments}
        found = check_index(self._layout.index_day(self._name, day), blocks, samples)
        self._found.findings += found.findings
        self._found.indexed_blocks += found.blocks
        self._found.pending_segments += len(found.pending)
        if segments:  # else the day expires at this moment
            self._gone += [span for name in found.gone if (span := span_of(name)) is not None]
        if any(finding.is_fault for finding in found.findings):
            self._found.damaged_indexes.append(day)

    def _verify_journals(self, readers: Sequence[JournalReader]) -> None:
        check = JournalCheck(self._name)
        archived = {day: list(kept) for day, kept in self._segments.items()}
        for reader in readers:
            facts = check.frames(reader, is_newest=reader is readers[-1])
            if self._wanted.quick:
                check.outline(reader, facts)
                self._progress(reader.end)
            else:
                done = 0
                for end in check.records(reader, facts, archived):
                    self._progress(end - done)
                    done = end
            self._journals.append(facts)

    def _last_seq(self, readers: Sequence[JournalReader]) -> int:
        """Give the last record that was there when the journals were opened."""
        ends = [
            reader.frames[-1].last_seq if reader.frames else reader.header.first_seq - 1 for reader in readers
        ]
        archived = [segment.last_seq for kept in self._segments.values() for segment in kept]
        return max(ends, default=max(archived, default=0))

    def _verify_seqs(self) -> None:
        """See whether every seq up to the last is there once, and whether a gap has a reason."""
        segments = [facts for kept in self._segments.values() for facts in kept.values()]
        owned: list[tuple[Span, Path]] = [
            (span, each.segment.path) for each in segments for span in each.spans
        ]
        there = [span for span, _ in owned] + [span for each in segments for span in each.claimed]
        for facts in self._journals:
            there += [span for _, span in facts.spans] + facts.lost
            if not self._wanted.quick:
                owned += [
                    (left, facts.path) for day, span in facts.spans for left in self._unsealed(day, span)
                ]
        for span, one, other in doubles(owned):
            self._found.double += span[1] - span[0] + 1
            self._found.findings.append(Finding(other, 0, f"{told(span)} are in {one}, too", REPORT))
        self._explain(gaps(there, 1, self._found.last_seq))

    def _unsealed(self, day: date, span: Span) -> list[Span]:
        """Give what of a journal's span is not in a segment of its day."""
        sealed = self._segments.get(day, {})
        return without([span], [(each.first_seq, each.last_seq) for each in sealed])

    def _explain(self, missing: Sequence[Span]) -> None:
        """Say of each gap why it is one."""
        expired = expired_spans(self._layout, self._name)
        folder = self._layout.archive(self._name)
        damaged = damaged_journals(quarantine.folder_of(self._layout, self._name))
        starts = {first for facts in self._journals if (first := first_of(facts.path.name))} | damaged.keys()
        for kept in self._segments.values():
            starts |= {
                first for facts in kept.values() for name in facts.journals if (first := first_of(name))
            }
        for span, entry in reasons(without(missing, expired or ()), starts, damaged):
            if entry is not None:
                what = f"{told(span)} are not there: journal {entry.name.partition('-')[0]} was damaged"
                self._found.findings.append(
                    note(entry, what, "restore the journal file from a backup, if there is one")
                )
            elif expired is None and span[0] == 1 and without([span], self._gone) == [span]:
                what = f"{told(span)} are not there: expired by an earlier release, or never known here"
                self._found.findings.append(note(folder, what, NEVER_KNOWN))
            else:
                self._found.missing += span[1] - span[0] + 1
                what = f"{told(span)} are missing, and nothing says why"
                self._found.findings.append(Finding(folder, 0, what, MISSING))
