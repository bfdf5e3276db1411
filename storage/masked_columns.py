"""Records of the usual kind without their masked values: column by column, with a few steps a record.

storage/masking.py is what masks mean, for one record at a time. Most records need little of it: their texts
are short and plain ASCII, and their masked values are plain words, which no format escapes, stand in MSG or
STRUCTURED-DATA as whole words, and nowhere else. ``usual`` masks those, and says which they are; whatever is
in doubt it leaves to ``Masking``, so that both give the same of every record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from storage.masking import BODY, HEADER, LONGEST, MASK

_ByRow = Mapping[int, tuple[str, ...]]  # values, the longest first
Columns = Mapping[str, pa.Array]  # of one record each row; HEADER, BODY and ``fields`` as a list of pairs

ASSIGNED: Final = ("double", "single", "bare")  # by the quotes
OCTETS: Final = 8192  # of the texts of a usual record
_ROUNDS: Final = 6  # assignments that are looked for in a text; one with more is not usual
_APART: Final = "\n"
_BETWEEN: Final = "\0"  # STRUCTURED-DATA and MSG, where neither holds it
_PLAIN: Final = r"^[\t\n\r -~]*$"
_WORD: Final = r"^[0-9A-Za-z](?:[0-9A-Za-z._-]*[0-9A-Za-z])?$"
_SAYS_NOTHING: Final = r"^[\x00-/:-@\[-`{-\x7f]*$"
_TOUCHED: Final = r"[0-9A-Za-z_]\(masked\)|\(masked\)[0-9A-Za-z_]"  # a longer word, of which a part is gone
_VALUES: Final = 4  # of a record that are looked for as whole texts of its header and fields
_TWICE: Final = MASK + MASK
_LABEL: Final = r"^([^.]*[^.0-9][^.]*)\..*$"


@dataclass(frozen=True, slots=True)
class Usual:
    """What usual records are without what is masked.

    Attributes:
        columns: as given; what stands in the rows of other records means nothing.
        rows: which records are usual.
    """

    columns: Mapping[str, pa.Array]
    rows: pa.BooleanArray


def usual(columns: Columns, masked: frozenset[str], names: pa.Array, assigned: str) -> Usual:
    """Mask usual records.

    Args:
        columns: HEADER and BODY, and ``fields``, a list of pairs.
        masked: of those columns, as a whole.
        names: of the masked fields.
        assigned: for RE2, finds what a text assigns first to such a name, in the groups ASSIGNED, and in the
            group ``rest`` what follows; empty when there is no such name.
    """
    body = [name for name in BODY if name not in masked]
    count = len(columns["message"])
    texts = _joined([columns[name] for name in body], _BETWEEN) if body else pa.repeat("", count)
    header = {name: _hidden(columns[name]) if name in masked else columns[name] for name in HEADER}
    pairs = _pairs(columns["fields"], names, is_gone="fields" in masked)
    others = _others(header, pairs)
    rows = _are_plain([*(columns[name] for name in body), others])
    values = _Values(count)
    read = pairs.is_masked
    if pairs.is_gone:  # where no text is left to say them, nothing says them
        read = pc.and_(read, pc.match_substring_regex(texts, r"[^\x00]").take(pairs.rows))
    values.add(pairs.rows.filter(read), pairs.values.filter(read))
    for name in body:
        rows = pc.and_(rows, _assigned(columns[name], assigned, values))
    rows = pc.and_(rows, values.are_words())
    said = _Values(count)
    for name in HEADER:
        if name in masked:
            rows = pc.and_(rows, _said(name, columns[name], _joined([texts, others], _APART), said))
    values_of, said_of = values.by_row(), said.by_row()
    shown, pairs = _without_equal(header, masked, pairs, [values_of, said_of])
    replaced, found = _replaced(texts, _others(shown, pairs), rows, values_of, said_of)
    found_columns = {**shown, "fields": pairs.hidden()}
    parts = pc.split_pattern(replaced, _BETWEEN, max_splits=1) if len(body) > 1 else None
    for name in BODY:
        if name in masked:
            found_columns[name] = _hidden(columns[name])
            continue
        own = replaced if parts is None else pc.list_element(parts, body.index(name))
        found_columns[name] = pc.if_else(columns[name].is_valid(), own, pa.scalar(None, pa.string()))
    return Usual(found_columns, pc.and_(rows, found))


@dataclass(frozen=True, slots=True)
class _Pairs:
    """The column ``fields``, flat; ``is_gone`` when it is masked as a whole."""

    lengths: pa.Array
    rows: pa.Array
    keys: pa.Array
    values: pa.Array
    is_masked: pa.BooleanArray
    is_gone: bool

    @property
    def offsets(self) -> pa.Array:
        """Where each record's pairs begin, and the last ones end."""
        return pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(self.lengths)])

    def hidden(self) -> pa.Array:
        """Give the column as a map, masked values as MASK; without any pair where it is gone."""
        kind = pa.map_(pa.string(), pa.string())
        if self.is_gone:
            return pa.nulls(len(self.lengths), kind)
        values = pc.if_else(self.is_masked, _hidden(self.values), self.values)
        return pa.MapArray.from_arrays(self.offsets, self.keys, values, kind, mask=pc.equal(self.lengths, 0))


