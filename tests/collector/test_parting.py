"""Batches in parts and whole again: every frame keeps its arrival, its flags and its place."""

from collections.abc import Mapping

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from collector.parting import in_order, part_of
from parsers.pipeline import Arrival, parse_frames
from parsers.schema import Flag

ARRIVALS = [Arrival(1000, "a", 2), Arrival(2000, "b", 0), Arrival(3000, "c", 3, "id")]
FRAMES = [b"<13>0", b"<13>1", b"<13>2", b"<13>3", b"<13>4"]
FLAGS = {1: (Flag.TRUNCATED,), 4: (Flag.FRAMING_ERROR,)}


def test_a_part_has_its_own_frames_only() -> None:
    """Frames, runs and flags of the part, each counted within it."""
    hits = pa.array([False, True, True, False, True])
    assert part_of(FRAMES, ARRIVALS, FLAGS, hits) == (
        [b"<13>1", b"<13>2", b"<13>4"],
        [Arrival(1000, "a", 1), Arrival(3000, "c", 2, "id")],
        {0: (Flag.TRUNCATED,), 2: (Flag.FRAMING_ERROR,)},
    )


@given(st.lists(st.integers(0, 3), min_size=5, max_size=5))
def test_parts_make_the_whole_again(groups: list[int]) -> None:
    """However the frames are parted, the records of the parts are those of the whole, in order."""

    def parse(
        frames: list[bytes], arrivals: list[Arrival], flags: Mapping[int, tuple[Flag, ...]]
    ) -> pa.RecordBatch:
        return parse_frames(frames, arrivals, listener="l", transport="tcp", framing_flags=flags)

    parts = []
    for group in set(groups):
        hits = pa.array([own == group for own in groups])
        places = pa.array([place for place, own in enumerate(groups) if own == group], pa.uint64())
        parts.append((places, parse(*part_of(FRAMES, ARRIVALS, FLAGS, hits))))
    assert in_order(parts).to_pylist() == parse(FRAMES, ARRIVALS, FLAGS).to_pylist()
