"""Records by their seq: one, and those stored around it."""

from collections.abc import Iterable
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.schema import ARCHIVE_SCHEMA
from storage.blocks import BLOCK_ROWS, Block
from storage.catalogue import Catalogue
from storage.layout import StreamName
from storage.results import Scope
from storage.scan import read

REACH: Final = 8 * BLOCK_ROWS  # records on each side among which those of the same host are looked for


def with_seq(catalogue: Catalogue, name: StreamName, first: int, last: int) -> pa.Table:
    """Give the records of seq ``first`` to ``last``, oldest first, that can be read."""
    found = (_between(block, first, last) for block in catalogue.holding(name, first, last))
    return pa.concat_tables([ARCHIVE_SCHEMA.empty_table(), *found]).sort_by("seq")


def of_same_host(
    catalogue: Catalogue, name: StreamName, middle: pa.Table, before: int, after: int
) -> pa.Table:
    """Give the record in ``middle`` (one row) with the nearest of its HOSTNAME within REACH, oldest first."""
    seq, host = middle["seq"][0].as_py(), middle["hostname"][0].as_py()
    blocks = catalogue.holding(name, max(1, seq - REACH), seq + REACH)
    older = _of_host(reversed(blocks), host, max(1, seq - REACH), seq - 1, before)
    newer = _of_host(blocks, host, seq + 1, seq + REACH, after)
    return pa.concat_tables([older.slice(max(0, older.num_rows - before)), middle, newer.slice(0, after)])


def _of_host(blocks: Iterable[Block], host: str | None, first: int, last: int, count: int) -> pa.Table:
    """Give at least the ``count`` records of a host that are in the first ``blocks``, by seq."""
    found = ARCHIVE_SCHEMA.empty_table()
    for block in blocks:
        if found.num_rows >= count:
            break
        few = read(block, ["seq", "hostname"], Scope())
        if few is None or not pc.any(_is_of_host(few, host, first, last)).as_py():
            continue
        records = _between(block, first, last)
        found = pa.concat_tables([found, records.filter(_is_of_host(records, host, first, last))]).sort_by(
            "seq"
        )
    return found


def _is_of_host(records: pa.Table, host: str | None, first: int, last: int) -> pa.ChunkedArray:
    return pc.and_(
        _is_between(records, first, last), pc.is_in(records["hostname"], pa.array([host], pa.string()))
    )


def _between(block: Block, first: int, last: int) -> pa.Table:
    """Give a block's records of seq ``first`` to ``last``; none when it is damaged."""
    records = read(block, None, Scope())
    if records is None:
        return ARCHIVE_SCHEMA.empty_table()
    return records.filter(_is_between(records, first, last))


def _is_between(records: pa.Table, first: int, last: int) -> pa.ChunkedArray:
    return pc.and_(pc.greater_equal(records["seq"], first), pc.less_equal(records["seq"], last))
