"""Searching what payloads say: messages as a collector parses them, by index or without."""

from datetime import UTC, datetime
from typing import Any, Final

import pytest

from storage.archive import seal
from storage.indexer import rebuild
from storage.layout import Layout, StreamName
from storage.search import Request, Searcher

NOON: Final = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp())

MESSAGES: Final = (
    rb"<13>Aug 21 09:24:00 fw1 CEF:0|V|P|1|100|a \| b|High|src=10.0.3.7 act=blocked\=x duser=joe dst=1.1.1.1",
    b"<13>Aug 21 09:24:00 fw2 CEF:0|V|P|1|100|other|Low|dst=10.0.3.7 src=10.0.3.70 act=allowed shost=pc1",
    b"<189>date=2026-11-20 time=10:00:00 devname=fg srcip=10.0.3.7 action=deny SYN",
    b'<14>1 2026-11-20T10:00:00Z h app - - - {"user":{"name":"joe"},"tags":["red","blue"],"src":"10.0.3.7"}',
    b'<14>1 2026-11-20T10:00:00Z h app - - [alarm resource="if 42" perceivedSeverity="major"] 10.0.3.7 cef',
    b"<14>1 2026-11-20T10:00:00Z h app - - - plain text with src 10.0.3.7",
)
QUERIES: Final = {
    "fields.src:10.0.3.7": [4, 1],
    "src:10.0.3.7": [4, 1],
    "src:10.0.3.70": [2],
    "fields.payload:cef": [2, 1],
    "payload:cef src:10.0.3.7": [1],
    "payload:keyvalue": [3],
    "act:blocked=x": [1],
    "cef.severity:High": [1],
    'cef.name:"a | b"': [1],
    "dst:1.1.1.1": [1],
    "tags:red": [4],
    "src:*": [4, 2, 1],
    "-payload:*": [6, 5],
    "user.name:joe OR duser:joe": [4, 1],
    "tags:blue": [4],
    'SYN:""': [3],
    "shost:pc1": [2],
    "alarm.invalid:probableCause": [5],
    "alarm.resource:42": [5],
    "10.0.3.7": [6, 5, 4, 3, 2, 1],
}


@pytest.mark.parametrize("where", ["journal", "archive", "index"])
def test_fields_of_payloads_are_found(
    layout: Layout, name: StreamName, open_journal: Any, make_parsed: Any, where: str
) -> None:
    """``fields.src:10.0.3.7``, and ``src:10.0.3.7``, find what has that key, not what has the text only."""
    journal = open_journal()
    journal.append([make_parsed(MESSAGES)], NOON)
    if where != "journal":
        journal.roll(NOON, 365)
        for path in journal.finished:
            seal(layout, name, path, 3)
    if where == "index":
        rebuild(layout, name)
    searcher = Searcher(layout)
    for query, expected in QUERIES.items():
        page = searcher.page(Request(query))
        assert page.records["seq"].to_pylist() == expected, query


def test_the_index_knows_the_fields(
    layout: Layout, name: StreamName, open_journal: Any, make_parsed: Any
) -> None:
    """A value that stands so nowhere in the text is found by the index; one that is nowhere is ruled out."""
    journal = open_journal()
    journal.append([make_parsed(MESSAGES)], NOON)
    journal.roll(NOON, 365)
    for path in journal.finished:
        seal(layout, name, path, 3)
    rebuild(layout, name)
    searcher = Searcher(layout)
    assert searcher.page(Request('act:"blocked=x"')).records.num_rows == 1
    assert searcher.page(Request("src:10.99.99.99")).scope.skipped_by_index == 1
