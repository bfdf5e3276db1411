"""What a data folder holds is counted from its files alone."""

from pathlib import Path

from storage.catalogue import Catalogue
from storage.inventory import free_octets, holdings
from storage.layout import Layout, StreamName


def test_a_stream_is_counted_by_its_files(tmp_path: Path) -> None:
    """Files of journal, archive and index are counted apart; one that is no segment is told as damaged."""
    layout, name = Layout(tmp_path), StreamName()
    day = layout.archive(name) / "date=2026-11-20"
    index = layout.index(name) / "date=2026-11-20"
    day.mkdir(parents=True)
    index.mkdir(parents=True)
    (day / f"{1:020d}-{9:020d}.parquet").write_bytes(b"no parquet")
    (index / "x").write_bytes(b"abc")
    (found,) = holdings(layout, Catalogue(layout))
    assert (found.name, found.messages, found.archive_files, found.archive_octets) == (name, 0, 1, 10)
    assert found.index_octets == 3
    assert (found.journal_files, found.journal_messages, found.journal_octets) == (0, 0, 0)
    assert len(found.damaged) == 1


def test_nothing_is_nothing(tmp_path: Path) -> None:
    """A data folder that is empty, or not there, holds nothing, and that is no error."""
    layout = Layout(tmp_path / "missing")
    assert holdings(layout, Catalogue(layout)) == []
    assert free_octets(layout) is None
    assert (free_octets(Layout(tmp_path)) or 0) > 0
