"""The checklist's catalogue of deviations (its section 17): before the header, times, look-alikes."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Parse = Callable[..., dict[str, Any]]

HEADER: Final = b"<34>Oct 11 22:14:15 host app: text"
# Section 17.2, with the instant in UTC for receipt on 2026-11-20; None is a clean "no time".
TIMES: Final = [
    (b"Oct 11 22:14:15", "2026-10-11 22:14:15"),
    (b"Oct  1 22:14:15", "2026-10-01 22:14:15"),
    (b"Oct 1 22:14:15", "2026-10-01 22:14:15"),
    (b"Oct 01 22:14:15", "2026-10-01 22:14:15"),
    (b"AUG 10 22:18:24", "2026-08-10 22:18:24"),
    (b"Mar 7 19:06:53:", "2026-03-07 19:06:53"),
    (b"Mar 7 2008 19:06:53", "2008-03-07 19:06:53"),
    (b"Mar 7 2008 19:06:53:", "2008-03-07 19:06:53"),
    (b"AUG 10 22:18:24 2009", "2009-08-10 22:18:24"),
    (b"Apr  5 22:51:54 2021", "2021-04-05 22:51:54"),
    (b"2008 Mar 7 19:06:53", "2008-03-07 19:06:53"),
    (b"2020 Oct 26 10:33:18 CET:", "2020-10-26 09:33:18"),
    (b"Mar  4 11:45:20.123", "2026-03-04 11:45:20.123"),
    (b"*Mar  1 18:48:50.483 UTC:", "2026-03-01 18:48:50.483"),
    (b".Sep 21 16:05:29.558:", "2026-09-21 16:05:29.558"),
    (b"Mar 4 2015 07:03:59.338 UTC:", "2015-03-04 07:03:59.338"),
    (b"May 21 12:00:01.123 gmt:", "2026-05-21 12:00:01.123"),
    (b"Oct 14 2015 05:50:19 AM.484 UTC :", "2015-10-14 05:50:19.484"),
    (b"Apr 19 17:11:12 UTC:", "2026-04-19 17:11:12"),
    (b"51w2d:", None),
    (b"00:01:01:", None),
    (b"1d02h:", None),
    (b"1y2w:", None),
    (b"Aug 24 05:34:00 CST 1987", "1987-08-24 11:34:00"),
    (b"2010-08-30T23:00:05Z", "2010-08-30 23:00:05"),
    (b"2017-05-21T00:00:01.123Z", "2017-05-21 00:00:01.123"),
    (b"2014-06-03 13:05:30,023", "2014-06-03 13:05:30.023"),
    (b"2019-10-16 15:44:36", "2019-10-16 15:44:36"),
    (b"05/21/2017:00:00:00 GMT", "2017-05-21 00:00:00"),
    (b"18/06/2020:16:18:42 GMT", "2020-06-18 16:18:42"),
    (b"1563249630.774247239", "2019-07-16 04:00:30.774247"),
    (b"1990 Oct 22 10:52:01 TZ-6", "1990-10-22 16:52:01"),
    (b"Thu Oct 03 2024 11:36:44 -06:00", "2024-10-03 17:36:44"),
    (b"Jan 27 14:13:39 2022", "2022-01-27 14:13:39"),
]


def columns(row: dict[str, Any]) -> tuple[Any, ...]:
    """Give the columns that every header is read for."""
    return tuple(row[name] for name in ("hostname", "app_name", "message"))


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b" ", b"\n", b"\r", b"\0", b"\xef\xbb\xbf \r\n"])
def test_what_stands_before_pri_is_skipped(parse: Parse, before: bytes) -> None:
    """D-1, D-2: a BOM, SP, LF, CR and NUL hide nothing; they are flagged, and the octets kept."""
    row = parse(before + HEADER)
    assert (row["facility"], row["severity"], *columns(row)) == (4, 2, "host", "app", "text")
    assert "header_lenient" in row["flags"]
    assert row["raw"] == before + HEADER


@pytest.mark.parametrize(
    ("message", "form", "host"),
    [
        (b"Feb 18 16:01:59 serverX app: x", "rfc3164", "serverX"),
        (b"1 2020-05-22T14:59:09Z h a p m - x", "rfc5424", "h"),
        (b"2019-02-19T12:02:54.464+01:00 h CEF:0|a|b|c|d|e|f|x=y", "rfc3164", "h"),
        (b"CEF:0|a|b|c|d|e|f|x=y", "cef", None),
    ],
)
def test_without_pri_the_rest_is_read(parse: Parse, message: bytes, form: str, host: str | None) -> None:
    """D-3: PRI 13 is assumed, and time, RFC 5424's fields and CEF are read all the same."""
    row = parse(message)
    assert (row["facility"], row["severity"], row["format"], row["hostname"]) == (1, 5, form, host)
    assert "pri_assumed" in row["flags"]


