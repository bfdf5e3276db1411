r"""Bodies of ``key=value``: firewalls (FortiGate, Sophos, SonicWall, iptables), logfmt and many others.

    date=2015-08-11 time=19:19:43 devname=Nosey msg="User \"x\" logged in"
    IN=eth0 OUT= SRC=1.2.3.4 DF PROTO=TCP SYN
    event=logout;site=x;who=unknown (asdf) using password
    reason=Allowed<TAB>protocol=HTTPS<TAB>recordtype=Tunnel Samples

A value stands in double quotes (``\"``, ``\\`` and ``""`` are escapes), in single quotes, or bare. A bare
value ends at a blank, unless it is a tab, comma, semicolon or pipe that ends it: then it may have blanks in
it. Words of netfilter's between pairs (DF, SYN) are flags, that is fields with an empty value; other words
in capitals are not, as SQL has such.

The body as a whole must be of this kind, so that no sentence with an equals sign in it is taken apart: at
least PAIRS of pairs, not too far from the beginning, and nothing else between them or behind. Of many pairs
(MANY) one in three may be less tidy: some devices do not quote, and long bodies come with their end cut off.
The attributes of an XML element, the parts of a distinguished name (``CN=x,OU=y,DC=z``) and of a query
(``/path?a=1;b=2``), comparisons (``==``), and keys without a single value (``aGVsbG8= d29ybGQ=``) are none.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.fields import Entries
from parsers.payloads.keyvalue_tidy import read_tidy
from parsers.payloads.texts import flattened, octets, recognised, repeated, strings, totals, unescaped

PAIRS: Final = 3
MANY: Final = 6
UNTIDY: Final = 3  # one in so many
LEAD: Final = 100  # characters that may stand before the first pair
_GROUPS: Final = 3  # key, value in its quotes, what follows

_PAIR: Final = (
    r"([A-Za-z_][A-Za-z0-9_.\-/]{0,63}+)=(?!=)"
    r"""(?>("(?>(?:[^"\\]++|\\.|"")*)"(?=[\s,;|]|\Z)|'[^']*+'(?=[\s,;|]|\Z))?)"""
)
_BLANK_BEFORE: Final = re.compile(rf"[ \]]{_PAIR}", re.DOTALL)
_ANY_BEFORE: Final = re.compile(rf"(?<=[\s\],;|]){_PAIR}", re.DOTALL)
_ANYTHING: Final = re.compile("")
_OTHERWISE: Final = re.compile(
    r"\?|[\s,;|](?<! )[A-Za-z_]"
)  # in all that _ANY_BEFORE alone can make a body of
_SEPARATORS: Final = " \t\r\n,;|"
_ENDED: Final = "[\t,;|] *$"  # RE2: a value whose end needs no blank
# Of the IP and TCP headers, as Linux's nf_log_syslog.c writes them.
_FLAG_WORDS: Final = "(?:CE|DF|MF|FRAG|INCOMPLETE|AE|NS|CWR|ECE|URG|ACK|PSH|RST|SYN|FIN)"
_FLAGGED: Final = rf"^\S*(?: +{_FLAG_WORDS})+$"
_OF_DISTINGUISHED_NAME: Final = pa.array(
    ["CN", "OU", "DC", "O", "C", "L", "ST", "UID", "cn", "ou", "dc", "o"]
)
_FLAG: Final = re.compile("(?<= )[A-Z]{2,16}")
_ESCAPES: Final = {'"': '"'}


@dataclass(frozen=True, slots=True)
class _Pairs:
    """The pairs of many texts, one behind the other: columns of one length, but for ``counts``."""

    counts: pa.Array  # of pairs, a text each
    rows: pa.Array  # the text's
    names: pa.Array
    quoted: pa.Array  # the value between quotes, escapes undone; null of a bare one
    bare: pa.Array  # what follows the key, or the quoted value, without the separator behind
    behind: pa.Array  # the same with it


def read(texts: Sequence[str]) -> list[Entries]:
    """Read the texts that are bodies of key=value: first which they are, then their pairs and flags.

    Args:
        texts: rows are counted in them.
    """
    rows = pa.array(range(len(texts)), pa.int64())
    tidy = read_tidy(strings(texts), _OF_DISTINGUISHED_NAME)
    known, found = (rows[:0], []) if tidy is None else (tidy[0], [tidy[1]])
    for pattern, may_be in ((_BLANK_BEFORE, _ANYTHING), (_ANY_BEFORE, _OTHERWISE)):
        untold = rows.filter(pc.invert(pc.is_in(rows, known))).to_pylist()
        left = [row for row in untold if may_be.search(texts[row])]
        bodies, *more = _read(pattern, pa.array(left, pa.int64()), [texts[row] for row in left])
        known = pa.concat_arrays([known, bodies])
        found += more
    return [recognised(known, "keyvalue"), *found] if len(known) else []


