"""A batch of frames in parts, and the records of parts as a batch again."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain, compress, repeat

import pyarrow as pa
import pyarrow.compute as pc

from parsers.pipeline import Arrival
from parsers.schema import Flag

Flags = Mapping[int, tuple[Flag, ...]]


def part_of(
    frames: Sequence[bytes], arrivals: Sequence[Arrival], flags: Flags, hits: pa.BooleanArray
) -> tuple[list[bytes], list[Arrival], dict[int, tuple[Flag, ...]]]:
    """Give the frames where ``hits`` (one a frame) is true, with their arrivals and flags."""
    chosen = hits.to_pylist()
    runs = chain.from_iterable(map(repeat, range(len(arrivals)), (run.count for run in arrivals)))
    counted = Counter(compress(runs, chosen))  # in the order of the runs
    return (
        list(compress(frames, chosen)),
        [_run(arrivals[number], count) for number, count in counted.items()],
        _flags_of(flags, hits),
    )


def _run(run: Arrival, count: int) -> Arrival:
    return run if run.count == count else replace(run, count=count)


def _flags_of(flags: Flags, hits: pa.BooleanArray) -> dict[int, tuple[Flag, ...]]:
    if not flags:
        return {}
    numbers = pc.subtract(pc.cumulative_sum(hits.cast(pa.int64())), 1)
    return {numbers[frame].as_py(): several for frame, several in flags.items() if hits[frame].as_py()}


def in_order(parts: Sequence[tuple[pa.Array, pa.RecordBatch]]) -> pa.RecordBatch:
    """Put the records of parts together, each at its place.

    Args:
        parts: the places that a part's rows have in the whole, and its records. Together they fill it.
    """
    order = pc.sort_indices(pa.concat_arrays([places for places, _ in parts]))
    schema = parts[0][1].schema
    columns = [pa.concat_arrays([records[name] for _, records in parts]).take(order) for name in schema.names]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
