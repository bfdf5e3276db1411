"""RFC 3164 with a time in numbers: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

TAIL: Final = {"hostname": "host", "app_name": "app", "proc_id": "7", "message": "text"}
MESSAGES: Final = [
    (b"<13>05/21/2017:00:00:00 GMT host app[7]: text", "2017-05-21 00:00:00"),
    (b"<13>2009/03/20 14:47:45 host app[7]: text", "2009-03-20 14:47:45"),
    (b"<13>1563249630.774247 host app[7]: text", "2019-07-16 04:00:30.774247"),
    (b"1563249630: host app[7]: text", "2019-07-16 04:00:30"),
]


@pytest.mark.parametrize(("message", "timestamp"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, timestamp: str) -> None:
    """A date with slashes and seconds since 1970 are times where HOSTNAME and TAG follow."""
    assert read(message, exact=False) == {
        "dialect": "RFC 3164 with a time in numbers",
        "format": "rfc3164",
        "timestamp": timestamp,
        **TAIL,
    }
