"""Masked values: what stands in place of a value that somebody must not see, wherever in a record it stands.

A mask names a column (``message``, ``hostname``, ``peer`` …), a field of the query language that is one
(``host``, ``app``, ``any``), or a field that was read out of messages (``user``, ``src*``; case does not
matter, ``*`` and ``?`` stand for anything). Then, before anything is compared:

* the value itself is MASK; where there was none, there is none. So is what MSG or STRUCTURED-DATA assign to
  the name of a masked field, as in ``user=bob`` or ``user: "bob"``, though no field was read out of it; a
  masked ``user`` masks ``user.name``, too;
* its text is MASK in all other texts of the same record, whatever its case, as it is and as JSON, CEF, XML
  and addresses of pages escape it; inside longer words only where it stands nowhere else. When MSG and
  STRUCTURED-DATA, which fields are read out of, show a field's value in none of these ways, all of both is
  MASK: rather too much is hidden than too little;
* of a masked HOSTNAME the name without its domain is hidden, too;
* what was read out of masked MSG or STRUCTURED-DATA, the column ``fields``, is not there;
* the octets are not there: ``raw`` is null, and what parsers.rebuild makes of the record is MASK.

Usual records are masked column by column (storage/masked_columns.py), the others one by one
(storage/masking.py).

A value is hidden in the records that it was read out of. Another record may say it in passing.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.schema import ARCHIVE_SCHEMA
from storage import query_fields
from storage.masked_columns import usual
from storage.masking import BODY, HEADER, LONGEST, MASK, Masking
from storage.query_fields import RULE_PREFIX
from storage.tokens import Glob, Wild, glob

TEXTS: Final = (*HEADER, *BODY)
MASKABLE: Final = (*TEXTS, "fields")
_OCTETS: Final = ("raw", "message_form")
_PAIRS: Final = pa.list_(pa.struct([("key", pa.string()), ("value", pa.string())]))
_NAME: Final = r"[\w.@$-]"  # a character of a name in a text that "*" and "?" stand for
_WILD: Final = {Wild.RUN: ".*", Wild.ONE: "."}  # in a name alone
_WILD_IN_TEXT: Final = {Wild.RUN: _NAME + "{0,64}", Wild.ONE: _NAME}  # bounded: a text may be long
_WILD_IN_RE2: Final = {Wild.RUN: r"""[^\s=:"']*""", Wild.ONE: r"""[^\s=:"']"""}
# What follows a name to which a text assigns something, and what it assigns: in quotes, or up to a separator.
_ASSIGNS: Final = r"""["']?\s*(?:=>|[=:])\s*"""
_ASSIGNED: Final = r"""(?:"((?:[^"\\]|\\.)*)"?|'((?:[^'\\]|\\.)*)'?|([^\s,;&|<>()\[\]{}"']+))"""
_ASSIGNED_FIRST: Final = (
    r"""(?:"(?P<double>(?:[^"\\]|\\.)*)"?|'(?P<single>(?:[^'\\]|\\.)*)'?|(?P<bare>[^\s,;&|<>()\[\]{}"']+))"""
    "(?P<rest>.*)"
)
_FIELD: Final = re.compile(r"(?=.*[\w*?])[\w.@$:/#*?+-]{1,128}")

Columns = Mapping[str, pa.Array]  # MASKABLE, without dictionaries


@dataclass(frozen=True, slots=True)
class Masks:
    """What is masked.

    Attributes:
        columns: of MASKABLE, as a whole.
        fields: matches the names of masked fields as a whole; None when there are none.
        assigned: finds what a text assigns to such a name.
        assigning: what every text has in which there is such an assignment, for RE2.
        first_assigned: finds the first such assignment, as storage.masked_columns has it.
    """

    columns: frozenset[str] = frozenset()
    fields: "re.Pattern[str] | None" = None
    assigned: "re.Pattern[str] | None" = None
    assigning: str = ""
    first_assigned: str = ""

    @property
    def is_of_body(self) -> bool:
        """Only what no other text says is masked: MSG, STRUCTURED-DATA, and all that was read out of them."""
        return self.fields is None and not self.columns & {*HEADER}

    def needs(self, names: Iterable[str]) -> frozenset[str]:
        """Give the columns that must be read so that those of ``names`` can be masked."""
        nothing = not self.columns and self.fields is None
        return frozenset() if nothing or not {*names} & {*MASKABLE, *_OCTETS} else frozenset(MASKABLE)


