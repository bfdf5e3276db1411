"""RFC 3164 as it is sent: stamps and headers of all kinds give a time and a clean header, and flags."""

from collections.abc import Callable
from typing import Any, Final

import pytest

Parse = Callable[..., dict[str, Any]]
ASSUMED: Final = ["year_inferred", "timezone_assumed"]


@pytest.mark.parametrize(
    ("stamp", "timestamp"),
    [
        (b"Oct  1 22:14:15", "2026-10-01 22:14:15.000000"),
        (b"Oct 1 22:14:15", "2026-10-01 22:14:15.000000"),
        (b"Oct 01 22:14:15", "2026-10-01 22:14:15.000000"),
        (b"AUG 10 22:18:24", "2026-08-10 22:18:24.000000"),
        (b"Mar 7 19:06:53:", "2026-03-07 19:06:53.000000"),
        (b"Mar 7 2008 19:06:53", "2008-03-07 19:06:53.000000"),
        (b"Mar 7 2008 19:06:53:", "2008-03-07 19:06:53.000000"),
        (b"Apr  5 22:51:54 2021", "2021-04-05 22:51:54.000000"),
        (b"2008 Mar 7 19:06:53", "2008-03-07 19:06:53.000000"),
        (b"2020 Oct 26 10:33:18 CET:", "2020-10-26 09:33:18.000000"),
        (b"Mar  4 11:45:20.123", "2026-03-04 11:45:20.123000"),
        (b"*Mar  1 18:48:50.483 UTC:", "2026-03-01 18:48:50.483000"),
        (b".Sep 21 16:05:29.558:", "2026-09-21 16:05:29.558000"),
        (b"Mar 4 2015 07:03:59.338 UTC:", "2015-03-04 07:03:59.338000"),
        (b"May 21 12:00:01.123 gmt:", "2026-05-21 12:00:01.123000"),
        (b"2010-08-30T23:00:05Z", "2010-08-30 23:00:05.000000"),
        (b"2017-05-21T00:00:01.123+02:00", "2017-05-20 22:00:01.123000"),
        (b"2014-06-03 13:05:30,023", "2014-06-03 13:05:30.023000"),
        (b"2019-10-16 15:44:36 +0200", "2019-10-16 13:44:36.000000"),
        (b"2018-06-19T02:13:38-07", "2018-06-19 09:13:38.000000"),
        (b"AUG 10 22:18:24 2009", "2009-08-10 22:18:24.000000"),
        (b"Oct 14 2015 05:50:19 AM.484 UTC :", "2015-10-14 05:50:19.484000"),
        (b"Jul 05 2016 04:03:01 PM.688 UTC :", "2016-07-05 16:03:01.688000"),
        (b"Apr 19 17:11:12 UTC:", "2026-04-19 17:11:12.000000"),
        (b"Aug 24 05:34:00 CST 1987", "1987-08-24 11:34:00.000000"),
        (b"1990 Oct 22 10:52:01 TZ-6", "1990-10-22 16:52:01.000000"),
        (b"Thu Oct 03 2024 11:36:44 -06:00", "2024-10-03 17:36:44.000000"),
        (b"Jan 27 14:13:39 2022", "2022-01-27 14:13:39.000000"),
        (b"Jan 27 2022 14:13:39+08:00", "2022-01-27 06:13:39.000000"),
        (b"Oct 11 22:14:15-0500", "2026-10-12 03:14:15.000000"),
        (b"Oct 11 10:14:15 PM", "2026-10-11 22:14:15.000000"),
        (b"Thu, Oct 03 2024 11:36:44.5 -06:00", "2024-10-03 17:36:44.500000"),
        (b"Feb 30 10:00:00", None),
    ],
)
def test_every_stamp_yields_its_time(parse: Parse, stamp: bytes, timestamp: str | None) -> None:
    """Each variant of checklist 17.2 yields a time, and HOSTNAME and TAG behind it are found."""
    row = parse(b"<34>" + stamp + b" host tag[7]: text")
    assert [row[name] for name in ("timestamp", "hostname", "app_name", "proc_id", "message")] == [
        timestamp,
        "host",
        "tag",
        "7",
        "text",
    ]


