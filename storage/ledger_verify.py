"""Verifying a ledger: that it is what was signed, and that the archive is what it says.

The signature, the root over all leaves, and then each leaf: its records are read from wherever they lie now,
and hashed again. What a leaf says and the archive does not is a fault, but for what has expired. What the
archive has and no leaf says is told: it waits for the indexer role, or came into the archive behind its back.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final

import pyarrow as pa

from parsers.schema import ARCHIVE_SCHEMA
from storage.ahead import Ahead
from storage.catalogue import SNAPSHOT_TRIES
from storage.expired import expired_spans, segment_spans
from storage.findings import RESTORE, Finding, note
from storage.journal_reader import DamagedError
from storage.layout import Layout, StreamName
from storage.ledger import LEAVES, LedgerError, LedgerState, ledger_tenants, read_ledger
from storage.ledger_leaves import RecordsLeaf, expired_by, has_expired
from storage.ledger_records import UnknownOctetsError, columns_digest, record_hashes
from storage.ledger_tree import root_of
from storage.ledger_work import between
from storage.segments import footer_of, list_segments, read_row_group
from storage.spans import Span, told, without

CHANGED: Final = (
    "the archive was changed or damaged after it came into the ledger: restore this day from a backup, and "
    "find out who changed it"
)
REMOVED: Final = "restore the day from a backup; if nobody removed it on purpose, find out who did"
WAITING: Final = "the indexer role brings it in while storage.ledger is true; if this stays, see its log"
EXPIRED: Final = (
    "who can write the archive could have said so, too: see that the newest is as old as days are kept; "
    'retention logs each that it removes, as "expired DAY of TENANT/STREAM" in the stream sysledger'
)

Progress = Callable[[int], None]  # is told how many records more are done


@dataclass(slots=True)
class VerifiedLedger:
    """What was verified of one tenant's ledger, and what was found.

    Attributes:
        tenant: whose.
        state: the ledger; None when there is none, or it is not to be believed.
        leaves: how many were looked at.
        records: how many records were hashed and found as the ledger says.
        expired: how many the ledger has that retention has removed.
        waiting: records of the archive that are in no leaf; None when that was not looked for.
        findings: what was found.
    """

    tenant: str
    state: LedgerState | None = None
    leaves: int = 0
    records: int = 0
    expired: int = 0
    waiting: int | None = None
    findings: list[Finding] = field(default_factory=list)

    @property
    def faults(self) -> list[Finding]:
        """What is wrong."""
        return [finding for finding in self.findings if finding.is_fault]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is verified: all, or one tenant's ledger; of it one stream, one day; with ``quick`` no records."""

    tenant: str | None = None
    stream: str | None = None
    day: date | None = None
    quick: bool = False

    def includes(self, leaf: RecordsLeaf) -> bool:
        """Say whether a leaf is wanted."""
        return self.stream in {None, leaf.stream} and self.day in {None, leaf.date}


def verify_ledgers(
    layout: Layout, wanted: Wanted, progress: Progress = lambda _records: None
) -> list[VerifiedLedger]:
    """Verify the ledgers that are wanted; changes nothing. Of a tenant without one there is a note."""
    tenants = {name.tenant for name in layout.streams()} | set(ledger_tenants(layout))
    return [
        _verified(layout, tenant, wanted, progress)
        for tenant in sorted(tenants)
        if wanted.tenant in {None, tenant}
    ]


def records_to_read(layout: Layout, wanted: Wanted) -> int:
    """Give about how many records verifying has to hash."""
    total = 0
    for tenant in [] if wanted.quick else ledger_tenants(layout):
        if wanted.tenant in {None, tenant}:
            try:
                state = read_ledger(layout, tenant)
                total += sum(leaf.records for leaf in _wanted_leaves(state, wanted))
            except (LedgerError, OSError):
                continue  # verifying tells
    return total


def _verified(layout: Layout, tenant: str, wanted: Wanted, progress: Progress) -> VerifiedLedger:
    found = VerifiedLedger(tenant)
    path = layout.ledger(tenant) / LEAVES
    try:
        found.state = read_ledger(layout, tenant)
        leaves = _wanted_leaves(found.state, wanted)
    except (LedgerError, OSError) as error:
        found.state = None
        found.findings.append(Finding(path, 0, str(error), "nothing of this ledger is believed until then"))
        return found
    if found.state is None:
        found.findings.append(note(path, f"tenant {tenant} has no ledger yet", WAITING))
        return found
    by_day: dict[tuple[str, date], list[RecordsLeaf]] = defaultdict(list)
    for leaf in leaves:
        by_day[leaf.stream, leaf.date].append(leaf)
    known, gone = expired_by(found.state.leaves()), defaultdict[str, list[date]](list)
    for (stream, day), said in sorted(by_day.items()):
        found.leaves += len(said)
        if not wanted.quick and _verify_day(
            layout, StreamName(tenant, stream), said, known[stream], found, progress
        ):
            gone[stream].append(day)
    for stream, days in gone.items():
        what = f"days of {tenant}/{stream} said to have expired: {len(days)}, {days[0]} to {days[-1]}"
        found.findings.append(note(layout.archive(StreamName(tenant, stream)), what, EXPIRED))
    if not wanted.quick:
        _look_for_others(layout, tenant, wanted, found)
    return found


