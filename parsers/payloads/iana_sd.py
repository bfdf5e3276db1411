"""STRUCTURED-DATA under IANA's SD-IDs: every SD-PARAM is a field ``SD-ID.PARAM-NAME``.

RFC 5424 section 7 (timeQuality, origin, meta), RFC 5674 (alarm), RFC 5675 (snmp), RFC 5848 (ssign,
ssign-cert) and RFC 6661 (PCNNode, PCNTerm). Values are unescaped; a name may come again, as ``ip`` does.

Of an alarm RFC 5674 section 3 demands ``resource``, ``probableCause`` and ``perceivedSeverity``, and names
the values of two parameters. What is missing or has another value is told by the field ``alarm.invalid``, the
parameter's name being its value. That is no flag: as STRUCTURED-DATA the element is well-formed. Which names
probableCause can have is IANA's to say, which adds to them, so that any is taken.

One SD-ID is the appliance's own: its trail of who did what. Its fields are ``access.PARAM-NAME``.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import reduce
from itertools import chain
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.fields import Entries
from parsers.payloads.texts import flattened, named, octets, repeated, strings, totals, unescaped
from parsers.schema import Format
from parsers.structured_data import elements

SD_IDS: Final = (
    "timeQuality", "origin", "meta", "snmp", "alarm", "ssign", "ssign-cert", "PCNNode", "PCNTerm",
)  # fmt: skip
OWN: Final = "access@32473"  # of access/trail_message.py
INVALID: Final = "alarm.invalid"
MANDATORY: Final = ("resource", "probableCause", "perceivedSeverity")
VALUES: Final = {
    "perceivedSeverity": ("cleared", "indeterminate", "critical", "major", "minor", "warning"),
    "trendIndication": ("moreSevere", "noChange", "lessSevere"),
}
_ALL: Final = pa.array([*SD_IDS, OWN])
_OWN_PREFIX: Final = OWN.partition("@")[0]
_ELEMENT: Final = rf"\[ *({'|'.join(SD_IDS)}|{OWN})[ \]]"
_ANYWHERE: Final = re.compile(_ELEMENT.encode())
# SD-ID; or PARAM-NAME and PARAM-VALUE, as section 6.3 has them.
_STRICT: Final = re.compile(
    r'\[(?<![^\]]\[)([^= \]"]++)| ([^= \]"]++)="((?>(?:[^"\\\]]++|\\.)*))"', re.DOTALL
)
_GROUPS: Final = 3
_NO_SD_ID: Final = " "  # of an element without one
_AROUND_ELEMENT: Final = 2  # brackets
_AROUND_PARAM: Final = 4  # SP, "=" and quotes
_ESCAPES: Final = {'"': '"', "]": "]"}  # RFC 5424 section 6.3.3


@dataclass(frozen=True, slots=True)
class _Tokens:
    """SD-IDs and SD-PARAMs in their order, one a place: an SD-ID has no name and no value."""

    rows: pa.Array
    sd_ids: pa.Array  # empty for an SD-PARAM
    names: pa.Array
    values: pa.Array  # with escapes as they came


def read(structured_data: pa.Array, format_: pa.Array) -> list[Entries]:
    """Give the fields of the elements under IANA's SD-IDs.

    Args:
        structured_data: STRUCTURED-DATA verbatim, null where there is none.
        format_: the column ``format`` as strings: another than rfc5424 has none.
    """
    if _ANYWHERE.search(octets(structured_data)) is None:
        return []
    concerned = pc.and_(
        pc.match_substring_regex(structured_data, _ELEMENT), pc.equal(format_, Format.RFC5424.value)
    )
    rows = pc.indices_nonzero(pc.fill_null(concerned, fill_value=False)).cast(pa.int64())
    if not len(rows):
        return []
    texts = structured_data.take(rows)
    strict, whole = _strict(rows, texts)
    found = _fields(strict, rows.filter(whole))
    if whole.true_count == len(rows):
        return found
    left = pc.invert(whole)
    return [*found, *_fields(_lenient(rows.filter(left), texts.filter(left)), rows.filter(left))]


def _strict(rows: pa.Array, texts: pa.Array) -> tuple[_Tokens, pa.Array]:
    """Read texts as section 6.3 has them, and tell of each whether that was the whole of it."""
    counts, tokens = _tokens(_strict_cut, rows, texts)
    around = pc.if_else(pc.equal(tokens.sd_ids, ""), _AROUND_PARAM, _AROUND_ELEMENT)
    lengths = reduce(pc.add, map(pc.utf8_length, (tokens.sd_ids, tokens.names, tokens.values)), around)
    read_lengths = totals(pa.array(counts, pa.int64()), lengths)
    unescaped_values = unescaped(tokens.values, _ESCAPES)
    whole = pc.and_(pc.equal(read_lengths, pc.utf8_length(texts)), pc.ends_with(texts, "]"))
    return replace(tokens, values=unescaped_values), whole


def _strict_cut(text: str) -> list[str]:
    return list(chain.from_iterable(_STRICT.findall(text)))


def _lenient(rows: pa.Array, texts: pa.Array) -> _Tokens:
    """Read texts as they are meant, by parsers/structured_data.py."""
    return _tokens(_lenient_cut, rows, texts)[1]


def _lenient_cut(text: str) -> list[str]:
    tokens: list[str] = []
    for sd_id, params in elements(text):
        tokens += (sd_id or _NO_SD_ID, "", "")
        tokens += chain.from_iterable(("", name, value) for name, value in params if name)
    return tokens


def _tokens(cut: Callable[[str], list[str]], rows: pa.Array, texts: pa.Array) -> tuple[list[int], _Tokens]:
    counts, flat = flattened(cut, texts.to_pylist())
    counts = [count // _GROUPS for count in counts]
    columns = (strings(flat[group::_GROUPS]) for group in range(_GROUPS))
    return counts, _Tokens(repeated(rows, counts), *columns)


def _fields(tokens: _Tokens, rows: pa.Array) -> list[Entries]:
    """Give the parameters under IANA's SD-IDs, of these rows only."""
    own = pc.is_in(tokens.rows, rows)
    begins = pc.not_equal(tokens.sd_ids, "")
    sd_ids = pc.fill_null_forward(pc.if_else(begins, tokens.sd_ids, pa.scalar(None, pa.string())))
    there = pc.and_(pc.and_not(own, begins), pc.is_in(sd_ids, _ALL))
    prefixes = sd_ids.filter(there)
    prefixes = pc.if_else(pc.equal(prefixes, OWN), _OWN_PREFIX, prefixes)
    names = pc.binary_join_element_wise(prefixes, tokens.names.filter(there), ".")
    params = Entries(tokens.rows.filter(there), names, tokens.values.filter(there))
    alarms = tokens.rows.filter(pc.and_(own, pc.equal(tokens.sd_ids, "alarm")))
    return [params, *_invalid(pc.unique(alarms), params)]


def _invalid(alarms: pa.Array, params: Entries) -> Iterator[Entries]:
    """Name the parameters that RFC 5674 demands and an alarm lacks, or gives another value."""
    for name in MANDATORY if len(alarms) else ():
        having = params.rows.filter(pc.equal(params.names, f"alarm.{name}"))
        lacking = alarms.filter(pc.invert(pc.is_in(alarms, having)))
        yield named(lacking, INVALID, pa.repeat(pa.scalar(name), len(lacking)))
    for name, allowed in VALUES.items() if len(alarms) else ():
        given = pc.equal(params.names, f"alarm.{name}")
        foreign = pc.and_(given, pc.invert(pc.is_in(params.values, pa.array(allowed))))
        rows = params.rows.filter(foreign)
        yield named(rows, INVALID, pa.repeat(pa.scalar(name), len(rows)))
