"""Facets: which values a field has among the matches, and how many matches have each.

A field's values are those that the query language names, so that a facet's value is also a condition:
``severity`` has labels, ``flag`` the names of leniencies, ``fields`` the names of what was read out of
messages, and any name that is no field of ours the values of that one of them.

There may be a million hosts, or as many forged ones. So only so many values of a field are held at a time;
once some had to be let go, the numbers of all others are "at least", and the facet says so.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.labels import FACILITIES, SEVERITIES
from storage import query_fields
from storage.query_fields import RULE_PREFIX

FIELD_NAMES: Final = "fields"  # the facet of which fields were read out of messages
KEPT: Final = 4_096  # values of a field that are surely held while counting; twice as many at most
VALUE_CHARACTERS: Final = 200  # longer values are no choices; they are counted together

_LABELS: Final = {"severity": SEVERITIES, "facility": FACILITIES}
_WITHOUT_VALUES: Final = {query_fields.ANY, "msg", "sd", "seq", "received", "time"}  # as good as all distinct

Tally = list[tuple[str | None, int]]  # a value, None where there is none, and how many records have it


@dataclass(frozen=True, slots=True)
class Facet:
    """The values of one field among the matches.

    Attributes:
        name: of the field, as queries write it.
        values: the most frequent ones, most frequent first, and how many matches have each. None stands for
            the matches that have no value.
        distinct: how many values there are altogether; at least that many when not ``is_exact``.
        is_exact: False when there were too many values to count them all.
    """

    name: str
    values: tuple[tuple[str | None, int], ...]
    distinct: int
    is_exact: bool = True


def canonical(name: str) -> str:
    """Give the name by which a facet is known: a field's own, ``fields``, or that of a message's own field.

    Raises:
        ValueError: when the field's values are as good as all distinct; the message says which can be had.
    """
    if name == FIELD_NAMES:
        return name
    known = query_fields.find(name)
    if known is None:
        return name
    if known.name in _WITHOUT_VALUES:
        raise ValueError(f"{name} has hardly a value twice: choose host, app, peer, or a message's own field")
    own = known.name.removeprefix(RULE_PREFIX)
    return own if query_fields.find(own) is None else known.name


def column(name: str) -> str:
    """Give the column in which a facet's values are."""
    found = query_fields.find(name)
    return FIELD_NAMES if found is None else found.columns[0]


def tally(name: str, records: pa.Table) -> Tally:
    """Count the values of one facet in a table that has its column; a record counts once for each value."""
    values = _whole(records[column(name)])
    if name in _LABELS:
        counted = pc.value_counts(values).to_pylist()
        return [(_LABELS[name][each["values"]], each["counts"]) for each in counted]
    if column(name) == "flags":
        return _of_lists(pc.list_flatten(values), pc.list_value_length(values))
    if name == FIELD_NAMES:
        return _distinct_in_rows(_keys(values), pc.fill_null(_lengths(values), 0))
    if column(name) == FIELD_NAMES:
        lists = pc.map_lookup(values, name.removeprefix(RULE_PREFIX), "all")
        lengths = pc.fill_null(pc.list_value_length(lists), 0)
        return _distinct_in_rows(pc.list_flatten(lists), lengths)
    return [(each["values"], each["counts"]) for each in pc.value_counts(values).to_pylist()]


def _whole(column: pa.ChunkedArray) -> pa.Array:
    """Give a column in one piece."""
    if column.num_chunks == 1:
        return column.chunk(0)
    whole = column.unify_dictionaries().combine_chunks()
    return whole if isinstance(whole, pa.Array) else pa.array([], column.type)


def _lengths(maps: pa.Array) -> pa.Array:
    """Give how many pairs each map has; null has none."""
    return pc.list_value_length(
        maps.cast(pa.list_(pa.struct([("key", pa.string()), ("value", pa.string())])))
    )


def _keys(maps: pa.Array) -> pa.Array:
    """Give the names of all pairs, row by row."""
    return pc.struct_field(
        pc.list_flatten(maps.cast(pa.list_(pa.struct([("key", pa.string()), ("value", pa.string())])))), "key"
    )


def _of_lists(values: pa.Array, lengths: pa.Array) -> Tally:
    """Count values of lists that have none twice, and the lists that have none."""
    found: Tally = [(each["values"], each["counts"]) for each in pc.value_counts(values).to_pylist()]
    empty = pc.sum(pc.equal(lengths, 0)).as_py() or 0
    return [*found, (None, empty)] if empty else found


def _distinct_in_rows(values: pa.Array, lengths: pa.Array) -> Tally:
    """Count the rows that have each value at least once, and those that have none.

    Args:
        values: of all rows, row by row.
        lengths: how many each row has.
    """
    most = pc.max(lengths).as_py() or 0
    if most <= 1:
        return _of_lists(values, lengths)
    rows = _row_of_each(lengths)
    pairs = (
        pa.table({"row": rows, "value": values}).group_by(["row", "value"], use_threads=False).aggregate([])
    )
    return _of_lists(_whole(pairs["value"]), lengths)


def _row_of_each(lengths: pa.Array) -> pa.Array:
    """Give for each value the number of its row."""
    ends = pc.cumulative_sum(lengths.cast(pa.int32()))
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), ends])
    total = offsets[-1].as_py()
    return pc.list_parent_indices(pa.ListArray.from_arrays(offsets, pa.nulls(total)))


class Facets:
    """Counts the values of some fields, block by block."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names: Final = tuple(dict.fromkeys(names))
        self._counts: dict[str, Counter[str | None]] = {name: Counter() for name in self.names}
        self._cut = set[str]()
        self._long: Counter[str] = Counter()

    @property
    def columns(self) -> list[str]:
        """The columns that a table to count in must have."""
        return sorted({column(name) for name in self.names})

    def tallies(self, records: pa.Table) -> list[Tally]:
        """Count in one table, for ``add``; any thread may."""
        return [tally(name, records) for name in self.names]

    def add(self, tallies: Sequence[Tally]) -> None:
        """Add what ``tallies`` gave."""
        for name, counted in zip(self.names, tallies, strict=True):
            counts = self._counts[name]
            for value, number in counted:
                if value is not None and len(value) > VALUE_CHARACTERS:
                    self._long[name] += 1
                else:
                    counts[value] += number
            if len(counts) > 2 * KEPT:
                self._counts[name] = Counter(dict(counts.most_common(KEPT)))
                self._cut.add(name)

    def top(self, number: int) -> tuple[Facet, ...]:
        """Give each field's most frequent values so far."""
        return tuple(self._top(name, number) for name in self.names)

    def _top(self, name: str, number: int) -> Facet:
        counts = self._counts[name]
        ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0] or ""))
        distinct = len(counts) - (None in counts) + self._long[name]
        return Facet(name, tuple(ordered[:number]), distinct, name not in self._cut)
