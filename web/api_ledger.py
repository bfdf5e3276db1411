"""/api/v1/ledger…: what the ledgers have signed, and the proof of one message."""

from datetime import datetime
from typing import Final

from pydantic import Field
from starlette.responses import JSONResponse, Response

from web import ledger
from web.api_message import MessageAsked
from web.api_operation import Asked, Given, Media, Nothing, TenantName
from web.desk import Desk

CHECKPOINT: Final = Media(
    (ledger.NOTE_TYPE.partition(";")[0],), "The checkpoint, as a signed note (c2sp.org/tlog-checkpoint)."
)
PROOF: Final = Media(
    ("application/json",),
    "All that `sysledger ledger check` needs: checkpoint, key, leaf and record, with their proofs.",
    "object",
)


class TenantAsked(Asked):
    """Whose ledger."""

    tenant: TenantName


class LedgerStream(Given):
    """What a ledger has of one stream."""

    stream: str
    records: int = Field(description="That it says are there now: without those that have expired.")
    leaves: int
    first: str = Field(description="The UTC day of receipt of the oldest.")
    newest: str = Field(description="When the newest in it was received, UTC; what came later is not in it.")


class LedgerGiven(Given):
    """A tenant's ledger; of one that is not to be believed only ``trouble`` says something."""

    tenant: str
    trouble: str = Field(description="Why there is nothing else; empty when there is.")
    origin: str = Field(description="Its name, which is its key's, too.")
    leaves: int
    records: int
    root: str = Field(description="Of the Merkle tree over its leaves (RFC 6962), hexadecimal.")
    signed: datetime | None = Field(description="When its newest checkpoint was signed.")
    key: str = Field(description="By which checkpoints are checked (c2sp.org/signed-note). No secret.")
    checkpoint: str = Field(description="The newest: keep it elsewhere.")
    streams: list[LedgerStream]


class Ledgers(Given):
    """The ledgers of the tenants that the account sees all of."""

    ledgers: list[LedgerGiven]


def ledgers(served: Desk, _asked: Nothing) -> Ledgers:
    """Give the ledgers."""
    return Ledgers(ledgers=[_given(one) for one in ledger.shown(served)])


def checkpoint(served: Desk, asked: TenantAsked) -> Response:
    """Give a ledger's newest checkpoint."""
    return Response(ledger.state_of(served, asked.tenant).note, media_type=ledger.NOTE_TYPE)


def proof(served: Desk, asked: MessageAsked) -> Response:
    """Give what proves one message."""
    return JSONResponse(ledger.proof_of(served, asked.name, asked.seq))


def _given(one: ledger.Shown) -> LedgerGiven:
    return LedgerGiven(
        tenant=one.tenant,
        trouble=one.trouble,
        origin=one.origin,
        leaves=one.leaves,
        records=one.records,
        root=one.root,
        signed=one.signed,
        key=one.vkey,
        checkpoint=one.note,
        streams=[
            LedgerStream(
                stream=line.stream,
                records=line.records,
                leaves=line.leaves,
                first=line.first,
                newest=line.newest,
            )
            for line in one.streams
        ],
    )
