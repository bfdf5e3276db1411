"""Verifying journal files: every frame, batch and message, and the segment that has them, too."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.batch import BatchError, BatchHeader
from parsers.schema import ARCHIVE_SCHEMA
from storage.archive import days_of
from storage.blocks import BLOCK_OCTETS, BLOCK_ROWS, day_of
from storage.findings import REPORT, RESTART, Finding, note, of_damage
from storage.journal_format import FILE_PROLOGUE_OCTETS, FRAME_PROLOGUE_OCTETS, Frame, possible_salts
from storage.journal_reader import DamagedError, JournalReader, runs
from storage.layout import StreamName
from storage.segment_writer import difference
from storage.segments import Segment, footer_of, read_row_group
from storage.spans import Span, spans_of, told
from storage.verify_records import octets_of

BEING_WRITTEN: Final = "nothing to do: it is being written, or storage cuts it off at its next start"

Segments = Mapping[date, Sequence[Segment]]


@dataclass(slots=True)
class JournalFacts:
    """What is known of a journal file; ``spans`` are its seqs by day, ``lost`` those that are damaged."""

    path: Path
    messages: int = 0
    octets: int = 0
    spans: list[tuple[date, Span]] = field(default_factory=list)
    lost: list[Span] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


class JournalCheck:
    """Verifies the journal files of one stream in their order.

    Args:
        name: the stream.
    """

    def __init__(self, name: StreamName) -> None:
        self._name = name
        self._numbers: dict[str, int] = {}  # the last batch number of each collector

    def frames(self, reader: JournalReader, *, is_newest: bool) -> JournalFacts:
        """Verify a scanned file's frames, without their records."""
        facts = JournalFacts(reader.path)
        for damage in reader.damages:
            facts.findings.append(of_damage(damage, RESTART))
        if (tail := reader.tail()) is not None:
            torn = f"{tail.octets} octets at octet {tail.offset} are no whole frame"
            if tail.is_torn and is_newest:
                facts.findings.append(note(reader.path, torn, BEING_WRITTEN))
            else:
                facts.findings.append(of_damage(tail.damage(reader.path), RESTART))
            if tail.frame is not None and not tail.is_torn:
                facts.lost.append((tail.frame.first_seq, tail.frame.last_seq))
        for offset, what in [*_header_faults(reader), *self._frame_faults(reader)]:
            facts.findings.append(Finding(reader.path, offset, what, REPORT))
        facts.messages = sum(frame.rows for frame in reader.frames)
        return facts

    def records(self, reader: JournalReader, facts: JournalFacts, archived: Segments) -> Iterator[int]:
        """Verify a file's records, and compare them with the segments that have them, too.

        Gives how many octets of the file are done, now and then.
        """
        for run in runs(reader.frames, BLOCK_ROWS, BLOCK_OCTETS):
            try:
                table = reader.table(run)
            except DamagedError as error:
                facts.findings.append(of_damage(error.damage, RESTART))
                facts.lost.append((run[0].first_seq, run[-1].last_seq))
                continue
            self._check_run(reader, facts, run, table)
            for day, part in days_of(table):
                facts.spans += [(day, span) for span in spans_of(part["seq"])]
                for what in _archive_faults(part, archived.get(day, ())):
                    facts.findings.append(Finding(reader.path, run[0].offset, what, REPORT))
            yield run[-1].end

    def outline(self, reader: JournalReader, facts: JournalFacts) -> None:
        """Take a file's seqs from its frames alone."""
        for frame in reader.frames:
            first, last = day_of(frame.statistics.received_min), day_of(frame.statistics.received_max)
            facts.spans += [(day, (frame.first_seq, frame.last_seq)) for day in {first, last}]

    def _check_run(
        self, reader: JournalReader, facts: JournalFacts, run: Sequence[Frame], table: pa.Table
    ) -> None:
        octets, fault = octets_of(table)
        if octets is None:
            facts.findings.append(Finding(reader.path, run[0].offset, fault or "", REPORT))
            lengths = None
        else:
            lengths = pc.binary_length(octets)
            facts.octets += pc.sum(lengths).as_py() or 0
        start = 0
        for frame in run:
            for what in _range_faults(frame, table.slice(start, frame.rows)):
                facts.findings.append(Finding(reader.path, frame.offset, what, REPORT))
            if lengths is not None:
                for what in _octet_faults(reader, frame, lengths.slice(start, frame.rows)):
                    facts.findings.append(Finding(reader.path, frame.offset, what, REPORT))
            start += frame.rows

    def _frame_faults(self, reader: JournalReader) -> Iterator[tuple[int, str]]:
        """Say what is wrong with the frames' headers and their order."""
        before = reader.header.first_seq - 1
        for frame in reader.frames:
            if frame.first_seq <= before:
                yield frame.offset, f"its first record {frame.first_seq} stands behind record {before}"
            before = max(before, frame.last_seq)
            if reader.octets(frame.offset + FRAME_PROLOGUE_OCTETS - 4, 4) != bytes(4):
                yield frame.offset, "octets 68 to 71 of the frame are not 0: they were changed on the disk"
            try:
                header = _batch_header(reader, frame)
            except BatchError as error:
                yield frame.offset, str(error)
                continue
            if (header.tenant, header.stream) != (self._name.tenant, self._name.stream):
                yield frame.offset, f"a batch for {header.tenant}/{header.stream}"
            if header.number <= self._numbers.get(header.collector, 0):
                yield (
                    frame.offset,
                    f"batch {header.number} of collector {header.collector} is here a second time",
                )
            self._numbers[header.collector] = header.number