@pytest.mark.parametrize("pri", [b"<192>", b"<999>", b"<1234>", b"<65570>", b"<00>", b"<-1>", b"<1a>", b"<>"])
def test_what_is_no_pri_is_text(parse: Parse, pri: bytes) -> None:
    """D-4: a number out of range is never wrapped into one within: there is no PRI, and all of it is text."""
    row = parse(pri + b"Oct 11 22:14:15 host app: text")
    assert (row["facility"], row["severity"]) == (1, 5)
    assert row["message"].startswith(pri.decode())
    assert "pri_assumed" in row["flags"]


@pytest.mark.parametrize("behind", [b" ", b": ", b":", b" : "])
def test_what_stands_behind_pri_is_skipped(parse: Parse, behind: bytes) -> None:
    """D-5: a space and a colon behind PRI are no part of the time."""
    row = parse(b"<34>" + behind + b"Oct 11 22:14:15 host app: text")
    assert columns(row) == ("host", "app", "text")
    assert row["timestamp"] == "2026-10-11 22:14:15.000000"


@pytest.mark.parametrize("header", [b"user.info host app:", b"host notice app:", b"host daemon.warning app:"])
def test_the_priority_in_words_is_no_name(parse: Parse, header: bytes) -> None:
    """D-6: facility and severity in words are neither HOSTNAME nor TAG."""
    row = parse(b"<11>Oct 11 22:14:15 " + header + b" text")
    assert columns(row) == ("host", "app", "text")


def test_of_two_headers_the_outer_counts(parse: Parse) -> None:
    """D-7: a relay put its header before another: that is the message's, the inner one stays in the text."""
    row = parse(b"<13>Oct 11 22:14:15 relay <34>Oct 11 22:14:14 host su: x")
    assert columns(row) == ("relay", None, "<34>Oct 11 22:14:14 host su: x")
    assert (row["facility"], row["timestamp"]) == (1, "2026-10-11 22:14:15.000000")


@pytest.mark.parametrize(("stamp", "timestamp"), TIMES)
def test_every_time_of_the_catalogue_is_read(parse: Parse, stamp: bytes, timestamp: str | None) -> None:
    """Section 17.2: each of them is a time, or clearly none, and never part of a name or of the text."""
    row = parse(b"<13>" + stamp + b" host app[7]: text")
    found = row["timestamp"] and row["timestamp"].removesuffix("000").removesuffix(".000")
    assert found == timestamp
    if timestamp is None:
        assert dict(row["fields"]) == {"uptime": stamp.decode().rstrip(":")}
        assert "timestamp_invalid" not in row["flags"]
    else:
        assert columns(row) == ("host", "app", "text")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (b"<34>0 2020-05-26T18:36:57Z h a - - - x", ("h", "a", "x")),
        (b"<134>1 1563249630.774 mx events type=x", ("mx", "events", "type=x")),
        (b"<5>1 2020-01-24T22:53:03Z h CEF:0|a|b", ("h", None, "CEF:0|a|b")),
        (b"<165>1 2007-02-15T09:17:15Z mib2d[1484]: text", (None, "mib2d", "text")),
        (b"<14>1 2020-05-26T18:36:57Z h kernel - - - [  128.6] eth0", ("h", "kernel", "[  128.6] eth0")),
        (b"<14>1 2020-05-26T18:36:57Z h a - - [o@1] [b=0]", ("h", "a", "[b=0]")),
        (b"<14>1 2020-05-26T18:36:57Z h a - - [o@1 b=c] x", ("h", "a", "x")),
        (b'<14>1 2020-05-26T18:36:57Z h a - - [a:"b"; c:"d"] x', ("h", "a", "x")),
        (b"<14>1 2020-05-26T18:36:57Z h a - - (file.cpp:35) Value 16", ("h", "a", "(file.cpp:35) Value 16")),
    ],
)
def test_look_alikes_of_rfc_5424_are_read(
    parse: Parse, message: bytes, expected: tuple[str | None, ...]
) -> None:
    """Section 17.5: what only looks like RFC 5424, or lacks a part of it, yields the parts that it has."""
    assert columns(parse(message)) == expected
