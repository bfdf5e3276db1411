"""NetApp ONTAP events: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Read = Callable[..., dict[str, Any]]

MESSAGES: Final = [
    (
        b"<134>Jan 11 11:28:13 filer-201 [filer-201:scsitarget.ispfct.targetReset:notice]: FCP Target",
        {
            "timestamp": "2026-01-11 11:28:13",
            "hostname": "filer-201",
            "app_name": "scsitarget.ispfct.targetReset",
            "message": "FCP Target",
            "fields": {"netapp.node": "filer-201", "priority": "notice"},
        },
    ),
    (
        b"<5>Apr  1 12:00:00 [node-A: mgwd: raid.rg.scrub.done:info]: aggr0",
        {
            "timestamp": "2026-04-01 12:00:00",
            "app_name": "raid.rg.scrub.done",
            "message": "aggr0",
            "fields": {"netapp.node": "node-A", "netapp.daemon": "mgwd", "priority": "info"},
        },
    ),
    (
        b"<5>Apr  1 12:00:00 filer [node-A raid.rg.scrub.done:err]: aggr0",
        {
            "timestamp": "2026-04-01 12:00:00",
            "hostname": "filer",
            "app_name": "raid.rg.scrub.done",
            "message": "aggr0",
            "fields": {"netapp.node": "node-A", "priority": "err"},
        },
    ),
]


@pytest.mark.parametrize(("message", "columns"), MESSAGES)
def test_it_is_read(read: Read, message: bytes, columns: dict[str, Any]) -> None:
    """The event is TAG; node, daemon and severity are fields."""
    found = read(message)
    assert found == {"dialect": "NetApp ONTAP, events", "format": "rfc3164", **columns}
