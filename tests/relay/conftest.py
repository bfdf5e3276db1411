"""What the relay's tests share: a stream that grows, and real servers that take its messages."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from parsers.batch import BatchHeader, encode_records
from parsers.pipeline import Arrival, parse_frames
from storage.handoff import check_batch
from storage.journal import Batch, Journal
from storage.layout import Layout, StreamName
from storage.settings import JournalSettings

NOON = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp())
Append = Callable[..., None]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Give a new data folder."""
    return Layout(tmp_path / "data")


@pytest.fixture
def append(layout: Layout) -> Append:
    """Give a function that journals messages in the default stream, as the storage worker does."""
    name, numbers = StreamName(), count(1)

    def journalled(messages: Sequence[bytes], *, after: int = 0, first: int | None = None) -> None:
        """Journal messages that arrive so many seconds after noon, from seq ``first`` on if it is given."""
        records = parse_frames(
            messages,
            [Arrival((NOON + after) * 10**9, "192.0.2.1", len(messages))],
            listener="tcp",
            transport="tcp",
        )
        octets = sum(map(len, messages))
        header = BatchHeader(name.tenant, name.stream, "collector-1", next(numbers), len(messages), octets)
        payload = encode_records(records)
        journal = Journal(layout, name, JournalSettings(), NOON)
        journal.state.next_seq = first or journal.state.next_seq
        journal.append([Batch(header, check_batch(header, header.encode(), payload))], NOON)
        journal.close()

    return journalled
