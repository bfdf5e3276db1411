"""The shortcut for RFC 3164 as nearly all programs have it: ``<PRI>TIMESTAMP HOSTNAME TAG[PID]: text``.

A TAG without colon, or one that is no word beginning with a letter, may be anything of a device's, for which
the grammars look far ahead: that is the patterns' job.
"""

import re
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyparsing import StringEnd

from parsers.bsd_words import NO_HOSTNAME, NO_TAG
from parsers.columns import MASK, either, pri_columns, text_column
from parsers.compile import compile_grammar
from parsers.cutting import Cut, all_of, by_distinct, cut_in, is_plain, kept, spread, text
from parsers.grammar import SP, production
from parsers.rfc3164 import HOSTNAME, TAG, TIMESTAMP
from parsers.rfc5424 import PRI
from parsers.schema import Format
from parsers.source import Source
from parsers.times import read_times

_BEGINNING: Final = "^<[0-9]{1,3}>[A-Z][a-z][a-z] [ 1-3][0-9] "
_STAMP_OCTETS: Final = len("Mmm dd hh:mm:ss")
# What stands between "[" and "]:", with the "[" behind it that was put in place of the colon.
_PID: Final = r"^(?:|[!-Z\\^-~]+\]\[)\z"
_NO_PID: Final = b""
_LETTER: Final = re.compile(rb"[A-Za-z]")
_PAYLOADS: Final = frozenset({b"CEF", b"LEEF"})  # no TAG, where a number follows

_PRI: Final = compile_grammar(production("PRI", PRI))
_TIMESTAMP: Final = compile_grammar(TIMESTAMP)
_STAMP: Final = compile_grammar(production("TIMESTAMP SP", TIMESTAMP.copy() + SP))
_HOSTNAME: Final = compile_grammar(
    production("HOSTNAME SP", NO_HOSTNAME + HOSTNAME.copy() + SP + StringEnd())
)
_TAG: Final = compile_grammar(production("TAG :", NO_TAG + TAG.copy() + ": " + StringEnd()))


def cut(octets: pa.BinaryArray, received: pa.Array, source: Source) -> Cut | None:
    """Read the messages of a batch that are RFC 3164's plainest; see parsers.cutting.Shortcut."""
    begins = pc.match_substring_regex(octets, _BEGINNING)
    if not begins.true_count:
        return None
    (octets,) = kept([octets], begins)
    # The beginning says that there is a ">".
    _, (pri, behind) = cut_in(octets, b">", 2)
    stamp = pc.binary_slice(behind, 0, _STAMP_OCTETS + 1)
    whole, words = cut_in(pc.binary_replace_slice(behind, 0, _STAMP_OCTETS + 1, b""), b" ", 3)
    hostname, tag, message = words
    # With the last octet, which must be a colon, made a "[", there are always two parts.
    _, (app_name, proc_id) = cut_in(pc.binary_replace_slice(tag, -1, _END, b"["), b"[", 2)
    pri, stamp, times = kept([pri, stamp, received.filter(begins)], whole)
    fits = all_of(
        by_distinct(pri, _is_pri),
        by_distinct(stamp, _STAMP.fullmatch),
        by_distinct(hostname, _is_hostname),
        pc.ends_with(tag, b":"),
        by_distinct(app_name, _is_tag),
        pc.match_substring_regex(proc_id, _PID),
        is_plain(message),
    )
    hits = spread(begins, spread(whole, fits))
    if not hits.true_count:
        return None
    columns = kept([pri, stamp, hostname, app_name, proc_id, message, times], fits)
    return Cut(hits, _part(*columns, source=source))


_END: Final = 1 << 30  # beyond any message


def _is_pri(octets: bytes) -> bool:
    return _PRI.fullmatch(octets + b">") is not None


def _is_hostname(octets: bytes) -> bool:
    return _HOSTNAME.fullmatch(octets + b" ") is not None


def _is_tag(octets: bytes) -> bool:
    named = _LETTER.match(octets) and octets not in _PAYLOADS
    return bool(named and _TAG.fullmatch(octets + b": "))


def _part(  # noqa: PLR0913, PLR0917 - what a message consists of
    pri: pa.Array, stamp: pa.Array, hostname: pa.Array, app_name: pa.Array, proc_id: pa.Array,
    message: pa.Array, received: pa.Array, *, source: Source,
) -> dict[str, pa.Array]:  # fmt: skip
    count = len(pri)
    facility, severity = pri_columns(pc.binary_slice(pri, 1, _END))
    times = read_times(pc.binary_slice(stamp, 0, _STAMP_OCTETS), received, source, _TIMESTAMP)
    words, foreign = text_column(message, source.charset)
    without = pc.equal(proc_id, _NO_PID)
    pid = pc.if_else(without, pa.scalar(None, pa.binary()), pc.binary_slice(proc_id, 0, -len("][")))
    masks = [mask for mask in (times.mask, foreign) if mask is not None]
    return {
        "timestamp": times.timestamp,
        "timestamp_form": times.form,
        "facility": facility,
        "severity": severity,
        "hostname": text(hostname),
        "app_name": text(app_name),
        "proc_id": text(pid),
        "msg_id": pa.nulls(count, pa.string()),
        "structured_data": pa.nulls(count, pa.string()),
        "message": words,
        "message_form": pa.nulls(count, pa.string()),
        "format": pa.repeat(pa.scalar(Format.RFC3164.value), count),
        "mask": either(pa.repeat(pa.scalar(0, MASK), count), *masks),
    }
