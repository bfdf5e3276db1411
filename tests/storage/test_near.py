"""Records by their seq: found by the names of files, however many years there are."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from storage import near, segments
from storage.layout import Layout, StreamName
from storage.search import Request, Searcher
from storage.segment_footer import read_metadata

NOON = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()) * 10**9
DAY = 86_400 * 10**9


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Give the archive files of which the footers have been read, in order."""
    paths: list[Path] = []

    def noted(path: Path) -> Any:
        paths.append(path)
        return read_metadata(path)

    monkeypatch.setattr(segments, "read_metadata", noted)
    return paths


def seqs(records: pa.Table) -> list[int]:
    """Give the seq of each record."""
    found: list[int] = records["seq"].to_pylist()
    return found


def test_only_the_files_that_hold_them_are_opened(layout: Layout, archive: Any, opened: list[Path]) -> None:
    """A record and its neighbours are found without a look into the archive's other files."""
    paths = [archive(layout, [{"received_at": NOON + day * DAY}] * 4, 4 * day + 1) for day in range(9)]
    opened.clear()
    searcher = Searcher(layout)
    assert seqs(searcher.record(StreamName(), 18)) == [18]
    assert opened == [paths[4]]
    assert seqs(searcher.neighbours(StreamName(), 18, 2, 2)) == [16, 17, 18, 19, 20]
    assert set(opened) == {paths[3], paths[4]}
    assert seqs(searcher.record(StreamName(), 99)) == []
    assert set(opened) == {paths[3], paths[4]}


def test_following_opens_no_old_file(layout: Layout, archive: Any, opened: list[Path]) -> None:
    """Who follows a stream need not wait until years of it are looked at."""
    archive(layout, [{}] * 4)
    opened.clear()
    assert next(Searcher(layout).follow(Request(""), poll=0.001)).num_rows == 0
    assert opened == []


def test_records_of_the_host_are_looked_for_nearby(
    layout: Layout, archive: Any, opened: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a host that is heard of once a year the record stands alone: years are not read for a page."""
    monkeypatch.setattr(near, "REACH", 6)
    paths = [
        archive(
            layout,
            [{"received_at": NOON + day * DAY, "hostname": "rare" if day % 2 else "b"}] * 4,
            4 * day + 1,
        )
        for day in range(9)
    ]
    opened.clear()
    assert seqs(Searcher(layout).neighbours(StreamName(), 14, 5, 5, same_host=True)) == [8, 13, 14, 15, 16]
    assert set(opened) <= {paths[1], paths[2], paths[3], paths[4]}
