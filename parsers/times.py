"""The columns timestamp and timestamp_form from the texts of a batch's stamps."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.columns import MASK, binary_column, either, few, mask_of, where
from parsers.compile import compile_grammar
from parsers.grammar import production
from parsers.layouts import CANONICAL_FORM
from parsers.rfc5424 import FULL_DATE, FULL_TIME
from parsers.schema import TIMESTAMP, Flag
from parsers.source import Source
from parsers.timestamps import FUTURE, Instant, Stamp, read_stamp

_RFC5424_TIMESTAMP: Final = compile_grammar(production("TIMESTAMP", FULL_DATE + "T" + FULL_TIME))
_AN_RFC5424_TIMESTAMP: Final = b"2003-10-11T22:14:15.003Z"
_DATE_AND_T: Final = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T"  # as all of them begin, to Arrow
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NO_FLAGS: Final = pa.scalar(0, MASK)
TOGETHER: Final = 256  # texts at a time: fewer objects than would wake Python's garbage collector
_DATE_END: Final = len("2003-10-11")
_SECONDS_END: Final = len("2003-10-11T22:14:15")
_OFFSET_LENGTH: Final = len("+00:00")
_NANOSECONDS: Final = 1_000_000_000
_MICROSECONDS: Final = 6  # digits
# The fraction of a second: behind the first point or comma but that of a weekday.
_FRACTION: Final = re.compile(rb"((?:[A-Za-z]{3},)?[^.,]*+[.,])([0-9]{1,9})((?![0-9]).*)", re.DOTALL)
_ZEROS: Final = [b"0" * digits for digits in range(10)]


@dataclass(frozen=True, slots=True)
class Times:
    """Columns of one length: the times, their forms (strings) and the leniencies used (a mask, or none)."""

    timestamp: pa.Array
    form: pa.Array
    mask: pa.Array | None


def strict_times(texts: Sequence[bytes | None] | pa.Array) -> Times:
    """Read stamps that RFC 5424's TIMESTAMP has matched; None is NILVALUE.

    What the grammar cannot know is the calendar: a date that it does not have is timestamp_invalid.
    """
    return _as_column(binary_column(texts).cast(pa.string()))


def _as_column(column: pa.Array) -> Times:
    timestamp = _cast(column)
    forms = _strict_forms(column)
    if timestamp.null_count == column.null_count:
        return Times(timestamp, forms, None)
    invalid = pc.and_(pc.is_valid(column), pc.is_null(timestamp))
    forms = pc.if_else(invalid, pa.scalar(None, pa.string()), forms)
    return Times(timestamp, forms, where(invalid, Flag.TIMESTAMP_INVALID))


def _cast(column: pa.Array) -> pa.Array:
    try:
        return column.cast(TIMESTAMP)
    except pa.ArrowInvalid:  # the grammar has seen to all but the calendar
        dates = pc.utf8_slice_codeunits(column, 0, _DATE_END).dictionary_encode()
        exists = pa.array(list(map(_is_date, dates.dictionary)), pa.bool_()).take(dates.indices)
        return pc.if_else(exists, column, pa.scalar(None, pa.string())).cast(TIMESTAMP)


def _is_date(text: pa.Scalar) -> bool:
    try:
        text.cast(pa.date32())
    except pa.ArrowInvalid:
        return False
    return True


def _strict_forms(column: pa.Array) -> pa.Array:
    """Give the forms of RFC 5424's stamps, which follow from their lengths and their offsets."""
    lengths = pc.binary_length(column)
    zulu = pc.ends_with(column, "Z")
    if pc.all(zulu, min_count=0).as_py():
        keys = lengths.cast(pa.string())
    else:
        offset = pc.utf8_slice_codeunits(column, -_OFFSET_LENGTH)
        keys = pc.binary_join_element_wise(lengths.cast(pa.string()), pc.if_else(zulu, "", offset), "")
    codes = keys.dictionary_encode()
    return few(map(_strict_form, codes.dictionary.to_pylist())).take(codes.indices)


