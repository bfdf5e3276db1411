"""Verifying archive segments: every octet is accounted for, every page read, every number compared.

Nothing of a segment is believed for another of its own statements: what the footer counts is counted, what it
gives as the least and the greatest is looked for, and each message is rebuilt.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.schema import ARCHIVE_SCHEMA, SCHEMA_VERSION
from storage.ahead import Ahead
from storage.blocks import day_start
from storage.findings import REPORT, RESTORE, Finding, of_damage
from storage.journal_reader import DamagedError
from storage.segment_footer import Ends, read_ends
from storage.segment_writer import STATISTICS
from storage.segments import Footer, Segment, column_paths, footer_of, read_row_group, segment_metadata
from storage.spans import Span, spans_of, told
from storage.verify_records import day_faults, octets_of, order_faults

SAMPLE_ROWS: Final = 3  # of each block, whose words are looked for in the index
SAMPLE_COLUMNS: Final = ["message", "hostname", "app_name", "severity", "peer"]
MAGIC: Final = b"PAR1"


@dataclass(slots=True)
class BlockFacts:
    """What reading one row group has shown; ``sample`` are a few of its records."""

    number: int
    rows: int = 0
    spans: list[Span] = field(default_factory=list)
    claimed: list[Span] = field(default_factory=list)
    octets: int = 0  # of the messages as received
    faults: list[tuple[int, str]] = field(default_factory=list)  # by offset in the file
    sample: pa.Table | None = None


@dataclass(slots=True)
class SegmentFacts:
    """What is known of a segment.

    ``spans`` are the seqs it has; ``claimed`` those it may have, where it was not read or cannot be.
    """

    segment: Segment
    messages: int = 0
    octets: int = 0
    spans: list[Span] = field(default_factory=list)
    claimed: list[Span] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    journals: list[str] = field(default_factory=list)  # it was made from
    footer: Footer | None = None
    samples: dict[int, pa.Table] = field(default_factory=dict)  # by block


def check_segment(segment: Segment, day: date, *, quick: bool) -> SegmentFacts:
    """Verify one segment of a day; with ``quick`` its footer and its outline only.

    Raises:
        FileNotFoundError: when the file is gone: merged or expired meanwhile.
    """
    facts = SegmentFacts(segment)
    try:
        facts.footer = footer_of(segment)
        about = segment_metadata(segment.path)
    except DamagedError as error:
        facts.findings.append(of_damage(error.damage, RESTORE))
        facts.claimed = [(segment.first_seq, segment.last_seq)]
        return facts
    facts.journals = [name for name in about.get("journals", ()) if isinstance(name, str)]
    facts.messages = sum(group.rows for group in facts.footer.row_groups)
    for offset, what in _outline_faults(segment.path, facts.footer, about):
        facts.findings.append(Finding(segment.path, offset, what, RESTORE))
    if quick:
        whole = [(segment.first_seq, segment.last_seq)]
        if facts.messages == segment.last_seq - segment.first_seq + 1:
            facts.spans = whole
        else:
            facts.claimed = whole
        return facts
    _take_in(facts, facts.footer, day)
    return facts


def _take_in(facts: SegmentFacts, footer: Footer, day: date) -> None:
    """Read all blocks, two at a time."""
    segment = facts.segment
    before = segment.first_seq - 1
    numbers = range(len(footer.row_groups))
    for block in Ahead(partial(_checked_block, segment, footer, day)).results(numbers):
        facts.octets += block.octets
        facts.spans += block.spans
        facts.claimed += block.claimed
        faults = list(block.faults)
        if block.spans and block.spans[0][0] <= before:
            faults.append((footer.row_groups[block.number].offset, f"its seqs begin behind record {before}"))
        before = max([before, *(last for _, last in block.spans)])
        if block.sample is not None:
            facts.samples[block.number] = block.sample
        facts.findings += [
            Finding(segment.path, offset, f"row group {block.number}: {what}", RESTORE)
            for offset, what in faults
        ]
    ends = (facts.spans[0][0], facts.spans[-1][1]) if facts.spans else (0, 0)
    if not facts.findings and ends != (segment.first_seq, segment.last_seq):
        facts.findings.append(Finding(segment.path, 0, f"its name is not that of {told(ends)}", REPORT))


def _checked_block(segment: Segment, footer: Footer, day: date, number: int) -> BlockFacts:
    facts, group = BlockFacts(number), footer.row_groups[number]
    try:
        table = read_row_group(segment.path, footer.metadata, number, None)
    except DamagedError as error:
        places = _damaged_columns(segment.path, footer.metadata, number)
        facts.faults = places or [(error.damage.offset, error.damage.reason)]
        facts.claimed = [(group.first_seq, group.last_seq)]
        return facts
    facts.rows, facts.spans = table.num_rows, spans_of(table["seq"])
    whats = (
        [] if table.num_rows == group.rows else [f"{table.num_rows} records where {group.rows} were written"]
    )
    whats += order_faults(table["seq"], segment.first_seq - 1, segment.last_seq)
    whats += day_faults(table["received_at"], day_start(day))
    whats += _statistics_faults(table, footer.metadata.row_group(number))
    octets, fault = octets_of(table)
    whats += [] if fault is None else [fault]
    facts.octets = 0 if octets is None else pc.sum(pc.binary_length(octets)).as_py() or 0
    facts.faults = [(group.offset, what) for what in whats]
    facts.sample = _sample(table)
    return facts


def _sample(table: pa.Table) -> pa.Table:
    """Give a few records, without what they would hold in memory."""
    rows = list(range(0, table.num_rows, max(1, table.num_rows // SAMPLE_ROWS)))
    few = table.select(SAMPLE_COLUMNS).take(rows)
    return few.cast(pa.schema([(name, pa.string()) for name in SAMPLE_COLUMNS]))


def _damaged_columns(path: Path, metadata: Any, number: int) -> list[tuple[int, str]]:
    """Read a row group column by column, and say which cannot be read, and where each begins."""
    found = []
    group = metadata.row_group(number)
    for place in range(group.num_columns):
        column = group.column(place)
        name = column.path_in_schema.partition(".")[0]
        try:
            read_row_group(path, metadata, number, [name])
        except DamagedError:
            found.append((_begin(column), f"column {column.path_in_schema} cannot be read"))
    return found


def _outline_faults(path: Path, footer: Footer, about: dict[str, Any]) -> Iterator[tuple[int, str]]:
    """Say what is wrong with what the footer says of the whole file."""
    metadata = footer.metadata
    rows = sum(group.rows for group in footer.row_groups)
    if about.get("messages") != rows or metadata.num_rows != rows:
        yield 0, f"{rows} records where the metadata counts {about.get('messages')} and {metadata.num_rows}"
    if about.get("version") != SCHEMA_VERSION:
        yield 0, f"schema version {about.get('version')}, this release reads {SCHEMA_VERSION}"
    names = list(dict.fromkeys(path.partition(".")[0] for path in column_paths(metadata)))
    if names != ARCHIVE_SCHEMA.names:
        yield 0, f"its columns are {', '.join(names)}"
    yield from _octet_faults(metadata, read_ends(path))


def _octet_faults(metadata: Any, ends: Ends) -> Iterator[tuple[int, str]]:
    """Look for octets that no page has, and for a file that was shortened in the middle."""
    if ends.magic != MAGIC:
        yield 0, "the file does not begin as a Parquet file does"
    if ends.wrong_pages:
        yield len(MAGIC), "the checksum of all pages is wrong"
    place = len(MAGIC)
    groups = (metadata.row_group(number) for number in range(metadata.num_row_groups))
    for column in (group.column(number) for group in groups for number in range(group.num_columns)):
        if _begin(column) != place:
            yield place, f"column {column.path_in_schema} begins at octet {_begin(column)}, not here"
        place = _begin(column) + column.total_compressed_size
    if place != ends.seal:
        yield place, f"the last page ends here, and the footer's checksum stands at octet {ends.seal}"


def _begin(column: Any) -> int:
    if column.has_dictionary_page:
        return min(int(column.dictionary_page_offset), int(column.data_page_offset))
    return int(column.data_page_offset)


def _statistics_faults(table: pa.Table, group: Any) -> Iterator[str]:
    """Compare what the footer gives as least and greatest with what is there."""
    for place in range(group.num_columns):
        column = group.column(place)
        name = column.path_in_schema
        if name not in STATISTICS:
            continue
        values = table[name]
        if pa.types.is_timestamp(values.type):
            values = values.cast(pa.int64())
        low, high = pc.min_max(values).as_py().values()
        told_of = column.statistics
        if low is None and (told_of is None or not told_of.has_min_max):
            continue
        if told_of is None or not told_of.has_min_max or (told_of.min_raw, told_of.max_raw) != (low, high):
            yield f"the least and the greatest {name} are {low} and {high}, and the footer says otherwise"
