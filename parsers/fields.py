"""The column ``fields``: what dialects, payloads, structured data and rules read out of messages.

Which names there are, and where each comes from, stands in parsers/FIELDS.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from parsers.schema import BATCH_SCHEMA

FIELDS = BATCH_SCHEMA.field("fields").type
_PAIRS = pa.list_(pa.struct([("key", FIELDS.key_type), ("value", FIELDS.item_type)]))


@dataclass(frozen=True, slots=True)
class Entries:
    """Fields of a batch, one an entry: three arrays of one length."""

    rows: pa.Array  # int64: the record's place in the batch, from 0
    names: pa.Array  # string
    values: pa.Array  # string


def fields_column(count: int, several: Sequence[Entries]) -> pa.MapArray:
    """Make the column ``fields`` of ``count`` records; null where a record has no entry.

    A record's entries stand in the order of ``several`` and, within one, as given; a name may repeat.
    """
    found = [entries for entries in several if len(entries.rows)]
    if not found:
        return pa.nulls(count, FIELDS)
    rows, names, values = _joined(found)
    if not pc.all(pc.less_equal(rows[:-1], rows[1:]), min_count=0).as_py():
        order = pc.sort_indices(rows)  # stable
        rows, names, values = rows.take(order), names.take(order), values.take(order)
    return pa.MapArray.from_arrays(_offsets(rows, count), names, values)


def with_entries(records: pa.RecordBatch, several: Sequence[Entries]) -> pa.RecordBatch:
    """Give the records with more fields, behind those that they have."""
    if not any(len(entries.rows) for entries in several):
        return records
    place = records.schema.get_field_index("fields")
    column = fields_column(len(records), [_entries(records.column(place)), *several])
    return records.set_column(place, records.schema.field(place), column)


def _entries(fields: pa.MapArray) -> Entries:
    """Give back the entries of a column ``fields``."""
    pairs = pc.list_flatten(fields.cast(_PAIRS))
    rows = pc.list_parent_indices(fields.cast(_PAIRS)).cast(pa.int64())
    return Entries(rows, pairs.field(0), pairs.field(1))


def _joined(found: Sequence[Entries]) -> tuple[pa.Array, pa.Array, pa.Array]:
    if len(found) == 1:
        return found[0].rows, found[0].names, found[0].values
    return (
        pa.concat_arrays([entries.rows for entries in found]),
        pa.concat_arrays([entries.names for entries in found]),
        pa.concat_arrays([entries.values for entries in found]),
    )


def _offsets(rows: pa.Array, count: int) -> pa.Array:
    """Give where each record's entries begin, and at last where they end; null for a record without."""
    runs = pc.run_end_encode(rows, pa.int32())
    starts = pa.concat_arrays([pa.array([0], pa.int32()), runs.run_ends[:-1]])
    begun = starts.take(pc.index_in(_numbers(count), runs.values))
    return pa.concat_arrays([begun, pa.array([len(rows)], pa.int32())])


@cache
def _some_numbers(count: int) -> pa.Array:
    return pa.array(range(count), pa.int64())


def _numbers(count: int) -> pa.Array:
    """Give the numbers from 0 on; batches have all sorts of sizes, so that powers of two are remembered."""
    return _some_numbers(1 << count.bit_length()).slice(0, count)
