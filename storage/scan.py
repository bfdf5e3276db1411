"""From a request to matching records: which blocks, in which order, and which of their rows.

Blocks are visited window by window (storage/windows.py), in each from the newest received_max down. A row can
be handed out as soon as no block that is still to come reaches up to its receive time; blocks may overlap as
they like. Oldest first it is the same the other way round, from the oldest received_min up.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from parsers.schema import ARCHIVE_SCHEMA
from storage.ahead import Ahead
from storage.blocks import NANOSECONDS_A_DAY, Block, Snapshot
from storage.index_cache import IndexCache, Verdict
from storage.journal_reader import DamagedError
from storage.match import columns, matches, may_match
from storage.query import Every, Query, parse
from storage.results import Cursor, Request, Scope
from storage.seen import Seen
from storage.windows import Span, nanoseconds

NEWEST_FIRST = [("received_at", "descending"), ("seq", "descending")]
OLDEST_FIRST = [("received_at", "ascending"), ("seq", "ascending")]


@dataclass(frozen=True, slots=True)
class Plan:
    """A request made ready: the query read, and the receive (ns) and device times (us) that are asked for."""

    request: Request
    query: Query
    received: Span
    device: Span

    def holds(self, block: Block) -> bool:
        """Tell whether every record of a block matches, so that no row need be asked."""
        everything = isinstance(self.query, Every) and self.query.fieldname is None
        anywhere = self.device.is_open and self.request.before is None
        return everything and anywhere and self.received.holds(block.received_min, block.received_max)


def plan(request: Request) -> Plan:
    """Read a request's query and times.

    Raises:
        QueryError: when the query cannot be read.
        ValueError: when a time does not know its zone.
    """
    start, end = (None if time is None else nanoseconds(time) for time in (request.start, request.end))
    query = parse(request.query)
    if request.time == "device":
        device = Span(*(None if time is None else time // 1000 for time in (start, end)))
        return Plan(request, query, _up_to(Span(), request), device)
    return Plan(request, query, _up_to(Span(start, end), request), Span())


def _up_to(span: Span, request: Request) -> Span:
    """Leave out what was before a request's cursor."""
    cursor = request.before
    if cursor is None:
        return span
    if request.oldest_first:
        return Span(
            cursor.received_at if span.start is None else max(span.start, cursor.received_at), span.end
        )
    if span.end is not None and span.end <= cursor.received_at:
        return span
    return Span(span.start, cursor.received_at + 1)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A block that may hold a match, what the index says of it, and the plan narrowed to its window."""

    plan: Plan
    block: Block
    verdict: Verdict
    listed: Block  # the block with all that is in it, seen or not, by whose times blocks are in order


@dataclass(frozen=True, slots=True)
class Account:
    """What was looked at so far, and the files that count in it."""

    scope: Scope
    files: set[Path] = field(default_factory=set)
    days: set[int] = field(default_factory=set)

    def add(self, blocks: list[Block]) -> None:
        """Count blocks of the range."""
        self.scope.blocks += len(blocks)
        self.files.update(block.path for block in blocks)
        self.scope.files = len(self.files)
        for block in blocks:
            first, last = block.received_min // NANOSECONDS_A_DAY, block.received_max // NANOSECONDS_A_DAY
            self.days.update(range(first, last + 1))
        self.scope.days = len(self.days)


def wanted(
    made: Plan, snapshot: Snapshot, seen: Seen, indexes: IndexCache, account: Account
) -> Iterator[Candidate]:
    """Give the blocks of a window that may hold a match, in order, and keep account.

    Args:
        made: narrowed to the window.
        snapshot: of the window.
        seen: what it was taken from.
        indexes: that of a day is asked when its first block comes up.
        account: is added to.
    """
    scope = account.scope
    scope.damaged += [damage for damage in snapshot.damaged if damage not in scope.damaged]
    question = indexes.question(made.request.name, made.query, scope)
    for listed, block in _counted(made, snapshot, seen, account):
        in_time = made.device.is_open or made.device.meets(block.timestamp_min, block.timestamp_max)
        if not in_time or not may_match(made.query, block):
            scope.skipped_by_time += 1
            continue
        verdict = question.verdict(block) if seen.is_whole(block) else Verdict.UNKNOWN
        if verdict is Verdict.NO:
            scope.skipped_by_index += 1
        else:
            yield Candidate(made, block, verdict, listed)


def _counted(made: Plan, snapshot: Snapshot, seen: Seen, account: Account) -> Iterator[tuple[Block, Block]]:
    """Give, in order, each block of which something is seen, and what is seen of it, and count it.

    Where the view is not open it takes a look at each block, so that they are counted as they come up.
    """
    blocks = _in_order(snapshot.blocks, made.request)
    if seen.view.is_open:
        account.add(blocks)
        yield from zip(blocks, blocks, strict=True)
        return
    for block in blocks:
        narrowed = seen.narrowed(block, account.scope)
        if narrowed is not None and made.received.meets(narrowed.received_min, narrowed.received_max):
            account.add([narrowed])
            yield block, narrowed


def _in_order(newest_first: list[Block], request: Request) -> list[Block]:
    if not request.oldest_first:
        return newest_first
    return sorted(newest_first, key=lambda block: (block.received_min, block.first_seq))


def hits(candidate: Candidate, scope: Scope, extra: Iterable[str] = ()) -> tuple[pa.Table, pa.BooleanArray]:
    """Read what deciding takes from a block, and decide.

    Returns:
        The columns read (those of the query, of times where they decide, ``extra``), strings perhaps as
        dictionaries, and which rows match; none of either when the block is damaged, which ``scope`` then
        says.
    """
    made, block = candidate.plan, candidate.block
    names = sorted({*_times(made, block), *columns(made.query), *extra})
    records = read(block, names, scope, encoded=True)
    if records is None:
        empty = pa.schema([ARCHIVE_SCHEMA.field(name) for name in names]).empty_table()
        return empty, pa.array([], pa.bool_())
    if candidate.verdict is Verdict.MAYBE:
        scope.scanned_indexed += 1
    else:
        scope.scanned_unindexed += 1
    scope.rows_scanned += records.num_rows
    mask = matches(made.query, records)
    if not made.received.holds(block.received_min, block.received_max):
        mask = pc.and_(mask, made.received.mask(records["received_at"]))
    if not made.device.is_open:
        mask = pc.and_(mask, made.device.mask(records["timestamp"]))
    if made.request.before is not None:
        mask = pc.and_(
            mask, _after_cursor(records, made.request.before, oldest_first=made.request.oldest_first)
        )
    return records, mask


def _times(made: Plan, block: Block) -> Iterator[str]:
    """Give the columns by which a block's records are inside a plan's times and behind its cursor or not."""
    if not made.received.holds(block.received_min, block.received_max):
        yield "received_at"
    if not made.device.is_open:
        yield "timestamp"
    if made.request.before is not None:
        yield from ("received_at", "seq")


def read(block: Block, names: list[str] | None, scope: Scope, *, encoded: bool = False) -> pa.Table | None:
    """Read a block's columns; None when it is damaged, which ``scope`` then says."""
    try:
        return block.read(names, encoded=encoded)
    except DamagedError as error:
        if error.damage not in scope.damaged:
            scope.damaged.append(error.damage)
        return None


