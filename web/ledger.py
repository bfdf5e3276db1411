"""/ledger: what the ledgers have signed, for others to keep; and the proof of one message.

/ledger                                     the ledgers of the tenants that the visitor sees all of
/ledger/checkpoint?tenant=T                 the newest checkpoint, as a file
/message/TENANT/STREAM/SEQ/proof            what proves one message, as JSON (storage/ledger_proof.py)
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from access import trail
from access.ledger import sees_ledger
from access.visitor import current
from storage.apart import Apart
from storage.blocks import day_of
from storage.layout import Layout, StreamName
from storage.ledger import (
    LedgerError,
    LedgerState,
    leaves_there,
    ledger_tenants,
    read_ledger,
    read_note,
)
from storage.ledger_leaves import RecordsLeaf
from storage.ledger_note import VerifierKey
from storage.ledger_proof import LeafIndex, Prover
from web import times, words
from web.desk import Desk, desk
from web.errors import DamagedError, NotFoundError

UNREADABLE: Final = (
    "The ledger is not as it was signed, or cannot be read. An administrator of this appliance finds out why "
    "with: sysledger ledger show"
)
NOTE_TYPE: Final = "text/plain; charset=utf-8"
_INDEXES_KEPT: Final = 4
_SEQ_DIGITS: Final = 18  # more than a stream can ever have, and less than int64
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Line:
    """What a ledger has of one stream now; times of receipt, UTC."""

    stream: str
    records: int
    leaves: int
    first: str
    newest: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A tenant's ledger; with ``trouble`` there is nothing else."""

    tenant: str
    trouble: str = ""
    note: str = ""
    vkey: str = ""
    key_id: str = ""
    origin: str = ""
    root: str = ""
    leaves: int = 0
    records: int = 0
    signed: datetime | None = None
    streams: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the ledger a message is: in which leaf, counted from 1, of how many; None when not yet."""

    leaf: int | None
    leaves: int


async def ledger(request: Request) -> Response:
    """Show the ledgers of the tenants that the visitor sees all of."""
    served = desk(request)
    return await served.work(_page, served)


async def checkpoint(request: Request) -> Response:
    """Give a tenant's newest checkpoint as a file to keep."""
    served, tenant = desk(request), request.query_params.get("tenant", "")
    state = await served.work(state_of, served, tenant)
    name = f"checkpoint-{tenant}-{state.checkpoint.size}.txt"
    return Response(
        state.note, media_type=NOTE_TYPE, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


async def proof(request: Request) -> Response:
    """Give what proves one message, as a file to keep."""
    served, given = desk(request), request.path_params
    seq = given["seq"]
    if not (seq.isascii() and seq.isdigit() and len(seq) <= _SEQ_DIGITS):
        raise NotFoundError("A proof's address has a message's number in the stream, such as 1234.")
    try:
        name = StreamName(given["tenant"], given["stream"])
    except ValueError as error:
        raise NotFoundError(words.sentence(str(error))) from error
    document = await served.work(proof_of, served, name, int(seq))
    file = f"sysledger-{name.tenant}-{name.stream}-{seq}-proof.json"
    return JSONResponse(document, headers={"Content-Disposition": f'attachment; filename="{file}"'})


def shown(served: Desk) -> list[Shown]:
    """Give the ledgers of the tenants that who asks sees all of, by name."""
    visitor = current()
    tenants = [one for one in ledger_tenants(served.layout) if sees_ledger(served.sights, visitor, one)]
    return [_shown(served.layout, tenant) for tenant in tenants]


def state_of(served: Desk, tenant: str) -> LedgerState:
    """Give the ledger of a tenant that who asks sees all of.

    Raises:
        NotFoundError: when there is none, for this visitor.
        DamagedError: when it is not to be believed.
    """
    state = None
    if sees_ledger(served.sights, current(), tenant):
        state = _read(served.layout, tenant)
    if state is None:
        raise NotFoundError(
            "There is no such ledger that you may see. The page Ledger has those that you may."
        )
    return state


def place_of(served: Desk, name: StreamName, seq: int, received_at: int) -> Place | None:
    """Say where in its tenant's ledger a message is; None to whom that is not told, and without one."""
    if not sees_ledger(served.sights, current(), name.tenant):
        return None
    note = read_note(served.layout, name.tenant)
    if note is None:
        return None
    try:
        index = _indexes.of(name.tenant)(served.layout, name, note)
    except (LedgerError, OSError) as error:
        log.error("the ledger of tenant %s: %s", name.tenant, error)  # noqa: TRY400 - the reason is all there is
        return None
    leaf = index.leaf_of(seq, received_at)
    return Place(None if leaf is None else leaf + 1, index.size)


def proof_of(served: Desk, name: StreamName, seq: int) -> dict[str, Any]:
    """Give what proves one message.

    Raises:
        NotFoundError: when there is no such message or ledger for this visitor, or it is not in it yet.
        DamagedError: when the ledger is not to be believed.
    """
    state = state_of(served, name.tenant)
    record = served.searcher.record(name, seq)
    if not record.num_rows:
        raise NotFoundError(f"The stream {name.tenant}/{name.stream} has no message {seq}.")
    received_at = record["received_at"].cast("int64")[0].as_py()
    document = Prover(served.layout, name, state).document(seq, received_at)
    if document is None:
        raise NotFoundError(
            f"Message {seq} of {name.tenant}/{name.stream} is not in the ledger yet: it comes in once it is "
            "archived, within an hour as a rule. If this stays, have sysledger ledger verify run."
        )
    trail.record("view", f"{name.tenant}/{name.stream}/{seq}", proof="yes")
    return document


def _page(served: Desk) -> Response:
    return served.page("ledger.html", page="ledger", ledgers=shown(served))


def _read(layout: Layout, tenant: str) -> LedgerState | None:
    try:
        return read_ledger(layout, tenant)
    except (LedgerError, OSError) as error:
        log.error("the ledger of tenant %s: %s", tenant, error)  # noqa: TRY400 - the reason is all there is
        raise DamagedError(UNREADABLE) from error


def _index(layout: Layout, name: StreamName, note: str) -> LeafIndex:  # noqa: ARG001 - the note makes it another
    state = read_ledger(layout, name.tenant)
    if state is None:
        raise LedgerError("it is being begun")
    return LeafIndex(state.leaves(), name.stream)


def _remembering() -> Callable[[Layout, StreamName, str], LeafIndex]:
    return lru_cache(_INDEXES_KEPT)(_index)


_indexes: Final = Apart(_remembering)


def _shown(layout: Layout, tenant: str) -> Shown:
    try:
        state = _read(layout, tenant)
        if state is None:
            return Shown(tenant, "It is being begun.")
        lines = tuple(_lines(leaves_there(layout, tenant, state.leaves())))
    except (DamagedError, LedgerError):
        return Shown(tenant, UNREADABLE)
    return Shown(
        tenant=tenant,
        note=state.note,
        vkey=state.vkey,
        key_id=VerifierKey.parse(state.vkey).key_id.hex(),
        origin=state.checkpoint.origin,
        root=state.checkpoint.root.hex(),
        leaves=state.checkpoint.size,
        records=sum(line.records for line in lines),
        signed=state.checkpoint.at,
        streams=lines,
    )


def _lines(there: Iterable[RecordsLeaf]) -> Iterator[Line]:
    """Sum leaves up by stream."""
    by_stream: defaultdict[str, list[RecordsLeaf]] = defaultdict(list)
    for leaf in there:
        by_stream[leaf.stream].append(leaf)
    for stream, leaves in sorted(by_stream.items()):
        first = day_of(min(leaf.oldest for leaf in leaves))
        newest = f"{times.seconds(max(leaf.newest for leaf in leaves)):%Y-%m-%d %H:%M:%S}"
        yield Line(stream, sum(leaf.records for leaf in leaves), len(leaves), first.isoformat(), newest)
