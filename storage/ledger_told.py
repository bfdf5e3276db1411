"""What a tenant's ledger is, in a few figures, for people and for programs."""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from storage.layout import Layout
from storage.ledger import LedgerError, LedgerState, leaves_there, read_ledger
from storage.ledger_note import VerifierKey
from storage.search import Request, Searcher


@dataclass(frozen=True, slots=True)
class Summary:
    """A tenant's ledger in figures; of one that is not there, or not to be believed, there are none.

    Attributes:
        tenant: whose.
        leaves: how many it has.
        records: how many records it says are there now: those expired are left out.
        waiting: how many are stored and not in it yet.
        signed: when, UTC.
        origin: its name.
        key_id: of its key, hexadecimal.
        note: its checkpoint.
        vkey: its key.
        root: hexadecimal.
        fault: why it is not to be believed.
    """

    tenant: str
    leaves: int | None = None
    records: int | None = None
    waiting: int | None = None
    signed: str | None = None
    origin: str | None = None
    key_id: str | None = None
    note: str | None = None
    vkey: str | None = None
    root: str | None = None
    fault: str = ""


def summary(layout: Layout, tenant: str, searcher: Searcher | None = None) -> Summary:
    """Sum a tenant's ledger up.

    Args:
        layout: the data folder's.
        tenant: whose.
        searcher: of somebody who sees all of the tenant's streams; made when there is none.
    """
    try:
        state = read_ledger(layout, tenant)
        if state is None:
            return Summary(tenant)
        records = records_by_stream(layout, tenant, state)
    except (LedgerError, OSError) as error:
        return Summary(tenant, fault=str(error))
    counting = searcher or Searcher(layout)
    names = [name for name in layout.streams() if name.tenant == tenant]
    stored = sum(counting.count(Request("", name)).count for name in names)
    return Summary(
        tenant=tenant,
        leaves=state.checkpoint.size,
        records=sum(records.values()),
        waiting=max(0, stored - sum(records.values())),
        signed=f"{state.checkpoint.at:%Y-%m-%d %H:%M:%S}",
        origin=state.checkpoint.origin,
        key_id=VerifierKey.parse(state.vkey).key_id.hex(),
        note=state.note,
        vkey=state.vkey,
        root=state.checkpoint.root.hex(),
    )


def records_by_stream(layout: Layout, tenant: str, state: LedgerState) -> dict[str, int]:
    """Count what a ledger says is there of each stream, without what has expired.

    Raises:
        LedgerError: when it has leaves of a kind that this release does not know.
    """
    counted: Counter[str] = Counter()
    for leaf in leaves_there(layout, tenant, state.leaves()):
        counted[leaf.stream] += leaf.records
    return counted


def summary_document(told: Summary) -> dict[str, Any]:
    """Give a summary in JSON's types."""
    return asdict(told)
