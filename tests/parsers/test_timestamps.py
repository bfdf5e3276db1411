"""Stamps: what is written is read, what is missing is found, and what no calendar has is no time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.layouts import MONTHS
from parsers.source import DateOrder, Source
from parsers.timestamps import FUTURE, PAST, read_stamp

BUDAPEST = ZoneInfo("Europe/Budapest")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def instant(text: bytes, received: str, zone: ZoneInfo = BUDAPEST) -> datetime | None:
    """Read a stamp, received at a time in ISO 8601."""
    stamp = read_stamp(text)
    assert stamp is not None
    found = stamp.instant(Source(timezone=zone), datetime.fromisoformat(received))
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
    found = stamp.instant(Source(), received)
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
    assert stamp is None or stamp.instant(Source(), EPOCH) is None


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


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        (b"05/21/2017:00:00:00 GMT", None, "2017-05-21T00:00:00+00:00"),
        (b"18/06/2020:16:18:42 GMT", None, "2020-06-18T16:18:42+00:00"),
        (b"05/06/2020:16:18:42 GMT", "day_first", "2020-06-05T16:18:42+00:00"),
        (b"05/06/2020:16:18:42 GMT", "month_first", "2020-05-06T16:18:42+00:00"),
        (b"21/06/2020:16:18:42 GMT", "month_first", "2020-06-21T16:18:42+00:00"),
        (b"05/05/2020:16:18:42 GMT", None, "2020-05-05T16:18:42+00:00"),
        (b"05/06/2020:16:18:42 GMT", None, None),
    ],
)
def test_the_order_of_a_date_is_never_guessed(
    text: bytes, order: DateOrder | None, expected: str | None
) -> None:
    """A number over 12 is the day; where both could be the month, only the source's setting tells."""
    stamp = read_stamp(text, order)
    found = None if stamp is None else stamp.instant(Source(), EPOCH)
    moment = None if found is None else EPOCH + timedelta(microseconds=found.microseconds)
    assert moment == (None if expected is None else datetime.fromisoformat(expected))


@pytest.mark.parametrize(
    ("text", "zone", "offset", "assumed"),
    [
        (b"Oct 11 22:14:15 CST:", "UTC", -6, False),  # to nearly all senders
        (b"Oct 11 22:14:15 CST:", "Asia/Shanghai", 8, False),  # where it is the zone's own name
        (b"Oct 11 22:14:15 IST:", "UTC", 0, True),  # Irish, Israel's or India's
        (b"Oct 11 22:14:15 IST:", "Asia/Kolkata", 5.5, False),
        (b"Jul 11 22:14:15 BST:", "Europe/London", 1, False),
        (b"Jul 11 22:14:15 akdt:", "UTC", -8, False),
        (b"Oct 11 22:14:15 GMT+2", "UTC", 2, False),
        (b"Oct 11 22:14:15 UTC-03:30", "UTC", -3.5, False),
        (b"2019-10-16 15:44:36 CEST", "UTC", 2, False),
    ],
)
def test_a_name_of_several_zones_is_the_sources_own(
    text: bytes,
    zone: str,
    offset: float,
    assumed: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """A zone's name means the source's zone where that has it, else what nearly all mean, else nothing."""
    stamp = read_stamp(text)
    assert stamp is not None
    found = stamp.instant(Source(timezone=ZoneInfo(zone)), datetime(2026, 11, 20, tzinfo=UTC))
    assert found is not None
    assert (found.offset, found.assumed) == (timedelta(hours=offset), assumed)


def test_seconds_since_1970_are_a_stamp() -> None:
    """Meraki's stamps: ten digits and a fraction, of which six digits are kept."""
    found = instant(b"1563249630.774247239", "2019-07-16T04:00:31Z")
    assert found == datetime(2019, 7, 16, 4, 0, 30, 774247, UTC)


@pytest.mark.parametrize(("text", "hour"), [(b"12:00:00 AM", 0), (b"12:00:00 PM", 12), (b"01:00:00 PM", 13)])
def test_the_halves_of_a_day_begin_with_twelve(text: bytes, hour: int) -> None:
    """12 AM is midnight, 12 PM noon."""
    found = instant(b"Oct 14 2015 " + text, "2015-10-15T00:00:00Z", ZoneInfo("UTC"))
    assert found is not None
    assert found.hour == hour


def test_half_a_day_has_no_thirteenth_hour() -> None:
    """13 PM is no time."""
    assert read_stamp(b"Oct 14 2015 13:00:00 PM") is None
