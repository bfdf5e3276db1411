"""What the tests of storage share: a data folder, records made from columns, batches, a journal."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from parsers.batch import BatchHeader, encode_records
from parsers.pipeline import Arrival, parse_frames
from parsers.rebuild import exact_octets
from parsers.schema import ARCHIVE_SCHEMA, BATCH_SCHEMA
from storage.blocks import day_of
from storage.catalogue import Catalogue
from storage.handoff import check_batch
from storage.journal import Batch, Journal
from storage.layout import Layout, StreamName
from storage.segment_writer import Origin, SegmentWriter
from storage.settings import JournalSettings

MakeRecords = Callable[..., pa.RecordBatch]
MakeBatch = Callable[..., Batch]

NOON = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp())


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Give a new data folder."""
    return Layout(tmp_path / "data")


@pytest.fixture
def name() -> StreamName:
    """Give the default stream."""
    return StreamName()


@pytest.fixture
def make_records() -> MakeRecords:
    """Give a function that makes records of BATCH_SCHEMA whose columns know nothing but ``raw``."""

    def make(messages: Sequence[bytes], received: int | Sequence[int] = NOON * 10**9) -> pa.RecordBatch:
        times = [received] * len(messages) if isinstance(received, int) else list(received)
        values: dict[str, Any] = {
            "received_at": times, "facility": [1] * len(times), "severity": [5] * len(times),
            "format": ["unparsed"] * len(times), "flags": [["pri_assumed"]] * len(times),
            "peer": ["192.0.2.1"] * len(times), "listener": ["udp"] * len(times),
            "transport": ["udp"] * len(times), "raw": list(messages),
            "message": [message.decode(errors="replace") for message in messages],
        }  # fmt: skip
        columns = [
            pa.array(values[column.name], column.type)
            if column.name in values
            else pa.nulls(len(times), column.type)
            for column in BATCH_SCHEMA
        ]
        return pa.RecordBatch.from_arrays(columns, schema=BATCH_SCHEMA)

    return make


@pytest.fixture
def make_batch(make_records: MakeRecords) -> MakeBatch:
    """Give a function that makes a checked batch of messages."""

    def make(
        messages: Sequence[bytes],
        number: int = 1,
        collector: str = "collector-1",
        received: int | Sequence[int] = NOON * 10**9,
        name: StreamName | None = None,
    ) -> Batch:
        name = name or StreamName()
        octets = sum(map(len, messages))
        header = BatchHeader(name.tenant, name.stream, collector, number, len(messages), octets)
        payload = encode_records(make_records(messages, received))
        return Batch(header, check_batch(header, header.encode(), payload))

    return make


@pytest.fixture
def open_journal(layout: Layout, name: StreamName) -> Iterator[Callable[..., Journal]]:
    """Give a function that opens the stream's journal, as at the start of a worker."""
    opened: list[Journal] = []

    def make(now: float = NOON, **limits: int) -> Journal:
        for journal in opened:
            journal.close()
        opened.append(Journal(layout, name, JournalSettings(**limits), now))
        return opened[-1]

    yield make
    for journal in opened:
        journal.close()


# What the tests of searching share.

Rows = Sequence[dict[str, Any]]
MakeTable = Callable[..., pa.Table]
Archive = Callable[..., Path]


@pytest.fixture(scope="session")
def make_table() -> MakeTable:
    """Give a function that makes a table of ARCHIVE_SCHEMA of dicts by column; what is left out is usual."""

    def make(rows: Rows, first_seq: int = 1) -> pa.Table:
        usual: dict[str, Any] = {
            "facility": 1, "severity": 6, "format": "rfc5424", "flags": [], "peer": "192.0.2.1",
            "listener": "tcp", "transport": "tcp",
        }  # fmt: skip
        whole = [
            {"seq": first_seq + place, "received_at": NOON * 10**9 + first_seq + place} | usual | row
            for place, row in enumerate(rows)
        ]
        columns = [
            pa.array([row.get(column.name) for row in whole], column.type) for column in ARCHIVE_SCHEMA
        ]
        return pa.Table.from_arrays(columns, schema=ARCHIVE_SCHEMA)

    return make


@pytest.fixture(scope="session")
def archive(make_table: MakeTable) -> Archive:
    """Give a function that writes rows as a segment of the first one's day, in blocks as large as told."""

    def write(layout: Layout, rows: Rows, first_seq: int = 1, block_rows: int = 4) -> Path:
        table = make_table(rows, first_seq)
        day = day_of(table["received_at"].cast(pa.int64())[0].as_py())
        writer = SegmentWriter(layout.archive_day(StreamName(), day), "test", 1)
        for start in range(0, table.num_rows, block_rows):
            writer.write(table.slice(start, block_rows))
        writer.finish(StreamName(), Origin([], 0, 0, {}))
        return writer.publish().path

    return write


def parsed_batch(
    messages: Sequence[bytes],
    number: int = 1,
    collector: str = "collector-1",
    received: int | Sequence[int] = NOON * 10**9,
    name: StreamName | None = None,
) -> Batch:
    """Make a batch as a collector does: through the parsers."""
    name = name or StreamName()
    times = [received] * len(messages) if isinstance(received, int) else received
    arrivals = [Arrival(time, "192.0.2.1", 1) for time in times]
    records = parse_frames(messages, arrivals, listener="tcp", transport="tcp")
    header = BatchHeader(name.tenant, name.stream, collector, number, len(messages), sum(map(len, messages)))
    payload = encode_records(records)
    return Batch(header, check_batch(header, header.encode(), payload))


@pytest.fixture
def make_parsed() -> MakeBatch:
    """Give a function that makes a batch of messages as a collector does, columns and all."""
    return parsed_batch


@pytest.fixture
def all_records(layout: Layout, name: StreamName) -> Callable[[], list[tuple[int, bytes]]]:
    """Give a function that gives (seq, octets) of every record that a reader finds, by seq."""

    def read() -> list[tuple[int, bytes]]:
        snapshot = Catalogue(layout).snapshot(name)
        assert snapshot.damaged == []
        found = []
        for block in snapshot.blocks:
            table = block.read()
            assert table.num_rows == block.rows
            found += list(zip(table["seq"].to_pylist(), exact_octets(table).to_pylist(), strict=True))
        return sorted(found)

    return read
