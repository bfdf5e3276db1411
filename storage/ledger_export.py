"""An export and the ledger: proofs of its messages, and what the ledger counts where they come from.

Both are for who sees all of the stream: the ledger counts every message, and a proof shows what is beside it.
"""

import logging
import struct
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.rebuild import exact_octets
from storage.blocks import utc_today
from storage.layout import Layout, StreamName
from storage.ledger import LedgerError, LedgerState, leaves_there, read_ledger
from storage.ledger_package import CHECKPOINT, KEY, PROOFS
from storage.ledger_proof import Prover, written
from storage.results import Request
from storage.search import Searcher

_PLACE: Final = struct.Struct("<qqq")  # seq, received_at, octets
_SPOOLED: Final = 8 << 20  # octets kept in memory: a third of a million messages; more lie in a file
_AT_ONCE: Final = 4096

Told = dict[str, Any]
log = logging.getLogger(__name__)


class ExportProofs:
    """Proofs of an export's messages: they are noted as they are given, and proven when all are.

    Each block of the archive is read once more for it. To be closed: what is noted may lie in a file.
    """

    def __init__(self, layout: Layout, name: StreamName) -> None:
        self._layout = layout
        self._name = name
        self._noted = tempfile.SpooledTemporaryFile(_SPOOLED)  # noqa: SIM115 - close() closes it
        self._prover: Prover | None = None

    def close(self) -> None:
        """Let go what is noted."""
        self._noted.close()

    def watched(self, tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
        """Give the export's tables on, and note what messages they have."""
        for table in tables:
            lengths = pc.fill_null(pc.binary_length(exact_octets(table)), 0).cast(pa.int64())
            columns = table["seq"], table["received_at"].cast(pa.int64()), lengths
            for place in zip(*(column.to_pylist() for column in columns), strict=True):
                self._noted.write(_PLACE.pack(*place))
            yield table

    def files(self) -> Mapping[str, Iterable[bytes]]:
        """Give the files of the proofs by name, to be taken in this order, after all tables."""
        return {PROOFS: self._proofs(), CHECKPOINT: self._checkpoint(), KEY: self._key()}

    def told(self) -> Told:
        """Give what the manifest says of the proofs, when they were given."""
        prover = self._proving()
        return {"proven": prover.proven, "not_proven": prover.unproven}

    @property
    def state(self) -> LedgerState:
        """The ledger by which the messages are proven: the one that was there when the first was."""
        return self._proving().state

    def _proofs(self) -> Iterator[bytes]:
        yield from written(self._proving().lines(self._places()))

    def _checkpoint(self) -> Iterator[bytes]:
        yield self.state.note.encode()

    def _key(self) -> Iterator[bytes]:
        yield f"{self.state.vkey}\n".encode()

    def _places(self) -> Iterator[tuple[int, int, int]]:
        self._noted.seek(0)
        while octets := self._noted.read(_PLACE.size * _AT_ONCE):
            yield from _PLACE.iter_unpack(octets)

    def _proving(self) -> Prover:
        if self._prover is None:
            self._prover = Prover(self._layout, self._name, ledger_of(self._layout, self._name.tenant))
        return self._prover


def ledger_of(layout: Layout, tenant: str) -> LedgerState:
    """Give a tenant's ledger.

    Raises:
        LedgerError: when there is none yet, or it is not to be believed.
    """
    state = read_ledger(layout, tenant)
    if state is None:
        raise LedgerError(
            f"tenant {tenant} has no ledger yet: the indexer role begins it with the first messages that are "
            "archived, within an hour of their receipt as a rule. Try again then, or without proofs"
        )
    return state


def ledger_told(
    layout: Layout, request: Request, searcher: Searcher, proofs: ExportProofs | None = None
) -> Told:
    """Give what the manifest says of the ledger: its checkpoint, and whether all of the days is there.

    Args:
        layout: the data folder's.
        request: of the export.
        searcher: of somebody who sees all of the stream.
        proofs: those of the export, when it has some, and they were given.
    """
    try:
        state = proofs.state if proofs else read_ledger(layout, request.name.tenant)
    except (LedgerError, OSError) as error:  # what it says of folders is not for everybody
        log.error("the ledger of tenant %s: %s", request.name.tenant, error)  # noqa: TRY400 - the reason is all there is
        return {
            "fault": "the ledger is not as it was signed, or cannot be read: sysledger ledger show says why"
        }
    if state is None:
        return {"fault": f"tenant {request.name.tenant} has no ledger yet"}
    return {
        "origin": state.checkpoint.origin,
        "leaves": state.checkpoint.size,
        "root": state.checkpoint.root.hex(),
        "signed": f"{state.checkpoint.at:%Y-%m-%dT%H:%M:%SZ}",
        "checkpoint": state.note,
        "key": state.vkey,
        "days": _days_told(layout, request, searcher, state),
        **({"proofs": proofs.told()} if proofs else {}),
    }


def _days_told(layout: Layout, request: Request, searcher: Searcher, state: LedgerState) -> Told:
    """Count the records of the whole days of a range, in the ledger and in what is stored."""
    first, last = days_of(request)
    leaves = [leaf for leaf in state.leaves() if leaf.stream == request.name.stream]
    there = [
        leaf
        for leaf in leaves_there(layout, request.name.tenant, leaves)
        if (first is None or first <= leaf.date) and leaf.date <= last
    ]
    in_ledger = sum(leaf.records for leaf in there)
    whole = replace(
        request,
        query="",
        start=None if first is None else datetime.combine(first, time(), UTC),
        end=datetime.combine(last, time(), UTC) + timedelta(days=1),
        time="received",
        before=None,
    )
    stored = searcher.count(whole).count
    # What came later makes up for nothing that is missing.
    newest = max((leaf.last for leaf in there), default=0)
    known = searcher.count(replace(whole, query=f"seq<={newest}")).count
    return {
        "from": None if first is None else first.isoformat(),
        "to": last.isoformat(),
        "records_in_the_ledger": in_ledger,
        "records_stored": stored,
        "records_missing": max(0, in_ledger - known),
        "meaning": (
            "All records of these UTC days of receipt, whatever was asked for. Those in the ledger were "
            "committed to by a signature, so that none can be taken out unseen; the search went over those "
            "stored. What is stored and not in the ledger yet came in lately."
        ),
    }


def days_of(request: Request) -> tuple[date | None, date]:
    """Give the first and last UTC day of receipt that a request reaches over; None without a first."""
    if request.time != "received":
        return None, utc_today()
    first = None if request.start is None else request.start.astimezone(UTC).date()
    last = (
        utc_today()
        if request.end is None
        else (request.end - timedelta(microseconds=1)).astimezone(UTC).date()
    )
    return first, last
