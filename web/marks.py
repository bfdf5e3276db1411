"""Where in the records of a page a query's conditions hold, so that a reader sees why each is there."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import pyarrow as pa

from storage.places import Span, places
from storage.query import QueryError, parse

Marks = Mapping[str, list[Span]]  # by column
NO_MARKS: Final[Marks] = MappingProxyType({})
MOST: Final = 50  # hits of a text that are marked: a message of ten thousand hits has to be shown, too
_SHOWN: Final = ("hostname", "app_name", "proc_id", "msg_id", "message", "peer")


def marks(query: str, records: pa.Table) -> list[Marks]:
    """Give for each record the places to be marked; none for a query that cannot be read."""
    try:
        read = parse(query)
    except QueryError:
        return [NO_MARKS] * records.num_rows
    by_column = {name: places(read, name, records[name].to_pylist()) for name in _SHOWN}
    return [
        {name: spans[number][:MOST] for name, spans in by_column.items() if spans[number]}
        for number in range(records.num_rows)
    ]
