r"""CEF, ArcSight's Common Event Format, version 0 and 1.

    CEF:Version|Device Vendor|Device Product|Device Version|Device Event Class ID|Name|Severity|[Extension]

In the header ``\|`` is a pipe and ``\\`` a backslash. The extension is ``key=value`` with a space between
one value and the next key, and no quotes: a value reaches up to the next space that a key and an unescaped
``=`` follow. In values ``\=``, ``\\``, ``\n`` and ``\r`` are escapes. A text with fewer than seven
pipes is no CEF.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import pyarrow as pa

from parsers.fields import Entries
from parsers.payloads.texts import flattened, matched, named, recognised, repeated, strings, unescaped

HEADER_FIELDS: Final = (
    "cef.version", "cef.vendor", "cef.product", "cef.device_version", "cef.signature", "cef.name",
    "cef.severity",
)  # fmt: skip
_HEADER: Final = re.compile(
    r"CEF:(?<!\wCEF:)[ ]?([0-9]{1,3}(?:\.[0-9]{1,3})?)\|" + r"((?>(?:[^\\|]++|\\.)*))\|" * 6 + "(.*)",
    re.DOTALL,
)
_KEY: Final = re.compile(r" ([A-Za-z0-9_.\[\]-]++)=")
_IN_HEADER: Final = {"|": "|"}
_IN_VALUES: Final = {"=": "=", "n": "\n", "r": "\r"}


def read(texts: Sequence[str]) -> list[Entries]:
    """Read the texts that hold CEF: first which they are, then their header fields and extensions.

    Args:
        texts: which may begin with something else; rows are counted in them.
    """
    rows, columns = matched(_HEADER, texts)
    if not len(rows):
        return []
    *headers, extensions = columns
    found = [recognised(rows, "cef")]
    for name, texts_of_field in zip(HEADER_FIELDS, headers, strict=True):
        found.append(named(rows, name, unescaped(strings(texts_of_field), _IN_HEADER)))
    extension = pairs(rows, extensions)
    return [*found, replace(extension, values=unescaped(extension.values, _IN_VALUES))]


def pairs(rows: pa.Array, texts: Sequence[str]) -> Entries:
    """Read ``key=value key=value``, where a value reaches up to the next key, as these rows' fields."""
    counts, flat = flattened(_cut, texts)
    return Entries(repeated(rows, [count // 2 for count in counts]), strings(flat[::2]), strings(flat[1::2]))


def _cut(text: str) -> list[str]:
    """Give key, value, key, value, … of an extension; what stands before its first key is left out."""
    return _KEY.split(f" {text}")[1:]
