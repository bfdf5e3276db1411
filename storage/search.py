"""Search over files alone, with the service running or stopped: exact, newest first, saying what it covered.

The index picks blocks, the columns decide; a block without an index is scanned (storage/scan.py).
"""

import time
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.schema import ARCHIVE_SCHEMA
from storage.ahead import Ahead
from storage.apart import Apart
from storage.blocks import Snapshot
from storage.expired import expired_spans
from storage.histogram import bars
from storage.index_cache import IndexCache
from storage.lacking import lacking, seqs_of
from storage.layout import Layout, StreamName
from storage.ledger_known import Known
from storage.match import matches
from storage.near import around, with_seq
from storage.query import Query, QueryError, parse
from storage.results import Counted, Cursor, Histogram, Page, Request, Scope, copied
from storage.scan import Account, Candidate, Plan, gather, hits, in_order, plan, read, wanted
from storage.seen import Seen, Sees
from storage.sorting import Order, Sorting
from storage.spans import Span as Seqs
from storage.spans import union
from storage.survey import Survey, Surveying
from storage.view import View
from storage.windows import Span, windows

__all__ = ["Counted", "Cursor", "Histogram", "Page", "QueryError", "Request", "Scope", "Searcher", "Survey"]

_NEWEST: Final = 50  # by receive time, which seq follows nearly