def _wanted_leaves(state: LedgerState | None, wanted: Wanted) -> list[RecordsLeaf]:
    leaves = [] if state is None else state.leaves()
    return [leaf for leaf in leaves if isinstance(leaf, RecordsLeaf) and wanted.includes(leaf)]


def _verify_day(  # noqa: PLR0913, PLR0917 - what is verified, by what, and what is told
    layout: Layout,
    name: StreamName,
    leaves: Sequence[RecordsLeaf],
    known: Sequence[Span],
    found: VerifiedLedger,
    progress: Progress,
) -> bool:
    """Hash again what is there of a day's leaves, two at a time; say whether some of them have expired."""
    folder, expired = layout.archive_day(name, leaves[0].date), 0
    for leaf, compared in zip(leaves, Ahead(partial(compare, folder)).results(leaves), strict=True):
        progress(leaf.records)
        if compared.fault is None:
            found.records += leaf.records
        elif not compared.records and has_expired(leaf, [*known, *(expired_spans(layout, name) or [])]):
            expired += leaf.records
        else:
            of = f"{leaf.date} of {name.tenant}/{name.stream}"
            since = f"{leaf.records} in the ledger since {leaf.at:%Y-%m-%d %H:%M:%S} UTC"
            what = f"{told((leaf.first, leaf.last))} of {of}, {since}: {compared.fault}"
            found.findings.append(Finding(folder, 0, what, compared.advice))
    found.expired += expired
    return expired > 0


def _number(spans: Iterable[Span]) -> int:
    return sum(last - first + 1 for first, last in spans)


@dataclass(frozen=True, slots=True)
class Compared:
    """How many of a leaf's records are there, and what is wrong with them, with what to do about it."""

    records: int
    fault: str | None = None
    advice: str = ""


def compare(folder: Path, leaf: RecordsLeaf) -> Compared:
    """Compare what a day's folder has with what a leaf says."""
    try:
        records = records_of(folder, leaf)
    except DamagedError as error:
        damage = error.damage
        return Compared(leaf.records, f"{damage.path.name} cannot be read: {damage.reason}", RESTORE)
    rows = records.num_rows
    if rows != leaf.records:
        return Compared(rows, f"{rows or 'none'} are there", REMOVED if rows < leaf.records else CHANGED)
    try:
        if root_of(record_hashes(records)).hex() != leaf.root:
            return Compared(rows, "octets, times of receipt or senders are not what they were", CHANGED)
    except UnknownOctetsError as error:
        return Compared(rows, str(error), CHANGED)
    if columns_digest(records) != leaf.columns:
        return Compared(rows, "what was read from them is not what it was: searches go wrong", CHANGED)
    return Compared(rows)


def records_of(folder: Path, leaf: RecordsLeaf) -> pa.Table:
    """Read a leaf's records from the day's folder, from whichever segments have them.

    Raises:
        DamagedError: when a segment cannot be read.
    """
    for _ in range(SNAPSHOT_TRIES):
        try:
            return pa.concat_tables(_parts(folder, leaf))
        except FileNotFoundError:  # merged or expired since it was listed: list again
            continue
    return pa.concat_tables(_parts(folder, leaf))


def _parts(folder: Path, leaf: RecordsLeaf) -> Iterator[pa.Table]:
    yield ARCHIVE_SCHEMA.empty_table()
    for segment in list_segments(folder):
        if segment.first_seq <= leaf.last and leaf.first <= segment.last_seq:
            footer = footer_of(segment)
            for number, group in enumerate(footer.row_groups):
                if group.first_seq <= leaf.last and leaf.first <= group.last_seq:
                    records = read_row_group(segment.path, footer.metadata, number, None)
                    yield between(records, leaf.first, leaf.last)


def _look_for_others(layout: Layout, tenant: str, wanted: Wanted, found: VerifiedLedger) -> None:
    """Count what the archive has and no leaf says."""
    known: dict[tuple[str, date], list[Span]] = defaultdict(list)
    for leaf in _wanted_leaves(found.state, wanted):
        known[leaf.stream, leaf.date].append((leaf.first, leaf.last))
    found.waiting = 0
    for name in layout.streams():
        if name.tenant != tenant or wanted.stream not in {None, name.stream}:
            continue
        for day in layout.archived_days(name):
            if wanted.day in {None, day}:
                left = without(_spans(layout, name, day), known[name.stream, day])
                count = _number(left)
                found.waiting += count
                if count:
                    what = f"{count} records of {day} of {tenant}/{name.stream} are not in the ledger"
                    found.findings.append(note(layout.archive_day(name, day), what, WAITING))


def _spans(layout: Layout, name: StreamName, day: date) -> Iterable[Span]:
    for segment in list_segments(layout.archive_day(name, day)):
        yield from segment_spans(segment)
