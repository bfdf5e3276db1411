"""The promises about segments' names and listings."""

import gc
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from storage.catalogue import Catalogue
from storage.journal_reader import DamagedError
from storage.layout import Layout, StreamName
from storage.segments import (
    Segment,
    SegmentCache,
    footer_of,
    list_segments,
    read_footer,
    segment_metadata,
    segment_name,
    superseded_segments,
    without_superseded,
)


def segment(first: int, last: int) -> Segment:
    """Make a segment of this range."""
    return Segment(first, last, Path(segment_name(first, last)))


def test_merged_segments_stand_for_those_in_them() -> None:
    """A segment whose seqs lie within another's of its day is left out."""
    listed = [segment(*each) for each in [(1, 4), (5, 9), (1, 9), (10, 12), (11, 15), (10, 20), (21, 21)]]
    kept = [(each.first_seq, each.last_seq) for each in without_superseded(listed)]
    assert kept == [(1, 9), (10, 20), (21, 21)]


def test_listing(tmp_path: Path) -> None:
    """Only names of segments count: no temporary files, no files of others, and a missing folder has none."""
    for each in ((1, 2), (3, 9), (1, 9)):
        (tmp_path / segment_name(*each)).write_bytes(b"x")
    (tmp_path / f".{segment_name(10, 12)}.tmp").write_bytes(b"x")
    (tmp_path / "notes.parquet").write_bytes(b"x")
    assert [(each.first_seq, each.size) for each in list_segments(tmp_path)] == [(1, 1)]
    assert [(each.first_seq, each.last_seq) for each in superseded_segments(tmp_path)] == [(1, 2), (3, 9)]
    assert list_segments(tmp_path / "none") == []


def test_what_is_no_segment(tmp_path: Path) -> None:
    """A file that is not Parquet, or not ours, is damage; one that is not there is not."""
    path = tmp_path / segment_name(1, 1)
    with pytest.raises(FileNotFoundError):
        read_footer(path)
    path.write_bytes(b"PAR1")
    for read in (read_footer, segment_metadata):
        with pytest.raises(DamagedError, match="not a readable segment"):
            read(path)


def test_a_segment_that_belongs_elsewhere(
    layout: Layout, name: StreamName, archive: Callable[..., Path]
) -> None:
    """A segment copied to another stream, day or name is told, and not read as if it belonged there."""
    path = archive(layout, [{"message": "a"}, {"message": "b"}])
    other, day = StreamName("other", "syslog"), date(2026, 11, 20)
    strays = {
        layout.archive_day(other, day) / path.name: other,
        layout.archive_day(name, day.replace(day=19)) / path.name: name,
        path.with_name(segment_name(7, 8)): name,
    }
    for stray, where in strays.items():
        stray.parent.mkdir(parents=True, exist_ok=True)
        stray.write_bytes(path.read_bytes())
        snapshot = Catalogue(layout).snapshot(where)
        assert [damage.path for damage in snapshot.damaged] == [stray]
        assert "wrong name" in snapshot.damaged[0].reason
        assert sum(block.rows for block in snapshot.blocks) == (2 if where == name else 0)
        stray.unlink()


def test_repeated_columns_as_dictionaries(
    layout: Layout, name: StreamName, archive: Callable[..., Path]
) -> None:
    """Read encoded, a block has the same values, those that repeat as dictionaries."""
    archive(layout, [{"hostname": host, "message": "x"} for host in ("a", "b", None, "a")])
    (block,) = Catalogue(layout).snapshot(name).blocks
    plain, encoded = block.read(["hostname", "message"]), block.read(["hostname", "message"], encoded=True)
    assert encoded.to_pydict() == plain.to_pydict()
    assert [str(field.type) for field in plain.schema] == ["string", "string"]
    assert pa.types.is_dictionary(encoded.schema.field("hostname").type)


def test_few_footers_are_kept(layout: Layout, name: StreamName, archive: Callable[..., Path]) -> None:
    """However many segments are read, the footers kept stay within a bound; those used last are kept."""
    for number in range(1, 7):
        archive(layout, [{"message": "a"}], first_seq=number)
    listed = list_segments(next(iter({path.parent for path in layout.archive(name).glob("*/*.parquet")})))
    weight = footer_of(listed[0]).memory
    cache = SegmentCache(3 * weight)
    for _ in range(2):
        for one in listed:
            assert cache.footer(one).row_groups[0].first_seq == one.first_seq
    kept = [cache.footer(one) for one in listed[3:]]
    assert all(before is cache.footer(one) for before, one in zip(kept, listed[3:], strict=True))
    first = cache.footer(listed[0])
    assert cache.footer(listed[3]) is not kept[0], "the one longest unused went for the first"
    assert cache.footer(listed[0]) is first
    nothing = SegmentCache(0)
    assert nothing.footer(listed[0]).row_groups == nothing.footer(listed[0]).row_groups


def test_a_footer_leaves_no_cyclic_garbage(layout: Layout, archive: Callable[..., Path]) -> None:
    """What a footer takes is given back at once: Python looks for cycles so seldom that it would add up."""
    path = archive(layout, [{"message": "a"}])
    gc.collect()
    gc.disable()
    try:
        read_footer(path)
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        assert [one for one in gc.garbage if type(one).__module__.startswith("pyarrow")] == []
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
