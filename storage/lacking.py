"""Records that a search should have met and no file has: numbers between others, or of the ledger.

Storage gives seqs without gaps. A number that neither journal nor archive has, and that has not expired, was
lost with a damaged journal, or with a file that somebody removed: an answer that may lack it must say so. The
ledger knows of whole days, too, between which there is nothing any more.
``sysledger verify`` says which numbers they are, and why.
"""

from collections.abc import Callable, Iterable, Sequence

from storage.blocks import Block
from storage.journal_reader import DamagedError
from storage.spans import Span, gaps, spans_of, union, without

Holding = Callable[[int, int], Sequence[Block]]


def seqs_of(block: Block) -> list[Span]:
    """Give the numbers that a block has; of one that cannot be read those of its whole range."""
    if block.rows == block.last_seq - block.first_seq + 1:
        return [(block.first_seq, block.last_seq)]
    try:
        return spans_of(block.read(["seq"])["seq"])
    except DamagedError:
        return [(block.first_seq, block.last_seq)]


def lacking(
    found: Iterable[Span], expired: Iterable[Span], holding: Holding, known: Iterable[Span] = ()
) -> int:
    """Count the numbers between those ``found``, and those ``known``, that no file has.

    Args:
        found: numbers of the blocks of a range of time.
        expired: what has gone by retention.
        holding: gives the blocks that may hold a span of numbers, whatever their time: a clock that stepped
            puts records beside the range that their neighbours are in.
        known: numbers of the range by the stream's ledger.
    """
    there = union(found)
    between = gaps(there, there[0][0], there[-1][1]) if there else []
    missing = without(union([*between, *without(known, there)]), expired)
    elsewhere = [span for low, high in missing for block in holding(low, high) for span in seqs_of(block)]
    return sum(high - low + 1 for low, high in without(missing, elsewhere))
