"""Clauses of RFC 3164 and RFC 5424 that the vectors do not settle, one test a clause (CONFORMANCE.md)."""

from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from datetime import timezone as offset
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.lines import parse_lines, reading
from parsers.pipeline import Arrival, parse_frames
from parsers.rebuild import rebuild
from parsers.source import Source

RECEIVED: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
HEADER: Final = b"<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su 1 ID47 "

Record = dict[str, Any]


def read(message: bytes, received: datetime = RECEIVED, timezone: offset = UTC, form: str = "auto") -> Record:
    """Give the JSON record of one message."""
    received_at = int(received.timestamp()) * 10**9
    lines = [b64encode(message)]
    read = reading(Source(form, timezone))
    (record,) = parse_lines(lines, base64=True, received_at=received_at, read=read)
    return record


@pytest.mark.parametrize(
    "message", [b"", b"\0", b"\n", b"\0\x01\xff", b"<", b"<34>", b"x" * 65_507, bytes(range(256))]
)
def test_anything_that_arrives_is_a_message(message: bytes) -> None:
    """RFC 3164 sections 4 and 6.1: no content, length or octet makes a message fail; without PRI it is 13."""
    record = read(message)
    assert record["format"] == "unparsed"
    if not message.startswith(b"<34>"):
        assert (record["facility"], record["severity"]) == (1, 5)
        assert "pri_assumed" in record["flags"]


def test_claimed_hostname_and_peer_are_both_kept() -> None:
    """RFC 3164 section 6.2: HOSTNAME is not held against the source address; both stand in the record."""
    record = read(b"<34>Oct 11 22:14:15 mymachine su: 'su root' failed")
    assert record["hostname"] == "mymachine"
    assert "peer" in record


@pytest.mark.parametrize(
    ("received", "stamp", "expected"),
    [
        ("2027-01-01T00:00:05Z", b"Dec 31 23:59:58", "2026-12-31T23:59:58"),
        ("2026-12-31T23:59:59Z", b"Jan  1 00:00:01", "2027-01-01T00:00:01"),
        ("2028-03-01T00:00:00Z", b"Feb 29 12:00:00", "2028-02-29T12:00:00"),
        ("2026-11-20T12:00:00Z", b"Nov 20 11:59:59", "2026-11-20T11:59:59"),
    ],
)
def test_the_year_is_found_by_receipt(received: str, stamp: bytes, expected: str) -> None:
    """RFC 3164 has no year: the last that is not over a day past receipt is taken, and flagged."""
    record = read(b"<34>" + stamp + b" host app: x", datetime.fromisoformat(received))
    assert record["timestamp"] == f"{expected}.000000Z"
    assert {"year_inferred", "timezone_assumed"} <= set(record["flags"])


def test_a_leap_day_without_a_year_near_receipt_is_no_time() -> None:
    """Feb 29 received in 2027 names no day near receipt: no device time is invented, and a flag says so."""
    record = read(b"<34>Feb 29 12:00:00 host app: x", datetime(2027, 3, 1, tzinfo=UTC))
    assert record["timestamp"] is None
    assert "timestamp_invalid" in record["flags"]


def test_the_zone_of_an_rfc_3164_time_is_the_sources() -> None:
    """RFC 3164 has no zone: the source's setting is taken, and the record says so."""
    record = read(b"<34>Nov 20 11:00:00 host app: x", timezone=offset(timedelta(hours=1)))
    assert record["timestamp"] == "2026-11-20T10:00:00.000000Z"


@pytest.mark.parametrize("octets", [480, 2048, 2049, 8192, 65_507])
def test_long_messages_are_read_whole(octets: int) -> None:
    """RFC 5424 section 6.1 and RFC 5426: 480, 2048 and more octets, the largest datagram, are read whole."""
    message = (HEADER + b"- ").ljust(octets, b"x")
    record = read(message)
    assert record["format"] == "rfc5424"
    assert record["flags"] == []
    assert len(record["message"]) == octets - len(HEADER) - 2


@pytest.mark.parametrize(
    "rest", [b'[a@1 b="cut in an SD-ELEM', b'[a@1 b="x"', b"[a@1 ", b"[", b"- caf\xc3", b"- \xe2\x82"]
)
def test_a_cut_message_is_read_as_far_as_it_goes(rest: bytes) -> None:
    """RFC 5424 section 6.1: a truncated message, its UTF-8 or STRUCTURED-DATA broken, keeps its header."""
    record = read(HEADER + rest)
    assert record["hostname"] == "mymachine.example.com"
    assert record["msg_id"] == "ID47"
    assert {"sd_malformed", "utf8_invalid"} & set(record["flags"])


def test_a_header_with_foreign_octets_is_flagged() -> None:
    """RFC 5424 section 6.2: HEADER is ASCII; what is not is read and flagged."""
    record = read("<34>1 2003-10-11T22:14:15Z höst a - - - x".encode())
    assert (record["hostname"], record["app_name"], record["message"]) == ("höst", "a", "x")
    assert "header_lenient" in record["flags"]


def test_procid_is_a_text() -> None:
    """RFC 5424 section 6.2.6: PROCID need not be a number."""
    record = read(b"<34>1 2003-10-11T22:14:15Z host app abc123 - - x")
    assert (record["proc_id"], record["flags"]) == ("abc123", [])


