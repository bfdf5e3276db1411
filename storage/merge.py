"""Merging: many small segments of a finished day become one. Big ones are never rewritten.

The steps, each of which may be the last before a crash: write the new segment under a temporary name; read it
back and compare it with the old ones; give it its name; remove the old ones. From the moment it has its name,
the old ones, whose seqs lie within its, are passed over by readers and removed by the next merge.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Final

import pyarrow as pa

import durable
from storage.layout import Layout, StreamName
from storage.segment_writer import Origin, SealError, SegmentWriter, difference, reblocked
from storage.segments import (
    Segment,
    footer_of,
    list_segments,
    read_row_group,
    segment_metadata,
    superseded_segments,
)

SEGMENT_MESSAGES: Final = 1_048_576  # no merge makes a larger segment

log = logging.getLogger(__name__)


def merge(layout: Layout, name: StreamName, day: date, *, small: int, level: int) -> list[Segment]:
    """Merge a day's segments of fewer than ``small`` messages with their neighbours; give the new ones.

    Must not run beside a seal of the same stream. ``level`` is Zstandard's.

    Raises:
        SealError: when what was read back is not what was written; the old segments are kept.
        DamagedError: when an old segment cannot be read; all are kept.
        OSError: when a file cannot be written; the old segments are kept.
    """
    folder = layout.archive_day(name, day)
    for gone in superseded_segments(folder):  # a merge that was cut short before its last step
        durable.unlink(gone.path)
    made = []
    for group in _groups(list_segments(folder), small):
        segment = _merged(folder, name, group, level)
        for old in group:
            durable.unlink(old.path)
        log.info("merged %d segments of %s to %s", len(group), folder, segment.path.name)
        made.append(segment)
    return made


def _groups(segments: Sequence[Segment], small: int) -> list[list[Segment]]:
    """Give the runs of neighbouring small segments, of at least two, that one segment can hold."""
    groups: list[list[Segment]] = []
    messages = SEGMENT_MESSAGES
    for segment in segments:
        count = footer_of(segment).metadata.num_rows
        if count >= small:
            messages = SEGMENT_MESSAGES  # the next small one begins a group
            continue
        if messages + count > SEGMENT_MESSAGES:
            groups.append([])
            messages = 0
        groups[-1].append(segment)
        messages += count
    return [group for group in groups if len(group) > 1]


def _merged(folder: Path, name: StreamName, group: Sequence[Segment], level: int) -> Segment:
    writer = SegmentWriter(folder, f"merge-{group[0].first_seq:020d}", level)
    try:
        for block in reblocked(_tables(group)):
            writer.write(block)
        writer.finish(name, _origin(group))
        _verify(writer, group)
    except BaseException:
        writer.abandon()
        raise
    return writer.publish()


def _verify(writer: SegmentWriter, group: Sequence[Segment]) -> None:
    read = writer.blocks()
    for block in reblocked(_tables(group)):
        found = difference(block, next(read, block.slice(0, 0)))
        if found is not None:
            raise SealError(f"{writer.temporary}: {found}; the old segments are kept")


def _tables(group: Sequence[Segment]) -> Iterator[pa.Table]:
    for segment in group:
        footer = footer_of(segment)
        for number in range(len(footer.row_groups)):
            yield read_row_group(segment.path, footer.metadata, number, None)


def _origin(group: Sequence[Segment]) -> Origin:
    about = [segment_metadata(segment.path) for segment in group]
    return Origin(
        journals=[journal for each in about for journal in each["journals"]],
        journal_octets=sum(each["journal_octets"] for each in about),
        journal_checksum=0,
        collectors=about[-1]["collectors"],
    )