def _batch_header(reader: JournalReader, frame: Frame) -> BatchHeader:
    return BatchHeader.decode(reader.octets(frame.header_offset, frame.header_length))


def _header_faults(reader: JournalReader) -> Iterator[tuple[int, str]]:
    """Look for what no checksum covers: the salt, which stands in the file header twice."""
    if len(possible_salts(reader.octets(0, FILE_PROLOGUE_OCTETS))) > 1 and reader.header.tenant:
        yield 36, "the second copy of the file's salt was changed on the disk; the first is right"


def _range_faults(frame: Frame, records: pa.Table) -> Iterator[str]:
    """Compare what a frame's prologue and batch header say with its records."""
    ranges = frame.statistics
    received = pc.min_max(records["received_at"].cast(pa.int64())).as_py()
    timestamp = pc.min_max(records["timestamp"].cast(pa.int64())).as_py()
    if (received["min"], received["max"]) != (ranges.received_min, ranges.received_max):
        yield "the frame's first and last received_at are not its records'"
    if (timestamp["min"], timestamp["max"]) != (ranges.timestamp_min, ranges.timestamp_max):
        yield "the frame's first and last timestamp are not its records'"


def _octet_faults(reader: JournalReader, frame: Frame, lengths: pa.Array) -> Iterator[str]:
    """Compare the octets that the messages give with those that the collector counted."""
    try:
        header = _batch_header(reader, frame)
    except BatchError:
        return
    if header.messages != frame.rows:
        yield f"{frame.rows} records where the batch header says {header.messages}"
    octets = pc.sum(lengths).as_py() or 0
    if octets != header.octets:
        yield f"the messages have {octets} octets, and the collector received {header.octets}"


def _archive_faults(records: pa.Table, segments: Sequence[Segment]) -> Iterator[str]:
    """Compare records of one day with what that day's segments have of the same seqs."""
    first, last = records["seq"][0].as_py(), records["seq"][-1].as_py()
    for segment in segments:
        if segment.first_seq > last or first > segment.last_seq:
            continue
        mine = _between(records, segment.first_seq, segment.last_seq)
        try:
            theirs = _of_segment(segment, first, last)
        except (DamagedError, FileNotFoundError):
            continue  # named when the segment is verified, or merged or expired since
        found = difference(mine.unify_dictionaries(), theirs.unify_dictionaries())
        if found is not None:
            yield f"{told((first, last))} are in {segment.path.name}, too, but not the same: {found}"


def _of_segment(segment: Segment, first: int, last: int) -> pa.Table:
    footer = footer_of(segment)
    tables = [
        read_row_group(segment.path, footer.metadata, number, None)
        for number, group in enumerate(footer.row_groups)
        if group.first_seq <= last and first <= group.last_seq
    ]
    return _between(pa.concat_tables(tables), first, last) if tables else ARCHIVE_SCHEMA.empty_table()


def _between(table: pa.Table, first: int, last: int) -> pa.Table:
    seq = table["seq"]
    return table.filter(pc.and_(pc.greater_equal(seq, first), pc.less_equal(seq, last)))