def _after_cursor(records: pa.Table, cursor: Cursor, *, oldest_first: bool) -> pa.BooleanArray:
    is_further = pc.greater if oldest_first else pc.less
    times = records["received_at"].combine_chunks().cast(pa.int64())
    same = pc.and_(
        pc.equal(times, cursor.received_at), is_further(records["seq"].combine_chunks(), cursor.seq)
    )
    return pc.or_(is_further(times, cursor.received_at), same)


Gathered = tuple[pa.Table, Scope]  # a block's matching records, all columns, and what was looked at


def in_order(
    candidates: Iterable[Candidate], ahead: Ahead[Candidate, Gathered], scope: Scope, limit: int | None
) -> Iterator[pa.Table]:
    """Give the matching records of ``candidates`` in order, all columns, in tables of about a block.

    A table without records says that one more block was looked at, and that whoever waits may stop here.

    Args:
        candidates: of one window.
        ahead: does ``gather`` with the same ``limit``.
        scope: is added to.
        limit: at most about that many records are held, and given.
    """
    pending = ARCHIVE_SCHEMA.empty_table()
    for candidate, gathered in ahead.over(candidates):
        ready = _count_ready(pending, candidate)
        yield pending.slice(0, ready)
        pending = pending.slice(ready)
        if limit is not None:
            limit -= ready
        found, part = gathered()
        scope.add(part)
        if found.num_rows:
            pending = _merged(pending, found, limit, _order(candidate))
    if pending.num_rows:
        yield pending


def _order(candidate: Candidate) -> list[tuple[str, str]]:
    return OLDEST_FIRST if candidate.plan.request.oldest_first else NEWEST_FIRST


def _count_ready(records: pa.Table, following: Candidate) -> int:
    """Count the records, in order, that stand before every one of the block that comes next."""
    if not records.num_rows:
        return 0
    times = records["received_at"].cast(pa.int64())
    if following.plan.request.oldest_first:
        return int(pc.sum(pc.less(times, following.listed.received_min)).as_py())
    return int(pc.sum(pc.greater(times, following.listed.received_max)).as_py())


def gather(candidate: Candidate, limit: int | None) -> Gathered:
    """Give the records of a block that match, or the first ``limit`` of them in the request's order."""
    part = Scope()
    seen, mask = hits(candidate, part, ["received_at", "seq"])
    if not mask.true_count:
        return ARCHIVE_SCHEMA.empty_table(), part
    places = pc.indices_nonzero(mask)
    if limit is not None and len(places) > limit:
        few = seen.select(["received_at", "seq"]).take(places)
        places = places.take(pc.select_k_unstable(few, limit, _order(candidate)))
    names = ["seq", *(name for name in ARCHIVE_SCHEMA.names if name not in seen.column_names)]
    others = read(candidate.block, names, part)
    if others is None or not others["seq"].equals(seen["seq"]):  # damaged, or expired since
        return ARCHIVE_SCHEMA.empty_table(), part
    return _together(seen.take(places), others.take(places)), part


def _together(seen: pa.Table, others: pa.Table) -> pa.Table:
    """Give whole records of some of their columns and the others."""
    columns = [
        (others if name in others.column_names else seen)[name].cast(ARCHIVE_SCHEMA.field(name).type)
        for name in ARCHIVE_SCHEMA.names
    ]
    return pa.Table.from_arrays(columns, schema=ARCHIVE_SCHEMA)


def _merged(pending: pa.Table, found: pa.Table, limit: int | None, order: list[tuple[str, str]]) -> pa.Table:
    together = pa.concat_tables([pending, found]) if pending.num_rows else found
    together = together.sort_by(order)
    return together if limit is None else together.slice(0, limit)