def _strict_form(key: str) -> str | None:
    """Give the form for a key: the stamp's length, and its offset when that is not Z."""
    offset = key[-_OFFSET_LENGTH:] if len(key) > _OFFSET_LENGTH else ""
    digits = int(key.removesuffix(offset)) - _SECONDS_END - len(offset or "Z") - 1
    fraction = f".%{digits}N" if digits > 0 else ""
    form = f"%Y-%m-%dT%H:%M:%S{fraction}{offset or 'Z'}|{offset or '+00:00'}"
    return None if form == CANONICAL_FORM else form


def read_times(
    texts: Sequence[bytes | None] | pa.Array, received: pa.Array, source: Source, strict: re.Pattern[bytes]
) -> Times:
    """Read stamps of any kind; None is no stamp.

    RFC 5424's, wherever they stand, are read as a column: many a sender puts them, with digits that are never
    the same twice, into messages of RFC 3164. Of all others each distinct second is read once, for fractions
    are never the same twice, either.

    Args:
        texts: the stamps.
        received: the time of receipt of each, int64 nanoseconds since 1970.
        source: its time zone is assumed for a stamp without offset, its order of dates for one with slashes.
        strict: the production that a stamp must be not to be timestamp_lenient.
    """
    column = binary_column(texts)
    codes = column.dictionary_encode()
    if not pc.match_substring_regex(codes.dictionary, _DATE_AND_T).true_count:
        return _read_seconds(codes, received, source, strict)
    matched = list(map(bool, map(_RFC5424_TIMESTAMP.fullmatch, codes.dictionary.to_pylist())))
    by_column = pc.fill_null(pa.array(matched, pa.bool_()).take(codes.indices), fill_value=False)
    one_by_one = pc.invert(by_column)
    others = column.filter(one_by_one).dictionary_encode()
    return _in_order(
        (by_column, _flagged(_as_column(column.filter(by_column).cast(pa.string())), strict)),
        (one_by_one, _read_seconds(others, received.filter(one_by_one), source, strict)),
    )


def _flagged(times: Times, strict: re.Pattern[bytes]) -> Times:
    """Flag RFC 5424's stamps as lenient where another production was due."""
    if strict.fullmatch(_AN_RFC5424_TIMESTAMP):
        return times
    lenient = where(pc.is_valid(times.timestamp), Flag.TIMESTAMP_LENIENT)
    return Times(times.timestamp, times.form, lenient if times.mask is None else either(lenient, times.mask))


def _in_order(*parts: tuple[pa.Array, Times]) -> Times:
    """Put parts together, each at the places where its selection (a boolean column) is true."""
    order = pc.sort_indices(pa.concat_arrays([pc.indices_nonzero(selection) for selection, _ in parts]))
    return Times(
        pa.concat_arrays([times.timestamp for _, times in parts]).take(order),
        pa.concat_arrays([times.form for _, times in parts]).take(order),
        pa.concat_arrays(
            [
                pa.repeat(_NO_FLAGS, len(times.form)) if times.mask is None else times.mask
                for _, times in parts
            ]
        ).take(order),
    )


def _read_seconds(
    codes: pa.DictionaryArray, received: pa.Array, source: Source, strict: re.Pattern[bytes]
) -> Times:
    """Read stamps with zeros in place of their fractions' digits, and add those as a column."""
    has_fraction, (before, fractions, behind) = _cut_at_fractions(codes.dictionary.to_pylist())
    if not fractions:
        return _read_texts(codes, received, source, strict)
    zeros = list(map(_ZEROS.__getitem__, map(len, fractions)))
    whole = pc.binary_join_element_wise(
        *(pa.array(part, pa.binary()) for part in (before, zeros, behind)), b""
    )
    seconds = pc.replace_with_mask(codes.dictionary, has_fraction, whole).dictionary_encode()
    digits = pc.utf8_slice_codeunits(
        pc.utf8_rpad(pa.array(fractions, pa.binary()).cast(pa.string()), _MICROSECONDS, "0"), 0, _MICROSECONDS
    )
    added = pc.replace_with_mask(
        pa.repeat(pa.scalar(0, pa.int64()), len(has_fraction)), has_fraction, digits.cast(pa.int64())
    ).take(codes.indices)
    times = _read_texts(
        pa.DictionaryArray.from_arrays(seconds.indices.take(codes.indices), seconds.dictionary),
        received, source, strict,
    )  # fmt: skip
    return Times(pc.add(times.timestamp.cast(pa.int64()), added).cast(TIMESTAMP), times.form, times.mask)


