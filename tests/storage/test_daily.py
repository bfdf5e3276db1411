"""What each day of a stream holds, from the files alone."""

from datetime import date
from pathlib import Path

from storage.catalogue import Catalogue
from storage.daily import stream_days, together
from storage.indexer import rebuild
from storage.layout import Layout, StreamName
from tests.web.archives import stored

DAY = date(2026, 11, 20)
FRAMES = [b"<13>1 - fw app - - - message %d" % number for number in range(5)]


def test_a_day_is_told_with_what_it_holds(tmp_path: Path) -> None:
    """Messages, segments and octets of each day; what is not indexed waits, and then does not."""
    layout, name = Layout(tmp_path), StreamName()
    stored(layout, name, FRAMES)
    catalogue = Catalogue(layout)
    found = stream_days(layout, catalogue, name)
    (day,) = found.days
    assert (day.day, day.messages, day.segments, day.indexed, day.index_octets) == (DAY, 5, 1, 0, 0)
    (segment,) = layout.archive_day(name, DAY).glob("*.parquet")
    assert day.octets == day.archive_octets == segment.stat().st_size
    assert (found.messages, found.pending, found.damaged, found.quarantined) == (5, 1, (), 0)
    rebuild(layout, name)
    (day,) = stream_days(layout, catalogue, name).days
    assert day.indexed == 1
    assert day.index_octets > 0
    assert not day.index_damaged
    (layout.index_day(name, DAY) / "manifest.json").write_bytes(b"{")
    (day,) = stream_days(layout, catalogue, name).days
    assert day.index_damaged
    assert day.indexed == 0


def test_damage_and_quarantine_are_told(tmp_path: Path) -> None:
    """A file that is no segment is named, its day stays on the list, and the quarantine is counted."""
    layout, name = Layout(tmp_path), StreamName()
    folder = layout.archive_day(name, DAY)
    folder.mkdir(parents=True)
    (folder / f"{1:020d}-{9:020d}.parquet").write_bytes(b"no parquet")
    quarantine = layout.data / "quarantine" / name.folder
    quarantine.mkdir(parents=True)
    (quarantine / "batch.octets").write_bytes(b"x")
    found = stream_days(layout, Catalogue(layout), name)
    assert [(day.day, day.messages, day.archive_octets) for day in found.days] == [(DAY, 0, 10)]
    assert [one.path.name for one in found.damaged] == [f"{1:020d}-{9:020d}.parquet"]
    assert found.quarantined == 1


def test_days_of_several_streams_are_added_up(tmp_path: Path) -> None:
    """The same day of two streams is one day."""
    layout = Layout(tmp_path)
    for name in (StreamName(), StreamName("default", "web")):
        stored(layout, name, FRAMES)
    catalogue = Catalogue(layout)
    assert together(stream_days(layout, catalogue, name) for name in layout.streams()) == {DAY: 10}


def test_a_stream_that_is_not_there_has_no_days(tmp_path: Path) -> None:
    """Nothing is nothing, and no error."""
    layout = Layout(tmp_path)
    found = stream_days(layout, Catalogue(layout), StreamName())
    assert (found.days, found.messages, found.octets) == ((), 0, 0)
