"""Where a message's page leads: to the messages beside it, and to searches for what it has."""

from datetime import timedelta
from typing import Any, Final

from storage.conditions import condition, own_name
from storage.layout import StreamName
from web import rows, times
from web.form import SearchForm

NEARBY: Final = timedelta(minutes=5)
_SEARCHED: Final = {  # column: field
    "hostname": "host", "app_name": "app", "proc_id": "pid", "msg_id": "msgid", "peer": "peer",
    "tls_identity": "tls",
}  # fmt: skip
_LATEST: Final = 9000  # a year in which five minutes more are still a time


def ways(record: Any, around: list[int], name: StreamName, context: SearchForm) -> dict[str, Any]:
    """Give the addresses that the page of a message leads to.

    Args:
        record: a table of that message alone.
        around: numbers of the messages around it in the stream, rising; its own among them.
        name: of the stream.
        context: the search that led to it.
    """
    seq = record["seq"][0].as_py()
    older = max((one for one in around if one < seq), default=None)
    newer = min((one for one in around if one > seq), default=None)
    return {
        "older": _message(older, name, context),
        "newer": _message(newer, name, context),
        "nearby": _nearby(record, name),
        "searches": _searches(record, context),
        "field_searches": [
            _search(own_name(key), value, context) for key, value in record["fields"][0].as_py() or []
        ],
    }


def _message(seq: int | None, name: StreamName, context: SearchForm) -> str | None:
    return None if seq is None else context.address(rows.path(name, seq), named=False)


def _nearby(record: Any, name: StreamName) -> str:
    """Give the search for all that was received shortly before and after, oldest first."""
    (received,) = rows.nanoseconds(record)
    at = times.seconds(received)
    if not 1 < at.year < _LATEST:
        return SearchForm(name=name).address()
    return SearchForm(
        start=times.typed(at - NEARBY), end=times.typed(at + NEARBY), name=name, oldest_first=True
    ).address()


def _searches(record: Any, context: SearchForm) -> dict[str, str]:
    found = {
        column: _search(field, record[column][0].as_py(), context) for column, field in _SEARCHED.items()
    }
    return {column: address for column, address in found.items() if address is not None}


def _search(field: str | None, value: str | None, context: SearchForm) -> str | None:
    written = None if field is None or value is None else condition(field, value)
    return None if written is None else context.having(query=written).address()