class Searcher:
    """Answers from the files under one data folder; keep one, it remembers footers and open indexes.

    What it remembers of a tenant no question about another finds, or pushes out (storage/apart.py).

    Safe to use from several threads. Every method that takes a request raises QueryError for a query that
    cannot be read, and ValueError for a time without a zone.
    """

    def __init__(self, layout: Layout) -> None:
        self._catalogue = Seen(layout)
        self._indexes = Apart(lambda: IndexCache(layout))
        self._known = Apart(lambda: Known(layout))
        self._layout = layout

    def limited(self, view: View, sees: Sees) -> "Searcher":
        """Give what answers from the same files to somebody who sees a part of them.

        Args:
            view: what is seen of a stream; however it is asked, the rest is not there.
            sees: says which streams are there.
        """
        other = copy(self)
        other._catalogue = self._catalogue.limited(view, sees)  # noqa: SLF001 - a copy of our own
        return other

    @property
    def view(self) -> View:
        """What is seen of a stream."""
        return self._catalogue.view

    def page(self, request: Request) -> Page:
        """Give the first ``request.limit`` matches; a full page's ``next`` may lead to an empty one."""
        *_, last = self.pages(request)
        return last()

    def pages(self, request: Request) -> Iterator[Callable[[], Page]]:
        """Look for a page, and give after each block what gives the page as far as it is found by then.

        The last of them gives the whole page.
        """
        scope, found = Scope(complete=False), [ARCHIVE_SCHEMA.empty_table()]
        for table in self._tables(request, scope):
            if table.num_rows:
                found.append(table)
            yield lambda: Page(pa.concat_tables(found), copied(scope), None)
        records = pa.concat_tables(found)
        is_full = request.limit is not None and records.num_rows >= request.limit
        scope.complete = not is_full
        page = Page(records, scope, _cursor(records) if is_full and records.num_rows else None)
        yield lambda: page

    def sorted_pages(self, request: Request, order: Order) -> Iterator[Callable[[], Page]]:
        """Look for a page of all matches in another order than that of time, as ``pages`` does.

        It takes a look at every match. ``before`` is the ``next`` of the page before, whose ``seq`` is how
        many matches came before this page; after ``storage.sorting.MOST`` of them there is no next page.

        Raises:
            ValueError: when the request asks for more than that, or the order's field has none.
        """
        made = plan(replace(request, before=None, oldest_first=False))
        skipped = 0 if request.before is None else request.before.seq
        sorting, scope = Sorting(order, skipped, request.limit), Scope(complete=False)
        empty = ARCHIVE_SCHEMA.empty_table()
        for table, part in Ahead(sorting.look).results(chain.from_iterable(self._wanted(made, scope))):
            scope.add(part)
            sorting.add(table)
            yield lambda: Page(empty, copied(scope), None)
        found = [self.record(request.name, seq) for seq in sorting.seqs()]
        scope.complete = True
        after = sorting.after()
        page = Page(pa.concat_tables([empty, *found]), scope, None if after is None else Cursor(0, after))
        yield lambda: page

    def count(self, request: Request) -> Counted:
        """Count all matches; ``limit`` is not looked at."""
        scope, whole = Scope(), [0]

        def undecided() -> Iterator[Candidate]:
            for candidate in chain.from_iterable(self._wanted(plan(request), scope)):
                if candidate.plan.holds(candidate.block):
                    whole[0] += candidate.block.rows
                else:
                    yield candidate

        total = 0
        for count, part in Ahead(_count).results(undecided()):
            total += count
            scope.add(part)
        return Counted(total + whole[0], scope)

    def histogram(self, request: Request, buckets: int = 60) -> Histogram:
        """Count all matches by time and severity, in about ``buckets`` bars of the same round width.

        The bars cover the request's range; where that is open, the times of the records that are there.
        Records without a device time are in none of a histogram of device times.
        """
        *_, last = self.survey(request, buckets)
        return last().histogram

    def survey(
        self, request: Request, buckets: int = 60, facets: Sequence[str] = ()
    ) -> Iterator[Callable[[], Survey]]:
        """Count all matches, as ``histogram`` does, and the values of ``facets`` (storage.facets) among them.

        Gives after each block what gives the survey as far as it has come; the last of them is complete. What
        is received after it began is not in it, where the request's range is open. With 0 ``buckets`` there
        are no bars, and the first blocks are looked at at once.
        """
        made = plan(request)
        low, high, blocks = self._extent(made) if buckets else (0, 0, 0)
        is_device = request.time == "device"
        tick = 1000 if is_device else 1
        drawn = bars(low * tick, high * tick, buckets)
        if buckets and not is_device and made.received.end is None:
            made = replace(made, received=Span(made.received.start, high))
        surveying = Surveying(drawn, "timestamp" if is_device else "received_at", facets, blocks)
        candidates = chain.from_iterable(self._wanted(made, surveying.scope))
        for look in Ahead(surveying.look).results(candidates):
            surveying.add(look)
            yield surveying.survey
        surveying.scope.complete = True
        yield surveying.survey

    def stream(self, request: Request, scope: Scope | None = None) -> Iterator[pa.Table]:
        """Give every match up to ``request.limit``, in order, in tables of about a block.

        ``scope`` is filled while the tables are taken, and tells at the end what the answer covers.
        """
        return (table for table in self._tables(request, scope or Scope()) if table.num_rows)

    def _tables(self, request: Request, scope: Scope) -> Iterator[pa.Table]:
        """Give every match; tables without records in between say that blocks were looked at in vain."""
        made = plan(request)
        ahead = Ahead(partial(gather, limit=request.limit))
        parts = (in_order(part, ahead, scope, request.limit) for part in self._wanted(made, scope))
        return _limited(chain.from_iterable(parts), request.limit)

    def newest(self, name: StreamName, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Give columns of a stream's blocks, the newest first; those that cannot be read are left out."""
        for _, snapshot in self._snapshots(plan(Request(name=name))):
            for block in snapshot.blocks:
                records = read(block, list(columns), Scope())
                if records is not None and records.num_rows:
                    yield records

    def record(self, name: StreamName, seq: int) -> pa.Table:
        """Give one record: a table of ARCHIVE_SCHEMA with one row, or with none when there is no such seq."""
        return with_seq(self._catalogue, name, seq, seq)

    def neighbours(
        self, name: StreamName, seq: int, before: int = 5, after: int = 5, *, same_host: bool = False
    ) -> pa.Table:
        """Give a record with those stored before and after it, by seq, oldest first.

        With ``same_host`` only records of the same HOSTNAME count (and of none, when it has none), among the
        storage.near.REACH records on each side; a view that leaves some sources looks no further, either.
        Empty when there is no such seq.
        """
        if not (same_host or self.view.limits_sources):
            found = with_seq(self._catalogue, name, max(1, seq - before), seq + after)
            return found if seq in found["seq"].to_pylist() else found.slice(0, 0)
        middle = self.record(name, seq)
        if not middle.num_rows:
            return middle
        return around(self._catalogue, name, middle, (before, after), same_host=same_host)

    def last_seq(self, name: StreamName) -> int:
        """Give the seq of a stream's newest record; 0 when there is none.

        Under a view it is the highest of the newest records that are seen.
        """
        if self.view.is_open:
            return self._catalogue.last_seq(name)
        newest = self.page(Request(name=name, limit=_NEWEST)).records
        return max(newest["seq"].to_pylist(), default=0)

    def follow(self, request: Request, poll: float = 0.2, *, since: int | None = None) -> Iterator[pa.Table]:
        """Give matches that are journalled from now on, oldest first, looking every ``poll`` seconds.

        Never ends; of the request only query and name are looked at. Gives a table of each block that has
        something new, and an empty one after each look that found none, so that whoever follows can stop in
        between. With ``since`` it begins after the
        record of that seq.
        """
        query = parse(request.query)
        seen = self._catalogue.last_seq(request.name) if since is None else since
        return self._followed(request.name, query, seen, poll)

    def _followed(self, name: StreamName, query: Query, seen: int, poll: float) -> Iterator[pa.Table]:
        while True:
            fresh = self._catalogue.holding(name, seen + 1)
            for block in fresh:  # one at a time: whoever begins far back is not given years at once
                if not self._catalogue.sees(name):  # any more
                    break
                records = read(block, None, Scope())
                if records is not None:
                    records = records.filter(pc.greater(records["seq"], seen))
                seen = max(seen, block.last_seq)
                if records is not None:
                    yield records.filter(matches(query, records))
            if not fresh:
                yield ARCHIVE_SCHEMA.empty_table()
                time.sleep(poll)

    def _wanted(self, made: Plan, scope: Scope) -> Iterator[Iterator[Candidate]]:
        """Give for each window of a plan's receive times, in order, the blocks that may hold a match."""
        account, found = Account(scope), list[Seqs]()
        name = made.request.name
        indexes = self._indexes.of(name.tenant)
        for window, snapshot in self._snapshots(made):
            narrowed = replace(made, received=window)
            yield wanted(narrowed, snapshot, self._catalogue, indexes, account)
            if self.view.is_open:  # else gaps are what is not seen
                found = union(chain(found, *map(seqs_of, snapshot.blocks)))
        known = self._known.of(name.tenant).seqs(name, made.received) if self.view.is_open else []
        expired = (expired_spans(self._layout, name) if found or known else None) or ()
        scope.missing = lacking(found, expired, partial(self._catalogue.holding, name), known)

    def _snapshots(self, made: Plan) -> Iterator[tuple[Span, Snapshot]]:
        """Give each window of a plan's receive times, in order, with its blocks as they are by then."""
        name, oldest_first = made.request.name, made.request.oldest_first
        days = list(self._layout.archived_days(name)) if self._catalogue.sees(name) else []
        for window in windows(days, made.received, oldest_first=oldest_first):
            yield window, self._catalogue.snapshot(name, window.start, window.end)

    def _extent(self, made: Plan) -> tuple[int, int, int]:
        """Give the times low ≤ t < high that a histogram shows, and how many blocks there are.

        The times are the range asked for, or of what is there.
        """
        is_device = made.request.time == "device"
        asked = made.device if is_device else made.received
        lows, highs, blocks = [], [], 0
        for _, snapshot in self._snapshots(made):
            for block in self._catalogue.blocks(snapshot):
                blocks += 1
                low, high = block.received_min, block.received_max
                if is_device:
                    if block.timestamp_min is None or block.timestamp_max is None:
                        continue
                    low, high = block.timestamp_min, block.timestamp_max
                if asked.meets(low, high):
                    lows.append(low)
                    highs.append(high)
        first = min(lows, default=0) if asked.start is None else asked.start
        return first, max(highs, default=first - 1) + 1 if asked.end is None else asked.end, blocks


def _count(candidate: Candidate) -> tuple[int, Scope]:
    part = Scope()
    return hits(candidate, part)[1].true_count, part


def _cursor(records: pa.Table) -> Cursor:
    last = records.slice(records.num_rows - 1)
    return Cursor(last["received_at"].cast(pa.int64())[0].as_py(), last["seq"][0].as_py())


def _limited(tables: Iterator[pa.Table], limit: int | None) -> Iterator[pa.Table]:
    for table in tables:
        if limit is None:
            yield table
            continue
        yield table.slice(0, limit)
        limit -= min(limit, table.num_rows)
        if not limit:
            return