@lru_cache(256)
def masks_of(names: tuple[str, ...]) -> Masks:
    """Read the names of what is masked."""
    columns: set[str] = set()
    fields: list[Glob] = []
    for name in names:
        known = (name,) if name in MASKABLE else _columns_of(name)
        columns.update(known)
        if not known:
            fields.append(glob(name.removeprefix(RULE_PREFIX)))
    if columns & {*BODY}:
        columns.add("fields")
    if not fields:
        return Masks(frozenset(columns))
    alone = _any_of(fields, _WILD, re.escape)
    in_text = _any_of(fields, _WILD_IN_TEXT, re.escape)
    return Masks(
        frozenset(columns),
        re.compile(rf"{alone}(?:\..*)?", re.IGNORECASE | re.DOTALL),
        re.compile(rf"(?<!\w){in_text}{_ASSIGNS}{_ASSIGNED}", re.IGNORECASE | re.DOTALL),
        rf"""(?i){_any_of(fields, _WILD_IN_RE2, _in_hexadecimal)}["']?\s*[=:]""",
        rf"(?is)(?:^|\W){_any_of(fields, _WILD_IN_TEXT, _in_hexadecimal)}{_ASSIGNS}{_ASSIGNED_FIRST}",
    )


def check_mask(name: str) -> None:
    """Look whether something can be masked by this name.

    Raises:
        ValueError: when it names a column that cannot be masked, or can be no field; it says what can.
    """
    if name in MASKABLE or _columns_of(name):
        return
    field = name.removeprefix(RULE_PREFIX)
    if field == name and (query_fields.find(name) or name in ARCHIVE_SCHEMA.names):
        raise ValueError(
            f"{name} cannot be masked: columns that can are {', '.join(MASKABLE)}; fields.{name} masks a "
            "field of that name, which was read out of messages"
        )
    if not _FIELD.fullmatch(field):
        raise ValueError(
            f"{name!r} is no column, and can be no field: write the name of a column "
            f"({', '.join(MASKABLE)}) or of a field, such as user or src*"
        )


def affects(records: pa.Table, masks: Masks) -> bool:
    """Say whether any of some records, with the columns MASKABLE, has what is masked."""
    plain = {name: _whole(records[name].cast(_plain(name))) for name in MASKABLE}
    return bool(pc.any(_affected(plain, masks)).as_py())


def _any_of(names: Iterable[Glob], wild: Mapping[Wild, str], escape: Callable[[str], str]) -> str:
    """Give the expression of any of some names."""
    several = ("".join(wild[one] if isinstance(one, Wild) else escape(one) for one in name) for name in names)
    return f"(?:{'|'.join(several)})"


def _in_hexadecimal(text: str) -> str:
    """Escape every character for RE2, which knows fewer escapes than Python."""
    return "".join(f"\\x{{{ord(character):x}}}" for character in text)


def _columns_of(name: str) -> tuple[str, ...]:
    """Give the columns of a field of the query language, when it is one that can be masked."""
    found = None if name.startswith(RULE_PREFIX) else query_fields.find(name)
    return found.columns if found is not None and {*found.columns} <= {*MASKABLE} else ()


def masked(records: pa.Table, masks: Masks) -> pa.Table:
    """Give records without the values that are masked, in the types of ARCHIVE_SCHEMA.

    Args:
        records: with the columns that ``masks.needs`` names, and any others.
        masks: what is masked.
    """
    if not masks.needs(records.column_names):
        return records
    plain = {name: _whole(records[name].cast(_plain(name))) for name in MASKABLE}
    changed = _emptied(plain, masks) if masks.is_of_body else _changed(plain, masks)
    for name in {*MASKABLE, *_OCTETS} & {*records.column_names}:
        field = ARCHIVE_SCHEMA.field(name)
        if name in _OCTETS:
            value = MASK if name == "message_form" else None
            column = pa.array([value] * records.num_rows, _plain(name))
        else:
            column = changed[name]
        place = records.column_names.index(name)
        records = records.set_column(place, field, column.cast(field.type))
    return records