@pytest.mark.parametrize(
    ("rest", "columns", "flags"),
    [
        (
            b"haproxy[73411]: Proxy started.",
            (None, "haproxy", "73411", "Proxy started."),
            ["hostname_missing"],
        ),
        (b"dev01: %ASA-4-106023: Deny", ("dev01", "%ASA-4-106023", None, "Deny"), ["header_lenient"]),
        (
            b"/usr/sbin/cron[5]: (root)",
            (None, "/usr/sbin/cron", "5", "(root)"),
            ["hostname_missing", "header_lenient"],
        ),
        (b"h /usr/sbin/cron[5]: (root)", ("h", "/usr/sbin/cron", "5", "(root)"), ["header_lenient"]),
        (b"h %ASA-4-1234: Deny", ("h", "%ASA-4-1234", None, "Deny"), ["header_lenient"]),
        (b"h : %ASA-4-1234: Deny", ("h", "%ASA-4-1234", None, "Deny"), ["header_lenient"]),
        (b"h  tag: text", ("h", "tag", None, "text"), ["header_lenient"]),
        (b"[10.225.64.143] ZscalerNSS: x", ("10.225.64.143", "ZscalerNSS", None, "x"), ["header_lenient"]),
        (b"US8P60,18e8,v4.0 switch: x", ("US8P60,18e8,v4.0", "switch", None, "x"), ["header_lenient"]),
        (b"h\xc3\xb6st t\xc3\xa4g text", ("h\u00f6st", "t\u00e4g", None, "text"), ["header_lenient"]),
        (b"serverX -- MARK --", ("serverX", "--", None, "MARK --"), ["header_lenient"]),
        (b"localhost", ("localhost", None, None, ""), ["header_lenient"]),
        (b"h,rule=a,b=c", (None, "h,rule=a,b=c", None, ""), ["hostname_missing"]),
        (b'h {"EventTime":1}', ("h", None, None, '{"EventTime":1}'), ["header_lenient"]),
        (b'h @cee: {"a":1}', ("h", None, None, '@cee: {"a":1}'), ["header_lenient"]),
        (b'h "a b" c', ("h", None, None, '"a b" c'), ["header_lenient"]),
        (b"h <Event x='y'/>", ("h", None, None, "<Event x='y'/>"), ["header_lenient"]),
        (
            b"h 2024-01-20T14:03:45Z a[1]: x",
            ("h", None, None, "2024-01-20T14:03:45Z a[1]: x"),
            ["header_lenient"],
        ),
        (
            b"h 01/20/2024 14:03:45 <Info>",
            ("h", None, None, "01/20/2024 14:03:45 <Info>"),
            ["header_lenient"],
        ),
        (b"h Oct 11 22:14:14 g a: x", ("h", None, None, "Oct 11 22:14:14 g a: x"), ["header_lenient"]),
        (b"Oct a: x", ("Oct", "a", None, "x"), []),
        (b"2001:db8::1  tag: x", ("2001:db8::1", "tag", None, "x"), ["header_lenient"]),
    ],
)
def test_every_header_yields_its_parts(
    parse: Parse, rest: bytes, columns: tuple[str | None, ...], flags: list[str]
) -> None:
    """HOSTNAME missing, TAG of any make or none: what is there is found, and what is odd is flagged."""
    row = parse(b"<34>Oct 11 22:14:15 " + rest)
    assert tuple(row[name] for name in ("hostname", "app_name", "proc_id", "message")) == columns
    assert row["flags"] == [*ASSUMED, *flags]


def test_pri_may_be_missing_before_a_stamp(parse: Parse) -> None:
    """A stamp is proof enough of syslog: PRI 13 is assumed, and the rest is read (checklist D-3)."""
    row = parse(b"Oct 11 22:14:15 host tag: text")
    assert (row["format"], row["facility"], row["severity"]) == ("rfc3164", 1, 5)
    assert row["flags"] == ["pri_assumed", *ASSUMED]


@pytest.mark.parametrize(
    ("message", "app_name", "proc_id", "text"),
    [
        (b"<15> openvpn[2499]: PTHREAD", "openvpn", "2499", "PTHREAD"),
        (b"<27>xapi: [error|xen3|15]", "xapi", None, "[error|xen3|15]"),
        (b"<156>stdlib: from Python\0", "stdlib", None, "from Python"),
    ],
)
def test_a_tag_may_stand_without_header(
    parse: Parse, message: bytes, app_name: str, proc_id: str | None, text: str
) -> None:
    """A PRI and a TAG with a colon, and no HEADER, is what syslog(3) of some C libraries sends."""
    row = parse(message)
    assert (row["app_name"], row["proc_id"], row["message"]) == (app_name, proc_id, text)
    assert row["flags"] == ["hostname_missing", "header_lenient"]


def test_a_hostname_may_stand_before_a_pid_without_a_stamp(parse: Parse) -> None:
    """Without TIMESTAMP a word is the HOSTNAME only where TAG[PID]: follows it."""
    row = parse(b"<190>AMP (airwave)[6944]: Your license")
    assert tuple(row[name] for name in ("hostname", "app_name", "proc_id", "message")) == (
        "AMP", "(airwave)", "6944", "Your license",
    )  # fmt: skip
    assert row["flags"] == ["header_lenient"]
    assert parse(b"<190>session opened: x")["hostname"] is None


def test_a_msg_len_before_pri_is_no_part_of_the_message(parse: Parse) -> None:
    """A MSG-LEN in a datagram is skipped, and flagged; a number before anything else is text."""
    row = parse(b"37 <34>Oct 11 22:14:15 host tag[7]: text")
    assert (row["facility"], row["hostname"], row["message"]) == (4, "host", "text")
    assert "header_lenient" in row["flags"]
    assert parse(b"37 Oct 11 22:14:15 host tag[7]: text")["format"] == "unparsed"


@pytest.mark.parametrize(
    "message",
    [
        b"<14>05/21/2017:00:00:00 GMT",
        b"tag: no PRI",
    ],
)
def test_not_every_colon_makes_a_tag(parse: Parse, message: bytes) -> None:
    """Text that only has a colon somewhere stays text."""
    assert parse(message)["format"] == "unparsed"
