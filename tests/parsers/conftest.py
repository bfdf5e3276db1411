"""What the parsers' tests share: frames through the receiving path."""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

import pyarrow as pa
import pytest

from parsers.pipeline import Arrival, parse_frames
from parsers.source import Source

RECEIVED: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)

Parse = Callable[..., dict[str, Any]]
ParseAll = Callable[..., pa.RecordBatch]


def _parse_all(
    frames: list[bytes],
    *,
    format: str = "auto",  # noqa: A002 - the receiving path's own name
    timezone: tzinfo = UTC,
    received: datetime = RECEIVED,
) -> pa.RecordBatch:
    arrival = Arrival(int(received.timestamp()) * 10**9, "192.0.2.1", len(frames))
    return parse_frames(frames, [arrival], listener="udp", transport="udp", source=Source(format, timezone))


def _parse(frame: bytes, **settings: Any) -> dict[str, Any]:
    records = _parse_all([frame], **settings)
    timestamp = records["timestamp"].cast(pa.timestamp("us")).cast(pa.string())
    row: dict[str, Any] = records.drop_columns(["received_at", "timestamp"]).to_pylist()[0]
    return {**row, "timestamp": timestamp[0].as_py()}


@pytest.fixture(scope="session")
def parse_all() -> ParseAll:
    """Parse frames, received at noon of 2026-11-20 UTC, into a record batch."""
    return _parse_all


@pytest.fixture(scope="session")
def parse() -> Parse:
    """Parse one frame into a row; its timestamp is text in UTC with six digits of fraction."""
    return _parse
