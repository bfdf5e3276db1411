"""What the ledger says of records: a hash for each, and one digest of what was read from them.

A record's hash is RFC 6962's of a leaf (section 2.1), over octets that anybody can put together from an
export:

    seq LF received_at LF peer listener transport tls_identity LF octets

Seq and received_at (ns since 1970) in decimal; the four texts in UTF-8, each as LENGTH:TEXT, or "-" where
there is none; then the message exactly as it was received.

Searches look at columns that were read from those octets. They have a digest of their own, for a block
together: who changes a HOSTNAME hides a message from a search, and leaves its octets as they were. It is
SHA-256 over the columns COLUMNS in this order, each as

    its name, LF, a number for each record (little-endian), and the texts side by side

The number is the value itself (int8; int64 of times, -2^63 for null) or the length in octets of a text
(int32, -1 for null). Lists and maps have the number of their entries (int32, -1 for null), and then their
values, or keys and values, as columns of texts in the same way.
"""

from hashlib import sha256
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from storage.octets import side_by_side
from storage.verify_records import octets_of

COLUMNS: Final = (
    "timestamp",
    "timestamp_form",
    "facility",
    "severity",
    "hostname",
    "app_name",
    "proc_id",
    "msg_id",
    "structured_data",
    "message",
    "message_form",
    "format",
    "flags",
    "fields",
)
NO_TIME: Final = -(1 << 63)

_BINARY: Final = pa.large_binary()
_LEAF: Final = pa.scalar(b"\x00", _BINARY)  # before a leaf's octets, RFC 6962 section 2.1
_LINE_FEED: Final = pa.scalar(b"\n", _BINARY)
_NOTHING: Final = pa.scalar(b"", _BINARY)
_PAIRS: Final = pa.list_(pa.struct([pa.field("key", pa.string(), nullable=False), ("value", pa.string())]))


class UnknownOctetsError(ValueError):
    """Some messages cannot be rebuilt from their columns, so that nothing can be said of their octets."""


def record_hashes(records: pa.Table) -> list[bytes]:
    """Give the hash of each record of a table with ARCHIVE_SCHEMA's columns.

    Raises:
        UnknownOctetsError: when a message cannot be rebuilt; sysledger verify says which.
    """
    return [sha256(leaf).digest() for leaf in _leaves(records).to_pylist()]


def columns_digest(records: pa.Table) -> str:
    """Give the digest of what was read from the records, in hexadecimal digits."""
    digest = sha256()
    for name in COLUMNS:
        digest.update(name.encode() + b"\n")
        for part in _parts(records[name]):
            digest.update(part)
    return digest.hexdigest()


def _leaves(records: pa.Table) -> pa.ChunkedArray:
    octets, fault = octets_of(records)
    if octets is None:
        raise UnknownOctetsError(f"{fault}: run sysledger verify")
    return pc.binary_join_element_wise(
        _LEAF,
        _decimal(records["seq"]),
        _LINE_FEED,
        _decimal(records["received_at"].cast(pa.int64())),
        _LINE_FEED,
        *(_netstrings(records[name]) for name in ("peer", "listener", "transport", "tls_identity")),
        _LINE_FEED,
        pa.chunked_array([octets]).cast(_BINARY),
        _NOTHING,
    )


def _decimal(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string()).cast(pa.binary()).cast(_BINARY)


def _netstrings(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Give a dictionary column's texts as netstrings without their comma; "-" where there is none."""
    return pa.chunked_array([_netstring_chunk(chunk) for chunk in column.chunks], _BINARY)


def _netstring_chunk(chunk: pa.DictionaryArray) -> pa.Array:
    texts = [text.encode() for text in chunk.dictionary.to_pylist()]
    written = pa.array([*(b"%d:%s" % (len(text), text) for text in texts), b"-"], _BINARY)
    return written.take(pc.fill_null(chunk.indices, len(texts)))


def _parts(column: pa.ChunkedArray) -> list[memoryview]:
    """Give a column as the octets that the digest takes in."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks)
    if pa.types.is_timestamp(array.type):
        return [_numbers(pc.fill_null(array.cast(pa.int64()), NO_TIME), 8)]
    if pa.types.is_integer(array.type):
        return [_numbers(array, array.type.bit_width // 8)]
    if pa.types.is_map(array.type):
        array = array.cast(_PAIRS)
        entries = array.flatten()
        return [_lengths(array), *_texts(entries.field(0)), *_texts(entries.field(1))]
    if pa.types.is_list(array.type):
        return [_lengths(array), *_texts(array.flatten().cast(pa.string()))]
    return _texts(array)


def _texts(array: pa.StringArray) -> list[memoryview]:
    lengths = pc.fill_null(pc.binary_length(array), -1).cast(pa.int32())
    return [_numbers(lengths, 4), side_by_side(pc.fill_null(array, ""))]


def _lengths(array: pa.Array) -> memoryview:
    return _numbers(pc.fill_null(pc.list_value_length(array), -1).cast(pa.int32()), 4)


def _numbers(array: pa.Array, width: int) -> memoryview:
    values = array.buffers()[1]
    if values is None:
        return memoryview(b"")
    return memoryview(values)[array.offset * width : (array.offset + len(array)) * width]
