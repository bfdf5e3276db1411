"""The octets of a message from its columns: the reason why ``raw`` is null for the great majority.

Two columns say how the others stood in the message, each in a small language of its own. Both are
dictionary columns: a sender writes all its messages alike. Records of one form are rebuilt together,
column by column.

**message_form** is the message as a text, in which ``{name}`` is the value of a column:

    {pri}              facility * 8 + severity, in decimal
    {timestamp}        the time, as timestamp_form says
    {hostname} {app_name} {proc_id} {msg_id} {structured_data} {message}
                       the column's text in UTF-8
    {fields.NAME}      the first value of that name in the column fields: what a device counts, such as
                       Cisco's sequence number, would make a form of its own for every message

A null column is RFC 5424's NILVALUE, "-". All else stands for itself: PRI's brackets, a BOM (U+FEFF), a
trailing LF or NUL. Null is the form that the record's format has by itself, where a piece between
(parentheses) stands only when its column is not null:

    rfc5424   <{pri}>1 {timestamp} {hostname} {app_name} {proc_id} {msg_id} {structured_data}( {message})
    rfc3164   <{pri}>{timestamp} {hostname} {app_name}([{proc_id}]): {message}
    any other <{pri}>{message}

**timestamp_form** is the stamp as strftime(3) would write it, then ``|`` and the offset, +hh:mm or
+hh:mm:ss, of the clock that it showed:

    %Y %m %d %H %M %S  year (4 digits), month, day, hour, minute, second (2 digits)
    %b                 month: Jan to Dec
    %e %-d             day padded with a space, day not padded
    %1N to %6N         that many digits of the second's fraction

All else stands for itself, also the offset where the stamp showed it: ``%Y-%m-%dT%H:%M:%S+02:00|+02:00``.
RFC 3164's stamp is ``%b %e %H:%M:%S|+01:00``: what had to be assumed when it was read is written down, so
no setting is needed to give it back. Null is ``%Y-%m-%dT%H:%M:%S.%6NZ|+00:00``, or no time at all.

Not every message has forms that give it back (octets that are not UTF-8, a month in capitals, a fraction
of nine digits, leap seconds). For those, rebuild gives something else, or null: storage compares, and
keeps their octets in ``raw``.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.columns import PRIVALS
from parsers.layouts import CANONICAL, CANONICAL_FORM, MONTHS, Layout, Present
from parsers.schema import Format

REMEMBERED: Final = 4_096  # forms whose pieces are kept; a block has a handful

_BINARY: Final = pa.binary()
_NILVALUE: Final = pa.scalar(b"-", _BINARY)
_NOTHING: Final = pa.scalar(b"", _BINARY)
_SPACE: Final = b" "
_TEXTS: Final = ("hostname", "app_name", "proc_id", "msg_id", "structured_data", "message")
_COLUMNS: Final = ("facility", "severity", "timestamp", *_TEXTS)
_FIELDS: Final = "fields."
_FORMS: Final = ("format", "message_form", "timestamp_form")
_SEVERITIES: Final = 8
_PRIVAL_TEXTS: Final = pa.array([str(prival).encode() for prival in range(PRIVALS)], _BINARY)
_MONTH_TEXTS: Final = pa.array([month.encode() for month in MONTHS], _BINARY)
_DAYS: Final = range(1, 32)
_PADDED_DAYS: Final = pa.array([b"%2d" % day for day in _DAYS], _BINARY)
_BARE_DAYS: Final = pa.array([b"%d" % day for day in _DAYS], _BINARY)

_FIELD: Final = re.compile(r"\{(pri|timestamp|" + "|".join(_TEXTS) + r"|fields\.[0-9A-Za-z_.]+)\}")
_DIRECTIVE: Final = re.compile(r"(%Y-%m-%d|%H:%M:%S|%[YmdHMSbe]|%-d|%[1-6]N)")
# A stamp that is Arrow's own text of a time but for one octet, and for digits left out and octets added.
_NEARLY_ARROWS: Final = re.compile(r"%Y-%m-%d(.)%H:%M:%S(?:\.%([1-6])N)?([^%]*)", re.DOTALL)
_OFFSET: Final = re.compile(r"([+-])([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?")
_DATE: Final = len("2003-10-11")
_SECONDS: Final = len("2003-10-11 22:14:15")
_FRACTION: Final = len("2003-10-11 22:14:15.")
_ARROWS: Final = len("2003-10-11 22:14:15.000003")
_HAS_FRACTION: Final = re.compile(r"%[1-6]N")
# Where in Arrow's text of a time, 2003-10-11 22:14:15.000003, each directive's digits stand.
_SLICES: Final = {
    "%Y-%m-%d": (0, 10), "%H:%M:%S": (11, 19), "%Y": (0, 4), "%m": (5, 7), "%d": (8, 10),
    "%H": (11, 13), "%M": (14, 16), "%S": (17, 19),
    **{f"%{digits}N": (_FRACTION, _FRACTION + digits) for digits in range(1, 7)},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Coded:
    """A column of few distinct texts: what stands beside it in every row is written to the texts, once."""

    texts: pa.Array
    codes: pa.Array  # places in texts

    def between(self, before: bytes, after: bytes) -> pa.Array:
        """Give the column with octets before and behind each text."""
        texts = pc.binary_join_element_wise(_literal(before), self.texts, _literal(after), _NOTHING)
        return texts.take(self.codes)


_Piece = Any  # an Array, a _Coded, or octets that stand in every row


def rebuild(records: pa.RecordBatch | pa.Table) -> pa.Array:
    """Give the octets that the columns other than ``raw`` say, one binary value a record.

    The value is null or not the message's octets where the columns cannot give them back; whoever needs
    to be sure compares before nulling ``raw``.

    Args:
        records: with the columns of BATCH_SCHEMA or ARCHIVE_SCHEMA; ``raw`` is not looked at.
    """
    forms = [_encoded(records[name]) for name in _FORMS]
    columns = {name: _whole(records[name]) for name in (*_COLUMNS, *_needed(forms))}
    keys = _keys(forms)
    distinct = pc.unique(keys).to_pylist()
    if len(distinct) == 1:
        return _joined(columns, *_named(distinct[0], forms))
    order = pc.sort_indices(keys)
    ordered = pa.RecordBatch.from_pydict(columns).take(order)
    pieces = [pa.array([], _BINARY)]
    start = 0
    for run in pc.value_counts(keys.take(order)).to_pylist():
        rows = ordered.slice(start, run["counts"])
        start += run["counts"]
        pieces.append(_joined({name: rows[name] for name in columns}, *_named(run["values"], forms)))
    return pa.concat_arrays(pieces).take(pc.sort_indices(order))


def slimmed(records: pa.RecordBatch | pa.Table) -> pa.RecordBatch | pa.Table:
    """Give records with ``raw`` null wherever the other columns were seen to give the octets back.

    Records whose ``raw`` is null already stay as they are.
    """
    raw = records["raw"]
    if raw.null_count == len(raw):
        return records
    same = pc.fill_null(pc.equal(rebuild(records), raw), fill_value=False)
    nothing = pa.scalar(None, _BINARY)
    kept = pa.nulls(len(raw), _BINARY) if pc.all(same).as_py() else pc.if_else(same, nothing, raw)
    return records.set_column(records.schema.get_field_index("raw"), records.schema.field("raw"), kept)


def exact_octets(records: pa.RecordBatch | pa.Table) -> pa.Array:
    """Give every message's octets as received, of records of which storage has verified the rebuilding.

    One binary value a record: ``raw`` where it was kept, else what the columns say.
    """
    raw = _whole(records["raw"])
    return raw if raw.null_count == 0 else pc.coalesce(raw, rebuild(records))


def _whole(column: Any) -> pa.Array:
    if not isinstance(column, pa.ChunkedArray):
        return column
    return pa.concat_arrays([pa.array([], column.type), *column.chunks])


def _needed(forms: list[pa.DictionaryArray]) -> tuple[str, ...]:
    """Give the column fields where a message form asks for it; few do, and to sort it costs."""
    message_forms = forms[_FORMS.index("message_form")].dictionary
    asked = pc.any(pc.match_substring(message_forms, f"{{{_FIELDS}"), min_count=0).as_py()
    return ("fields",) if asked else ()


def _encoded(column: Any) -> pa.DictionaryArray:
    whole = _whole(column)
    return whole if isinstance(whole, pa.DictionaryArray) else whole.dictionary_encode()


def _keys(forms: list[pa.DictionaryArray]) -> pa.Array:
    """Number the combinations of forms: one int64 a record, nulls among the dictionaries' places."""
    keys = pa.scalar(0, pa.int64())
    for form in forms:
        places = pc.fill_null(form.indices.cast(pa.int64()), len(form.dictionary))
        keys = pc.add(pc.multiply(keys, len(form.dictionary) + 1), places)
    return keys


