"""The messages after a cursor, in order of seq, with their exact octets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.rebuild import exact_octets
from storage.catalogue import Block, Catalogue, DamagedError
from storage.layout import StreamName

REACH: Final = 65_536  # seqs looked for at a time: a few blocks
_REBUILT_FROM: Final = None  # all columns: any may be needed to give the octets back


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages that follow each other: ``octets[i]`` is the message of ``seqs[i]``; seq rises."""

    seqs: list[int]
    octets: list[bytes]


def messages_after(catalogue: Catalogue, name: StreamName, seq: int) -> Iterator[Messages]:
    """Give the messages after ``seq``, in pieces, as far as they have been journalled.

    What has expired or is damaged is left out: the first seq of the next messages tells.

    Raises:
        OSError: when files cannot be listed or read just now.
    """
    last = catalogue.last_seq(name)
    while seq < last:
        reach = min(seq + REACH, last)
        blocks = catalogue.holding(name, seq + 1, reach)
        if blocks:
            yield from _messages_of(blocks, seq, reach)
            seq = reach
        elif (following := next_seq(catalogue, name, reach)) is not None:
            seq = following - 1
        else:
            return


def next_seq(catalogue: Catalogue, name: StreamName, seq: int) -> int | None:
    """Give the seq of the first message after ``seq`` that is kept, None when there is none.

    However many have expired, this takes few looks: each reaches twice as far as the one before.

    Raises:
        OSError: when files cannot be listed just now.
    """
    last, step = catalogue.last_seq(name), REACH
    while seq < last:
        blocks = catalogue.holding(name, seq + 1, min(seq + step, last))
        if blocks:
            return max(blocks[0].first_seq, seq + 1)
        seq, step = seq + step, step * 2
    return None


def _messages_of(blocks: Sequence[Block], seq: int, reach: int) -> Iterator[Messages]:
    """Give the messages after ``seq``, up to ``reach``.

    None beyond: blocks that begin there are not among ``blocks``, and may have seqs in between.
    """
    for several in _overlapping(blocks):
        tables = [table for table in map(_read, several) if table is not None]
        if not tables:
            continue
        table = pa.concat_tables(tables)
        inside = pc.and_(pc.greater(table["seq"], seq), pc.less_equal(table["seq"], reach))
        table = table.filter(inside)
        if len(tables) > 1:
            table = table.sort_by("seq")
        if len(table):
            yield Messages(table["seq"].to_pylist(), exact_octets(table).to_pylist())


def _overlapping(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Put those together whose seqs lie within each other.

    Around midnight a stream's messages of two days are mixed, and the archive has a block for each day.

    Args:
        blocks: in order of their first seq.
    """
    several: list[Block] = []
    last = 0
    for block in blocks:
        if several and block.first_seq > last:
            yield several
            several = []
        several.append(block)
        last = max(last, block.last_seq)
    yield several


def _read(block: Block) -> pa.Table | None:
    try:
        return block.read(_REBUILT_FROM)
    except DamagedError:
        return None
