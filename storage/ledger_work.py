"""Keeping the ledgers: what has come into the archive since is hashed and appended.

It is done in a thread of the indexer role, and has no state but the ledgers themselves: for each day whose
folder has changed it does the difference between what lies there and what the leaves cover. A segment that
was merged has nothing new then. Records that cannot be read are left out and told; when they are restored,
they come in late.
"""

import contextlib
import json
import logging
import os
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from math import inf
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from storage.expired import expired_spans
from storage.journal_reader import DamagedError
from storage.layout import Layout, StreamName
from storage.ledger import LedgerError
from storage.ledger_leaves import ExpiredLeaf, RecordsLeaf
from storage.ledger_records import UnknownOctetsError, columns_digest, record_hashes
from storage.ledger_tree import root_of
from storage.ledger_writer import LedgerWriter, now
from storage.lock import StreamLockedError
from storage.orders import PAUSED_IN
from storage.segments import SETTLED_NANOSECONDS, Segment, footer_of, list_segments, read_row_group
from storage.spans import Span, shared, union, without

POLL_SECONDS: Final = 5.0
RETRY_SECONDS: Final = 60.0  # after a ledger could not be read or written
UNREAD_SECONDS: Final = 600.0  # after a segment could not be read
TELL_SECONDS: Final = 3600.0  # between two checkpoints of a tenant in the log
NICENESS: Final = 15  # as the indexer's

log = logging.getLogger(__name__)


