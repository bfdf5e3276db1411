"""Figures as people read them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from web import figures


@pytest.mark.parametrize(
    ("number", "said"),
    [(None, "\u2013"), (0, "0 octets"), (1023, "1,023 octets"), (1536, "1.5 KiB"), (1 << 40, "1.0 TiB"),
     (5 << 50, "5,120.0 TiB")],
)  # fmt: skip
def test_sizes(number: int | None, said: str) -> None:
    """A size is told in the unit in which it is a small number."""
    assert figures.octets(number) == said


@pytest.mark.parametrize(
    ("rate", "said"),
    [(None, "\u2013"), (0, "0 a second"), (12345.6, "12,346 a second"), (2.55, "2.5 a second"),
     (0.5, "30 a minute"), (0.001, "0.06 a minute")],
)  # fmt: skip
def test_rates(rate: float | None, said: str) -> None:
    """Few messages are told by the minute."""
    assert figures.rate(rate) == said


def test_paces_are_short() -> None:
    """The same in few characters."""
    told = [figures.pace(rate) for rate in (None, 0, 12345.6, 1.4, 0.5)]
    assert told == ["\u2013", "0/s", "12,346/s", "1/s", "30/min"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, "no device time"), (0.4, "right"), (-0.6, "1 s behind"), (7200, "2 h ahead"),
     (-90, "1 min 30 s behind")],
)  # fmt: skip
def test_clocks(seconds: float | None, said: str) -> None:
    """A clock is ahead of the time of receipt, behind it, or right."""
    assert figures.clock(seconds) == said


def test_measures_have_their_unit() -> None:
    """What the monitor measures is told as its thresholds are."""
    told = [figures.amount(3600, unit) for unit in ("octets", "percent", "seconds", "files")]
    assert told == ["3.5 KiB", "3600.0 %", "1 h", "3,600 files"]
    assert figures.amount(None, "octets") == figures.UNKNOWN


def test_times_are_told_in_utc() -> None:
    """A time with another zone is told in UTC, to the second; what is none is unknown."""
    there = datetime(2026, 11, 20, 23, 51, 3, tzinfo=timezone(timedelta(hours=1)))
    assert figures.instant(there) == "2026-11-20 22:51:03"
    assert figures.moment("2026-11-20T22:51:03.123Z") == "2026-11-20 22:51:03"
    assert figures.moment(None) == figures.instant(None) == figures.UNKNOWN
    assert figures.since("2026-11-20T22:51:03Z", there + timedelta(seconds=5)) == 5.0
    for text in ("no time", "2026-11-20T22:51:03", None, 5):
        assert figures.since(text, datetime.now(UTC)) is None
    assert figures.share(1, 0) == figures.share(None, 5) == figures.UNKNOWN
