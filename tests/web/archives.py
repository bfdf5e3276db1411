"""Archives for tests that serve one for all of a file: written by the real storage code."""

from collections.abc import Sequence
from typing import Final

from parsers.batch import BatchHeader, encode_records
from parsers.pipeline import Arrival, parse_frames
from storage.archive import seal
from storage.handoff import check_batch
from storage.journal import Batch, Journal
from storage.layout import Layout, StreamName
from storage.settings import JournalSettings

RECEIVED_AT: Final = 1_795_215_063_123_456_789  # in nanoseconds: 20 November 2026, 22:51:03


def stored(
    layout: Layout,
    name: StreamName,
    frames: Sequence[bytes],
    *,
    number: int = 1,
    sealed: bool = True,
    at: int = RECEIVED_AT,
) -> None:
    """Store messages as collector and storage do, and seal them unless told not to.

    ``number`` is how many times that was done to this stream, and ``at`` when, in nanoseconds.
    """
    seconds = at / 10**9
    arrivals = [Arrival(at + 1000 * number, "192.0.2.1", 1) for number in range(len(frames))]
    records = parse_frames(frames, arrivals, listener="tcp", transport="tcp")
    header = BatchHeader(name.tenant, name.stream, "test", number, len(frames), sum(map(len, frames)))
    content = check_batch(header, header.encode(), encode_records(records))
    journal = Journal(layout, name, JournalSettings(), seconds)
    journal.append([Batch(header, content)], seconds)
    if sealed:
        journal.roll(seconds, 365)
        for path in journal.finished:
            seal(layout, name, path, 3)
    journal.close()
