"""Matches in the order of one of their values: the first of them, kept while all are looked at.

Records without the value come last, in either direction; among equals the newest comes first.
"""

from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from storage import query_fields
from storage.query_fields import ANY, RULE_PREFIX
from storage.results import Scope
from storage.scan import Candidate, hits

MOST: Final = 5_000  # matches that are kept; whoever would turn so many pages narrows the search instead


@dataclass(frozen=True, slots=True)
class Order:
    """The field by whose values records are put in order, lowest first or highest first."""

    field: str
    descending: bool = False

    @property
    def column(self) -> str:
        """The archive's column that has the values.

        Raises:
            ValueError: when the field has no order; the message says which have one.
        """
        found = query_fields.find(self.field)
        if found is None:
            return "fields"
        if found.name == ANY or found.columns[0] in {"flags", "structured_data"}:
            raise ValueError(
                f"{self.field} has no order: sort by host, app, severity, or a message's own field"
            )
        return found.columns[0]


class Sorting:
    """The first matches in an order, of those that were looked at."""

    def __init__(self, order: Order, skipped: int, limit: int | None) -> None:
        self._order = order
        self._column: Final = order.column
        self._skipped = skipped
        self._end = MOST if limit is None else skipped + limit
        if skipped >= MOST:
            raise ValueError(f"only the first {MOST:,} matches are put in order: narrow the search")
        direction = "descending" if order.descending else "ascending"
        self._keys: Final = [("key", direction), ("received_at", "descending"), ("seq", "descending")]
        self._first: pa.Table | None = None
        self._is_more = False

    def look(self, candidate: Candidate) -> tuple[pa.Table, Scope]:
        """Give key, time and number of a block's matches; in any thread."""
        part = Scope()
        records, mask = hits(candidate, part, [self._column, "received_at", "seq"])
        few = records.filter(mask)
        key = self._key(few[self._column])
        return pa.table({"key": key, "received_at": few["received_at"], "seq": few["seq"]}), part

    def add(self, found: pa.Table) -> None:
        """Keep what belongs to the first of all."""
        if not found.num_rows:
            return
        together = found if self._first is None else pa.concat_tables([self._first, found])
        self._is_more = self._is_more or together.num_rows > self._end
        self._first = together.sort_by(self._keys).slice(0, self._end)

    def seqs(self) -> list[int]:
        """Give the numbers of the page's records, in order."""
        if self._first is None:
            return []
        return self._first["seq"].slice(self._skipped).to_pylist()  # type: ignore[no-any-return]

    def after(self) -> int | None:
        """Give how many matches come before the next page; None when there is none, or none is kept."""
        return self._end if self._is_more and self._end < MOST else None

    def _key(self, values: pa.ChunkedArray) -> pa.ChunkedArray:
        if self._column == "fields":
            chunks = [
                pc.map_lookup(chunk, self._order.field.removeprefix(RULE_PREFIX), "first")
                for chunk in values.chunks
            ]
            return pa.chunked_array(chunks, pa.string())
        return values.cast(pa.string()) if pa.types.is_dictionary(values.type) else values
