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

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.schema import Format
from parsers.structured_data import elements

JsonRecord = dict[str, Any]
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