class LedgerKeeper:
    """Brings the ledgers in step with the archive, again and again.

    Args:
        layout: the data folder's.
        is_wanted: whether ``serve`` does anything.
        poll: seconds between its looks.
    """

    def __init__(self, layout: Layout, *, is_wanted: bool = True, poll: float = POLL_SECONDS) -> None:
        self._layout = layout
        self._is_wanted = is_wanted
        self._poll = poll
        self._stopping = threading.Event()
        self._paused = threading.Event()
        self._open: dict[str, _Open] = {}
        self._not_before: dict[str, float] = {}
        self._told: dict[str, float] = {}  # when the tenant's checkpoint was logged
        self._counts = {"ledger_records": 0, "ledger_leaves": 0, "ledger_errors": 0}

    def stop(self) -> None:
        """Ask ``serve`` to end; from any thread."""
        self._stopping.set()

    def hear(self, state: str) -> None:
        """Go by this state of the appliance: pause in shedding and panic; from any thread."""
        (self._paused.set if state in PAUSED_IN else self._paused.clear)()

    def change(self, *, is_wanted: bool, poll: float) -> None:
        """Keep ledgers, or keep none, looking so often (seconds) from the next look on; from any thread."""
        self._is_wanted = is_wanted
        self._poll = poll

    def state(self) -> dict[str, Any]:
        """Give what is reported: what came in, what failed, and whose ledgers are not continued."""
        return {**self._counts, "ledgers_stopped": sorted(self._not_before.copy())}

    def serve(self) -> None:
        """Work until ``stop`` is called, in a thread of its own, whose priority this lowers for good."""
        with contextlib.suppress(OSError):
            os.nice(NICENESS)
        try:
            while not self._stopping.is_set():
                if self._is_wanted:
                    self.once()
                self._stopping.wait(self._poll)
        finally:
            self.close()

    def close(self) -> None:
        """Let all ledgers go."""
        for each in self._open.values():
            each.writer.close()
        self._open.clear()

    def once(self) -> None:
        """Bring every tenant's ledger in step with its archive, as it is now."""
        for tenant, names in groupby(self._layout.streams(), key=lambda name: name.tenant):
            if time.monotonic() >= self._not_before.get(tenant, 0.0):
                self._tenant(tenant, list(names))

    def _tenant(self, tenant: str, names: Sequence[StreamName]) -> None:
        try:
            for name in names:
                self._stream(name)
            self._tell(tenant)
            self._not_before.pop(tenant, None)
        except StreamLockedError as error:
            log.info("%s", error)
            self._put_off(tenant)
        except (LedgerError, OSError) as error:
            again = "It is tried again each minute"
            log.error("the ledger of tenant %s is not continued: %s. %s", tenant, error, again)  # noqa: TRY400
            self._put_off(tenant)
        except Exception:  # whatever one tenant's files have, the others' ledgers go on
            log.exception("the ledger of tenant %s is not continued; it is tried again each minute", tenant)
            self._put_off(tenant)

    def _put_off(self, tenant: str) -> None:
        self._counts["ledger_errors"] += 1
        self._not_before[tenant] = time.monotonic() + RETRY_SECONDS
        held = self._open.pop(tenant, None)
        if held is not None:
            held.writer.close()

    def _stream(self, name: StreamName) -> None:
        days = list(self._layout.archived_days(name))
        for day in days:
            folder = self._layout.archive_day(name, day)
            stamp = _modified(folder)
            held = self._open.get(name.tenant)
            if held is not None and held.is_done(name, day, stamp):
                continue
            if self._paused.is_set() or self._stopping.is_set():
                return
            held = self._held(name.tenant)
            is_settled = time.time_ns() - stamp > SETTLED_NANOSECONDS  # else it may change within the step
            if self._day(held, name, day) and is_settled:
                held.seen[name, day] = stamp
        held = self._open.get(name.tenant)
        if held is not None:
            self._expired(held, name, days)

    def _held(self, tenant: str) -> "_Open":
        held = self._open.get(tenant)
        if held is None:
            held = self._open[tenant] = _Open(LedgerWriter(self._layout, tenant))
        return held

    def _day(self, held: "_Open", name: StreamName, day: date) -> bool:
        """Bring a day's records in; say whether all of it was looked at."""
        held.again.pop((name, day), None)
        for segment in list_segments(self._layout.archive_day(name, day)):
            leaves: list[RecordsLeaf] = []
            try:
                for leaf in new_leaves(segment, name.stream, day, held.spans(name, day)):
                    leaves.append(leaf)
                    if self._paused.is_set() or self._stopping.is_set():
                        break
            except FileNotFoundError:  # merged or expired since: the folder has changed
                return False
            except (DamagedError, UnknownOctetsError) as error:
                held.again[name, day] = time.monotonic() + UNREAD_SECONDS
                if segment not in held.unread:  # told once
                    self._counts["ledger_errors"] += 1
                    held.unread.add(segment)
                    what = "%s does not come into the ledger: %s. Restore it from a backup: it comes in then"
                    log.warning(what, segment.path, error)
            self._append(held, name, day, leaves)
            if self._paused.is_set() or self._stopping.is_set():
                return False
        return True

    def _append(self, held: "_Open", name: StreamName, day: date, leaves: Sequence[RecordsLeaf]) -> None:
        if leaves:
            held.writer.append(leaves)
            held.add(name, day, [(leaf.first, leaf.last) for leaf in leaves])
            self._counts["ledger_leaves"] += len(leaves)
            self._counts["ledger_records"] += sum(leaf.records for leaf in leaves)

    def _expired(self, held: "_Open", name: StreamName, days: Sequence[date]) -> None:
        """Note what has expired of that which the ledger has: of whole days that are gone, and no more.

        What is said to have expired is anybody's word who can write the archive.
        """
        known = held.expired.get(name.stream, [])
        left = without(expired_spans(self._layout, name) or [], known)
        gone = (
            [span for day, spans in held.of_stream(name) if day not in days for span in spans] if left else []
        )
        noted = shared(left, gone)
        if noted:
            held.writer.append([ExpiredLeaf(name.stream, first, last, now()) for first, last in noted])
            self._counts["ledger_leaves"] += len(noted)
            held.expired[name.stream] = union([*known, *noted])

    def _tell(self, tenant: str) -> None:
        """Log the newest checkpoint, for others to keep: a relay carries it to another machine."""
        held = self._open.get(tenant)
        if held is None or held.writer.size == held.told:
            return
        if time.monotonic() - self._told.get(tenant, -TELL_SECONDS) >= TELL_SECONDS:
            self._told[tenant] = time.monotonic()
            held.told = held.writer.size
            log.info(
                "checkpoint of the ledger of tenant %s: %s",
                tenant,
                json.dumps(held.writer.note, ensure_ascii=False),
            )


