"""The receiving path: every frame becomes a row, in order, whatever its octets are."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.matching import TOGETHER
from parsers.pipeline import Arrival, parse_frames
from parsers.schema import BATCH_SCHEMA, Flag

Parse = Callable[..., dict[str, Any]]
ParseAll = Callable[..., pa.RecordBatch]

STRICT_5424: Final = (
    b"<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \xef\xbb\xbf'su root' failed"
)
STRICT_3164: Final = b"<34>Oct 11 22:14:15 mymachine su[7]: 'su root' failed"
SAMPLES: Final = [
    STRICT_5424,
    STRICT_3164,
    b"<34>2 - h - - - [a b=c] x\n",
    b"<34>Oct 11 22:14:15 2020 su: x",
    b"<13>Use the BFG!",
    b"Use the BFG!\xff",
    b"<192>1 - - - - - -",
    b"",
    b"\0",
]
FRAMES: Final = st.lists(st.sampled_from(SAMPLES) | st.binary(max_size=30), max_size=20)


def test_rfc_5424_becomes_its_columns(parse: Parse) -> None:
    """Example 1 of RFC 5424, section 6.5: every field in its column, nothing flagged."""
    row = parse(STRICT_5424)
    assert row == row | {
        "timestamp": "2003-10-11 22:14:15.003000",
        "facility": 4,
        "severity": 2,
        "hostname": "mymachine.example.com",
        "app_name": "su",
        "proc_id": None,
        "msg_id": "ID47",
        "structured_data": None,
        "message": "'su root' failed",
        "format": "rfc5424",
        "flags": [],
        "raw": STRICT_5424,
    }


def test_rfc_3164_becomes_its_columns(parse: Parse) -> None:
    """TAG is app_name, PID is proc_id; the flags say that year and zone had to be assumed, and no more."""
    row = parse(STRICT_3164, timezone=ZoneInfo("Europe/Berlin"))
    assert row == row | {
        "timestamp": "2026-10-11 20:14:15.000000",
        "hostname": "mymachine",
        "app_name": "su",
        "proc_id": "7",
        "msg_id": None,
        "structured_data": None,
        "message": "'su root' failed",
        "format": "rfc3164",
        "flags": ["year_inferred", "timezone_assumed"],
    }


@pytest.mark.parametrize(
    ("frame", "pri", "message"),
    [
        (b"Use the BFG!", (1, 5), "Use the BFG!"),
        (b"<165>Use the BFG!\n\0", (20, 5), "Use the BFG!"),
        (b"<192>Use the BFG!", (1, 5), "<192>Use the BFG!"),
        (b"<007>Use the BFG!", (1, 5), "<007>Use the BFG!"),
        (b"  no PRI", (1, 5), "  no PRI"),
        (b"", (1, 5), ""),
        (b"<13>", (1, 5), ""),
    ],
)
def test_what_is_not_parsed_is_kept(parse: Parse, frame: bytes, pri: tuple[int, int], message: str) -> None:
    """Unparsed is all after a valid PRI; without one 13 is assumed (RFC 3164 section 4.3.3), and all kept."""
    row = parse(frame)
    assert (row["format"], (row["facility"], row["severity"]), row["message"]) == ("unparsed", pri, message)
    assert ("pri_assumed" in row["flags"]) == (not frame.startswith((b"<165>", b"<13>")))


def test_absent_msg_is_null_and_empty_msg_is_not(parse: Parse) -> None:
    """RFC 5424 tells a MSG that is not there from one that is empty, and so do the columns."""
    assert parse(b"<34>1 - - - - - -")["message"] is None
    assert parse(b"<34>1 - - - - - - ")["message"] == ""
    assert parse(b"<34>1 - - - - - - \xef\xbb\xbf\n")["message"] == ""


def test_octets_that_are_not_utf_8_are_shown_as_such(parse: Parse) -> None:
    """Overlong forms, surrogates and other octets are never interpreted (section 6.4): U+FFFD, and a flag."""
    row = parse(b"<34>1 - - - - - - a\xc0\xafb\xed\xa0\x80c\xff")
    assert row["message"] == "a\ufffd\ufffdb\ufffd\ufffd\ufffdc\ufffd"
    assert row["flags"] == ["utf8_invalid"]


@given(FRAMES)
def test_every_frame_is_a_row_in_its_place(parse_all: ParseAll, frames: list[bytes]) -> None:
    """Any octets, in any mixture: as many rows as frames, each frame's octets in its own row."""
    records = parse_all(frames)
    records.validate(full=True)
    assert records.schema == BATCH_SCHEMA
    assert records["raw"].to_pylist() == frames