def _emptied(columns: Columns, masks: Masks) -> Columns:
    """Give columns without those that are masked, whose values stand nowhere else."""
    found = {**columns}
    for name in masks.columns:
        masked_text = pa.scalar(None if name == "fields" else MASK, _plain(name))
        is_there = columns[name].is_valid()
        found[name] = pc.if_else(is_there, masked_text, pa.scalar(None, _plain(name)))
    return found


def _affected(columns: Columns, masks: Masks) -> pa.BooleanArray:
    """Tell of each record whether it has a value that is masked."""
    found = pa.repeat(pa.scalar(False), len(columns["fields"]))
    for name in masks.columns:
        found = pc.or_(found, columns[name].is_valid())
    if masks.fields is None:
        return found
    found = pc.or_(found, _has_field(columns["fields"].cast(_PAIRS), masks.fields))
    for name in BODY:
        assigning = pc.match_substring_regex(columns[name], masks.assigning)
        found = pc.or_(found, assigning.fill_null(False))
    return found


def _has_field(lists: pa.Array, names: "re.Pattern[str]") -> pa.BooleanArray:
    keys = pc.list_flatten(lists).field(0)
    hits = pc.is_in(keys, value_set=pa.array(sorted(_named(lists, names)), pa.string()))
    rows = pc.list_parent_indices(lists).filter(hits)
    return pc.is_in(pa.array(range(len(lists)), rows.type), value_set=rows)


def _put(columns: Columns, rows: pa.Array, others: Columns) -> Columns:
    """Give columns with those of other records in some rows."""
    places = list(range(len(columns["message"])))
    for place, row in enumerate(rows.to_pylist(), len(places)):
        places[row] = place
    taken = pa.array(places, pa.int64())
    return {name: pa.concat_arrays([columns[name], others[name]]).take(taken) for name in MASKABLE}


def _changed(columns: Columns, masks: Masks) -> Columns:
    """Give columns without what is masked, wherever in its record it stands."""
    lists = columns["fields"].cast(_PAIRS)
    names = _named(lists, masks.fields)
    places = pc.indices_nonzero(_affected(columns, masks))
    own = {name: columns[name].take(places) for name in MASKABLE}
    found = usual(
        {**own, "fields": lists.take(places)},
        masks.columns,
        pa.array(sorted(names), pa.string()),
        masks.first_assigned,
    )
    left = pc.indices_nonzero(pc.invert(found.rows))
    masking = Masking(masks.columns, names, masks.assigned)
    others = _one_by_one({name: column.take(left) for name, column in own.items()}, masking)
    return _put(columns, places, _put(found.columns, left, others))


def _one_by_one(columns: Columns, masking: Masking) -> Columns:
    """Mask records that are not usual."""
    texts = [columns[name].to_pylist() for name in TEXTS]
    rows = [
        masking.of(dict(zip(TEXTS, own, strict=True)), fields or ())
        for *own, fields in zip(*texts, columns["fields"].to_pylist(), strict=True)
    ]
    found: dict[str, list[Any]] = {name: [own[name] for own, _ in rows] for name in TEXTS}
    found["fields"] = [own or None for _, own in rows]
    return {name: pa.array(values, _plain(name)) for name, values in found.items()}


def _named(lists: pa.Array, names: "re.Pattern[str] | None") -> frozenset[str]:
    """Give the names in the column ``fields`` that are masked; those that are too long to look at are."""
    if names is None:
        return frozenset()
    keys = pc.list_flatten(lists).field(0).unique().to_pylist()
    return frozenset(key for key in keys if len(key) > LONGEST or names.fullmatch(key))


def _plain(name: str) -> pa.DataType:
    """Give the type of a column without dictionaries."""
    kept = ARCHIVE_SCHEMA.field(name).type
    return kept.value_type if pa.types.is_dictionary(kept) else kept


def _whole(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays([pa.array([], column.type), *column.chunks])
