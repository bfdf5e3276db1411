"""Payloads: what MSG or STRUCTURED-DATA says in a format of its own becomes the column ``fields``.

Each format is a module with ``read(texts) -> list[Entries]``: nothing, or first which texts it recognised, by
the field ``payload``, so that ``fields.payload:cef`` is a search. A message has one payload at
most, the first in the order of ``_FORMATS``; its text stays as it is, in any case.

Messages without a payload must cost next to nothing. So before anything looks at a row, the octets of the
whole column are asked for the character that the format cannot do without; then the rows are sifted by an
expression that Arrow runs over the column; only what is left becomes Python's texts, for a C call or two.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.fields import Entries
from parsers.payloads import cef, iana_sd, json_text, keyvalue, leef, snare
from parsers.payloads.texts import octets

Read = Callable[[Sequence[str]], list[Entries]]


@dataclass(frozen=True, slots=True)
class _Format:
    """How the messages are found that may have a payload, and what reads it."""

    needles: tuple[bytes, ...]  # one of these is in every such message
    sieve: str  # a pattern for Arrow that they all match
    reads: tuple[Read, ...]
    begins: tuple[str, ...] = ()  # where given: they all begin with one of these


# Expressions begin with what Arrow's engine finds by the machine's own search for an octet, or with "^".
_FORMATS: Final = (
    _Format((b"{",), r"^ *(@cee:\s*)?(\[\s*)?\{", (json_text.read,), ("{", "[", "@", " ")),
    _Format((b"|",), r"(\|[^|]*\|[^|]*\|[^|]*\|)", (cef.read, leef.read)),
    _Format((b"\t", b"#"), "(MSWinEventLog)", (snare.read,)),
    _Format((b"=",), "(=[^=]*=[^=]*=)", (keyvalue.read,)),
)


def entries(message: pa.Array, structured_data: pa.Array, format_: pa.Array) -> list[Entries]:
    """Give the fields of all payloads in a batch.

    Args:
        message: MSG, strings.
        structured_data: STRUCTURED-DATA, strings.
        format_: the column ``format`` as strings; only RFC 5424 has STRUCTURED-DATA.
    """
    found = iana_sd.read(structured_data, format_)
    taken = pa.array([], pa.int64())
    everything = octets(message)
    for how in _FORMATS:
        if not any(needle in everything for needle in how.needles):
            continue
        rows = _candidates(how, message)
        for read in how.reads:
            rows = rows.filter(pc.invert(pc.is_in(rows, taken))) if len(taken) else rows
            read_out = read(message.take(rows).to_pylist()) if len(rows) else []
            if read_out:
                placed = [Entries(rows.take(each.rows), each.names, each.values) for each in read_out]
                taken = pa.concat_arrays([taken, placed[0].rows])
                found += placed
    return found


def _candidates(how: _Format, message: pa.Array) -> pa.Array:
    """Give the rows that may have a payload of this format, in order."""
    if not how.begins:
        return _where(pc.match_substring_regex(message, how.sieve))
    near = _where(reduce(pc.or_, (pc.starts_with(message, begin) for begin in how.begins)))
    return near.filter(pc.match_substring_regex(message.take(near), how.sieve))


def _where(mask: pa.Array) -> pa.Array:
    return pc.indices_nonzero(pc.fill_null(mask, fill_value=False)).cast(pa.int64())