class _Open:
    """A ledger that is held open for appending, and what it covers."""

    def __init__(self, writer: LedgerWriter) -> None:
        self.writer = writer
        self.seen: dict[tuple[StreamName, date], int] = {}  # folders as they were when all was done
        self.again: dict[tuple[StreamName, date], float] = {}  # when what could not be read is tried again
        self.unread: set[Segment] = set()  # which that is, as it was
        self.expired: dict[str, list[Span]] = {}  # by stream, as leaves say
        self.told = 0  # size of the checkpoint logged last
        self._spans: dict[tuple[str, date], list[Span]] = {}
        for leaf in writer.began_with:
            if isinstance(leaf, RecordsLeaf):
                self._spans.setdefault((leaf.stream, leaf.date), []).append((leaf.first, leaf.last))
            else:
                self.expired.setdefault(leaf.stream, []).append((leaf.first, leaf.last))
        self._spans = {key: union(spans) for key, spans in self._spans.items()}
        writer.began_with.clear()

    def is_done(self, name: StreamName, day: date, stamp: int) -> bool:
        """Say whether nothing is to do for a day, whose folder was changed then (ns since 1970).

        A file that is restored in its place changes no folder: what could not be read is tried again.
        """
        return self.seen.get((name, day)) == stamp and time.monotonic() < self.again.get((name, day), inf)

    def spans(self, name: StreamName, day: date) -> list[Span]:
        """Give the seqs of a stream's day that leaves cover."""
        return self._spans.get((name.stream, day), [])

    def of_stream(self, name: StreamName) -> Iterator[tuple[date, list[Span]]]:
        """Give each of a stream's days that leaves cover, and the seqs."""
        return ((day, spans) for (stream, day), spans in self._spans.items() if stream == name.stream)

    def add(self, name: StreamName, day: date, spans: Sequence[Span]) -> None:
        """Take in what new leaves cover."""
        self._spans[name.stream, day] = union([*self.spans(name, day), *spans])


def new_leaves(segment: Segment, stream: str, day: date, known: Sequence[Span]) -> Iterator[RecordsLeaf]:
    """Give a leaf for each block of a segment, about the records in it that are in none of ``known``.

    Raises:
        FileNotFoundError: when the segment is gone.
        DamagedError: when it cannot be read.
        UnknownOctetsError: when a message cannot be rebuilt.
    """
    if not without([(segment.first_seq, segment.last_seq)], known):
        return
    footer = footer_of(segment)
    for number, group in enumerate(footer.row_groups):
        for first, last in without([(group.first_seq, group.last_seq)], known):
            records = between(read_row_group(segment.path, footer.metadata, number, None), first, last)
            if records.num_rows:
                yield leaf_of(records, stream, day)


def leaf_of(records: pa.Table, stream: str, day: date) -> RecordsLeaf:
    """Give the leaf about records (at least one, in order of seq, all of one stream and day).

    Raises:
        UnknownOctetsError: when a message cannot be rebuilt.
    """
    times = pc.min_max(records["received_at"].cast(pa.int64())).as_py()
    return RecordsLeaf(
        stream=stream,
        date=day,
        first=records["seq"][0].as_py(),
        last=records["seq"][-1].as_py(),
        records=records.num_rows,
        oldest=times["min"],
        newest=times["max"],
        root=root_of(record_hashes(records)).hex(),
        columns=columns_digest(records),
        at=now(),
    )


def between(records: pa.Table, first: int, last: int) -> pa.Table:
    """Give the records with ``first`` ≤ seq ≤ ``last``."""
    seqs = records["seq"]
    if not records.num_rows or (first <= seqs[0].as_py() and seqs[-1].as_py() <= last):
        return records
    return records.filter(pc.and_(pc.greater_equal(seqs, first), pc.less_equal(seqs, last)))


def _modified(folder: Any) -> int:
    try:
        return int(folder.stat().st_mtime_ns)
    except FileNotFoundError:
        return 0