def _pairs(lists: pa.Array, names: pa.Array, *, is_gone: bool) -> _Pairs:
    flat = pc.list_flatten(lists)
    keys = flat.field(0)
    lengths = pc.list_value_length(lists).fill_null(0).cast(pa.int32())
    is_masked = pc.is_in(keys, value_set=names)
    return _Pairs(lengths, pc.list_parent_indices(lists), keys, flat.field(1), is_masked, is_gone)


def _hidden(texts: pa.Array) -> pa.Array:
    """Give MASK in place of every text that says something."""
    return pc.if_else(pc.equal(texts, ""), texts, MASK)


def _joined(texts: Sequence[pa.Array], between: str) -> pa.Array:
    return pc.binary_join_element_wise(*texts, between, null_handling="replace", null_replacement="")


def _others(header: Columns, pairs: _Pairs) -> pa.Array:
    """Give of each record, as one text in small letters, what is neither its body nor masked; and MASK."""
    said = [header[name] for name in HEADER]
    if not pairs.is_gone:
        shown = pc.if_else(pairs.is_masked, "", pairs.values)
        flat = _joined([pairs.keys, shown], _APART)
        said.append(pc.binary_join(pa.ListArray.from_arrays(pairs.offsets, flat), _APART))
    return pc.ascii_lower(_joined([*said, pa.repeat(MASK, len(pairs.lengths))], _APART))


def _without_equal(
    header: Columns, masked: frozenset[str], pairs: _Pairs, values: Sequence[_ByRow]
) -> tuple[Columns, _Pairs]:
    """Give MASK in place of each text that is one of its record's values."""
    count, changed, texts = len(pairs.lengths), dict(header), pairs.values
    for by_row in values:
        for place in range(min(_VALUES, max(map(len, by_row.values()), default=0))):
            listed: list[str | None] = [None] * count
            for row, own in by_row.items():
                if place < len(own):
                    listed[row] = own[place]
            wanted = pa.array(listed, pa.string())
            for name in HEADER:
                if name not in masked:
                    is_equal = pc.equal(changed[name], wanted).fill_null(False)
                    changed[name] = pc.if_else(is_equal, MASK, changed[name])
            is_equal = pc.equal(texts, wanted.take(pairs.rows)).fill_null(False)
            texts = pc.if_else(is_equal, MASK, texts)
    return changed, replace(pairs, values=texts)


def _are_plain(texts: Sequence[pa.Array]) -> pa.BooleanArray:
    """Tell of each record whether its texts are short, and ASCII without what ends or hides text."""
    found = pa.repeat(pa.scalar(True), len(texts[0]))
    for text in texts:
        is_short = pc.less_equal(pc.binary_length(text), OCTETS)
        plain = pc.and_(is_short, pc.match_substring_regex(text, _PLAIN)).fill_null(True)
        found = pc.and_(found, plain)
    return found


