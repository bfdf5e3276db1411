"""The one rule of STRUCTURED-DATA that no regular expression holds: no SD-ID twice in a message."""

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyparsing import ZeroOrMore

from parsers.columns import where
from parsers.compile import compile_grammar
from parsers.grammar import SP, production
from parsers.rfc5424 import SD_ID, SD_PARAM
from parsers.schema import Flag

_ELEMENT: Final = compile_grammar(
    production("SD-ELEMENT", "[" + SD_ID("sd_id") + ZeroOrMore(SP + SD_PARAM) + "]")
)


def repeated_sd_ids(structured_data: pa.Array) -> pa.Array | None:
    """Give a mask column with sd_malformed where an SD-ID stands twice (RFC 5424 section 6.3.2).

    Args:
        structured_data: a string column; malformed elements are left out of the comparison.

    Returns:
        The mask column, or None when no text has two elements, which is nearly always.
    """
    several = pc.fill_null(pc.match_substring(structured_data, "]["), fill_value=False)
    if not pc.any(several, min_count=0).as_py():
        return None
    places = pc.indices_nonzero(several)
    texts = structured_data.take(places).cast(pa.binary()).to_pylist()
    sd_ids = list(map(_ELEMENT.findall, texts))
    counts, distinct = (pa.array(list(map(len, each))) for each in (sd_ids, map(set, sd_ids)))
    repeated = pc.not_equal(counts, distinct)
    return where(pc.replace_with_mask(several, several, repeated), Flag.SD_MALFORMED)
