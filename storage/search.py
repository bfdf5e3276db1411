"""Search over files alone, with the service running or stopped: exact, newest first, saying what it covered.

The index picks blocks, the columns decide; a block without an index is scanned (storage/scan.py).
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from parsers.labels import SEVERITIES
from parsers.schema import ARCHIVE_SCHEMA
from storage.ahead import Ahead
from storage.blocks import Snapshot
from storage.catalogue import Catalogue
from storage.histogram import Tally, bars, tally_in
from storage.index_cache import IndexCache
from storage.layout import Layout, StreamName
from storage.match import matches
from storage.near import of_same_host, with_seq
from storage.query import Query, QueryError, parse
from storage.results import Counted, Cursor, Histogram, Page, Request, Scope
from storage.scan import Candidate, Plan, gather, hits, newest_first, plan, read, wanted
from storage.windows import Span, windows

__all__ = ["Counted", "Cursor", "Histogram", "Page", "QueryError", "Request", "Scope", "Searcher"]


class Searcher:
    """Answers from the files under one data folder; keep one, it remembers footers and open indexes.

    Safe to use from several threads. Every method that takes a request raises QueryError for a query that
    cannot be read, and ValueError for a time without a zone.
    """

    def __init__(self, layout: Layout) -> None:
        self._catalogue = Catalogue(layout)
        self._indexes = IndexCache(layout)
        self._layout = layout

    def page(self, request: Request) -> Page:
        """Give the newest ``request.limit`` matches; a full page's ``next`` may lead to an empty one."""
        scope = Scope()
        tables = list(self.stream(request, scope))
        records = pa.concat_tables([ARCHIVE_SCHEMA.empty_table(), *tables])
        is_full = request.limit is not None and records.num_rows >= request.limit
        scope.complete = not is_full
        return Page(records, scope, _cursor(records) if is_full and records.num_rows else None)

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
        made, scope = plan(request), Scope()
        column, tick = ("timestamp", 1000) if request.time == "device" else ("received_at", 1)
        low, high = (end * tick for end in self._extent(made))
        drawn = bars(low, high, buckets)
        counts = [[0] * len(SEVERITIES) for _ in drawn.starts]

        def draw(candidate: Candidate) -> tuple[Tally, Scope]:
            part, block = Scope(), candidate.block
            bar = None if tick > 1 else drawn.holding(block.received_min, block.received_max)
            records, mask = hits(candidate, part, ["severity"] if bar is not None else [column, "severity"])
            few = records.filter(mask)
            return drawn.tally(few, column, tick) if bar is None else tally_in(bar, few), part

        for tally, part in Ahead(draw).results(chain.from_iterable(self._wanted(made, scope))):
            scope.add(part)
            for bar, severity, number in tally:
                counts[bar][severity] += number
        return Histogram(drawn.starts, drawn.width, counts, scope)

    def stream(self, request: Request, scope: Scope | None = None) -> Iterator[pa.Table]:
        """Give every match up to ``request.limit``, newest first, in tables of about a block.

        ``scope`` is filled while the tables are taken, and tells at the end what the answer covers.
        """
        made, scope = plan(request), scope or Scope()
        ahead = Ahead(partial(gather, limit=request.limit))
        parts = (newest_first(part, ahead, scope, request.limit) for part in self._wanted(made, scope))
        return _limited(chain.from_iterable(parts), request.limit)

    def record(self, name: StreamName, seq: int) -> pa.Table:
        """Give one record: a table of ARCHIVE_SCHEMA with one row, or with none when there is no such seq."""
        return with_seq(self._catalogue, name, seq, seq)

    def neighbours(
        self, name: StreamName, seq: int, before: int = 5, after: int = 5, *, same_host: bool = False
    ) -> pa.Table:
        """Give a record with those stored before and after it, by seq, oldest first.

        With ``same_host`` only records of the same HOSTNAME count (and of none, when it has none), among the
        storage.near.REACH records on each side. Empty when there is no such seq.
        """
        if not same_host:
            found = with_seq(self._catalogue, name, max(1, seq - before), seq + after)
            return found if seq in found["seq"].to_pylist() else found.slice(0, 0)
        middle = self.record(name, seq)
        return of_same_host(self._catalogue, name, middle, before, after) if middle.num_rows else middle

    def follow(self, request: Request, poll: float = 0.2) -> Iterator[pa.Table]:
        """Give matches that are journalled from now on, oldest first, looking every ``poll`` seconds.

        Never ends; of the request only query and name are looked at. Gives an empty table after each look
        that found nothing, so that whoever follows can stop in between.
        """
        query, seen = parse(request.query), self._catalogue.last_seq(request.name)
        return self._followed(request.name, query, seen, poll)

    def _followed(self, name: StreamName, query: Query, seen: int, poll: float) -> Iterator[pa.Table]:
        while True:
            fresh = self._catalogue.holding(name, seen + 1)
            parts = []
            for block in fresh:
                records = read(block, None, Scope())
                if records is not None:
                    records = records.filter(pc.greater(records["seq"], seen))
                    parts.append(records.filter(matches(query, records)))
                seen = max(seen, block.last_seq)
            yield pa.concat_tables([ARCHIVE_SCHEMA.empty_table(), *parts])
            if not fresh:
                time.sleep(poll)

    def _wanted(self, made: Plan, scope: Scope) -> Iterator[Iterator[Candidate]]:
        """Give for each window of a plan's receive times, newest first, the blocks that may hold a match."""
        files = set[Path]()
        for window, snapshot in self._snapshots(made):
            files.update(block.path for block in snapshot.blocks)
            scope.files = len(files)
            yield wanted(replace(made, received=window), snapshot, self._indexes, scope)

    def _snapshots(self, made: Plan) -> Iterator[tuple[Span, Snapshot]]:
        """Give each window of a plan's receive times, newest first, with its blocks as they are by then."""
        name = made.request.name
        for window in windows(list(self._layout.archived_days(name)), made.received):
            yield window, self._catalogue.snapshot(name, window.start, window.end)

    def _extent(self, made: Plan) -> tuple[int, int]:
        """Give the times low ≤ t < high that a histogram shows: the range asked for, or of what is there."""
        is_device = made.request.time == "device"
        asked = made.device if is_device else made.received
        if asked.start is not None and asked.end is not None:
            return asked.start, asked.end
        lows, highs = [], []
        for _, snapshot in self._snapshots(made):
            for block in snapshot.blocks:
                low, high = block.received_min, block.received_max
                if is_device:
                    if block.timestamp_min is None or block.timestamp_max is None:
                        continue
                    low, high = block.timestamp_min, block.timestamp_max
                if asked.meets(low, high):
                    lows.append(low)
                    highs.append(high)
        first = min(lows, default=0) if asked.start is None else asked.start
        return first, max(highs, default=first - 1) + 1 if asked.end is None else asked.end


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
