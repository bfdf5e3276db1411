"""The columns of a list of messages: which there are to choose from, and what stands in them.

The time of receipt is always first and MSG always last; between them is what a search's address chooses.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from parsers.labels import FACILITIES, SEVERITIES
from storage import query_fields
from storage.query_fields import RULE_PREFIX
from web import times
from web.form import SearchForm

CELL_CHARACTERS: Final = 255  # of a value; the message's own page has all of it


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: as queries write it; a message's own field has its own name.
        title: what stands above it.
        source: the archive's column.
    """

    name: str
    title: str
    source: str


_TITLES: Final = {
    "severity": "Severity", "facility": "Facility", "host": "Host", "app": "App", "pid": "Process",
    "msgid": "Message id", "sd": "Structured data", "peer": "Peer", "tls": "TLS identity",
    "format": "Format", "flag": "Flags", "listener": "Listener", "transport": "Transport", "seq": "Number",
    "time": "Device time (UTC)",
}  # fmt: skip
KNOWN: Final = tuple(_TITLES)
_UNSORTED: Final = {"flag", "sd"}
USUAL: Final = ("severity", "host", "app")


def named(name: str) -> Column:
    """Give the column of a field's name; a name that is no field of ours is a message's own field."""
    found = query_fields.find(name)
    if found is not None and found.name in _TITLES:
        return Column(found.name, _TITLES[found.name], found.columns[0])
    return Column(name, name.removeprefix(RULE_PREFIX), "fields")


def chosen(form: SearchForm) -> tuple[Column, ...]:
    """Give the columns that a form's address chooses, or the usual ones."""
    names = [name for name in form.columns or USUAL if name not in {"msg", "received"}]
    return tuple(dict.fromkeys(named(name) for name in names))


@dataclass(frozen=True, slots=True)
class Sort:
    """What a column's heading leads to, and how the list is sorted by it now, as aria-sort says it."""

    address: str
    state: str


def sort(form: SearchForm, name: str) -> Sort | None:
    """Give what a column's heading leads to, None where it leads nowhere; ``received`` is the usual order."""
    if name == "received":
        is_sorted = not form.sort
        state = ("ascending" if form.oldest_first else "descending") if is_sorted else ""
        newest = form.having(sort="", oldest_first=is_sorted and not form.oldest_first)
        return Sort(newest.address(), state)
    if name in _UNSORTED:
        return None
    state = {name: "ascending", f"-{name}": "descending"}.get(form.sort, "")
    following = f"-{name}" if state == "ascending" else name
    return Sort(form.having(sort=following, oldest_first=False).address(), state)


def cells(records: pa.Table, columns: Sequence[Column]) -> list[tuple[str | None, ...]]:
    """Give the text of each chosen column for each record, None where it has none."""
    if not columns:
        return [()] * records.num_rows
    return list(zip(*(map(_cut, _texts(records, column)) for column in columns), strict=True))


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= CELL_CHARACTERS else text[:CELL_CHARACTERS] + "…"


def _texts(records: pa.Table, column: Column) -> Iterator[str | None]:
    values = records[column.source]
    if column.source == "timestamp":
        micros = values.cast(pa.int64()).to_pylist()
        return (None if value is None else times.device_time(value) for value in micros)
    return (_text(value, column) for value in values.to_pylist())


def _text(value: Any, column: Column) -> str | None:
    if value is None:
        return None
    if column.source == "severity":
        return SEVERITIES[value]
    if column.source == "facility":
        return FACILITIES[value]
    if column.source == "flags":
        return ", ".join(value) or None
    if column.source == "fields":
        own = [text for key, text in value if key == column.title and text is not None]
        return ", ".join(own) if own else None
    return str(value)
