"""Snare for Windows: the parts of an event, by name."""

from typing import Any, Final

import pytest

from parsers.payloads import snare
from tests.parsers.payloads.conftest import Pairs, pairs

EVENT: Final = (
    "MSWinEventLog\t1\tSecurity\t563\tWed Mar 10 09:30:15 2010\t538\tSecurity\tXYWS011$\tUser\t"
    "Success Audit\t"
    "ZUSE\tLogon/Logoff\t\tUser Logoff:  User Name: XYWS011$ #1\t552"
)
NAMED: Final = [
    ("snare.criticality", "1"), ("snare.log", "Security"), ("snare.counter", "563"),
    ("snare.time", "Wed Mar 10 09:30:15 2010"), ("snare.event_id", "538"), ("snare.source", "Security"),
    ("snare.user", "XYWS011$"), ("snare.sid_type", "User"), ("snare.event_type", "Success Audit"),
    ("snare.computer", "ZUSE"), ("snare.category", "Logon/Logoff"), ("snare.data", ""),
    ("snare.text", "User Logoff:  User Name: XYWS011$ #1"), ("snare.event_counter", "552"),
]  # fmt: skip


def read(text: str) -> Pairs:
    """Read one text: the fields without what tells the payload."""
    (found,) = pairs(1, snare.read([text]))
    return [] if found is None else found[1:]


def test_every_part_has_its_name() -> None:
    """An event's parts are named in order, an empty one too."""
    assert read(EVENT) == NAMED


def test_tabs_written_by_a_relay() -> None:
    """rsyslog's ``#011`` is a tab, and a space may stand before the first part."""
    assert read(EVENT.replace("\t", "#011")) == NAMED
    assert read(EVENT.replace("\t", " ", 1).replace("\t", "#011")) == NAMED


def test_an_event_that_is_cut_off() -> None:
    """What is not there has no field; a text that ends before the event's id is no event."""
    assert read(EVENT.rpartition("\tLogon")[0]) == NAMED[:10]
    assert read("MSWinEventLog\t1\tSecurity\t563\tWed Mar 10 09:30:15 2010") == []
    assert read("the MSWinEventLog format has tabs") == []


@pytest.mark.parametrize(
    "before", ["<141>Mar 10 09:30:20 zuse.example.com ", "<13>1 2026-11-20T22:00:00Z zuse app - - - ", "<14>"]
)
def test_behind_a_header(before: str, parse: Any) -> None:
    """Behind either header the event is found."""
    row = parse((before + EVENT).encode())
    assert {("payload", "snare"), ("snare.event_id", "538"), ("snare.computer", "ZUSE")} <= set(row["fields"])
