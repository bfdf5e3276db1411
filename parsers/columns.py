"""Small steps from Python's values of a batch to Arrow columns; each is a C call or two a message."""

from collections.abc import Iterable, Sequence
from itertools import compress
from operator import methodcaller
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.schema import FLAGS, Flag

MASK: Final = pa.int32()
MAXIMUM_FORMS: Final = 64  # of one kind in a batch; a dozen zones with a few spellings each
UTF8: Final = "utf-8"
REPLACEMENT: Final = "\ufffd"
ASSUMED_PRIVAL: Final = 13  # RFC 3164 section 4.3.3: user, notice
PRIVALS: Final = 192
_SEVERITIES: Final = 8

_BITS: Final = {flag: 1 << place for place, flag in enumerate(Flag)}
_PRIVAL_TEXTS: Final = pa.array([b"%d" % prival for prival in range(PRIVALS)])
_FACILITIES: Final = pa.array([prival // _SEVERITIES for prival in range(PRIVALS)], pa.int8())
_SEVERITIES_OF: Final = pa.array([prival % _SEVERITIES for prival in range(PRIVALS)], pa.int8())


def mask_of(*flags: Flag) -> int:
    """Give the flags as one number, a bit a flag, as they are kept until the batch is whole."""
    return sum(_BITS[flag] for flag in set(flags))


def where(condition: pa.Array, flag: Flag) -> pa.Array:
    """Give a mask column with ``flag`` in the rows where ``condition`` holds; null does not hold."""
    bit = pa.scalar(mask_of(flag), MASK)
    return pc.if_else(pc.fill_null(condition, fill_value=False), bit, pa.scalar(0, MASK))


def either(*masks: pa.Array) -> pa.Array:
    """Join mask columns: a row has the flags of all of them."""
    joined = masks[0]
    for mask in masks[1:]:
        joined = pc.bit_wise_or(joined, mask)
    return joined


def flags_column(masks: pa.Array) -> pa.Array:
    """Make the column ``flags`` from a mask column; each distinct set of flags is written out once."""
    codes = masks.dictionary_encode()
    sets = [[flag.value for flag in Flag if mask & _BITS[flag]] for mask in codes.dictionary.to_pylist()]
    return pa.array(sets, FLAGS).take(codes.indices)


def pri_columns(privals: Sequence[bytes | None] | pa.Array) -> tuple[pa.Array, pa.Array]:
    """Make facility and severity (int8) from the texts of PRIVAL, each 0 to 191; None is 13."""
    codes = binary_column(privals).dictionary_encode()
    numbers = pc.index_in(codes.dictionary, _PRIVAL_TEXTS).take(codes.indices)
    numbers = pc.fill_null(numbers, ASSUMED_PRIVAL)
    return _FACILITIES.take(numbers), _SEVERITIES_OF.take(numbers)


def binary_column(values: Sequence[bytes] | Sequence[bytes | None] | pa.Array) -> pa.Array:
    """Make a binary column, unless ``values`` is one."""
    return values if isinstance(values, pa.Array) else pa.array(values, pa.binary())


def text_column(
    octets: Sequence[bytes | None] | pa.Array, charset: str = UTF8
) -> tuple[pa.Array, pa.Array | None]:
    """Make a string column, and a mask column of the rows that could not be decoded (None: there are none).

    Octets that are not UTF-8 are decoded by ``charset``, and what that cannot decode becomes U+FFFD. Only a
    column that has such octets is looked at row by row.
    """
    column = binary_column(octets)
    try:
        return column.cast(pa.string()), None
    except pa.ArrowInvalid:
        text = _decoded(column.to_pylist(), UTF8)
    foreign = pc.fill_null(pc.not_equal(text.cast(pa.binary()), column), fill_value=False)
    if charset == UTF8:
        return text, where(foreign, Flag.UTF8_INVALID)
    decoded = _decoded(column.filter(foreign).to_pylist(), charset)
    text = pc.replace_with_mask(text, foreign, decoded)
    unknown = pc.and_(foreign, pc.match_substring(text, REPLACEMENT))
    return text, where(unknown, Flag.UTF8_INVALID)


def _decoded(octets: Sequence[bytes | None], charset: str) -> pa.Array:
    decode = methodcaller("decode", charset, "replace")
    return pa.array([None if value is None else decode(value) for value in octets], pa.string())


def few(forms: Iterable[str | None]) -> pa.Array:
    """Make a string column of distinct forms, null where there would be more than MAXIMUM_FORMS.

    Senders have a form or two. Somebody who makes up one for each message pays with octets kept in
    ``raw``, and not with our time at rebuilding, which goes form by form.
    """
    kept = list(forms)
    given = list(dict.fromkeys(form for form in kept if form is not None))[:MAXIMUM_FORMS]
    known = set(given)
    return pa.array([form if form in known else None for form in kept], pa.string())


def run_column(values: Sequence[Any], counts: Sequence[int], kind: pa.DataType) -> pa.Array:
    """Make a column from runs: ``values[i]`` stands ``counts[i]`` times, which may be never."""
    values, counts = list(compress(values, counts)), list(filter(None, counts))
    if not counts:
        return pa.nulls(0, kind)
    ends = pc.cumulative_sum(pa.array(counts, pa.int32()))
    if not isinstance(kind, pa.DictionaryType):
        return pc.run_end_decode(pa.RunEndEncodedArray.from_arrays(ends, pa.array(values, kind)))
    codes = pa.array(values, kind.value_type).dictionary_encode()
    indices = blanked(pc.run_end_decode(pa.RunEndEncodedArray.from_arrays(ends, codes.indices)))
    return pa.DictionaryArray.from_arrays(indices.cast(kind.index_type), codes.dictionary)


def blanked(numbers: pa.Array) -> pa.Array:
    """Give numbers with 0 beneath each null. Arrow may leave there what was in memory: others' messages.

    A batch travels and is journalled with all its octets, seen or not.

    Args:
        numbers: a whole array, and no slice of one.
    """
    if not numbers.null_count:
        return numbers
    values = pc.fill_null(numbers, 0)
    return pa.Array.from_buffers(numbers.type, len(numbers), [numbers.buffers()[0], values.buffers()[1]])


def dictionary_column(texts: pa.Array, kind: pa.DictionaryType) -> pa.Array:
    """Encode a string column as ``kind``; nulls stay nulls."""
    codes = texts.dictionary_encode()
    return pa.DictionaryArray.from_arrays(codes.indices.cast(kind.index_type), codes.dictionary)


def constant_column(value: str | None, count: int, kind: pa.DataType) -> pa.Array:
    """Make a column of ``count`` times the same."""
    if value is None:
        return pa.nulls(count, kind)
    if not isinstance(kind, pa.DictionaryType):
        return pa.repeat(pa.scalar(value, kind), count)
    indices = pa.repeat(pa.scalar(0, kind.index_type), count)
    return pa.DictionaryArray.from_arrays(indices, pa.array([value], kind.value_type))
