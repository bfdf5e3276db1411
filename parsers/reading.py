"""One dialect's matches become columns: what each results name means, and which leniencies it took."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.columns import MASK, binary_column, either, mask_of, pri_columns, text_column, where
from parsers.dialects import Clock, Dialect
from parsers.fields import Entries
from parsers.forms import form_column
from parsers.schema import TIMESTAMP, Flag
from parsers.sd_ids import repeated_sd_ids
from parsers.source import Source
from parsers.times import Times, read_times, strict_times

TEXT_COLUMNS: Final = ("hostname", "app_name", "proc_id", "msg_id", "structured_data", "message")
PART_TYPES: Final[Mapping[str, pa.DataType]] = {
    "timestamp": TIMESTAMP,
    "timestamp_form": pa.string(),
    "facility": pa.int8(),
    "severity": pa.int8(),
    **dict.fromkeys(TEXT_COLUMNS, pa.string()),
    "message_form": pa.string(),
    "format": pa.string(),
    "mask": MASK,
}

GELF_SEVERITY: Final = 1  # what GELF 1.1 says for a missing level: alert
# Flags that a message can have although it is written to its standard's letter.
_NOT_ITS_FAULT: Final = mask_of(Flag.YEAR_INFERRED, Flag.TIMEZONE_ASSUMED, Flag.UTF8_INVALID)

Part = dict[str, pa.Array]
Rows = Mapping[str, Sequence[bytes | None]]
_Columns = Mapping[str, pa.Array]  # the same, binary


def read_rows(dialect: Dialect, rows: Rows, received: pa.Array, source: Source) -> tuple[Part, list[Entries]]:
    """Make the columns of PART_TYPES, and the fields, for the messages that one dialect has matched.

    Args:
        dialect: whose pattern matched.
        rows: results name → its octets in every message; at least one message.
        received: when each came, int64 nanoseconds since 1970.
        source: how these messages are read.
    """
    count = len(received)
    columns = {name: binary_column(octets) for name, octets in rows.items()}
    part: Part = {"format": pa.repeat(pa.scalar(dialect.format.value), count)}
    part["facility"], part["severity"] = _priority(columns)
    times = _times(dialect, columns, received, source)
    part["timestamp"] = times.timestamp
    part["timestamp_form"] = times.form if dialect.shows_time else pa.nulls(count, pa.string())
    masks = [] if times.mask is None else [times.mask]
    for name in TEXT_COLUMNS:
        part[name], mask = _text(columns, name, count, source.charset)
        masks += [] if mask is None else [mask]
    part["message_form"] = form_column(dialect.layout, dialect.format, columns, count)
    part["mask"] = _mask(dialect, columns, part, masks)
    return part, list(_entries(dialect, columns, source.charset))


def _priority(columns: _Columns) -> tuple[pa.Array, pa.Array]:
    """Make facility and severity; where a message names a severity by itself (GELF), PRI comes first."""
    facility, severity = pri_columns(columns["pri"])
    if "severity" not in columns:
        return facility, severity
    level = columns["severity"].cast(pa.string()).cast(pa.int8())
    has_pri = pc.is_valid(columns["pri"])
    return facility, pc.if_else(has_pri, severity, pc.fill_null(level, GELF_SEVERITY))


def _entries(dialect: Dialect, columns: _Columns, charset: str) -> Iterator[Entries]:
    """Give the fields that the dialect's results names are; rows are counted within the part."""
    for name, field in dialect.fields.items():
        if columns[name].null_count < len(columns[name]):
            text, _ = text_column(columns[name], charset)
            places = pc.indices_nonzero(pc.is_valid(text)).cast(pa.int64())
            yield Entries(places, pa.repeat(pa.scalar(field), len(places)), text.drop_null())


def _times(dialect: Dialect, columns: _Columns, received: pa.Array, source: Source) -> Times:
    texts = _stamps(dialect, columns)
    if texts is None:
        return Times(pa.nulls(len(received), TIMESTAMP), pa.nulls(len(received), pa.string()), None)
    if dialect.clock is Clock.RFC5424:
        return strict_times(texts)
    return read_times(texts, received, source, dialect.stamp_pattern)


def _stamps(dialect: Dialect, columns: _Columns) -> pa.Array | None:
    """Give the texts of the times: one results name, or several joined, None where the first is not there."""
    if len(dialect.stamp) == 1:
        return columns.get(*dialect.stamp)
    first, *others = (columns[name] for name in dialect.stamp)
    return pc.binary_join_element_wise(first, *(pc.fill_null(other, b"") for other in others), b" ")


def _text(columns: _Columns, name: str, count: int, charset: str) -> tuple[pa.Array, pa.Array | None]:
    if name not in columns:
        return pa.nulls(count, pa.string()), None
    return text_column(columns[name], charset)


def _mask(dialect: Dialect, columns: _Columns, part: Part, masks: Sequence[pa.Array]) -> pa.Array:
    """Join every leniency of these rows into a mask column."""
    base = pa.repeat(pa.scalar(mask_of(*dialect.always), MASK), len(part["format"]))
    joined = either(base, *masks, *_told_by_names(dialect, columns), *_told_by_productions(dialect, columns))
    repeated = repeated_sd_ids(part["structured_data"])
    if repeated is not None:
        joined = either(joined, repeated)
    if dialect.otherwise is None:
        return joined
    unexplained = pc.equal(pc.bit_wise_and(joined, pa.scalar(~_NOT_ITS_FAULT, MASK)), 0)
    return either(joined, where(unexplained, dialect.otherwise))


def _told_by_names(dialect: Dialect, columns: _Columns) -> Iterator[pa.Array]:
    for name, flag in dialect.present.items():
        if columns[name].null_count < len(columns[name]):
            yield where(pc.is_valid(columns[name]), flag)
    for name, flag in dialect.absent.items():
        if columns[name].null_count:
            yield where(pc.is_null(columns[name]), flag)


def _told_by_productions(dialect: Dialect, columns: _Columns) -> Iterator[pa.Array]:
    """Compare each distinct value with the production that it should be."""
    for name, (pattern, flag) in dialect.unlike_patterns.items():
        if name in columns:
            codes = columns[name].dictionary_encode()
            unlike = [pattern.fullmatch(value) is None for value in codes.dictionary.to_pylist()]
            if any(unlike):
                yield where(pa.array(unlike, pa.bool_()).take(codes.indices), flag)
