"""The batch: records that travel together, from a collector to a storage worker and into the journal.

On the wire a batch is two ZeroMQ frames (the hand-off puts its own kind frame before them):

    header   UTF-8 JSON object, see BatchHeader
    payload  an Arrow IPC stream with one record batch of parsers.schema.BATCH_SCHEMA
"""

import json
from dataclasses import asdict, dataclass
from typing import Any, Final

import pyarrow as pa

from parsers.schema import BATCH_SCHEMA, SCHEMA_VERSION

MAXIMUM_HEADER_OCTETS: Final = 4096  # names and numbers only; anything longer is not ours
MAXIMUM_NUMBER: Final = (1 << 63) - 1


class BatchError(ValueError):
    """These octets are not a batch of ours: another version, another schema, or damage."""


@dataclass(frozen=True, slots=True)
class BatchHeader:
    """What storage must know of a batch without opening it.

    ``number`` counts the batches of one ``collector`` from 1 for each tenant and stream, without gaps;
    together they name a batch for ever, so that one sent twice is stored once. ``collector`` is new
    with every start of a collector process.
    """

    tenant: str
    stream: str
    collector: str
    number: int
    messages: int
    octets: int  # of the messages as received, before any encoding
    version: int = SCHEMA_VERSION

    def encode(self) -> bytes:
        """Give the header's wire form."""
        return json.dumps(asdict(self), separators=(",", ":")).encode()

    @classmethod
    def decode(cls, octets: bytes) -> "BatchHeader":
        """Read a header's wire form.

        Raises:
            BatchError: when it is not one, or of a version this release does not know.
        """
        if len(octets) > MAXIMUM_HEADER_OCTETS:
            raise BatchError(f"a batch header of {len(octets)} octets, over {MAXIMUM_HEADER_OCTETS}")
        try:
            header = cls(**json.loads(octets))
        except (ValueError, TypeError, RecursionError) as error:
            raise BatchError(f"not a batch header: {error}") from error
        expected = {"tenant": str, "stream": str, "collector": str, "number": int, "messages": int,
                    "octets": int, "version": int}  # fmt: skip
        for name, kind in expected.items():
            if type(getattr(header, name)) is not kind:
                raise BatchError(f"batch header field {name} is not of type {kind.__name__}")
        if not 0 < header.number <= MAXIMUM_NUMBER:
            raise BatchError(f"a batch with number {header.number}; they count from 1")
        if header.version != SCHEMA_VERSION:
            raise BatchError(
                f"batch version {header.version}, this release reads {SCHEMA_VERSION}: "
                "upgrade collectors and storage together"
            )
        return header


def encode_records(records: pa.RecordBatch) -> pa.Buffer:
    """Give the payload for ``records``, which must have BATCH_SCHEMA.

    It is measured first: a buffer that grows is copied again and again, into memory that is new each time.
    """
    measured = pa.MockOutputStream()
    _write_records(measured, records)
    payload = pa.allocate_buffer(measured.size())
    _write_records(pa.FixedSizeBufferWriter(payload), records)
    return payload


def _write_records(sink: Any, records: pa.RecordBatch) -> None:
    with pa.ipc.new_stream(sink, BATCH_SCHEMA) as writer:
        writer.write_batch(records)


def decode_records(payload: Any) -> pa.RecordBatch:
    """Read a payload without copying it.

    Args:
        payload: anything with the buffer protocol.

    Raises:
        BatchError: when it is not one record batch of BATCH_SCHEMA.
    """
    try:
        with pa.ipc.open_stream(payload) as reader:
            if not reader.schema.equals(BATCH_SCHEMA):
                raise BatchError("a payload with other columns than this release's")
            records = reader.read_next_batch()
            records.validate()
    except (pa.ArrowException, StopIteration, OSError) as error:
        raise BatchError(f"not an Arrow IPC payload: {error}") from error
    return records
