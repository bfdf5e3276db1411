"""Records by their seq: one, and those stored around it."""

from collections.abc import Iterable
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.schema import ARCHIVE_SCHEMA
from storage.blocks import BLOCK_ROWS, Block
from storage.layout import StreamName
from storage.masks import masks_of
from storage.results import Scope
from storage.scan import read
from storage.seen import Seen

REACH: Final = 8 * BLOCK_ROWS  # records on each side among which the nearest are looked for


def with_seq(seen: Seen, name: StreamName, first: int, last: int) -> pa.Table:
    """Give the records of seq ``first`` to ``last``, oldest first, that can be read."""
    found = (_between(block, first, last) for block in seen.holding(name, first, last))
    return pa.concat_tables([ARCHIVE_SCHEMA.empty_table(), *found]).sort_by("seq")


def around(
    seen: Seen, name: StreamName, middle: pa.Table, counts: tuple[int, int], *, same_host: bool
) -> pa.Table:
    """Give a record with the nearest that are seen within REACH, oldest first.

    Args:
        seen: where they are.
        name: the stream.
        middle: the record, one row.
        counts: how many before it, and after.
        same_host: those of its HOSTNAME only; none where that is masked, since it says nothing then.
    """
    before, after = counts
    if same_host and "hostname" in masks_of(seen.view.masked).columns:
        return middle
    seq = middle["seq"][0].as_py()
    hosts = middle["hostname"].combine_chunks() if same_host else None
    blocks = seen.holding(name, max(1, seq - REACH), seq + REACH)
    older = _nearest(reversed(blocks), hosts, max(1, seq - REACH), seq - 1, before)
    newer = _nearest(blocks, hosts, seq + 1, seq + REACH, after)
    return pa.concat_tables([older.slice(max(0, older.num_rows - before)), middle, newer.slice(0, after)])


def _nearest(blocks: Iterable[Block], hosts: pa.Array | None, first: int, last: int, count: int) -> pa.Table:
    """Give at least the ``count`` records, of ``hosts`` if given, that are in the first blocks, by seq."""
    found = ARCHIVE_SCHEMA.empty_table()
    for block in blocks:
        if found.num_rows >= count:
            break
        few = read(block, ["seq", "hostname"], Scope())
        if few is None or not pc.any(_is_meant(few, hosts, first, last)).as_py():
            continue
        records = _between(block, first, last)
        found = pa.concat_tables([found, records.filter(_is_meant(records, hosts, first, last))]).sort_by(
            "seq"
        )
    return found


def _is_meant(records: pa.Table, hosts: pa.Array | None, first: int, last: int) -> pa.ChunkedArray:
    inside = _is_between(records, first, last)
    return inside if hosts is None else pc.and_(inside, pc.is_in(records["hostname"], hosts))


def _between(block: Block, first: int, last: int) -> pa.Table:
    """Give a block's records of seq ``first`` to ``last``; none when it is damaged."""
    records = read(block, None, Scope())
    if records is None:
        return ARCHIVE_SCHEMA.empty_table()
    return records.filter(_is_between(records, first, last))


def _is_between(records: pa.Table, first: int, last: int) -> pa.ChunkedArray:
    return pc.and_(pc.greater_equal(records["seq"], first), pc.less_equal(records["seq"], last))