def _named(key: int, forms: list[pa.DictionaryArray]) -> list[Any]:
    """Give the texts of the forms that ``key`` numbers; a null form is None."""
    places = []
    for form in reversed(forms):
        key, place = divmod(key, len(form.dictionary) + 1)
        places.append(place)
    return [
        form.dictionary[place].as_py() if place < len(form.dictionary) else None
        for form, place in zip(forms, reversed(places), strict=True)
    ]


def _joined(
    columns: Mapping[str, pa.Array], format_: str, message_form: str | None, timestamp_form: str | None
) -> pa.Array:
    """Join the columns of records that have their forms in common."""
    layout: Layout = CANONICAL.get(Format(format_), ()) if message_form is None else (message_form,)
    pieces: list[_Piece] = []
    for part in layout:
        if isinstance(part, Present):
            pieces += _optional(columns, part, timestamp_form)
        else:
            pieces += _pieces(columns, str(part), timestamp_form)
    return _join(pieces, len(columns["facility"]))


def _optional(columns: Mapping[str, pa.Array], part: Present, timestamp_form: str | None) -> list[_Piece]:
    column = columns[part.name]
    if column.null_count == len(column):
        return []
    pieces = list(_pieces(columns, part.text, timestamp_form))
    if column.null_count == 0:
        return pieces
    return [pc.if_else(pc.is_valid(column), _join(pieces, len(column)), _NOTHING)]


