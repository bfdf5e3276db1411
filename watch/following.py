"""Reads on in every stream from a cursor, in order of seq, by columns. Reads files only.

Of a growing journal only the frames behind the cursor are decoded, and nothing decoded is kept, so that
memory does not grow with the journal.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from storage.catalogue import Block, Catalogue, DamagedError
from storage.journal_blocks import JournalBlocks
from storage.layout import TRAIL, StreamName
from watch.observing import COLUMNS, canary_rows

REACH: Final = 65_536  # seqs that are read between two cursors: a few blocks
_MESSAGE: Final = "message"


@dataclass(frozen=True, slots=True)
class Piece:
    """Records behind a cursor, with COLUMNS.

    ``canaries`` are the texts of those that may be canaries. With the last piece of a reach ``cursor`` is how
    far the stream has been read; None before.
    """

    records: pa.Table
    canaries: list[str]
    cursor: int | None = None


class Follower:
    """Follows the streams of one data folder; keep one, it remembers frames and footers."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def streams(self) -> list[StreamName]:
        """Give every stream that there is, but for the trail's: what the appliance tells of its users.

        Raises:
            OSError: when folders cannot be listed just now.
        """
        return [name for name in self._catalogue.streams() if name.tenant != TRAIL.tenant]

    def last_seq(self, name: StreamName) -> int:
        """Give the seq of a stream's newest message; 0 when there is none.

        Raises:
            OSError: when files cannot be listed just now.
        """
        return self._catalogue.last_seq(name)

    def after(self, name: StreamName, seq: int) -> Iterator[Piece]:
        """Give the records after ``seq``, as far as they have been journalled when this is called.

        What has expired or is damaged is left out.

        Raises:
            OSError: when files cannot be listed or read just now.
        """
        last = self.last_seq(name)
        while seq < last:
            reach = min(seq + REACH, last)
            blocks = self._catalogue.holding(name, seq + 1, reach)
            for block in blocks:
                piece = _piece(block, seq, reach)
                if piece is not None:
                    yield piece
            seq = self._next(name, reach, last) if not blocks else reach
            yield Piece(pa.table({}), [], seq)

    def _next(self, name: StreamName, seq: int, last: int) -> int:
        """Give the seq before the first that is kept behind ``seq``: each look reaches twice as far."""
        step = REACH
        while seq < last:
            blocks = self._catalogue.holding(name, seq + 1, min(seq + step, last))
            if blocks:
                return max(blocks[0].first_seq - 1, seq)
            seq, step = seq + step, step * 2
        return last


def _piece(block: Block, seq: int, reach: int) -> Piece | None:
    """Read what a block holds after ``seq`` up to ``reach``; None when that is nothing, or damaged."""
    try:
        whole = _read(block, seq)
    except DamagedError:
        return None
    mask = pc.and_(pc.greater(whole["seq"], seq), pc.less_equal(whole["seq"], reach))
    records = whole.select(COLUMNS).filter(mask)  # a copy, so that the journal's octets need not be held
    if not records.num_rows:
        return None
    canaries = canary_rows(whole)
    return Piece(records, _texts(block, whole, canaries) if canaries.true_count else [])


def _read(block: Block, seq: int) -> pa.Table:
    source = block.source
    if not isinstance(source, JournalBlocks):
        return block.read(COLUMNS)
    frames = [
        frame
        for frame in source.reader.frames[:]
        if block.first_seq <= frame.first_seq and seq < frame.last_seq <= block.last_seq
    ]
    return source.reader.table(frames).select([*COLUMNS, _MESSAGE])  # which were decoded whole


def _texts(block: Block, whole: pa.Table, mask: pa.BooleanArray) -> list[str]:
    """Give the texts of the rows of ``mask``; of an archived block their column is read for it."""
    messages = whole if _MESSAGE in whole.column_names else block.read([_MESSAGE])
    if messages.num_rows != len(mask):  # some have expired since
        return []
    return [text for text in messages[_MESSAGE].filter(mask).to_pylist() if text is not None]
