"""The watch over a data folder of its own, without an appliance beside it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from storage.catalogue import Catalogue
from storage.layout import Layout
from tests.relay.conftest import Append
from tests.relay.test_reading import numbered
from tests.watch.test_following import CANARY
from watch.findings import Finding
from watch.listeners import Listener
from watch.settings import WatchSettings
from watch.watch import Watch, never_silent

UDP = Listener("udp", "udp", "default", "syslog")


def watching(layout: Layout, **settings: Any) -> Watch:
    """Give a watch that has read its state."""
    layout.run.mkdir(parents=True, exist_ok=True)
    watch = Watch(
        WatchSettings(**settings), Catalogue(layout), layout.watch, layout.run, {"udp": UDP}, never_silent
    )
    watch.begin()
    return watch


def reporting(layout: Layout, **more: Any) -> None:
    """Write what a collector would report now."""
    now = datetime.now(UTC).isoformat()
    report = {"started_at": now, "reported_at": now, "collector": "c", "listeners": {}, **more}
    (layout.run / "collector.json").write_text(json.dumps(report))


def test_a_crash_counts_nothing_twice_and_nothing_less(layout: Layout, append: Append) -> None:
    """Whatever was read since the last write is read again by the next, from the cursor that was written."""
    first = watching(layout)
    append(numbered(10))
    first.look()
    first.keep()
    append(numbered(10))
    first.look()
    second = watching(layout)
    append(numbered(5))
    assert [source.messages for source in first.inventory.sources.values()] == [20]
    second.look()
    assert [source.messages for source in second.inventory.sources.values()] == [25]


def test_a_damaged_state_begins_anew(
    layout: Layout,
    append: Append,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is told, and what is stored is read again."""
    first = watching(layout)
    append(numbered(10))
    first.look()
    first.keep()
    (state,) = layout.watch.iterdir()
    state.write_bytes(state.read_bytes()[:-9])
    again = watching(layout)
    again.look()
    assert [source.messages for source in again.inventory.sources.values()] == [10]
    assert "--rebuild" in caplog.text


def test_canaries_are_found_and_are_no_source(layout: Layout, append: Append) -> None:
    """Their tokens come from a look; who sends them is this machine."""
    watch = watching(layout)
    append([CANARY, *numbered(1)])
    reporting(layout, listeners={"udp": {"address": "192.0.2.1", "port": 5514}})  # where the records are from
    assert watch.look() == (["0123456789abcdef"], False)
    assert [source.messages for source in watch.inventory.sources.values()] == [1]


def test_missing_messages_come_from_the_collectors_reports(layout: Layout, append: Append) -> None:
    """What a listener says of a sender's numbers stands with the source, and is a finding."""
    watch = watching(layout)
    append(numbered(3))
    watch.look()
    gaps = {"senders": [{"field": "meta.sequenceId", "peer": "192.0.2.1", "host": "h", "missing": 4}]}
    reporting(layout, listeners={"udp": {"address": "::", "port": 5514, "sequence_gaps": gaps}})
    watch.look()
    assert [source.missing for source in watch.inventory.sources.values()] == [4]
    assert ("missing", True) in [(one.finding.kind, one.begins) for one in watch.judge()]


def test_a_listener_that_is_closed_has_no_missing_canary(layout: Layout) -> None:
    """The finding ends with the listener, or when canaries are off; not while no collector reports."""
    watch, off = watching(layout), watching(layout, canary_seconds=0)
    for one in (watch, off):
        one.findings.begin(Finding("canary", "default", "", "udp", 0.0, "not found"))
        one.look()
    assert [one.begins for one in off.judge()] == [False]
    assert watch.judge() == []
    reporting(layout, listeners={"udp": {"address": "::", "port": 5514}})
    watch.look()
    assert watch.judge() == []
    reporting(layout, listeners={"tcp": {"address": "::", "port": 5514}})
    watch.look()
    assert [one.begins for one in watch.judge()] == [False]


def test_a_folder_that_cannot_be_written_stops_nothing(layout: Layout) -> None:
    """The trouble is told in the report, and looking goes on."""
    layout.data.mkdir(parents=True, exist_ok=True)
    layout.watch.write_text("a file where the folder should be")
    watch = watching(layout)
    watch.end()
    assert "cannot be written" in watch.report()["error"]