def _cut_at_fractions(texts: Sequence[bytes]) -> tuple[pa.Array, tuple[list[bytes], ...]]:
    """Tell which stamps have a fraction, and give what stands before it, it, and what stands behind it."""
    found: list[bool] = []
    columns: tuple[list[bytes], ...] = ([], [], [])
    for start in range(0, len(texts), TOGETHER):
        matches = list(map(_FRACTION.fullmatch, texts[start : start + TOGETHER]))
        found += map(bool, matches)
        groups = zip(*map(re.Match.groups, filter(None, matches)), strict=True)
        for column, values in zip(columns, groups, strict=False):
            column.extend(values)
    return pa.array(found, pa.bool_()), columns


def _read_texts(
    codes: pa.DictionaryArray, received: pa.Array, source: Source, strict: re.Pattern[bytes]
) -> Times:
    bounds = pc.min_max(received)
    first, last = (_datetime(bounds[side].as_py() or 0) for side in ("min", "max"))
    read = _reader(source, strict)
    distinct = codes.dictionary.to_pylist()
    readings = [read(text, last) for text in distinct]
    if first != last and not (
        _hold_from(first, readings) or readings == [read(text, first) for text in distinct]
    ):
        # New year's day, for some stamp, lies within this batch: row by row then.
        moments = map(_datetime, received.to_pylist())
        readings = [
            _ABSENT if text is None else read(text, moment)
            for text, moment in zip(codes.to_pylist(), moments, strict=True)
        ]
        return _times(readings, pa.array(range(len(codes)), pa.int32()))
    return _times([*readings, _ABSENT], pc.fill_null(codes.indices, len(readings)))


def _hold_from(first: datetime, readings: Sequence["_Reading"]) -> bool:
    """Whether what was read at a later time was surely so at ``first``: no year had yet to come."""
    latest = (first + FUTURE - _EPOCH) // timedelta(microseconds=1)
    return all(microseconds is not None and microseconds <= latest for microseconds, _, _ in readings)


_Reading = tuple[int | None, str | None, int]
_ABSENT: Final[_Reading] = (None, None, 0)


def _times(readings: Sequence[_Reading], places: pa.Array) -> Times:
    microseconds, forms, masks = zip(*readings, strict=True)
    return Times(
        pa.array(microseconds, pa.int64()).take(places).cast(TIMESTAMP),
        few(forms).take(places),
        pa.array(masks, MASK).take(places),
    )


def _reader(source: Source, strict: re.Pattern[bytes]) -> Callable[[bytes, datetime], _Reading]:
    def read(text: bytes, received: datetime) -> _Reading:
        stamp = read_stamp(text, source.date_order)
        instant = None if stamp is None else stamp.instant(source, received)
        if stamp is None or instant is None:
            return None, None, _INVALID
        form = None if stamp.form is None else f"{stamp.form}|{_offset_text(instant.offset)}"
        mask = _assumed(stamp, instant) | (0 if strict.fullmatch(text) else _LENIENT)
        return instant.microseconds, None if form == CANONICAL_FORM else form, mask

    return read


_INVALID: Final = mask_of(Flag.TIMESTAMP_INVALID)
_LENIENT: Final = mask_of(Flag.TIMESTAMP_LENIENT)
_YEAR: Final = mask_of(Flag.YEAR_INFERRED)
_ZONE: Final = mask_of(Flag.TIMEZONE_ASSUMED)


def _assumed(stamp: Stamp, instant: Instant) -> int:
    return (0 if stamp.year else _YEAR) | (_ZONE if instant.assumed else 0)


def _offset_text(offset: timedelta) -> str:
    """Write an offset as +hh:mm, with :ss behind it where local mean time had seconds."""
    seconds = abs(offset) // timedelta(seconds=1)
    text = f"{'-' if offset < timedelta() else '+'}{seconds // 3600:02}:{seconds // 60 % 60:02}"
    return f"{text}:{seconds % 60:02}" if seconds % 60 else text


def _datetime(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(nanoseconds // _NANOSECONDS, UTC)
