"""The columns of times: read as a column where possible, text by text where not, and never wrong."""

from collections.abc import Sequence
from datetime import UTC, timedelta, timezone, tzinfo
from typing import Final

import pyarrow as pa
import pytest
from pyparsing import ParserElement

from parsers.columns import MAXIMUM_FORMS, mask_of
from parsers.compile import compile_grammar
from parsers.rfc3164 import TIMESTAMP
from parsers.rfc5424 import TIMESTAMP as RFC5424_TIMESTAMP
from parsers.schema import Flag
from parsers.source import Source
from parsers.times import Times, read_times, strict_times

STRICT: Final = compile_grammar(TIMESTAMP)
NOVEMBER: Final = 1_795_176_000_000_000_000  # 2026-11-20T12:00:00Z


def text(times: Times) -> list[str | None]:
    """Give the times as text."""
    found: list[str | None] = times.timestamp.cast(pa.timestamp("us")).cast(pa.string()).to_pylist()
    return found


def read(texts: Sequence[bytes | None], zone: tzinfo = UTC, received: Sequence[int] = ()) -> Times:
    """Read stamps received in November 2026."""
    moments = pa.array(received or [NOVEMBER] * len(texts), pa.int64())
    return read_times(texts, moments, Source(timezone=zone), STRICT)


def test_the_same_instant_is_the_same_time() -> None:
    """Example 1 and example 2 of section 6.2.3.1 name one instant, and .003 is not .3 (appendix A.4)."""
    times = strict_times(
        [b"1985-04-12T23:20:50.52Z", b"1985-04-12T19:20:50.52-04:00", b"2003-10-11T22:14:15.003Z"]
    )
    assert text(times) == ["1985-04-12 23:20:50.520000"] * 2 + ["2003-10-11 22:14:15.003000"]
    assert times.mask is None


def test_a_date_that_no_calendar_has_is_no_time() -> None:
    """February 30 matches the ABNF, but not the calendar: null, flagged, and its neighbours unharmed."""
    times = strict_times([b"2003-02-28T00:00:00Z", b"2003-02-30T00:00:00Z", None, b"2004-02-29T00:00:00Z"])
    assert text(times) == ["2003-02-28 00:00:00.000000", None, None, "2004-02-29 00:00:00.000000"]
    assert times.mask is not None
    assert times.mask.to_pylist() == [0, mask_of(Flag.TIMESTAMP_INVALID), 0, 0]
    assert times.form.to_pylist()[1:3] == [None, None]


@pytest.mark.parametrize(
    ("stamp", "form"),
    [
        (b"2003-10-11T22:14:15.000003Z", None),
        (b"2003-10-11T22:14:15Z", "%Y-%m-%dT%H:%M:%SZ|+00:00"),
        (b"2003-10-11T22:14:15.3Z", "%Y-%m-%dT%H:%M:%S.%1NZ|+00:00"),
        (b"2003-10-11T22:14:15+02:00", "%Y-%m-%dT%H:%M:%S+02:00|+02:00"),
        (b"2003-10-11T22:14:15.000003-00:00", "%Y-%m-%dT%H:%M:%S.%6N-00:00|-00:00"),
        (None, None),
    ],
)
def test_a_strict_stamp_has_its_form(stamp: bytes | None, form: str | None) -> None:
    """Digits of the fraction and the offset are all that can differ between strict stamps."""
    assert strict_times([stamp]).form.to_pylist() == [form]
    assert strict_times([stamp, b"2003-10-11T22:14:15.1+01:00"]).form.to_pylist()[0] == form


def test_what_was_missing_is_flagged() -> None:
    """Year and zone that were not on the wire are told, row by row; so is a stamp of another make."""
    times = read([b"Oct 11 22:14:15", b"2003-10-11T22:14:15Z", b"Oct 11 2003 22:14:15", b"Foo", None])
    assert times.mask is not None
    assert times.mask.to_pylist() == [
        mask_of(Flag.YEAR_INFERRED, Flag.TIMEZONE_ASSUMED),
        mask_of(Flag.TIMESTAMP_LENIENT),
        mask_of(Flag.TIMESTAMP_LENIENT, Flag.TIMEZONE_ASSUMED),
        mask_of(Flag.TIMESTAMP_INVALID),
        0,
    ]


@pytest.mark.parametrize(("strict", "flag"), [(TIMESTAMP, Flag.TIMESTAMP_LENIENT), (RFC5424_TIMESTAMP, None)])
def test_stamps_of_both_standards_may_be_mixed(strict: ParserElement, flag: Flag | None) -> None:
    """RFC 5424's stamps, read as a column, stand at their places among others, with the flags due."""
    stamps = [
        b"Oct 11 22:14:15",
        b"2003-10-11T22:14:15.3+02:00",
        None,
        b"2003-02-30T00:00:00Z",
        b"Oct 12 1:1:1",
    ]
    times = read_times(stamps, pa.array([NOVEMBER] * 5), Source(), compile_grammar(strict))
    assert text(times)[:4] == ["2026-10-11 22:14:15.000000", "2003-10-11 20:14:15.300000", None, None]
    assert times.form.to_pylist() == [
        "%b %e %H:%M:%S|+00:00", "%Y-%m-%dT%H:%M:%S.%1N+02:00|+02:00", None, None, None
    ]  # fmt: skip
    assert times.mask is not None
    assert times.mask.to_pylist()[1:] == [
        mask_of(*filter(None, [flag])), 0, mask_of(Flag.TIMESTAMP_INVALID), mask_of(Flag.TIMESTAMP_INVALID)
    ]  # fmt: skip


def test_local_mean_time_has_seconds() -> None:
    """An offset of another age, with seconds in it, is written out whole."""
    amsterdam = timezone(timedelta(minutes=19, seconds=32))
    times = read([b"Oct 11 1930 22:14:15"], amsterdam)
    assert times.form.to_pylist() == ["%b %e %Y %H:%M:%S|+00:19:32"]


def test_each_row_has_its_own_time_of_receipt() -> None:
    """Where the year depends on the moment of receipt, every row is decided by its own."""
    day = 86_400 * 10**9
    times = read(
        [b"Nov 22 12:00:00", None, b"Nov 22 12:00:00"], received=[NOVEMBER, NOVEMBER, NOVEMBER + 2 * day]
    )
    assert text(times) == ["2025-11-22 12:00:00.000000", None, "2026-11-22 12:00:00.000000"]


def test_nobody_can_make_up_forms_without_end() -> None:
    """A batch has a bounded number of forms; stamps beyond it have none, and lose nothing but that."""
    stamps = [b"2003-10-11T22:14:15+%02d:%02d" % divmod(minutes, 60) for minutes in range(2 * MAXIMUM_FORMS)]
    times = strict_times(stamps)
    assert len(set(times.form.to_pylist())) == MAXIMUM_FORMS + 1
    assert None not in text(times)
