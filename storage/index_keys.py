"""What a block puts into the index: the keys of its text, and the values of its header fields."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from storage.index_codec import VALUE_FIELDS, filter_of
from storage.tokens import text_keys

TEXT_COLUMNS: Final = ("structured_data", "message")  # different in every message
REPEATED_COLUMNS: Final = ("hostname", "app_name", "proc_id", "msg_id", "peer", "tls_identity")
COLUMNS: Final = sorted({*VALUE_FIELDS.values(), *TEXT_COLUMNS, *REPEATED_COLUMNS, "fields"})

MAXIMUM_WORDS: Final = 4096  # in a block; each costs about 150 octets where it is new
MAXIMUM_VALUES: Final = 1024  # of a header field in a block; what has more is random, like a PROCID
MAXIMUM_VALUE_LENGTH: Final = 255  # HOSTNAME's limit, the longest of RFC 5424
BEYOND: Final = "+"  # after a field's name: this block has too many values of it to be listed


@dataclass(frozen=True, slots=True)
class BlockKeys:
    """The index's document of a block. ``beyond`` names the fields that list nothing, with BEYOND behind."""

    words: AbstractSet[str]
    stems: AbstractSet[str]
    values: dict[str, list[str]]
    beyond: list[str]
    filter: bytes


def block_keys(records: pa.Table) -> BlockKeys:
    """Boil a block down to its keys.

    Args:
        records: with COLUMNS at least.
    """
    found = text_keys(_text(records))
    beyond = []
    words, stems, other = found.plain, found.stems, found.other
    if len(words) > MAXIMUM_WORDS:
        words, other = frozenset(), other | words
        beyond.append("words" + BEYOND)
    if len(stems) > MAXIMUM_WORDS:
        stems = frozenset()
        beyond.append("stems" + BEYOND)
    values = {}
    for field, column in VALUE_FIELDS.items():
        texts = _distinct(records[column])
        if len(texts) > MAXIMUM_VALUES or any(len(text) > MAXIMUM_VALUE_LENGTH for text in texts):
            beyond.append(field + BEYOND)
        else:
            values[field] = texts
    return BlockKeys(words, stems, values, beyond, filter_of(other))


def _text(records: pa.Table) -> str:
    """Give all text in which words are looked for, with a blank between any two pieces."""
    columns = [records[name].combine_chunks() for name in TEXT_COLUMNS]
    lines = pc.binary_join_element_wise(*columns, "", "\n", null_handling="replace", null_replacement="")
    pieces = [_joined(lines)]
    pieces += ["\n".join(_distinct(records[name])) for name in REPEATED_COLUMNS]
    pieces.append("\n".join(_distinct(records["fields"])))
    return "\n".join(pieces)


def _joined(lines: Any) -> str:
    """Give the text of strings that each end in a blank, from the buffer that they share."""
    parts = lines.chunks if isinstance(lines, pa.ChunkedArray) else [lines]
    texts = []
    for part in parts:
        if len(part):
            _, offsets, octets = part.buffers()
            ends = pa.Array.from_buffers(pa.int32(), len(part) + 1, [None, offsets], offset=part.offset)
            texts.append(str(memoryview(octets)[ends[0].as_py() : ends[-1].as_py()], "utf-8"))
    return "".join(texts)


def _distinct(column: pa.ChunkedArray) -> list[str]:
    """Give the distinct values of a column as texts; of lists and maps those of their elements."""
    values = column.combine_chunks()
    if isinstance(values, pa.ChunkedArray):
        return []
    if pa.types.is_map(values.type):
        values = values.items
    elif pa.types.is_list(values.type):
        values = values.flatten()
    if pa.types.is_dictionary(values.type):
        values = values.dictionary.take(values.indices.unique().drop_null())
    return [str(value) for value in values.unique().drop_null().to_pylist()]
