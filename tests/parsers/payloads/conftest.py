"""What the tests of payloads share: one text read by one format, or whole messages."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import pyarrow as pa
import pytest

from parsers import payloads
from parsers.fields import Entries, fields_column

Pairs = list[tuple[str, str]]
ReadAll = Callable[[Sequence[str | None]], list[Pairs | None]]

FORMAT: Final = "rfc3164"


def _read_all(messages: Sequence[str | None]) -> list[Pairs | None]:
    column = pa.array(messages, pa.string())
    nothing = pa.nulls(len(messages), pa.string())
    found = payloads.entries(column, nothing, pa.repeat(pa.scalar(FORMAT), len(messages)))
    return pairs(len(messages), found)


def pairs(count: int, found: Sequence[Entries]) -> list[Any]:
    """Give each row's fields as a list, None for a row without."""
    column = fields_column(count, found)
    column.validate(full=True)
    rows: list[Any] = column.to_pylist()
    return rows


@pytest.fixture(scope="session")
def read_all() -> ReadAll:
    """Give the fields of the payloads of messages, a list of pairs each, None where there are none."""
    return _read_all


@pytest.fixture(scope="session")
def read() -> Callable[[str], Pairs]:
    """Give the fields of one message's payload, none where there is no payload."""
    return lambda message: _read_all([message])[0] or []
