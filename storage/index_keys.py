"""What a block puts into the index: the keys of its text, and the values of its header fields."""

from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from storage.blocks import BLOCK_ROWS
from storage.index_codec import VALUE_FIELDS, filter_of
from storage.token_hashes import hash_keys, texts_keys

TEXT_COLUMNS: Final = (
    "message", "structured_data", "hostname", "app_name", "proc_id", "msg_id", "peer", "tls_identity",
    "fields",
)  # fmt: skip
COLUMNS: Final = sorted({*VALUE_FIELDS.values(), *TEXT_COLUMNS})

# Listed of a block: as many words as a fourth of its records, as many values as a sixteenth (a field with
# more is random, like a PROCID), but never so few that small blocks list none. Where it is new, each costs
# about 150 octets; in the filter it would be 12 bits.
MAXIMUM_WORDS: Final = BLOCK_ROWS // 4
MAXIMUM_VALUES: Final = BLOCK_ROWS // 16
FEWEST: Final = 16  # the part of these that a block of any size may list
MAXIMUM_VALUE_LENGTH: Final = 255  # HOSTNAME's limit, the longest of RFC 5424
BEYOND: Final = "+"  # after a field's name: this block has too many values of it to be listed


@dataclass(frozen=True, slots=True)
class BlockKeys:
    """The index's document of a block. ``beyond`` names the fields that list nothing, with BEYOND behind."""

    words: list[str]
    stems: list[str]
    values: dict[str, list[str]]
    beyond: list[str]
    filter: bytes


def block_keys(records: pa.Table) -> BlockKeys:
    """Boil a block down to its keys.

    Args:
        records: with COLUMNS at least.
    """
    distinct = {name: _distinct(records[name]) for name in COLUMNS}
    found = texts_keys(pa.concat_arrays([distinct[name] for name in TEXT_COLUMNS]))
    most_words = _limit(MAXIMUM_WORDS, records.num_rows)
    most_values = _limit(MAXIMUM_VALUES, records.num_rows)
    beyond = []
    words, stems, other = found.plain, found.stems, found.other
    if len(words) > most_words:
        words, other = words[:0], pa.concat_arrays([other, hash_keys(words)]).unique()
        beyond.append("words" + BEYOND)
    if len(stems) > most_words:
        stems = stems[:0]
        beyond.append("stems" + BEYOND)
    values = {}
    for field, column in VALUE_FIELDS.items():
        texts = distinct[column]
        if len(texts) > most_values or _longest(texts) > MAXIMUM_VALUE_LENGTH:
            beyond.append(field + BEYOND)
        else:
            values[field] = texts.to_pylist()
    return BlockKeys(words.to_pylist(), stems.to_pylist(), values, beyond, filter_of(other))


def _limit(most: int, rows: int) -> int:
    return max(most // FEWEST, most * rows // BLOCK_ROWS)


def _longest(texts: pa.Array) -> int:
    return pc.max(pc.utf8_length(texts)).as_py() or 0


def _distinct(column: pa.ChunkedArray) -> pa.Array:
    """Give the distinct values of a column as texts; of lists and maps those of their elements."""
    values = column.combine_chunks()
    if isinstance(values, pa.ChunkedArray):  # of no chunk at all
        return pa.array([], pa.string())
    if pa.types.is_map(values.type):
        values = values.items
    elif pa.types.is_list(values.type):
        values = values.flatten()
    if pa.types.is_dictionary(values.type):
        values = values.dictionary.take(values.indices.unique().drop_null())
    return values.unique().drop_null().cast(pa.string())
