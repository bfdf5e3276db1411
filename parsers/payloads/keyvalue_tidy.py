r"""Bodies of ``key=value`` that are tidy, read as whole columns: a third of what a look at each pair costs.

    date=2026-11-20 devname="FG1" srcport=443 msg="traffic was accepted"

Tidy is: pairs with one SP between them from the first character to the last, and each value bare or in double
quotes. What such a text says is plain; whatever is odd in the least (an escape, a bracket, a tab, single
quotes, words between pairs) is left to parsers/payloads/keyvalue.py, which gives the same for these.
"""

import re
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.fields import Entries

PAIRS: Final = 3  # at least, as in keyvalue.py
FEWEST: Final = 256  # texts; for fewer, these steps cost more than they save
NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-/]{0,63}")
_ODD: Final = r"[\x00-\x1f\x7f\\'\]]"
# In place of a quote, and of SP between quotes, while texts are cut at SP: neither is in a text that is tidy.
_QUOTE: Final = "\x01"
_INNER_SP: Final = "\x02"
_BARE_ENDS: Final = "[,;|]$|^="


def read_tidy(texts: pa.Array, distinguished: pa.Array) -> tuple[pa.Array, Entries] | None:
    """Read the texts that are certainly tidy.

    Args:
        texts: strings, none null.
        distinguished: names that a body cannot consist of; where the first pair has one, that is not tidy.

    Returns:
        The rows of the tidy texts (int64, ascending) and their pairs; None where there are too few texts.
    """
    if len(texts) < FEWEST:
        return None
    cut_at_quotes = pc.split_pattern(texts, '"')
    balanced = pc.equal(pc.bit_wise_and(pc.list_value_length(cut_at_quotes), 1), 1)
    plain = pc.and_not(balanced, pc.match_substring_regex(texts, _ODD))
    rows = pc.indices_nonzero(plain).cast(pa.int64())
    if not len(rows):
        return None
    if len(rows) < len(texts):
        cut_at_quotes = cut_at_quotes.filter(plain)
    tokens = pc.split_pattern(pc.utf8_rtrim(_one_word_a_value(cut_at_quotes), " "), " ")
    pairs = pc.split_pattern(tokens.flatten(), "=", max_splits=1)
    whole = pc.equal(pc.list_value_length(pairs), 2)
    firsts = pairs.offsets[:-1]
    names = pairs.values.take(firsts)
    values = pairs.values.take(pc.add(firsts, whole.cast(pa.int32())))
    good = pc.and_(pc.and_(whole, _are_names(names)), _are_values(values))
    numbers = pc.list_parent_indices(tokens).cast(pa.int64())
    leading = tokens.offsets[:-1]
    bad = pc.or_(
        pc.or_(pc.is_in(names.take(leading), distinguished), pc.equal(values.take(leading), "")),
        pc.less(pc.list_value_length(tokens), PAIRS),
    )
    untidy = pc.unique(
        pa.concat_arrays([numbers.filter(pc.invert(good)), pc.indices_nonzero(bad).cast(pa.int64())])
    )
    if len(untidy):
        own = pc.invert(pc.is_in(numbers, untidy))
        numbers, names, values = numbers.filter(own), names.filter(own), values.filter(own)
    return rows.take(pc.unique(numbers)), Entries(rows.take(numbers), names, _without_quotes(values))


def _one_word_a_value(cut_at_quotes: pa.ListArray) -> pa.Array:
    """Put texts together again that were cut at quotes, other characters standing for these and inner SP."""
    pieces = cut_at_quotes.flatten()
    starts = pc.subtract(
        pc.cumulative_sum(pc.list_value_length(cut_at_quotes)), pc.list_value_length(cut_at_quotes)
    )
    places = pc.subtract(pc.cumulative_sum(pa.repeat(pa.scalar(1, pa.int32()), len(pieces))), 1)
    within = pc.subtract(places, starts.take(pc.list_parent_indices(cut_at_quotes)))
    inner = pc.equal(pc.bit_wise_and(within, 1), 1)
    words = pc.replace_substring(pieces.filter(inner), " ", _INNER_SP)
    offsets = pa.concat_arrays([starts, pa.array([len(pieces)], pa.int32())])
    joined = pa.ListArray.from_arrays(offsets, pc.replace_with_mask(pieces, inner, words))
    return pc.binary_join(joined, _QUOTE)


def _are_names(names: pa.Array) -> pa.Array:
    codes = names.dictionary_encode()
    matches = map(NAME.fullmatch, codes.dictionary.to_pylist())
    return pa.array(list(map(bool, matches)), pa.bool_()).take(codes.indices)


def _are_values(values: pa.Array) -> pa.Array:
    """Tell which values are in quotes as a whole, or bare ones that nothing is to be taken off."""
    begins, ends = pc.starts_with(values, _QUOTE), pc.ends_with(values, _QUOTE)
    quotes = pc.count_substring(values, _QUOTE)
    quoted = pc.and_(pc.and_(begins, ends), pc.equal(quotes, 2))
    bare = pc.and_not(pc.equal(quotes, 0), pc.match_substring_regex(values, _BARE_ENDS))
    return pc.or_(quoted, bare)


def _without_quotes(values: pa.Array) -> pa.Array:
    quoted = pc.starts_with(values, _QUOTE)
    inner = pc.replace_substring(pc.utf8_slice_codeunits(values.filter(quoted), 1, -1), _INNER_SP, " ")
    return pc.replace_with_mask(values, quoted, inner)
