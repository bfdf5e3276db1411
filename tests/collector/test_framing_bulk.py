"""The fast ways of cutting take only what is certain, and then exactly what the exact rule takes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.framing_bulk import cut_counted, cut_lines
from tests.collector.streams import counted, framed

MAXIMUM = 65_536
BODIES = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from([b"", b"port 12345", b"1 <13>a", b"a\r", b" ", b"\n", b"\0", b"see 17 <b>"]),
    ),
    max_size=12,
)


def octet_by_octet(stream: bytes) -> list[bytes]:
    """The exact rule's frames: fed like this, the fast ways never see two."""
    return framed(stream[position : position + 1] for position in range(len(stream))).frames


@given(BODIES, st.sampled_from([b"\n", b"\r\n", b"\0", b"\n ", b"\n\n"]))
@settings(max_examples=300, deadline=None)
def test_lines_agree_with_the_exact_rule(bodies: list[bytes], trailer: bytes) -> None:
    """Lines that are cut together are the exact rule's, and the position is after their last TRAILER."""
    stream = b"".join(b"<13>" + body + trailer for body in bodies)
    frames, position = cut_lines(stream, MAXIMUM)
    assert frames == octet_by_octet(stream[:position])
    assert frames + octet_by_octet(stream[position:]) == octet_by_octet(stream)


@given(BODIES, st.sampled_from([b"", b"", b"", b"\n", b"x", b"12"]))
@settings(max_examples=300, deadline=None)
def test_counted_frames_agree_with_the_exact_rule(bodies: list[bytes], between: bytes) -> None:
    """Counted frames that are cut together are the exact rule's; the last one is left to it."""
    stream = between.join(counted(b"<13>" + body) for body in bodies) + between
    frames, position = cut_counted(stream, 0, MAXIMUM)
    assert frames + octet_by_octet(stream[position:]) == octet_by_octet(stream)


@pytest.mark.parametrize("trailer", [b"\n", b"\r\n", b"\0"])
def test_the_usual_lines_are_cut_together(trailer: bytes) -> None:
    """A stream of lines with one kind of TRAILER takes the fast way, up to the unfinished line."""
    lines = [b"<13>message %d" % number for number in range(100)]
    stream = trailer.join([*lines, b"<13>unfinished"])
    assert cut_lines(stream, MAXIMUM) == (lines, len(stream) - len(b"<13>unfinished"))


def test_lines_without_pri_are_cut_together() -> None:
    """Text lines need no PRI for it."""
    assert cut_lines(b"<13>a\nsecond\n\tthird\n", MAXIMUM) == ([b"<13>a", b"second", b"\tthird"], 20)


@pytest.mark.parametrize(
    "stream", [b"", b"<13>a", b"<13>a\n<13>b\0", b"<13>a\r\n<13>b\n", b"<13>a\n\n<13>b\n", b"<13>a\n 5 b\n"]
)
def test_doubtful_lines_are_left(stream: bytes) -> None:
    """No TRAILER, two kinds of them, empty lines, and lines that may be counted are not certain."""
    assert cut_lines(stream, MAXIMUM) == ([], 0)


def test_long_lines_are_left() -> None:
    """A line over the maximum has to be cut, which the exact rule does."""
    assert cut_lines(b"<13>" + b"a" * 40 + b"\n", 40) == ([], 0)


def test_counted_frames_that_end_in_digits() -> None:
    """A MSG that ends in a digit leads nobody astray: the next MSG-LEN starts where the count says."""
    messages = [b"<13>port %d" % number for number in range(100)]
    stream = counted(*messages)
    frames, position = cut_counted(stream, 0, MAXIMUM)
    assert frames == messages[:-1]
    assert stream[position:] == counted(messages[-1])


def test_long_counted_frames_are_left() -> None:
    """A frame over the maximum has to be cut, which the exact rule does; what is before it is certain."""
    stream = counted(b"<13>a", b"<13>" + b"b" * 100)
    assert cut_counted(stream, 0, 50) == ([b"<13>a"], len(counted(b"<13>a")))
