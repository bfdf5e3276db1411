"""The promises about what has expired: which seqs, kept as few spans, and never in the way."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from storage.expired import FILE_NAME, expired_spans, note_expired, segment_spans
from storage.layout import Layout, StreamName
from storage.segments import list_segments

Archive = Callable[..., Path]
DAY = date(2026, 11, 20)


def test_it_adds_up(layout: Layout, name: StreamName) -> None:
    """Spans are joined with what expired before; nothing is known when nothing was written."""
    layout.archive(name).mkdir(parents=True)
    assert expired_spans(layout, name) is None
    note_expired(layout, name, [(1, 5)])
    note_expired(layout, name, [(6, 9), (20, 21)])
    assert expired_spans(layout, name) == [(1, 9), (20, 21)]
    (layout.archive(name) / FILE_NAME).write_bytes(b"{]")
    assert expired_spans(layout, name) == []


def test_the_seqs_of_a_segment(layout: Layout, name: StreamName, archive: Archive) -> None:
    """A segment's seqs come from its footer, from its column where there are gaps, or from its name."""
    archive(layout, [{}] * 3)
    archive(layout, [{"seq": 10}, {"seq": 11}, {"seq": 15}], first_seq=10)
    whole, gaps = list_segments(layout.archive_day(name, DAY))
    assert segment_spans(whole) == [(1, 3)]
    assert segment_spans(gaps) == [(10, 11), (15, 15)]
    gaps.path.write_bytes(b"")
    assert segment_spans(gaps) == [(10, 15)]


@pytest.mark.parametrize("text", ["nothing", "[]", '{"seqs":[[1e999,2]]}', '{"seqs":[[1]]}', "[" * 100_000])
def test_what_says_nothing(layout: Layout, name: StreamName, text: str) -> None:
    """Whatever somebody writes into the file explains no gap, and breaks nothing that reads it."""
    layout.archive(name).mkdir(parents=True)
    (layout.archive(name) / FILE_NAME).write_text(text)
    assert expired_spans(layout, name) == []
