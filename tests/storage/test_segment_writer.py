"""The promises of writing segments: what a segment's text is compressed with."""

import random
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq

from storage.layout import Layout, StreamName
from storage.segment_writer import LOWEST_LEVEL, Origin, SegmentWriter, best_level
from storage.segments import read_footer, read_row_group

MakeTable = Callable[..., pa.Table]

LEVEL = 3


def logs(make_table: MakeTable, count: int = 4000) -> pa.Table:
    """Make records as programs write them: long phrases, few numbers."""
    draw = random.Random(1)
    words = [f"{draw.getrandbits(40):x}" for _ in range(3000)]
    phrases = [" ".join(draw.choices(words, k=12)) for _ in range(1500)]
    return make_table([{"message": f"{draw.choice(phrases)} {number}"} for number in range(count)])


def noise(make_table: MakeTable, count: int = 4000) -> pa.Table:
    """Make records of numbers at random in a short phrase."""
    draw = random.Random(1)
    return make_table(
        [{"message": f"port {draw.randrange(65536)} id {draw.getrandbits(64):016x}"} for _ in range(count)]
    )


def test_the_level_is_the_one_that_pays(make_table: MakeTable) -> None:
    """Text that is smaller at the lowest level gets that, all other text the level that was asked for."""
    assert best_level(logs(make_table), LEVEL) == LEVEL
    assert best_level(noise(make_table), LEVEL) == LOWEST_LEVEL
    assert best_level(logs(make_table), LOWEST_LEVEL) == LOWEST_LEVEL


def test_a_level_changes_octets_and_nothing_else(
    layout: Layout, name: StreamName, make_table: MakeTable
) -> None:
    """Segments of every level hold the same; a higher level makes no segment larger."""
    table = logs(make_table)
    sizes = []
    for level in (LOWEST_LEVEL, LEVEL):
        writer = SegmentWriter(layout.data, f"level-{level}", level)
        writer.write(table)
        writer.finish(name, Origin([], 0, 0, {}))
        footer = read_footer(writer.temporary)
        assert read_row_group(writer.temporary, footer.metadata, 0, None).equals(table.unify_dictionaries())
        sizes.append(pq.ParquetFile(writer.temporary).metadata.row_group(0).column(11).total_compressed_size)
        writer.abandon()
    assert sizes[1] < sizes[0]