def _pieces(columns: Mapping[str, pa.Array], text: str, timestamp_form: str | None) -> Iterator[_Piece]:
    for number, piece in enumerate(_split(_FIELD, text)):
        if number % 2 == 0:
            yield piece.encode()
        elif piece == "pri":
            prival = pc.add(
                pc.multiply(columns["facility"].cast(pa.int16()), _SEVERITIES), columns["severity"]
            )
            yield _Coded(_PRIVAL_TEXTS, prival)
        elif piece == "timestamp":
            yield from _stamps(columns["timestamp"], timestamp_form or CANONICAL_FORM)
        elif piece.startswith(_FIELDS):
            found = pc.map_lookup(columns["fields"], pa.scalar(piece.removeprefix(_FIELDS)), "first")
            yield _or_nilvalue(found.cast(_BINARY))
        else:
            yield _or_nilvalue(columns[piece].cast(_BINARY))


def _or_nilvalue(column: pa.Array) -> pa.Array:
    return column if column.null_count == 0 else pc.fill_null(column, _NILVALUE)


def _join(pieces: Sequence[_Piece], count: int) -> pa.Array:
    """Join pieces row by row.

    An element costs more in a row than its octets do. Octets that stand in every row are therefore written
    into the texts of a coded column beside them, or given as the separator, which is no element, where the
    same stand between all columns.
    """
    columns, gaps = _columns_and_gaps(pieces)
    if not columns:
        return pa.repeat(_literal(gaps[0]), count)
    for place, column in enumerate(columns):
        if isinstance(column, _Coded):
            before, gaps[place] = (b"", _SPACE) if place and gaps[place] == _SPACE else (gaps[place], b"")
            after = gaps[place + 1].removesuffix(_SPACE)
            gaps[place + 1] = gaps[place + 1][len(after) :]
            columns[place] = column.between(before, after)
    if len(set(gaps[1:-1])) == 1 and not gaps[0] + gaps[-1]:
        return pc.binary_join_element_wise(*columns, _literal(gaps[1]))
    elements = [_literal(gaps[0])]
    for column, gap in zip(columns, gaps[1:], strict=True):
        elements += [column, _literal(gap)]
    return pc.binary_join_element_wise(*filter(_is_something, elements), _NOTHING)


