"""Times as typed and as shown."""

from datetime import UTC, datetime

import pytest

from web import times

NOW = datetime(2026, 11, 20, 22, 51, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("now", "2026-11-20T22:51:03+00:00"),
        ("-15m", "2026-11-20T22:36:03+00:00"),
        ("- 2 h", "2026-11-20T20:51:03+00:00"),
        ("\u22127d", "2026-11-13T22:51:03+00:00"),
        ("last 7 days", "2026-11-13T22:51:03+00:00"),
        ("Last hour", "2026-11-20T21:51:03+00:00"),
        ("past week", "2026-11-13T22:51:03+00:00"),
        ("3 days ago", "2026-11-17T22:51:03+00:00"),
        ("today", "2026-11-20T00:00:00+00:00"),
        ("yesterday", "2026-11-19T00:00:00+00:00"),
        ("2026-11-01", "2026-11-01T00:00:00+00:00"),
        ("2026-11-01 14:30", "2026-11-01T14:30:00+00:00"),
        ("2026-11-01T14:30:00Z", "2026-11-01T14:30:00+00:00"),
        ("2026-11-01T14:30:00+01:00", "2026-11-01T13:30:00+00:00"),
        ("2026-11-01T14:30:00.123456789Z", "2026-11-01T14:30:00.123456+00:00"),
    ],
)
def test_typed_times(typed: str, meant: str) -> None:
    """A time may be typed as people say it; without a zone it is UTC."""
    assert times.moment(f" {typed} ", NOW) == datetime.fromisoformat(meant)


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("this week", "2026-11-16", "2026-11-23"),
        ("last week", "2026-11-09", "2026-11-16"),
        ("this month", "2026-11-01", "2026-12-01"),
        ("last month", "2026-10-01", "2026-11-01"),
        ("this year", "2026-01-01", "2027-01-01"),
        ("last year", "2025-01-01", "2026-01-01"),
        ("March", "2026-03-01", "2026-04-01"),
        ("december", "2025-12-01", "2026-01-01"),
        ("Mar 2024", "2024-03-01", "2024-04-01"),
        ("2026-03", "2026-03-01", "2026-04-01"),
        ("2026", "2026-01-01", "2027-01-01"),
    ],
)
def test_periods_of_the_calendar(typed: str, first: str, last: str) -> None:
    """A week, a month or a year begins with its first day and ends with its last, like a day."""
    found = [times.moment(typed, NOW), times.moment(typed, NOW, end=True)]
    assert found == [datetime.fromisoformat(f"{day}T00:00:00+00:00") for day in (first, last)]


def test_nothing_typed_is_no_bound() -> None:
    """An empty field bounds nothing."""
    assert times.moment("", NOW) is None


def test_a_day_as_end_is_included() -> None:
    """To a day means to its end, so that from and to the same day is that day."""
    assert times.moment("2026-11-01", NOW, end=True) == datetime(2026, 11, 2, tzinfo=UTC)
    assert times.moment("9999-12-31", NOW, end=True) == datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "typed",
    [
        "soon",
        "-2y",
        "2026-13-01",
        "2026-11-20T25:00",
        "-999999d",
        "9999-12-31T23:59-23:59",
        "20261120",
        "2026-W47-5",
        "1" * 64,
    ],
)
def test_no_time_says_what_to_write(typed: str) -> None:
    """What is no time is refused with examples of what is."""
    with pytest.raises(times.MomentError, match="is not a time: write 2026-11-20"):
        times.moment(typed, NOW)


def test_received_times_keep_their_nanoseconds() -> None:
    """A time of receipt is shown to the nanosecond, in a list to the millisecond."""
    at = int(NOW.timestamp()) * 10**9 + 123_456_789
    assert times.full(at) == "2026-11-20T22:51:03.123456789Z"
    assert times.clock(at) == "22:51:03.123"
    assert times.day(at) == "Friday 20 November 2026"


def test_device_times_beyond_pythons_years_show() -> None:
    """RFC 3339 allows the year 0000, which Python has not; it shows all the same."""
    assert times.device_time(int(NOW.timestamp()) * 10**6 + 5) == "2026-11-20T22:51:03.000005Z"
    assert "since 1970" in times.device_time(-62_167_219_200 * 10**6)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "0 s"), (59, "59 s"), (-11_520, "3 h 12 min"), (86_400, "1 day"), (200_000, "2 days 7 h")],
)
def test_durations(seconds: float, said: str) -> None:
    """A duration is said in its two largest units."""
    assert times.duration(seconds) == said


def test_rough_durations() -> None:
    """Where there is little room, one unit is enough."""
    assert times.duration(11_520, units=1) == "3 h"
