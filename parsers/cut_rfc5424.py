"""The shortcut for RFC 5424: seven words, SP between them, and MSG.

STRUCTURED-DATA other than NILVALUE, MSG that is not there, a BOM and a TRAILER are the pattern's job.
"""

import re
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.columns import MASK, either, pri_columns, text_column
from parsers.compile import compile_grammar
from parsers.cutting import Cut, all_of, by_distinct, cut_in, is_plain, is_word, kept, spread, text
from parsers.grammar import production
from parsers.rfc5424 import PRI, VERSION
from parsers.schema import Format
from parsers.source import Source
from parsers.times import strict_times

NILVALUE: Final = b"-"
_WORDS: Final = 8
_BEGINNING: Final = "^<[0-9]{1,3}>1 "
# TIMESTAMP for Arrow's engine, which knows no atomic groups; the calendar is looked at when it is read.
_TIMESTAMP: Final = (
    r"^(?:-|[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(?:\.[0-9]{1,6})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]))\z"
)
_PRI_VERSION: Final[re.Pattern[bytes]] = compile_grammar(production("PRI VERSION", PRI + VERSION))


def cut(octets: pa.BinaryArray, _received: pa.Array, source: Source) -> Cut | None:
    """Read the messages of a batch that are RFC 5424's plainest; see parsers.cutting.Shortcut."""
    begins = pc.match_substring_regex(octets, _BEGINNING)
    if not begins.true_count:
        return None
    (octets,) = kept([octets], begins)
    whole, words = cut_in(octets, b" ", _WORDS)
    pri, stamp, hostname, app_name, proc_id, msg_id, structured_data, message = words
    fits = all_of(
        by_distinct(pri, _PRI_VERSION.fullmatch),
        pc.match_substring_regex(stamp, _TIMESTAMP),
        is_word(hostname, 255), is_word(app_name, 48), is_word(proc_id, 128), is_word(msg_id, 32),
        pc.equal(structured_data, NILVALUE),
        is_plain(message),
    )  # fmt: skip
    hits = spread(begins, spread(whole, fits))
    return Cut(hits, _part(*kept(words, fits), charset=source.charset)) if hits.true_count else None


def _part(  # noqa: PLR0913, PLR0917 - the productions of HEADER, and what follows
    pri: pa.Array, stamp: pa.Array, hostname: pa.Array, app_name: pa.Array, proc_id: pa.Array,
    msg_id: pa.Array, _structured_data: pa.Array, message: pa.Array, *, charset: str,
) -> dict[str, pa.Array]:  # fmt: skip
    count = len(pri)
    facility, severity = pri_columns(pc.binary_slice(pri, 1, -len(">1")))
    times = strict_times(_given(stamp))
    words, foreign = text_column(message, charset)
    masks = [mask for mask in (times.mask, foreign) if mask is not None]
    return {
        "timestamp": times.timestamp,
        "timestamp_form": times.form,
        "facility": facility,
        "severity": severity,
        "hostname": text(_given(hostname)),
        "app_name": text(_given(app_name)),
        "proc_id": text(_given(proc_id)),
        "msg_id": text(_given(msg_id)),
        "structured_data": pa.nulls(count, pa.string()),
        "message": words,
        "message_form": pa.nulls(count, pa.string()),
        "format": pa.repeat(pa.scalar(Format.RFC5424.value), count),
        "mask": either(pa.repeat(pa.scalar(0, MASK), count), *masks),
    }


def _given(column: pa.Array) -> pa.Array:
    """Give a column with null for NILVALUE."""
    nil = pc.equal(column, NILVALUE)
    return pc.if_else(nil, pa.scalar(None, column.type), column) if nil.true_count else column