def _columns_and_gaps(pieces: Sequence[_Piece]) -> tuple[list[Any], list[bytes]]:
    """Give the columns, and the octets before, between and behind them: one more than columns."""
    columns: list[Any] = []
    gaps = [b""]
    for piece in pieces:
        if isinstance(piece, bytes):
            gaps[-1] += piece
        else:
            columns.append(piece)
            gaps.append(b"")
    return columns, gaps


def _is_something(element: Any) -> bool:
    return element is not _NOTHING


def _literal(octets: bytes) -> Any:
    return pa.scalar(octets, _BINARY) if octets else _NOTHING


@lru_cache(REMEMBERED)
def _split(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    """Split ``text`` into literals, at even places, and what ``pattern`` matches, at odd ones."""
    return tuple(pattern.split(text))


def _stamps(times: pa.Array, form: str) -> Sequence[_Piece]:
    """Write times as their form says; NILVALUE where there is none.

    A form without fraction has a text a second: each is written once.
    """
    if times.null_count == len(times):
        return [b"-"]
    template, _, offset = form.rpartition("|")
    if _HAS_FRACTION.search(template):
        return _spelled(times, template, offset)
    coded = times.cast(pa.int64()).dictionary_encode("encode")
    texts = _join(_spelled(coded.dictionary, template, offset), len(coded.dictionary))
    return [_Coded(texts, coded.indices)]


def _spelled(times: pa.Array, template: str, offset: str) -> Sequence[_Piece]:
    local = pc.add(times.cast(pa.int64()), _microseconds(offset)).cast(pa.timestamp("us"))
    text = local.cast(pa.string()).cast(_BINARY)
    nearly = _NEARLY_ARROWS.fullmatch(template)
    if nearly is not None and text.null_count == 0:
        separator, digits, behind = nearly.groups()
        end = _FRACTION + int(digits) if digits else _SECONDS
        if end < _ARROWS:
            text = pc.binary_slice(text, 0, end)
        return [pc.binary_replace_slice(text, _DATE, _DATE + 1, separator.encode()), behind.encode()]
    pieces: list[_Piece] = [
        _written(local, text, piece) if number % 2 else piece.encode()
        for number, piece in enumerate(_split(_DIRECTIVE, template))
    ]
    return pieces if text.null_count == 0 else [_or_nilvalue(_join(pieces, len(times)))]


def _written(local: pa.Array, text: pa.Array, directive: str) -> pa.Array:
    match directive:
        case "%b":
            return _MONTH_TEXTS.take(pc.subtract(pc.month(local), 1))
        case "%e":
            return _PADDED_DAYS.take(pc.subtract(pc.day(local), 1))
        case "%-d":
            return _BARE_DAYS.take(pc.subtract(pc.day(local), 1))
        case _:
            return pc.binary_slice(text, *_SLICES[directive])


def _microseconds(offset: str) -> int:
    match = _OFFSET.fullmatch(offset)
    if match is None:
        return 0
    hours, minutes, seconds = (int(digits or 0) for digits in match.groups()[1:])
    magnitude = ((hours * 60 + minutes) * 60 + seconds) * 1_000_000
    return -magnitude if match[1] == "-" else magnitude