@pytest.mark.parametrize(
    "field",
    [
        b"h" * 256 + b" a p m",
        b"h " + b"a" * 49 + b" p m",
        b"h a " + b"p" * 129 + b" m",
        b"h a p " + b"m" * 33,
    ],
)
def test_a_field_longer_than_allowed_is_read_and_flagged(field: bytes) -> None:
    """RFC 5424 sections 6.2.4 to 6.2.7: a field over its length is kept whole, and flagged."""
    record = read(b"<34>1 2003-10-11T22:14:15Z " + field + b" - x")
    names = ("hostname", "app_name", "proc_id", "msg_id")
    assert b" ".join(record[name].encode() for name in names) == field
    assert record["flags"] == ["header_lenient"]


def test_an_sd_id_twice_is_kept_twice_and_flagged() -> None:
    """RFC 5424 section 6.3.2: the same SD-ID twice is against the standard; both elements stay, in order."""
    record = read(HEADER + b'[a@1 x="1"][b@1][a@1 x="2"] m')
    assert record["structured_data_elements"] == [["a@1", [["x", "1"]]], ["b@1", []], ["a@1", [["x", "2"]]]]
    assert record["flags"] == ["sd_malformed"]


def test_unknown_sd_ids_are_stored() -> None:
    """RFC 5424 sections 6.3.2 and 9.2: SD-IDs and PARAM-NAMEs that nobody registered are legal."""
    record = read(HEADER + b'[noSuchId a="1"][junos@2636.1.1.1.2.18 b="2"] m')
    assert [sd_id for sd_id, _ in record["structured_data_elements"]] == ["noSuchId", "junos@2636.1.1.1.2.18"]
    assert record["flags"] == []


@pytest.mark.parametrize("letter", ["\N{GOTHIC LETTER AHSA}", "é", "\N{HIRAGANA LETTER A}"])
def test_long_values_of_any_letter_are_read(letter: str) -> None:
    """RFC 5424 section 7: lengths are in characters, each of up to four octets in UTF-8."""
    value = letter * 255
    record = read(HEADER + f'[origin software="{value}"]'.encode())
    assert record["structured_data_elements"] == [["origin", [["software", value]]]]
    assert record["flags"] == []


def test_nul_hides_nothing() -> None:
    """RFC 5424 section 8.2: what stands after a NUL is read like everything else."""
    record = read(HEADER + b"- before\0after")
    assert record["message"] == "before\0after"


@pytest.mark.parametrize(
    "octets", [b"\xc0\xaf", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xff"]
)
def test_invalid_utf_8_is_never_interpreted(octets: bytes) -> None:
    """RFC 5424 section 6.4: what is not shortest-form UTF-8 is shown as U+FFFD, flagged, and kept exactly."""
    record = read(HEADER + b"- \xef\xbb\xbfa" + octets + b"b")
    assert set(record["message"]) == set("a\N{REPLACEMENT CHARACTER}b")
    assert record["flags"] == ["utf8_invalid"]
    assert record["raw_base64"] == b64encode(HEADER + b"- \xef\xbb\xbfa" + octets + b"b").decode()


def test_an_unknown_version_is_read_by_the_known_layout() -> None:
    """RFC 5424 section 6.2.2: another VERSION of the same layout is read by it and flagged, not dropped."""
    record = read(b"<34>2 2003-10-11T22:14:15.003Z h a p m - x")
    assert (record["format"], record["flags"], record["msg_id"]) == ("rfc5424", ["version_unknown"], "m")


def test_a_nil_timestamp_is_no_device_time() -> None:
    """RFC 5424 section 6.2.3: NILVALUE gives no device time; none is invented, and nothing is wrong."""
    record = read(b"<34>1 - - - - - -")
    assert (record["timestamp"], record["flags"], record["message"]) == (None, [], None)


@pytest.mark.parametrize(
    "message",
    [
        b"<6>AUG 10 22:18:24 2009  netips-warden2-p [audit] user=[*SMS]",
        b"<167>Mar 7 2008 19:06:53: example tag: x",
        b"<46>2008 Mar  7 19:06:53 example tag: x",
    ],
)
def test_a_year_in_an_rfc_3164_time_is_read(message: bytes) -> None:
    """RFC 3164 section 5.1: a year behind or before the time is read, and nothing is inferred."""
    record = read(message)
    assert record["timestamp"][:4] in {"2008", "2009"}
    assert "year_inferred" not in record["flags"]


@given(st.binary(max_size=80) | st.from_regex(rb"<[0-9]{1,3}>1? ?[ -~]{0,60}[\n\r\0]{0,2}", fullmatch=True))
def test_the_octets_come_back(message: bytes) -> None:
    """RFC 5424 section 5: of every message the exact octets come back, from the columns or beside them."""
    arrivals = [Arrival(received_at=0, peer="192.0.2.1", count=1)]
    records = parse_frames([message], arrivals, listener="test", transport="udp")
    kept = read(message)["raw_base64"]
    assert (b64decode(kept) if kept is not None else rebuild(records)[0].as_py()) == message
