"""A catalogue as somebody sees it: blocks without the records, and the values, that a view leaves out.

Every search reads through here (storage/search.py), so that what is outside a view does not exist for it,
however it asks. Two things would still tell of the rest, and are therefore closed, too:

1. A block's ranges and number of rows are those of all its records. ``narrowed`` gives them of those seen,
   and remembers them; a block of which nothing is seen is none.
2. The index knows the words of all records, and of masked values. It is asked only about blocks of which all
   is seen (``is_whole``). The others are read.

What is damaged is told, whoever's the records were: an answer that may lack something must say so. And seq, a
record's place in its stream, has gaps where records are not seen. Those who must not know that there are
others need a stream, or a tenant, of their own.

Each tenant has a catalogue, and what is remembered of it, of its own (storage/apart.py).
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.schema import ARCHIVE_SCHEMA
from storage.apart import Apart
from storage.blocks import Block, Snapshot, Source
from storage.catalogue import LAST_SEQ, Catalogue
from storage.journal_reader import DamagedError
from storage.layout import Layout, StreamName
from storage.masks import masked, masks_of
from storage.results import Scope
from storage.view import OPEN, View, span_of

Sees = Callable[[StreamName], bool]
KEPT: Final = 65_536  # blocks of a tenant whose visible part is remembered, some 200 octets each
_RANGES: Final = ("seq", "received_at", "timestamp")


def all_streams(_name: StreamName) -> bool:
    """See every stream."""
    return True


class Seen:
    """What a view leaves of the records under a data folder. Safe to use from several threads.

    Args:
        layout: the data folder's.
        view: which records of a stream are seen.
        sees: says which streams are there at all.
    """

    def __init__(self, layout: Layout, view: View = OPEN, sees: Sees = all_streams) -> None:
        self.view = view
        self._sees = sees
        self._catalogues = Apart(lambda: Catalogue(layout))
        self._parts = Apart(_Parts)  # views of one catalogue share it

    def limited(self, view: View, sees: Sees) -> "Seen":
        """Give the same records as somebody else sees them."""
        other = copy(self)
        other.view, other._sees = view, sees  # noqa: SLF001 - a copy of our own
        return other

    def sees(self, name: StreamName) -> bool:
        """Say whether a stream is there."""
        return self._sees(name)

    def last_seq(self, name: StreamName) -> int:
        """Give the seq of a stream's newest record, seen or not; 0 when there is none."""
        return self._of(name).last_seq(name) if self._sees(name) else 0

    def snapshot(self, name: StreamName, start_ns: int | None = None, end_ns: int | None = None) -> Snapshot:
        """Give the blocks that may hold records with start_ns ≤ received_at < end_ns, as Catalogue does.

        What they give when they are read is what is seen; their ranges are those of all that is in them.
        """
        if not self._sees(name):
            return Snapshot([], 0, [])
        span = span_of(self.view)
        start = max((one for one in (start_ns, span.start) if one is not None), default=None)
        end = min((one for one in (end_ns, span.end) if one is not None), default=None)
        found = self._of(name).snapshot(name, start, end)
        return Snapshot([self._covered(name, block) for block in found.blocks], found.files, found.damaged)

    def holding(self, name: StreamName, first_seq: int, last_seq: int = LAST_SEQ) -> list[Block]:
        """Give the blocks that may hold records of seq ``first_seq`` to ``last_seq``, oldest first."""
        if not self._sees(name):
            return []
        span = span_of(self.view)
        blocks = self._of(name).holding(name, first_seq, last_seq)
        inside = (block for block in blocks if span.meets(block.received_min, block.received_max))
        return [self._covered(name, block) for block in inside]

    def is_whole(self, block: Block) -> bool:
        """Say whether all of a block's records are seen, and all of their values."""
        return not isinstance(block.source, _Covered)

    def narrowed(self, block: Block, scope: Scope) -> Block | None:
        """Give a block as if it held only what is seen of it; None when that is nothing.

        Damage goes into ``scope``, and the block counts as none.
        """
        covered = block.source
        if not isinstance(covered, _Covered) or not self.view.columns(block):
            return block  # every record is seen, though perhaps not all of their values
        key = (self.view, block)
        try:
            found = covered.parts.get(key) or covered.parts.keep(key, _part(covered, block))
        except DamagedError as error:
            if error.damage not in scope.damaged:
                scope.damaged.append(error.damage)
            return None
        if found.rows == block.rows and not self.view.masked:
            return covered.block
        return found.of(block) if found.rows else None

    def blocks(self, snapshot: Snapshot) -> Iterator[Block]:
        """Give a snapshot's blocks as if they held only what is seen of them; damaged ones are left out."""
        if self.view.is_open:
            return iter(snapshot.blocks)
        narrowed = (self.narrowed(block, Scope()) for block in snapshot.blocks)
        return (block for block in narrowed if block is not None)

    def _of(self, name: StreamName) -> Catalogue:
        return self._catalogues.of(name.tenant)

    def _covered(self, name: StreamName, block: Block) -> Block:
        if self.view.is_open or not (self.view.masked or self.view.columns(block)):
            return block
        return replace(block, source=_Covered(block, self.view, self._parts.of(name.tenant)))


@dataclass(frozen=True, slots=True)
class _Covered:
    """Where a block's records come from without what is outside a view."""

    block: Block
    view: View
    parts: "_Parts"  # of its tenant

    def read(self, _block: Block, columns: Sequence[str] | None, *, encoded: bool = False) -> pa.Table:
        names = ARCHIVE_SCHEMA.names if columns is None else list(columns)
        masks = masks_of(self.view.masked)
        needed = {*names, *self.view.columns(self.block), *masks.needs(names)}
        records = self.block.read(sorted(needed, key=ARCHIVE_SCHEMA.names.index), encoded=encoded)
        records = records.filter(self.view.mask(records))
        return masked(records, masks).select(names)


@dataclass(frozen=True, slots=True)
class _Part:
    """How many of a block's records are seen, and their ranges, as Block has them."""

    rows: int
    ranges: tuple[int, int, int, int, int | None, int | None] = field(default=(0, 0, 0, 0, None, None))

    def of(self, block: Block) -> Block:
        """Give the block of these records."""
        first_seq, last_seq, received_min, received_max, timestamp_min, timestamp_max = self.ranges
        return replace(
            block,
            rows=self.rows,
            first_seq=first_seq,
            last_seq=last_seq,
            received_min=received_min,
            received_max=received_max,
            timestamp_min=timestamp_min,
            timestamp_max=timestamp_max,
        )


def _part(source: Source, block: Block) -> _Part:
    """Read what is seen of a block. Raises DamagedError when it cannot be read."""
    records = source.read(block, _RANGES, encoded=True)
    if not records.num_rows:
        return _Part(0)
    ends = [pc.min_max(records[name].cast(pa.int64())).as_py() for name in _RANGES]
    seq, received, timestamp = ((each["min"], each["max"]) for each in ends)
    return _Part(records.num_rows, (*seq, *received, *timestamp))


class _Parts:
    """The visible parts of a tenant's blocks by view and block, those asked for last. Safe for threads."""

    def __init__(self) -> None:
        self._parts: OrderedDict[tuple[View, Block], _Part] = OrderedDict()
        self._lock = Lock()

    def get(self, key: tuple[View, Block]) -> _Part | None:
        with self._lock:
            if key in self._parts:
                self._parts.move_to_end(key)
            return self._parts.get(key)

    def keep(self, key: tuple[View, Block], part: _Part) -> _Part:
        with self._lock:
            self._parts[key] = part
            while len(self._parts) > KEPT:
                self._parts.popitem(last=False)
        return part
