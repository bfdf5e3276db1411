"""Stamps: what is written is read, what is missing is found, and what no calendar has is no time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.timestamps import FUTURE, MONTHS, PAST, read_stamp

BUDAPEST = ZoneInfo("Europe/Budapest")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def instant(text: bytes, received: str, zone: ZoneInfo = BUDAPEST) -> datetime | None:
    """Read a stamp, received at a time in ISO 8601."""
    stamp = read_stamp(text)
    assert stamp is not None
    found = stamp.instant(zone, datetime.fromisoformat(received))
    return None if found is None else EPOCH + timedelta(microseconds=found.microseconds)


@pytest.mark.parametrize(
    ("received", "text", "year"),
    [
        ("2027-01-01T00:00:05Z", b"Dec 31 23:59:58", 2026),
        ("2026-12-31T23:59:59Z", b"Jan  1 00:00:01", 2027),
        ("2026-11-20T12:00:00Z", b"Nov 21 11:59:59", 2026),  # not a day ahead yet
        ("2026-11-20T12:00:00Z", b"Nov 21 12:00:01", 2025),
        ("2024-02-29T12:00:00Z", b"Feb 29 11:00:00", 2024),
        ("2025-02-27T12:00:00Z", b"Feb 29 12:00:00", 2024),
    ],
)
def test_the_year_is_found_by_receipt(received: str, text: bytes, year: int) -> None:
    """A stamp without year is at most a day ahead of receipt, and else the last one (checklist 3164-14)."""
    found = instant(text, received, ZoneInfo("UTC"))
    assert found is not None
    assert found.year == year


def test_a_leap_day_without_a_leap_year_near_is_no_time() -> None:
    """Feb 29 received in 2027 names no instant."""
    assert instant(b"Feb 29 10:00:00", "2027-03-01T00:00:00Z") is None


FIRST, LAST = datetime(1971, 1, 2), datetime(2100, 1, 1)  # noqa: DTZ001 - bounds are without zone


@given(st.datetimes(FIRST, LAST), st.timedeltas(-FUTURE, 300 * DAY))
def test_no_stamp_is_put_outside_the_window(received: datetime, age: timedelta) -> None:
    """Whatever the time of receipt, a year is found that puts the stamp between a year ago and tomorrow."""
    received = received.replace(tzinfo=UTC)
    sent = (received - age).replace(microsecond=0)
    stamp = read_stamp(f"{MONTHS[sent.month - 1]} {sent.day:2} {sent:%H:%M:%S}".encode())
    assert stamp is not None
    found = stamp.instant(UTC, received)
    assert found is not None
    assert received - PAST <= EPOCH + timedelta(microseconds=found.microseconds) <= received + FUTURE
    assert EPOCH + timedelta(microseconds=found.microseconds) == sent


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"Mar 25 01:59:59", "2018-03-25T01:59:59+01:00"),
        (b"Mar 25 03:00:00", "2018-03-25T03:00:00+02:00"),
        (b"Oct 28 02:00:00", "2017-10-28T02:00:00+02:00"),
    ],
)
def test_the_zone_knows_its_summer_time(text: bytes, expected: str) -> None:
    """The offset is the one in force in the zone at the stamp's own time, not at receipt."""
    assert instant(text, "2018-03-25T04:59:59+02:00") == datetime.fromisoformat(expected)


def test_a_clock_that_is_put_back_shows_its_first_hour() -> None:
    """02:30 on the night when clocks go back is read as the first of the two."""
    assert instant(b"Oct 28 02:30:00", "2018-10-28T03:00:00+01:00") == datetime.fromisoformat(
        "2018-10-28T02:30:00+02:00"
    )


@pytest.mark.parametrize(
    "text",
    [
        b"Oct 11",
        b"Oct 11 22:14",
        b"22:14:15",
        b"2022-08-17",
        b"2022-08-17T05:02:",
        b"2",
        b"51w2d",
        b"00:01:01",
        b"",
    ],
)
def test_what_is_no_stamp_is_none(text: bytes) -> None:
    """Half a stamp, an uptime, a number: a clean none."""
    assert read_stamp(text) is None


@pytest.mark.parametrize(
    "text",
    [
        b"Foo 11 22:14:15",
        b"2022-13-01T00:00:00Z",
        b"2022-01-01T25:00:00Z",
        b"2022-01-01T00:61:00Z",
        b"0000-01-01T00:00:00",
    ],
)
def test_what_no_calendar_has_names_no_instant(text: bytes) -> None:
    """A stamp's shape is not enough: month, day and clock must exist."""
    stamp = read_stamp(text)
    assert stamp is None or stamp.instant(UTC, EPOCH) is None


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (b"Oct  1 22:14:15", "%b %e %H:%M:%S"),
        (b"Oct 11 22:14:15", "%b %e %H:%M:%S"),
        (b"Oct 01 22:14:15", "%b %d %H:%M:%S"),
        (b"Oct 1 22:14:15.123", "%b %-d %H:%M:%S.%3N"),
        (b"2015-10-11 22:14:15,5+0200", "%Y-%m-%d %H:%M:%S,%1N+0200"),
        (b"OCT 11 22:14:15", None),
        (b"2016-12-31T23:59:60Z", None),
        (b"2016-12-31T23:59:59.1234567Z", None),
    ],
)
def test_the_form_says_how_a_stamp_was_written(text: bytes, form: str | None) -> None:
    """A form gives the text back from the instant; where none can, there is none."""
    stamp = read_stamp(text)
    assert stamp is not None
    assert stamp.form == form
