r"""LEEF, QRadar's Log Event Extended Format, versions 1.0 and 2.0.

    LEEF:1.0|Vendor|Product|Version|EventID|Attributes
    LEEF:2.0|Vendor|Product|Version|EventID|Delimiter|Attributes

The attributes are ``key=value``, separated by a tab, in 2.0 by the delimiter: a character, or its code in
hexadecimal as ``x5E`` or ``0x5E``; an empty one, and one left out, is a tab. Nothing is escaped. A value may
hold ``=``, and a key may come again.

Where tabs should stand senders and relays write other things: ``#011`` (rsyslog), or spaces, sometimes
with the one after a number missing (``sev=5cat=anomaly``).
"""

import re
from collections.abc import Sequence
from functools import partial
from itertools import compress
from operator import methodcaller, not_
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.fields import Entries
from parsers.payloads.cef import pairs
from parsers.payloads.texts import flattened, matched, named, recognised, repeated, strings

HEADER_FIELDS: Final = ("leef.version", "leef.vendor", "leef.product", "leef.device_version", "leef.event_id")
_HEADER: Final = re.compile(
    r"LEEF:(?<!\wLEEF:)[ ]?([12](?:\.[0-9]{1,3})?)\|"
    + r"([^|]*+)\|" * 4
    + r"(?:([^|]?|0?x[0-9A-Fa-f]{2,4})\|)?(.*)",
    re.DOTALL,
)
_TAB: Final = "\t"
_ESCAPED_TAB: Final = "#011"
# Predefined attributes that are whole numbers, with another key right behind.
_MISSING_SPACE: Final = re.compile(
    r"(?<!\w)((?:sev|(?:src|dst)(?:(?:Pre|Post)NAT)?Port|(?:src|dst)Bytes|(?:src|dst|total)Packets)=[0-9]++)"
    r"(?=[A-Za-z][A-Za-z0-9_]*+=)"
)
_SPACED: Final = partial(_MISSING_SPACE.sub, r"\1 ")


def read(texts: Sequence[str]) -> list[Entries]:
    """Read the texts that hold LEEF: first which they are, then their header fields and attributes.

    Args:
        texts: which may begin with something else; rows are counted in them.
    """
    rows, columns = matched(_HEADER, texts)
    if not len(rows):
        return []
    *headers, delimiters, attributes = columns
    found = [recognised(rows, "leef")]
    for name, header in zip(HEADER_FIELDS, headers, strict=True):
        found.append(named(rows, name, strings(header)))
    characters = {delimiter: _character(delimiter) for delimiter in set(delimiters)}
    separators = list(map(_separator, map(characters.__getitem__, delimiters), attributes))
    blank = [separator is None for separator in separators]
    spaced = pairs(rows.filter(pa.array(blank)), [_SPACED(text) for text in compress(attributes, blank)])
    tabbed = list(map(not_, blank))
    own = list(filter(None, separators))
    return [
        *found,
        spaced,
        _attributes(rows.filter(pa.array(tabbed)), list(compress(attributes, tabbed)), own),
    ]


def _character(delimiter: str | None) -> str:
    """Give the character that a delimiter field names."""
    if not delimiter:
        return _TAB
    return delimiter if len(delimiter) == 1 else chr(int(delimiter.partition("x")[2], 16))


def _separator(named_by_header: str, attributes: str) -> str | None:
    """Give what separates the attributes; None for spaces in place of tabs."""
    if named_by_header != _TAB or _TAB in attributes:
        return named_by_header
    return _ESCAPED_TAB if _ESCAPED_TAB in attributes else None


def _attributes(rows: pa.Array, texts: Sequence[str], separators: Sequence[str]) -> Entries:
    """Read ``key=value`` between separators; a piece without a key is none."""
    counts, pieces = flattened(str.split, texts, separators)
    _, parts = flattened(methodcaller("partition", "="), pieces)  # key, "=" or nothing, value, key, …
    names = pc.utf8_trim_whitespace(strings(parts[::3]))
    there = pc.and_(pc.equal(strings(parts[1::3]), "="), pc.not_equal(names, ""))
    values = strings(parts[2::3])
    return Entries(repeated(rows, counts).filter(there), names.filter(there), values.filter(there))