@given(FRAMES, st.sampled_from(["auto", "rfc5424", "rfc3164"]))
def test_a_row_is_the_same_alone_and_in_company(
    parse_all: ParseAll, frames: list[bytes], format_: str
) -> None:
    """What came beside it changes nothing about how a frame is read."""
    columns = [name for name in BATCH_SCHEMA.names if name not in {"received_at", "timestamp"}]
    together = parse_all(frames, format=format_).select(columns).to_pylist()
    alone = [parse_all([frame], format=format_).select(columns).to_pylist()[0] for frame in frames]
    assert together == alone


def test_frames_beyond_one_stride_keep_their_order(parse_all: ParseAll) -> None:
    """Matching goes in strides; rows of several dialects come out in the order of the frames all the same."""
    frames = [SAMPLES[number % 5] + b" %d" % number for number in range(3 * TOGETHER + 7)]
    records = parse_all(frames)
    assert records["raw"].to_pylist() == frames
    assert records["message"].to_pylist() == [parse_all([frame])["message"][0].as_py() for frame in frames]


def test_arrivals_are_runs_of_frames() -> None:
    """Time, peer and identity of an arrival stand in the rows of its frames, and in no others."""
    noon = 1_795_176_000_000_000_000
    arrivals = [
        Arrival(noon, "192.0.2.1", 2),
        Arrival(noon + 1, "2001:db8::1", 0),
        Arrival(noon + 2, "2001:db8::2", 1, "sha-256:AB"),
    ]
    records = parse_frames([b"a", b"b", b"c"], arrivals, listener="tls", transport="tls")
    assert records["received_at"].cast(pa.int64()).to_pylist() == [noon, noon, noon + 2]
    assert records["peer"].to_pylist() == ["192.0.2.1", "192.0.2.1", "2001:db8::2"]
    assert records["tls_identity"].to_pylist() == [None, None, "sha-256:AB"]
    assert set(records["listener"].to_pylist()) == set(records["transport"].to_pylist()) == {"tls"}


def test_framing_adds_its_flags() -> None:
    """What framing had to do to a frame is told in that frame's row, beside what the parser had to do."""
    frames = [b"<34>1 - - - - - -", b"<34>1 - - - - - - cut \xff"]
    records = parse_frames(
        frames,
        [Arrival(0, "192.0.2.1", 2)],
        listener="tcp",
        transport="tcp",
        framing_flags={1: (Flag.TRUNCATED, Flag.FRAMING_ERROR)},
    )
    assert records["flags"].to_pylist() == [[], ["utf8_invalid", "framing_error", "truncated"]]


def test_counts_that_do_not_add_up_are_the_callers_mistake() -> None:
    """Arrivals must count every frame once."""
    with pytest.raises(ValueError, match="count them alike"):
        parse_frames([b"a"], [Arrival(0, "192.0.2.1", 2)], listener="l", transport="udp")


@pytest.mark.parametrize(
    ("format_", "frame", "expected"),
    [
        ("rfc5424", STRICT_3164, "unparsed"),
        ("rfc3164", STRICT_5424, "unparsed"),
        ("rfc5424", STRICT_5424, "rfc5424"),
        ("rfc3164", STRICT_3164, "rfc3164"),
    ],
)
def test_a_format_that_is_set_is_the_only_one_tried(
    parse: Parse, format_: str, frame: bytes, expected: str
) -> None:
    """A source that is known to send one format is never read as another."""
    assert parse(frame, format=format_)["format"] == expected


def test_new_year_may_lie_within_a_batch() -> None:
    """A batch over the edge of a stamp's window gives each row the year found by its own receipt."""
    edge = datetime(2026, 11, 19, 22, 14, 15, tzinfo=UTC)
    arrivals = [
        Arrival(int((edge + timedelta(seconds=seconds)).timestamp()) * 10**9, "192.0.2.1", 1)
        for seconds in (-1, 1)
    ]
    frames = [b"<34>Nov 20 22:14:15 h a: b"] * 2
    records = parse_frames(frames, arrivals, listener="l", transport="udp")
    assert [time.year for time in records["timestamp"].to_pylist()] == [2025, 2026]


def test_rfc_5424_alone_is_conformant_and_everything_else_is_flagged(parse: Parse) -> None:
    """Strict conformance is a query: only what the standard's own grammar allows has no flags of its own."""
    gaps = {"year_inferred", "timezone_assumed"}  # RFC 3164's own
    assert parse(STRICT_5424)["flags"] == []
    assert set(parse(STRICT_3164)["flags"]) == gaps
    for frame in SAMPLES[2:]:
        assert set(parse(frame)["flags"]) - gaps, frame