def _read(
    pattern: re.Pattern[str], rows: pa.Array, texts: Sequence[str]
) -> tuple[pa.Array, Entries, Entries]:
    """Give the rows of the texts that are bodies, their pairs, and their flags."""
    pairs = _pairs(pattern, rows, texts)
    flagged, untidy = _judged(pairs)
    parts_of_name = totals(pairs.counts, pc.is_in(pairs.names, _OF_DISTINGUISHED_NAME))
    empty = pc.and_(pc.is_null(pairs.quoted), pc.equal(pairs.bare, ""))
    against = pc.max_element_wise(parts_of_name, totals(pairs.counts, empty))
    body = _bodies(pairs.counts, totals(pairs.counts, untidy), against)
    own = pc.is_in(pairs.rows, rows.filter(body))
    flags = pc.and_(own, flagged)
    words = pairs.bare.filter(flagged).to_pylist()
    bare = pc.replace_with_mask(pairs.bare, flagged, strings([text.partition(" ")[0] for text in words]))
    values = pc.coalesce(pairs.quoted, bare)
    return (
        rows.filter(body),
        Entries(pairs.rows.filter(own), pairs.names.filter(own), values.filter(own)),
        _flags(pairs.rows.filter(flags), pairs.bare.filter(flags)),
    )


def _pairs(pattern: re.Pattern[str], rows: pa.Array, texts: Sequence[str]) -> _Pairs:
    counts, flat = flattened(partial(_cut, pattern), texts)
    names, quoted, behind = (strings(flat[group::_GROUPS]) for group in range(_GROUPS))
    counts = [count // _GROUPS for count in counts]
    return _Pairs(
        counts=pa.array(counts, pa.int64()),
        rows=repeated(rows, counts),
        names=names,
        quoted=_without_quotes(quoted),
        bare=pc.ascii_rtrim(behind, characters=_SEPARATORS),
        behind=behind,
    )


def _cut(pattern: re.Pattern[str], text: str) -> list[str | None]:
    """Give key, quoted value, what follows, key, … of a text; nothing of one with few."""
    parts = pattern.split(f" {text}")
    if len(parts) <= PAIRS * _GROUPS or len(parts[0]) > LEAD:
        return []
    lead = parts[0]
    in_element, in_query = lead.rfind("<") > lead.rfind(">"), "?" in lead.rpartition(" ")[2]
    return [] if in_element or in_query else parts[1:]


def _without_quotes(quoted: pa.Array) -> pa.Array:
    inner = pc.utf8_slice_codeunits(quoted, 1, -1)
    there = octets(inner)
    if b"\\" not in there and b'""' not in there:
        return inner
    undone = unescaped(pc.replace_substring(inner, '""', '"'), _ESCAPES)
    return pc.if_else(pc.starts_with(quoted, '"'), undone, inner)


def _judged(pairs: _Pairs) -> tuple[pa.Array, pa.Array]:
    """Tell of each pair whether flags follow it, and whether anything follows that should not."""
    quoted = pc.is_valid(pairs.quoted)
    blank = pc.match_substring(pairs.bare, " ")
    if not pc.any(blank, min_count=0).as_py():
        return blank, pc.and_(quoted, pc.not_equal(pairs.bare, ""))
    places = pc.indices_nonzero(blank)
    ended = _ended(pairs, places)
    flags = pc.and_(pc.invert(ended), pc.match_substring_regex(pairs.bare.take(places), _FLAGGED))
    flagged = pc.replace_with_mask(blank, blank, flags)
    untidy = pc.replace_with_mask(blank, blank, pc.invert(pc.or_(ended, flags)))
    beside = pc.and_(pc.and_not(quoted, flagged), pc.not_equal(pairs.bare, ""))
    return flagged, pc.or_(untidy, beside)


def _ended(pairs: _Pairs, places: pa.Array) -> pa.Array:
    """Tell of the pairs at these places whether more than a blank ends a value there.

    Nothing need stand behind the last one of a text: there the one before it tells.
    """
    ends = pc.subtract(pc.cumulative_sum(pairs.counts), 1)
    last = pc.is_in(places.cast(pa.int64()), ends)
    telling = pc.subtract(places.cast(pa.int64()), last.cast(pa.int64()))
    return pc.match_substring_regex(pairs.behind.take(telling), _ENDED)


def _bodies(counts: pa.Array, untidy: pa.Array, against: pa.Array) -> pa.Array:
    """Tell of each text whether it is a body, by how many pairs it has, and how many of them are not tidy.

    Where all of them speak against it, it is none.
    """
    many = pc.greater_equal(counts, MANY)
    tolerable = pc.and_(many, pc.less_equal(pc.multiply(untidy, UNTIDY), counts))
    tidy = pc.and_(pc.greater_equal(counts, PAIRS), pc.equal(untidy, 0))
    return pc.and_(pc.or_(tidy, tolerable), pc.less(against, counts))


def _flags(rows: pa.Array, texts: pa.Array) -> Entries:
    """Give the words behind the first one of each text as fields without value."""
    counts, words = flattened(_FLAG.findall, texts.to_pylist())
    return Entries(repeated(rows, counts), strings(words), pa.repeat(pa.scalar(""), len(words)))
