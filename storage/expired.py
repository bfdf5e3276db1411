"""Which seqs have expired: the reason of a gap that is no loss.

    archive/tenant=T/stream=S/.expired.json    {"version": 1, "seqs": [[first, last], …]}

Written before a day goes, replaced as a whole. Trust: without it verify and searches say of gaps that nothing
explains them. Whoever may write it can pass what they took out off as expired: verify tells of what days that
is said, and the trail has each run of retention.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import durable
from storage.journal_reader import DamagedError
from storage.layout import Layout, StreamName
from storage.segments import Segment, read_footer, read_row_group
from storage.spans import Span, spans_of, union

FILE_NAME: Final = ".expired.json"
VERSION: Final = 1


def expired_spans(layout: Layout, name: StreamName) -> list[Span] | None:
    """Give what has expired of a stream; None when nothing says."""
    try:
        document = json.loads(_path(layout, name).read_bytes())
        return [(int(first), int(last)) for first, last in document["seqs"]]
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return []


def note_expired(layout: Layout, name: StreamName, spans: Iterable[Span]) -> None:
    """Add to what has expired of a stream; durable when this returns.

    Raises:
        OSError: when it cannot be written.
    """
    joined = union([*(expired_spans(layout, name) or ()), *spans])
    document = {"version": VERSION, "seqs": joined}
    durable.write_file(_path(layout, name), json.dumps(document, separators=(",", ":")).encode() + b"\n")


def segment_spans(segment: Segment) -> list[Span]:
    """Give the seqs that a segment has; of one that cannot be read those that its name allows."""
    try:
        footer = read_footer(segment.path)
        whole = segment.last_seq - segment.first_seq + 1
        if sum(group.rows for group in footer.row_groups) == whole:
            return [(segment.first_seq, segment.last_seq)]
        return union(
            span
            for number in range(len(footer.row_groups))
            for span in spans_of(read_row_group(segment.path, footer.metadata, number, ["seq"])["seq"])
        )
    except (DamagedError, FileNotFoundError):
        return [(segment.first_seq, segment.last_seq)]


def _path(layout: Layout, name: StreamName) -> Path:
    return layout.archive(name) / FILE_NAME
