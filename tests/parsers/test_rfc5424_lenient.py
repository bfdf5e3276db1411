"""RFC 5424's layout, as far as senders keep to it: read, and every departure flagged."""

from collections.abc import Callable
from typing import Any

import pytest

Parse = Callable[..., dict[str, Any]]


def fields(row: dict[str, Any], *names: str) -> list[Any]:
    """Give some columns of a row."""
    return [row[name] for name in names]


@pytest.mark.parametrize(
    ("message", "flags"),
    [
        (b"<34>2 - h - - - - x", ["version_unknown"]),
        (b"<34>01 - h - - - - x", ["version_unknown"]),
        (b"<34>1 2003-10-11t22:14:15Z h - - - - x", ["timestamp_lenient"]),
        (b"<34>1 2003-10-11T22:14:15z h - - - - x", ["timestamp_lenient"]),
        (b"<34>1 2003-10-11T22:14:15+0200 h - - - - x", ["timestamp_lenient"]),
        (b"<34>1 2003-10-11T22:14:15,003Z h - - - - x", ["timestamp_lenient"]),
        (b"<34>1 2003-10-11T22:14:15.123456789Z h - - - - x", ["timestamp_lenient"]),
        (b"<34>1 2003-10-11 22:14:15Z h - - - - x", ["timestamp_lenient"]),
        (b"<34>1 2016-12-31T23:59:60Z h - - - - x", ["timestamp_lenient"]),
        (b"<34>1 2003-10-11T22:14:15 h - - - - x", ["timestamp_lenient", "timezone_assumed"]),
        (b"<34>1 2003-02-30T22:14:15Z h - - - - x", ["timestamp_invalid"]),
        (b"<34>1 2003-10-11T22:14:15-60:00 h - - - - x", ["timestamp_invalid"]),
        (b"<34>1 yesterday h - - - - x", ["timestamp_invalid"]),
        (b"<34>1 - h " + b"a" * 49 + b" - - - x", ["header_lenient"]),
        (b"<34>1 - h\xc3\xb6st - - - - x", ["header_lenient"]),
        (b"<34>1 - h   - - - x", ["header_lenient"]),  # empty APP-NAME
        (b"\xef\xbb\xbf<34>1 - h - - - - x", ["header_lenient"]),
        (b"\n <34>1 - h - - - - x", ["header_lenient"]),
        (b"<34> 1 - h - - - - x", ["header_lenient"]),
        (b"1 2003-10-11T22:14:15Z h - - - - x", ["pri_assumed"]),
        (b"<34>1 - h - - - [ a b=c] x", ["sd_malformed"]),
        (b"<34>1 - h - - - -x", ["sd_malformed"]),
        (b"<34>1 - h - - - [a][a] x", ["sd_malformed"]),
        (b'<34>1 - h - - - [a b="\xff"] x', ["utf8_invalid"]),
        (b"<34>1 - h - - - - \xff", ["utf8_invalid"]),
    ],
)
def test_each_departure_has_its_flag(parse: Parse, message: bytes, flags: list[str]) -> None:
    """A message that departs from RFC 5424 in one way is read, with the flag of that way alone."""
    row = parse(message)
    assert (row["format"], row["flags"]) == ("rfc5424", flags)


@pytest.mark.parametrize(
    ("message", "structured_data", "text"),
    [
        (b"<34>1 - h a - - [Originator@6876 sub=Hostd opID=1] x", "[Originator@6876 sub=Hostd opID=1]", "x"),
        (b'<34>1 - h a - - [a b="]q"] x "y"', '[a b="]q"]', 'x "y"'),
        (b'<34>1 - h a - - [a b="""] x "y"', '[a b="""]', 'x "y"'),
        (b'<34>1 - h a - - [a b="\\"] x "y"', '[a b="\\"]', 'x "y"'),
        (b'<34>1 - h a - - [a b="c"]x', '[a b="c"]', "x"),
        (b'<34>1 - h a - - [action:"Update"; flags:"1"]', '[action:"Update"; flags:"1"]', None),
        (b'<34>1 - h a - - [a b="cut', None, '[a b="cut'),
        (b"<34>1 - h a - - (file.cpp:35) Value 16", None, "(file.cpp:35) Value 16"),
        (b"<34>1 - h a - ID47 ", None, ""),
    ],
)
def test_malformed_structured_data_keeps_its_text(
    parse: Parse, message: bytes, structured_data: str | None, text: str | None
) -> None:
    """Where its end is clear, malformed STRUCTURED-DATA is kept verbatim, apart from MSG; else it is MSG."""
    row = parse(message)
    assert fields(row, "structured_data", "message", "flags") == [structured_data, text, ["sd_malformed"]]


@pytest.mark.parametrize("piece", [b'[\\"]', b"[", b"]", b'"', b"\\", b'["]', b'[a b="c"]', b'[a b="\\"]'])
def test_no_structured_data_is_looked_at_over_and_over(parse: Parse, piece: bytes) -> None:
    """However its quotes pair, it is read in time by its length: this ends, well inside the timeout."""
    message = b"<34>1 - h a p m " + piece * (1 << 18)
    assert parse(message)["format"] == "rfc5424"


def test_elements_after_quotes_that_do_not_pair_end_at_their_bracket(parse: Parse) -> None:
    """Elements before one with a lone quote are read by their quotes, those behind it without."""
    row = parse(b'<34>1 - h a - - [a b="]"][c d="""][e f="g"] x "y"')
    assert fields(row, "structured_data", "message") == ['[a b="]"][c d="""][e f="g"]', 'x "y"']


def test_a_header_cut_short_keeps_what_it_has(parse: Parse) -> None:
    """CyberArk and LEEF end the HEADER after HOSTNAME: the rest is MSG."""
    row = parse(b"<5>1 2020-01-24T22:53:03Z HOST CEF:0|Cyber-Ark|Vault|10.9|22|CPM Verify|5|act=x")
    assert fields(row, "hostname", "app_name", "message", "flags") == [
        "HOST",
        None,
        "CEF:0|Cyber-Ark|Vault|10.9|22|CPM Verify|5|act=x",
        ["header_lenient"],
    ]


def test_a_header_that_goes_on_as_rfc_3164_is_read_so(parse: Parse) -> None:
    """Junos goes on with TAG[PID]: after TIMESTAMP, and others after HOSTNAME."""
    for hostname in (None, "host"):
        behind_time = b"" if hostname is None else b" host"
        row = parse(b"<165>1 2007-02-15T09:17:15.719Z" + behind_time + b" mib2d[1484]: SNMP_TRAP_LINK_UP: x")
        assert fields(row, "hostname", "app_name", "proc_id", "message") == [
            hostname,
            "mib2d",
            "1484",
            "SNMP_TRAP_LINK_UP: x",
        ]


def test_what_only_begins_alike_is_not_rfc_5424(parse: Parse) -> None:
    """Meraki's 1 is no VERSION, and its number no TIMESTAMP (checklist 5424-6)."""
    row = parse(b"<134>1 1563249630.774247239 MX84 events type=vpn_connectivity_change")
    assert row["format"] == "rfc3164"
    assert fields(row, "facility", "severity", "hostname") == [16, 6, "MX84"]


def test_a_leap_second_is_the_second_after(parse: Parse) -> None:
    """23:59:60, which RFC 5424 forbids, is stored as the instant that it is: midnight."""
    assert parse(b"<34>1 2016-12-31T23:59:60.5Z h - - - -")["timestamp"] == "2017-01-01 00:00:00.500000"
