"""Frames out of DTLS records: RFC 6012 section 5.4, and what senders do in its place."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.dtls_framing import RecordFramer
from parsers.schema import Flag
from tests.collector.streams import Framed, counted

ONE = b"<13>1 - h a - - - x"
CUT = (Flag.FRAMING_ERROR, Flag.TRUNCATED)


def framed(records: Iterable[bytes], maximum: int = 65_536, gaps: Sequence[int] = ()) -> Framed:
    """Feed records, with some before these numbers lost; then end the session."""
    framer, result = RecordFramer(maximum), Framed()
    for number, record in enumerate(records):
        result.add(framer.feed(record, gap=number in gaps))
    result.add(framer.finish())
    assert not framer.holding
    return result


def vector(shared: Path, name: str) -> bytes:
    """The octets of a vector of the standards."""
    vectors = json.loads((shared / "standards" / "vectors.json").read_text("utf-8"))["vectors"]
    return next(bytes.fromhex(one["hex"]) for one in vectors if one["id"] == name)


def test_one_frame_a_record() -> None:
    """The record of checklist row 6012-8 is one message."""
    assert framed([b"19 <13>1 - h a - - - x"]).frames == [ONE]


@pytest.mark.parametrize("octets", [1, 2, 3, 7, 100, 573])
def test_frames_over_records(shared: Path, octets: int) -> None:
    """Four frames in one record, or over as many as one likes, even one octet each."""
    stream = vector(shared, "FR01")
    pieces = [stream[place : place + octets] for place in range(0, len(stream), octets)]
    result = framed(pieces)
    assert [len(frame) for frame in result.frames] == [110, 113, 175, 174] or len(result.frames) == 4
    assert counted(*result.frames) == stream
    assert result.flags == {}


@given(st.lists(st.binary(min_size=1), min_size=1), st.lists(st.integers(1, 400)))
def test_any_octets_come_back(messages: list[bytes], sizes: list[int]) -> None:
    """Whatever is counted comes back, however it falls into records."""
    stream = counted(*(b"<" + message for message in messages))
    pieces = []
    for size in [*sizes, len(stream)]:
        pieces.append(stream[:size])
        stream = stream[size:]
    result = framed(filter(None, pieces))
    assert result.frames == [b"<" + message for message in messages]
    assert result.flags == {}


@pytest.mark.parametrize(
    "record",
    [
        ONE,
        b"<13>several\nlines\nare one message\n",
        b"<13>19 <13>inside",
        b"no PRI at all",
        b"1 2026-11-20T22:00:00Z h a - - - its PRI was taken",
        b"2026-11-20T22:00:00Z h a: text",
        b"0 <13>zero is no MSG-LEN",
        b"1234567890 <13>nor are ten digits",
        b"\x00\xff",
        b" <13>indented",
    ],
)
def test_bare_records(record: bytes) -> None:
    """A record without MSG-LEN is one message as it stands, LF and all (rsyslog's omdtls sends such)."""
    assert framed([record, record]) == Framed([record, record])


@pytest.mark.parametrize("padding", [b"\n", b"\r\n", b"\0", b" ", b"\n\0"])
def test_padding_behind_a_counted_frame(padding: bytes) -> None:
    """What some senders put behind a counted frame is discarded."""
    assert framed([counted(ONE) + padding]) == Framed([ONE], discarded=len(padding))


def test_miscounted_frames_are_flagged() -> None:
    """A count that is too small leaves a rest, which is kept and flagged."""
    result = framed([b"18 " + ONE, counted(ONE)])
    assert result.frames == [ONE[:-1], b"x", ONE]
    assert result.flags == {1: (Flag.FRAMING_ERROR,)}


def test_a_lost_record_cuts_one_message() -> None:
    """The begun message is given out, flagged; what comes next is not taken for its rest."""
    assert framed([b"30 " + ONE, counted(ONE)], gaps=[1]) == Framed([ONE, ONE], {0: CUT})
    assert framed([b"30 " + ONE, ONE], gaps=[1]) == Framed([ONE, ONE], {0: CUT})


def test_a_rest_whose_beginning_was_lost_is_flagged() -> None:
    """After a gap, what starts with neither MSG-LEN nor "<" is the end of something: kept and flagged."""
    result = framed([b"rest of a message", counted(ONE)], gaps=[0])
    assert result == Framed([b"rest of a message", ONE], {0: (Flag.FRAMING_ERROR,)})


def test_a_gap_between_whole_frames_is_nothing() -> None:
    """Messages of one record each do not mind the loss of another."""
    assert framed([counted(ONE), counted(ONE), ONE], gaps=[1, 2]) == Framed([ONE] * 3)


def test_the_end_inside_a_frame() -> None:
    """What was begun when the session ends is kept, flagged; an MSG-LEN alone, too."""
    assert framed([b"30 " + ONE]) == Framed([ONE], {0: CUT})
    assert framed([counted(ONE) + b"12"]) == Framed([ONE, b"12"], {1: (Flag.FRAMING_ERROR,)})


def test_sizes() -> None:
    """Section 5.4.1: 2048 octets, 8192 octets, and more, over records of 16384."""
    for size in (2048, 8192, 65_536):
        message = b"<13>" + b"x" * (size - 4)
        stream = counted(message)
        assert framed([stream[place : place + 16_384] for place in range(0, len(stream), 16_384)]).frames == [
            message
        ]


def test_oversize() -> None:
    """What is longer than the maximum is cut at its end and flagged, and the rest consumed by its count."""
    long, kept = b"<13>" + b"x" * 3000, b"<13>" + b"x" * 2044
    stream = counted(long, ONE)
    for pieces in ([stream], [stream[:100], stream[100:2500], stream[2500:]]):
        result = framed(pieces, maximum=2048)
        assert result == Framed([kept, ONE], {0: (Flag.TRUNCATED,)}, discarded=len(long) - len(kept))
    assert framed([long], maximum=2048) == Framed([kept], {0: (Flag.TRUNCATED,)}, discarded=956)


def test_absurd_msg_len_allocates_nothing() -> None:
    """A frame that claims nearly a gigaoctet is held only as far as it comes."""
    framer = RecordFramer(2048)
    assert framer.feed(b"999999999 <13>x", gap=False).frames == []
    for _ in range(10):
        framer.feed(b"x" * 16_384, gap=False)
    assert framer.finish().frames == [b"<13>x" + b"x" * 2043]
