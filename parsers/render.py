"""Records as JSON: what `sysledger parse`, `search --output json` and the page's export print.

A JSON record has the record's columns under their own names, null where they are null, and

* times as RFC 3339 in UTC, with "Z" and all the digits that the column has, so that they sort as text:
  nine for ``received_at``, six for ``timestamp``;
* ``fields`` as an object, in which a name that comes again has the list of its values;
* ``flags`` as a list;
* ``structured_data_elements`` beside ``structured_data``: ``[[sd_id, [[name, value], …]], …]`` in order
  and with repetitions for RFC 5424 (an empty list for NILVALUE), null for every other format;
* ``raw_base64`` in place of ``raw``: the exact octets where the columns alone do not give them back, null
  where they do.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.pipeline import Arrival, parse_frames
from parsers.rebuild import rebuild
from parsers.schema import Format
from parsers.source import Source
from parsers.structured_data import elements

LINES_AT_ONCE: Final = 1024  # bounds what `sysledger parse` holds of an endless input

JsonRecord = dict[str, Any]
Read = Callable[[Sequence[bytes], Sequence[Arrival]], pa.RecordBatch]
JsonFields = dict[str, str | list[str]]


def records_to_json(records: pa.RecordBatch | pa.Table) -> Iterator[JsonRecord]:
    """Give the JSON record of every record, in order; any selection of the record's columns will do.

    ``structured_data_elements`` comes only where ``structured_data`` and ``format`` are both there.
    """
    columns = {
        _JSON_NAMES.get(name, name): _VALUES.get(name, pa.ChunkedArray.to_pylist)(pa.chunked_array(column))
        for name, column in _columns(records)
    }
    if {"structured_data", "format"} <= columns.keys():
        pairs = zip(columns["structured_data"], columns["format"], strict=True)
        columns["structured_data_elements"] = [_elements(text, how) for text, how in pairs]
    for values in zip(*columns.values(), strict=True):
        yield dict(zip(columns, values, strict=True))


def parse_lines(
    lines: Iterable[bytes],
    *,
    base64: bool,
    received_at: int,
    read: Read,
    peer: str = "",
) -> Iterator[JsonRecord]:
    """Parse one message a line and give its JSON record, as `sysledger parse` does.

    Args:
        lines: each with or without the LF that ends it, which is not part of the message.
        base64: whether each line is the message in base64.
        received_at: nanoseconds since the epoch, taken as every message's time of receipt.
        read: makes records of frames and their arrivals; see ``reading``.
        peer: taken as every message's sender.

    Raises:
        ValueError: for a line that is not base64, with its number.
    """
    messages = _messages(lines, base64=base64)
    while frames := list(islice(messages, LINES_AT_ONCE)):
        arrivals = [Arrival(received_at=received_at, peer=peer, count=len(frames))]
        yield from records_to_json(_as_archived(read(frames, arrivals)))


def reading(source: Source) -> Read:
    """Give what reads frames as those of one source."""
    return partial(parse_frames, listener="parse", transport="file", source=source)


def _messages(lines: Iterable[bytes], *, base64: bool) -> Iterator[bytes]:
    for number, line in enumerate(lines, 1):
        message = line.removesuffix(b"\n")
        try:
            yield b64decode(message.strip(), validate=True) if base64 else message
        except ValueError as error:
            raise ValueError(
                f"line {number} is not base64 ({error}): leave --base64 out, or mend it"
            ) from error


def _as_archived(records: pa.RecordBatch) -> pa.RecordBatch:
    """Null ``raw`` where the columns give the octets back, as the archive does."""
    same = pc.fill_null(pc.equal(records["raw"], rebuild(records)), fill_value=False)
    kept = pc.if_else(same, pa.scalar(None, pa.binary()), records["raw"])
    return records.set_column(records.schema.get_field_index("raw"), records.schema.field("raw"), kept)


def _columns(records: pa.RecordBatch | pa.Table) -> Iterable[tuple[str, Any]]:
    return zip(records.schema.names, records.columns, strict=True)


def _times(column: pa.ChunkedArray) -> list[str | None]:
    naive = column.cast(pa.timestamp(column.type.unit))  # in UTC, where Arrow keeps every timestamp
    text = pc.replace_substring(naive.cast(pa.string()), " ", "T")
    result: list[str | None] = pc.binary_join_element_wise(text, "Z", "").to_pylist()
    return result


def _fields(column: pa.ChunkedArray) -> list[JsonFields | None]:
    return [None if pairs is None else _object(pairs) for pairs in column.to_pylist()]


def _object(pairs: list[tuple[str, str]]) -> JsonFields:
    """Make an object of fields; a name that comes again has all its values, in order."""
    found: JsonFields = dict(pairs)
    if len(found) < len(pairs):
        values: dict[str, list[str]] = {}
        for name, value in pairs:
            values.setdefault(name, []).append(value)
        found = {name: several if len(several) > 1 else several[0] for name, several in values.items()}
    return found


def _base64(column: pa.ChunkedArray) -> list[str | None]:
    return [None if octets is None else b64encode(octets).decode() for octets in column.to_pylist()]


def _elements(structured_data: str | None, how: str) -> list[list[Any]] | None:
    if how != Format.RFC5424:
        return None
    found = elements(structured_data or "")
    return [[sd_id, [[name, value] for name, value in params]] for sd_id, params in found]


_JSON_NAMES: Final[Mapping[str, str]] = {"raw": "raw_base64"}
_VALUES: Final[Mapping[str, Callable[[pa.ChunkedArray], list[Any]]]] = {
    "received_at": _times,
    "timestamp": _times,
    "fields": _fields,
    "raw": _base64,
}
