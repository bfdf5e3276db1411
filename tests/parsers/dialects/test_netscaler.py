"""Citrix NetScaler: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any

import pytest

from parsers.source import DateOrder, Source

Read = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("order", "timestamp"),
    [("day_first", "2020-10-03 09:00:01"), ("month_first", "2020-03-10 09:00:01"), (None, None)],
)
def test_date_order_tells_day_from_month(read: Read, order: DateOrder | None, timestamp: str | None) -> None:
    """Which number is the month, the source's setting says, and without one there is no time."""
    message = b"<12> 03/10/2020:09:00:01 GMT ns1 0-PPE-1 : default TCP CONN_DELINK 17 0 :  Source"
    found = read(message, Source(date_order=order), exact=False)
    assert found.pop("timestamp", None) == timestamp
    assert found == {
        "dialect": "Citrix NetScaler",
        "format": "rfc3164",
        "hostname": "ns1",
        "app_name": "0-PPE-1",
        "message": "default TCP CONN_DELINK 17 0 :  Source",
    }


def test_a_day_over_twelve_needs_no_setting(read: Read) -> None:
    """A number that is no month tells by itself."""
    message = b"<12>10/23/2020:09:00:01 GMT ns1 0-PPE-1 : x"
    assert read(message, exact=False)["timestamp"] == "2020-10-23 09:00:01"


def test_the_year_may_come_first(read: Read) -> None:
    """The third of the formats that can be configured is without doubt, too."""
    message = b"<134> 2024/01/20:14:03:45 GMT ns1 0-PPE-0 : default TCP CONN_DELINK 123 0 :  Source"
    assert read(message) == {
        "dialect": "Citrix NetScaler",
        "format": "rfc3164",
        "timestamp": "2024-01-20 14:03:45",
        "hostname": "ns1",
        "app_name": "0-PPE-0",
        "message": "default TCP CONN_DELINK 123 0 :  Source",
    }
