"""An export's count, progress and manifest, over real archives."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from storage.exporting import MANIFEST_VERSION, Asked, Exporting, earliest_of
from storage.layout import Layout, StreamName
from storage.octets import IncompleteError
from storage.results import Request
from storage.search import Searcher

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
NANOSECONDS = 10**9
ASKED = Asked(
    {"account": "alice", "role": "auditor", "means": "session"},
    ("hosts: fw-*",),
    {"from": "-7d", "to": ""},
    "1.0",
    "desk",
)


def at(seconds: int) -> int:
    """Give the receive time so many seconds after noon."""
    return (int(NOON.timestamp()) + seconds) * NANOSECONDS


@pytest.fixture
def searcher(layout: Layout, archive: Any) -> Searcher:
    """Give a searcher over ten messages, ten seconds apart, of two hosts."""
    rows = [
        {"received_at": at(10 * n), "hostname": f"fw-{n % 2}", "message": f"number {n}"} for n in range(10)
    ]
    archive(layout, rows)
    return Searcher(layout)


def test_everything_is_counted(searcher: Searcher) -> None:
    """Messages, first and last seq and receive time are those of what was given."""
    exporting = Exporting(searcher, Request("host:fw-1", limit=None))
    assert sum(table.num_rows for table in exporting.tables()) == 5
    assert exporting.messages == 5
    assert (exporting.first_seq, exporting.last_seq) == (2, 10)
    assert (exporting.oldest, exporting.newest) == (at(10), at(90))


def test_the_manifest_tells_all_of_it(searcher: Searcher) -> None:
    """Question, range, who, when, what was looked at, how many: in JSON, without a path of this machine."""
    request = Request("host:fw-1", start=NOON, end=NOON + timedelta(minutes=1), limit=None)
    exporting = Exporting(searcher, request)
    assert list(exporting.tables())
    files = [{"name": "messages.csv", "octets": 1, "sha256": "00"}]
    told = json.loads(json.dumps(exporting.manifest(ASKED, "csv", files)))
    assert told["version"] == MANIFEST_VERSION
    assert told["made_by"] == {"account": "alice", "role": "auditor", "means": "session"}
    assert told["limits"] == ["hosts: fw-*"]
    assert told["question"] == {
        "query": "host:fw-1",
        "tenant": "default",
        "stream": "syslog",
        "clock": "time of receipt",
        "from": "2026-11-20T12:00:00Z",
        "to_before": "2026-11-20T12:01:00Z",
        "as_typed": {"from": "-7d", "to": ""},
    }
    assert (told["messages"], told["first_seq"], told["last_seq"]) == (3, 2, 6)
    assert told["oldest_received"] == "2026-11-20T12:00:10.000000000Z"
    assert told["newest_received"] == "2026-11-20T12:00:50.000000000Z"
    assert told["complete"] is True
    assert (told["scope"]["files"], told["scope"]["damaged"]) == (1, [])
    assert told["began"] <= told["finished"]
    assert "apostrophe" in told["formulas"]
    assert told["files"] == files
    assert "formulas" not in exporting.manifest(ASKED, "json", files)


def test_nothing_found_is_a_statement_too(searcher: Searcher) -> None:
    """No match has a manifest like any other, with the scope of what was looked at."""
    exporting = Exporting(searcher, Request("nothing:here", limit=None))
    assert [table.num_rows for table in exporting.tables()] == []
    told = exporting.manifest(ASKED, "raw", [])
    assert (told["messages"], told["first_seq"], told["oldest_received"]) == (0, None, None)
    assert told["scope"]["files"] == 1


def test_damage_is_told_or_breaks_off(layout: Layout, archive: Any, searcher: Searcher) -> None:
    """What lacks messages ends with an error, unless a part is wanted; its manifest then names the place."""
    broken = archive(layout, [{"received_at": at(200), "message": "lost"}], first_seq=11)
    broken.write_bytes(b"PAR1" + bytes(100))
    searcher = Searcher(layout)
    whole = Exporting(searcher, Request(limit=None))
    with pytest.raises(IncompleteError):
        list(whole.tables())
    part = Exporting(searcher, Request(limit=None), whole=False)
    assert sum(table.num_rows for table in part.tables()) == 10
    told = part.manifest(ASKED, "raw", [])
    assert told["complete"] is False
    (place,) = told["scope"]["damaged"]
    assert place["file"] == broken.name
    assert str(layout.data) not in json.dumps(told)


def test_progress_goes_from_the_newest_to_the_oldest(searcher: Searcher) -> None:
    """The part that is behind is told by times: newest first, down to the range's beginning."""
    request = Request(start=NOON, end=NOON + timedelta(seconds=100), limit=None)
    exporting = Exporting(searcher, request)
    assert exporting.part(earliest_of(request, None)) == 0.0
    parts = [exporting.part(earliest_of(request, None)) for _ in exporting.tables()]
    assert parts == sorted(parts)
    assert parts[-1] == 1.0


def test_the_earliest_is_the_range_or_what_is_kept() -> None:
    """Nothing can match before the range, nor before the first day that is kept."""
    first_day = (date(2026, 11, 1) - date(1970, 1, 1)).days
    day = datetime(2026, 11, 1, tzinfo=UTC)
    kept = int(day.timestamp()) * NANOSECONDS
    assert earliest_of(Request(start=NOON), first_day) == at(0)
    assert earliest_of(Request(start=day - timedelta(days=3)), first_day) == kept
    assert earliest_of(Request(), first_day) == kept
    assert earliest_of(Request(start=NOON, time="device"), first_day) == kept
    assert earliest_of(Request(name=StreamName("lab", "web")), None) == 0
