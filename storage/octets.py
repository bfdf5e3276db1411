"""The exact octets of a day's messages, in order of seq: what the collector received, framing removed."""

import os
from collections.abc import Iterator
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from parsers.rebuild import exact_octets
from storage.blocks import NANOSECONDS_A_DAY, Block, day_start
from storage.catalogue import Catalogue, Damage, DamagedError
from storage.layout import Layout, StreamName


class IncompleteError(Exception):
    """Some messages could not be given, because files are damaged; ``damages`` says which and where."""

    exit_code = os.EX_DATAERR

    def __init__(self, damages: list[Damage]) -> None:
        places = "".join(f"\n{each.path} at octet {each.offset}: {each.reason}" for each in damages)
        super().__init__(f"messages are missing; restore these files from a backup:{places}")
        self.damages = damages


def day_octets(
    layout: Layout, name: StreamName, day: date, *, octet_counting: bool = False
) -> Iterator[memoryview]:
    """Give a day's messages (UTC day of received_at) as pieces of one octet stream.

    Each message ends with LF or, with ``octet_counting``, begins with MSG-LEN SP (RFC 6587 section 3.4.1),
    which alone is unambiguous when messages contain LF themselves. Memory is bounded by a block.

    Raises:
        IncompleteError: at the end, when damaged files have kept messages back.
    """
    start = day_start(day)
    snapshot = Catalogue(layout).snapshot(name, start, start + NANOSECONDS_A_DAY)
    damaged = list(snapshot.damaged)
    for block in sorted(snapshot.blocks, key=lambda each: each.first_seq):
        try:
            table = _of_day(block, start)
        except DamagedError as error:
            damaged.append(error.damage)
            continue
        yield from framed(exact_octets(table), octet_counting=octet_counting)
    if damaged:
        raise IncompleteError(damaged)


def framed(messages: pa.Array | pa.ChunkedArray, *, octet_counting: bool) -> Iterator[memoryview]:
    """Give messages (binary, none of them null) one after the other, with their framing, without copying."""
    column = messages if isinstance(messages, pa.ChunkedArray) else pa.chunked_array([messages])
    column = column.cast(pa.large_binary())
    if octet_counting:
        lengths = pc.binary_length(column).cast(pa.string()).cast(pa.large_binary())
        column = pc.binary_join_element_wise(lengths, column, pa.scalar(b" ", pa.large_binary()))
    else:
        nothing = pa.scalar(b"", pa.large_binary())
        column = pc.binary_join_element_wise(column, pa.scalar(b"\n", pa.large_binary()), nothing)
    for chunk in column.chunks:
        yield side_by_side(chunk)


def side_by_side(array: pa.Array) -> memoryview:
    """Give the octets of all values of an array (large_binary or string), which lie side by side."""
    if not len(array):
        return memoryview(b"")
    _, offsets, values = array.buffers()
    places = memoryview(offsets).cast("q" if pa.types.is_large_binary(array.type) else "i")
    first, last = places[array.offset], places[array.offset + len(array)]
    return memoryview(values)[first:last] if values is not None else memoryview(b"")


def _of_day(block: Block, start: int) -> pa.Table:
    table = block.read()
    if start <= block.received_min and block.received_max < start + NANOSECONDS_A_DAY:
        return table
    received = table["received_at"].cast(pa.int64())
    inside = pc.and_(pc.greater_equal(received, start), pc.less(received, start + NANOSECONDS_A_DAY))
    return table.filter(inside)
