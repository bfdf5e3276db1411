"""/archive/TENANT/STREAM: a stream's days, and when they go."""

from datetime import date, timedelta

import pytest

from access.visitor import Visitor
from storage.daily import Day, StreamDays
from storage.layout import Layout, StreamName
from storage.settings import RetentionSettings, StorageSettings
from tests.web.archives import stored
from tests.web.operators import client_of
from web.appliance import Appliance
from web.stream import ROWS, day_rows

TODAY = date(2026, 11, 21)
FRAMES = [b"<13>1 - fw app - - - message %d" % number for number in range(7)]


def test_its_days(layout: Layout) -> None:
    """Messages and sizes of each day, a search for it, and when it expires."""
    stored(layout, StreamName(), FRAMES)
    settings = StorageSettings(retention=RetentionSettings(days=10))
    with client_of(layout, Appliance(storage=settings)) as client:
        answer = client.get("/archive/default/syslog")
    assert answer.status_code == 200
    for said in ("from=2026-11-20&amp;to=2026-11-20", "2026-12-01", "10 days", "1 segment waits", ">7<"):
        assert said in answer.text, said


def test_when_days_expire() -> None:
    """The day after the last on which it is kept; never where streams are kept for ever."""
    days = (
        Day(date(2026, 11, 19), 1, 2, 2, 1, 1),
        Day(date(9999, 12, 30), 1, 1, 0, 1, 1, index_damaged=True),
    )
    one = StreamDays(StreamName(), days, 0, 0, 0, (), 0)
    assert [row.expires for row in day_rows(one, 7, TODAY)] == ["never", "2026-11-27"]
    assert [row.expires for row in day_rows(one, 0, TODAY)] == ["never", "never"]
    assert [row.expires for row in day_rows(one, 1, TODAY)] == ["never", "with the next run"]
    assert [row.index for row in day_rows(one, 0, TODAY)] == ["cannot be read", "whole"]


def test_years_come_in_pages() -> None:
    """Ten years are no page of ten years; the next one goes on where this one ended."""
    days = tuple(Day(TODAY - timedelta(days=back), 1, 1, 1, 1, 1) for back in range(ROWS + 5, 0, -1))
    one = StreamDays(StreamName(), days, 0, 0, 0, (), 0)
    first = day_rows(one, 0, TODAY)
    rest = day_rows(one, 0, TODAY, first[-1].day)
    assert [row.day for row in (*first, *rest)] == [day.day.isoformat() for day in reversed(days)]
    assert (len(first), len(rest)) == (ROWS, 5)
    assert day_rows(one, 0, TODAY, "<b>") == first


def test_older_days_have_a_page(layout: Layout) -> None:
    """Before the first day there is none, which the page says."""
    stored(layout, StreamName(), FRAMES)
    with client_of(layout) as client:
        assert "There is no earlier day" in client.get("/archive/default/syslog?before=2026-11-20").text
        assert "There is no earlier day" not in client.get("/archive/default/syslog").text


@pytest.mark.parametrize("path", ["default/none", "trail/access", "default/%3Cscript%3E", "Default/syslog"])
def test_what_is_not_there(layout: Layout, path: str) -> None:
    """A stream that is not there, or is none of the visitor's, is 404, in the same words, as text."""
    stored(layout, StreamName("trail", "access"), FRAMES)
    with client_of(layout, visitor=Visitor("ann", "operator")) as client:
        answer = client.get(f"/archive/{path}")
    assert answer.status_code == 404
    assert "There is no stream" in answer.text
    assert "<script>" not in answer.text.replace('<script src="/static/script.js" defer></script>', "")
