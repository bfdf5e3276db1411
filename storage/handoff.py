"""The receiving side of the hand-off: which batches are taken, which are known, which must come again.

A collector says HELLO on every connection and then sends everything unacknowledged, in order. Between a
HELLO and the next, the batches of a stream therefore follow each other without gaps; one that is missing was
lost with a connection or a worker, and what comes behind it must wait until the collector sends all again
after its next HELLO. (Taking it would make the missing ones look like batches sent twice.)

    → HELLO, collector                        ← WELCOME, window
    → BATCH, header, payload                  ← ACK, tenant/stream, number, window, collector
                                              ← REFUSED, tenant/stream, number, reason, collector

One connection may carry several collectors, each after a HELLO of its own: a collector that starts sends what
its disk queue has of earlier runs under their ids. A HELLO begins anew for that collector alone.
"""

import json
import logging
from collections import OrderedDict
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.batch import MAXIMUM_HEADER_OCTETS, BatchError, BatchHeader, decode_records, encode_records
from parsers.rebuild import slimmed
from parsers.schema import BATCH_SCHEMA
from storage.journal_format import Content, Statistics
from storage.layout import TRAIL, TRAIL_ELSEWHERE, StreamName

PEERS: Final = 4096  # collectors on connections; one that was forgotten says HELLO again
BATCH_ROWS: Final = 262_144  # a batch is held in memory whole

log = logging.getLogger(__name__)

_REQUIRED: Final = [column.name for column in BATCH_SCHEMA if not column.nullable] + ["raw"]


class Verdict(Enum):
    """What is to be done with a batch."""

    STORE = auto()
    KNOWN = auto()  # stored already: acknowledge again
    WAIT = auto()  # something before it is missing: say nothing, the collector sends all again


@dataclass(slots=True)
class _Peer:
    expected: dict[StreamName, int] = field(default_factory=dict)


class Peers:
    """Which collectors said HELLO on which connection, and which batch number is next of each."""

    def __init__(self) -> None:
        self._peers: OrderedDict[tuple[bytes, str], _Peer] = OrderedDict()

    def hello(self, identity: bytes, collector: str) -> None:
        """A collector begins, or begins again, with everything it has not had acknowledged."""
        self._peers[identity, collector] = _Peer()
        self._peers.move_to_end((identity, collector))
        while len(self._peers) > PEERS:
            self._peers.popitem(last=False)

    def judge(self, identity: bytes, header: BatchHeader, last_number: int) -> Verdict:
        """Say what to do with a batch of a stream whose last stored number of this collector is given."""
        peer = self._peers.get((identity, header.collector))
        if peer is None:
            return Verdict.WAIT
        name = StreamName(header.tenant, header.stream)
        expected = peer.expected.get(name, header.number)
        if header.number > expected:
            return Verdict.WAIT
        peer.expected[name] = max(expected, header.number + 1)
        return Verdict.KNOWN if header.number <= last_number else Verdict.STORE


def stream_of(header: BatchHeader) -> StreamName:
    """Give the stream that a batch is for.

    Raises:
        BatchError: when that is no possible name.
    """
    try:
        return StreamName(header.tenant, header.stream)
    except ValueError as error:
        raise BatchError(str(error)) from error


class NotTheirsError(BatchError):
    """A batch for a stream that its sender must not write to."""


def check_sender(name: StreamName, elsewhere: str | None) -> None:
    """See whether a sender may write to a stream: to the trail of this machine nobody on another one may.

    Args:
        name: the stream.
        elsewhere: who sends, when that is on another machine; None for this one's own collectors.

    Raises:
        NotTheirsError: with what to do.
    """
    if elsewhere is not None and name.tenant == TRAIL.tenant and name != TRAIL_ELSEWHERE:
        raise NotTheirsError(
            f"{elsewhere} is on another machine, and only this one's own collector writes to "
            f"{name.tenant}/{name.stream}, the trail of who did what; if that collector is yours, bring it "
            "to this release, which sends its trail elsewhere, or else take its key from "
            "storage.listen.collectors"
        )


def names_in(header_octets: bytes) -> tuple[str, int, str]:
    """Give tenant/stream, number and collector as far as a header that was refused tells them."""
    try:
        found = json.loads(header_octets) if len(header_octets) <= MAXIMUM_HEADER_OCTETS else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        return "unknown", 0, "unknown"
    number = found.get("number")
    stream, collector = f"{found.get('tenant')}/{found.get('stream')}", str(found.get("collector"))
    return _encodable(stream), number if isinstance(number, int) else 0, _encodable(collector)


def _encodable(text: str) -> str:
    """Give a text that has octets: JSON can name half a character (a surrogate)."""
    return text.encode(errors="replace").decode()


def check_batch(header: BatchHeader, header_octets: bytes, payload: Any) -> Content:
    """Check everything that reading the batch later relies on, and make of it what is journalled.

    Raises:
        BatchError: with the reason, when it must not be journalled.
    """
    records = decode_records(payload)
    try:
        records.validate(full=True)
    except pa.ArrowException as error:
        raise BatchError(f"the columns are damaged: {error}") from error
    if records.num_rows != header.messages:
        raise BatchError(f"{records.num_rows} records where the header says {header.messages}")
    if not 0 < records.num_rows <= BATCH_ROWS:
        raise BatchError(f"a batch of {records.num_rows} records; send 1 to {BATCH_ROWS}")
    missing = [name for name in _REQUIRED if records[name].null_count]
    if missing:
        raise BatchError(f"null in {', '.join(missing)}")
    statistics = statistics_of(records)
    if statistics.received_min < 0:
        raise BatchError("records received before 1970; set the collector's clock")
    return Content(header_octets, _slim_payload(records, payload), records.num_rows, statistics)


def _slim_payload(records: pa.RecordBatch, payload: Any) -> Any:
    """Give the payload to journal: ``raw`` is left out wherever the other columns give the octets back.

    Every message is rebuilt here and compared with what was received, while both are at hand. From here on
    its columns stand for it; sealing compares columns.
    """
    try:
        return encode_records(slimmed(records))
    except Exception:  # a mistake of ours there must cost room, not records
        log.exception("cannot rebuild the messages of a batch: journalled whole")
        return payload


def statistics_of(records: pa.RecordBatch) -> Statistics:
    """Give the range of the records' times."""
    received = pc.min_max(records["received_at"].view(pa.int64())).as_py()
    timestamp = pc.min_max(records["timestamp"].view(pa.int64())).as_py()
    return Statistics(received["min"], received["max"], timestamp["min"], timestamp["max"])