def _assigned(texts: pa.Array, assigned: str, values: "_Values") -> pa.BooleanArray:
    """Add what texts assign to masked names, and tell of each whether that is all of it."""
    done = pa.repeat(pa.scalar(True), len(texts))
    if not assigned:
        return done
    is_short = pc.less_equal(pc.binary_length(texts), OCTETS).fill_null(False)
    rows = pc.indices_nonzero(is_short).cast(pa.int64())
    texts = texts.filter(is_short)
    for _ in range(_ROUNDS):
        found = pc.extract_regex(texts, assigned)
        rows, found = rows.filter(found.is_valid()), found.drop_null()
        if not len(rows):
            return done
        for group in ASSIGNED:
            values.add(rows, pc.struct_field(found, group))
        texts = pc.struct_field(found, "rest")
    return pc.invert(pc.is_in(pa.array(range(len(done)), pa.int64()), value_set=rows))


def _said(name: str, column: pa.Array, texts: pa.Array, said: "_Values") -> pa.BooleanArray:
    """Add the values of a masked column of the header that texts say; tell of each if it is a plain word."""
    shorter = pc.replace_substring_regex(column, _LABEL, r"\1") if name == "hostname" else column
    needles = pc.ascii_lower(shorter).to_pylist()
    everything = pc.ascii_lower(texts).to_pylist()
    found = pa.array(
        [bool(one) and one in text for one, text in zip(needles, everything, strict=True)], pa.bool_()
    )
    rows = pc.indices_nonzero(found)
    said.add(rows, column.filter(found))
    said.add(rows, shorter.filter(found))
    return pc.match_substring_regex(column, _WORD).fill_null(True)


def _replaced(
    texts: pa.Array, others: pa.Array, rows: pa.BooleanArray, values: _ByRow, said: _ByRow
) -> tuple[pa.Array, pa.BooleanArray]:
    """Give texts without values, and which of them have these as whole words, and nowhere else.

    Args:
        texts: of each record.
        others: what else it says, in small letters.
        rows: the records that are looked at.
        values: by row, which its text must have.
        said: by row, which its text may have.
    """
    found: list[Any] = texts.to_pylist()
    beside = others.to_pylist()
    done = rows.to_pylist()
    looked = [row for row in {**values, **said} if done[row]]
    for row in looked:
        text, own = found[row], values.get(row, ())
        for value in own:
            was, text = text, text.replace(value, MASK)
            done[row] = done[row] and text is not was
        for value in said.get(row, ()):
            text = text.replace(value, MASK)
        found[row] = text
    hidden = pa.array(found, pa.string())
    lower = pc.ascii_lower(hidden).to_pylist()
    for row in looked:
        own = (*values.get(row, ()), *said.get(row, ()))
        small = [value.lower() for value in own]
        is_left = any(one in lower[row] or one in beside[row] for one in small)
        if is_left or (len(own) > 1 and _TWICE in lower[row]):  # were it two words?
            done[row] = False
    is_whole = pc.invert(pc.match_substring_regex(hidden, _TOUCHED))
    return hidden, pc.and_(pa.array(done, pa.bool_()), is_whole)


class _Values:
    """Masked values of records."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._rows: list[pa.Array] = []
        self._values: list[pa.Array] = []

    def add(self, rows: pa.Array, values: pa.Array) -> None:
        """Add a value to each of some rows; those that say nothing are none."""
        says = pc.invert(pc.match_substring_regex(values, _SAYS_NOTHING)).fill_null(False)
        self._rows.append(rows.filter(says).cast(pa.int64()))
        self._values.append(values.filter(says))

    def are_words(self) -> pa.BooleanArray:
        """Tell of each record whether its values are plain words."""
        rows, values = self._together()
        is_word = pc.and_(
            pc.match_substring_regex(values, _WORD), pc.less_equal(pc.binary_length(values), LONGEST)
        )
        others = rows.filter(pc.invert(is_word))
        return pc.invert(pc.is_in(pa.array(range(self._count), pa.int64()), value_set=others))

    def by_row(self) -> dict[int, tuple[str, ...]]:
        """Give each row's different values, the longest first."""
        rows, values = self._together()
        found: dict[int, tuple[str, ...]] = {}
        for row, value in zip(rows.to_pylist(), values.to_pylist(), strict=True):
            known = found.get(row)
            if known is None:
                found[row] = (value,)
            elif value not in known:
                found[row] = tuple(sorted((*known, value), key=len, reverse=True))
        return found

    def _together(self) -> tuple[pa.Array, pa.Array]:
        return (
            pa.concat_arrays([pa.array([], pa.int64()), *self._rows]),
            pa.concat_arrays([pa.array([], pa.string()), *self._values]),
        )
