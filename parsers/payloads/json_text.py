r"""JSON objects: as they stand, behind CEE's cookie ``@cee:``, or as GELF 1.1.

The text must be one object and nothing but blanks around it, or an array of objects. What is inside another
object is named with a dot (``a.b``), the items of an array come one by one under the array's own name, and
stand behind what is not nested. Numbers are kept as they are written, ``true`` and ``false`` are texts, and
``null`` is no field. A key that comes twice stays twice.

GELF is an object with ``short_message`` and ``host`` or ``version``. Its additional fields lose the
underscore that their names begin with, as Graylog shows them; ``_id``, which is not allowed, is left out.

A sender pays for nothing but what it sends: nesting beyond LEVELS, items beyond ITEMS, and what is inside of
something with a name beyond PREFIX characters are left out, so that no small message makes large fields.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, compress, repeat
from json import JSONDecoder
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.fields import Entries
from parsers.payloads.texts import PAYLOAD, flattened, named, repeated, strings

LEVELS: Final = 16  # of objects and arrays in each other
ITEMS: Final = 64  # of an array
PREFIX: Final = 100  # characters of the name of what has something inside
_BEGIN: Final = re.compile(r"\s*+(?>(?:@cee:\s*+)?)")
_END: Final = re.compile(r"[\s\x00]*+")
_COOKIE: Final = re.compile(r"\s*+@cee:")


class Members(list[tuple[str, Any]]):
    """The members of an object in order, a key as often as it comes."""


_DECODER: Final = JSONDecoder(
    object_pairs_hook=Members, parse_int=str, parse_float=str, parse_constant=str, strict=False
)
_PLAIN: Final[dict[type, bool]] = {str: True, bool: True}
_NESTED: Final[dict[type, bool]] = {list: True, Members: True}
_WORDS: Final[dict[str | bool, str]] = {True: "true", False: "false"}


def read(texts: Sequence[str]) -> list[Entries]:
    """Read the texts that are JSON objects: first which they are, then their members.

    Args:
        texts: which may begin with blanks or the CEE cookie; rows are counted in them.
    """
    counts, flat = flattened(_members, texts)  # key, value, key, value, …
    numbers = pa.array(range(len(texts)), pa.int64())
    rows = numbers.filter(pa.array(map(bool, counts), pa.bool_()))
    if not len(rows):
        return []
    found = list(_levels(repeated(numbers, [count // 2 for count in counts]), flat[::2], flat[1::2]))
    has_cookie = [text[:1] != "{" and _COOKIE.match(text) is not None for text in texts]
    cookies = pa.array(has_cookie, pa.bool_()).take(rows)
    gelf = pc.and_not(pc.is_in(rows, _gelf(found[0])), cookies)
    kinds = pc.if_else(cookies, "cee", pc.if_else(gelf, "gelf", "json"))
    own = rows.filter(gelf)
    return [
        named(rows, PAYLOAD, kinds),
        *(_additional(entries, own) if len(own) else entries for entries in found),
    ]


def _members(text: str) -> list[Any]:
    """Give key, value, key, value, … of the object that a text is; nothing of any other."""
    begin = None if text[:1] == "{" else _BEGIN.match(text)
    try:
        value, end = _DECODER.raw_decode(text, begin.end() if begin else 0)
    except (ValueError, RecursionError):
        return []
    if end < len(text) and _END.fullmatch(text, end) is None:
        return []
    if type(value) is Members:
        return list(chain.from_iterable(value))
    if type(value) is not list or any(type(each) is not Members for each in value):
        return []
    return list(chain.from_iterable(chain.from_iterable(value)))


def _levels(rows: pa.Array, names: list[str], values: list[Any]) -> Iterator[Entries]:
    """Give the members that are no objects or arrays, then those inside of these, level by level."""
    for _ in range(LEVELS):
        kinds = list(map(type, values))
        if not {*kinds} - {str}:
            yield Entries(rows, strings(names), strings(values))
            return
        plain = list(map(_PLAIN.get, kinds))
        texts = list(compress(values, plain))
        yield Entries(
            rows.filter(pa.array(plain, pa.bool_())),
            strings(list(compress(names, plain))),
            strings(list(map(_WORDS.get, texts, texts))),
        )
        nested = list(map(_NESTED.get, kinds))
        if not any(nested):
            return
        inner = rows.filter(pa.array(nested, pa.bool_()))
        rows, names, values = _inside(inner, list(compress(names, nested)), list(compress(values, nested)))


def _inside(
    rows: pa.Array, names: Sequence[str], values: Sequence[Any]
) -> tuple[pa.Array, list[str], list[Any]]:
    """Give what is in these arrays and objects, as far as their names are not too long."""
    objects = [
        type(value) is Members and len(name) <= PREFIX for name, value in zip(names, values, strict=True)
    ]
    arrays = [type(value) is list and len(name) <= PREFIX for name, value in zip(names, values, strict=True)]
    items = list(compress(values, arrays))
    if max(map(len, items), default=0) > ITEMS:
        items = [value[:ITEMS] for value in items]
    members = list(compress(values, objects))
    flat = list(chain.from_iterable(chain.from_iterable(members)))
    prefixes = chain.from_iterable(map(repeat, compress(names, objects), map(len, members)))
    own = chain.from_iterable(map(repeat, compress(names, arrays), map(len, items)))
    of_objects = repeated(rows.filter(pa.array(objects)), list(map(len, members)))
    of_arrays = repeated(rows.filter(pa.array(arrays)), list(map(len, items)))
    return (
        pa.concat_arrays([of_objects, of_arrays]),
        [*map("{}.{}".format, prefixes, flat[::2]), *own],
        [*flat[1::2], *chain.from_iterable(items)],
    )


def _gelf(members: Entries) -> pa.Array:
    """Give the rows whose members are those of a GELF message."""
    text = members.rows.filter(pc.equal(members.names, "short_message"))
    sender = members.rows.filter(pc.is_in(members.names, pa.array(["host", "version"])))
    return pc.unique(text.filter(pc.is_in(text, sender)))


def _additional(entries: Entries, gelf: pa.Array) -> Entries:
    """Take the underscore off the names of GELF's additional fields, and leave ``_id`` out."""
    own = pc.is_in(entries.rows, gelf)
    allowed = pc.invert(pc.and_(own, pc.equal(entries.names, "_id")))
    additional = pc.and_(own, pc.starts_with(entries.names, "_"))
    bare = pc.utf8_slice_codeunits(entries.names, 1)
    names = pc.if_else(additional, bare, entries.names)
    return Entries(entries.rows.filter(allowed), names.filter(allowed), entries.values.filter(allowed))
