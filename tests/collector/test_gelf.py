"""GELF over TCP: objects out of a stream, however they are ended and wherever the network cuts them."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.gelf import GelfFramer
from parsers.schema import Flag
from tests.collector.streams import Framed, cuts
from tests.shared import Case, parameters, vectors

ONE = b'{"version":"1.1","host":"h","short_message":"a}b{c"}'
TWO = b'{"short_message":"x"}'
SEVERAL = b'{\n  "short_message": "x",\n  "_a": {\n    "b": 1\n  }\n}'
CUT = (Flag.FRAMING_ERROR, Flag.TRUNCATED)


def framed(pieces: Iterable[bytes], maximum_octets: int = 65_536) -> Framed:
    """Feed a new framer piece by piece, then end the stream."""
    framer, result = GelfFramer(maximum_octets), Framed()
    for piece in pieces:
        result.add(framer.feed(piece))
    result.add(framer.finish())
    return result


def framed_however_cut(stream: bytes, maximum_octets: int = 65_536) -> Framed:
    """Frame a stream whole, and assert that it gives the same cut in every way."""
    whole = framed([stream], maximum_octets)
    for pieces in cuts(stream):
        assert framed(pieces, maximum_octets) == whole, pieces
    return whole


@pytest.mark.parametrize("vector", parameters({"GELF-TCP": vectors("gelf")["GELF-TCP"]} if vectors() else {}))
def test_vector(vector: Case) -> None:
    """GELF-TCP: objects that end in NUL."""
    octets = bytes.fromhex(vector["hex"])
    assert framed_however_cut(octets).frames == octets.split(b"\0")[:-1]


@pytest.mark.parametrize("end", [b"\0", b"\n", b"\r\n", b"\n\0", b"\0\n", b" \n"])
@pytest.mark.parametrize("last", [True, False], ids=["ended", "end of the stream"])
def test_ends(end: bytes, *, last: bool) -> None:
    """NUL, LF, CR LF or both end an object, and so does the end of the stream."""
    result = framed_however_cut(end.join([ONE, TWO, ONE]) + end * last)
    assert result.frames == [ONE, TWO, ONE]
    assert not result.flags


@pytest.mark.parametrize("end", [b"\0", b"\n"])
def test_objects_of_several_lines(end: bytes) -> None:
    """An object that is printed over several lines is one, whether NUL ends it or only LF."""
    result = framed_however_cut(end.join([SEVERAL, SEVERAL, TWO, SEVERAL, b""]))
    assert result.frames == [SEVERAL, SEVERAL, TWO, SEVERAL]
    assert not result.flags


def test_text_that_is_no_object_is_kept() -> None:
    """Lines of anything else are frames, too: bad input loses nothing."""
    result = framed_however_cut(b"hello\n" + ONE + b"\0<13>x\0\n\n[1]\n")
    assert result.frames == [b"hello", ONE, b"<13>x", b"[1]"]


@pytest.mark.parametrize("rest", [b'{"short_message":', b'{\n"a": {\n', b"hello"])
def test_stream_that_ends_within(rest: bytes) -> None:
    """What is cut short is kept, and flagged."""
    result = framed_however_cut(ONE + b"\0" + rest)
    assert result.frames == [ONE, rest.strip()]
    assert result.flags == {1: CUT}


def test_silence() -> None:
    """An object that nothing ends is given when its sender falls silent, one that is not complete is not."""
    framer = GelfFramer(65_536)
    assert framer.feed(SEVERAL + b"\n").frames == []
    assert framer.holding
    assert framer.settle().frames == [SEVERAL]
    assert not framer.holding
    assert framer.feed(b'{"short_message": "{}').frames == []
    assert framer.holding
    assert framer.settle().frames == []
    assert framer.feed(b'"}\0').frames == [b'{"short_message": "{}"}']


@pytest.mark.parametrize("end", [b"\0", b"\n"])
def test_oversize(end: bytes) -> None:
    """An object that is too long is cut, flagged, and its rest passed over."""
    long = b'{"short_message":"' + b"x" * 100 + b'"}'
    result = framed_however_cut(TWO + end + long + end + TWO + end, 64)
    assert result.frames == [TWO, long[:64], TWO]
    assert result.flags == {1: (Flag.TRUNCATED,)}
    assert result.discarded in {len(long) - 64, len(long) - 63}


@pytest.mark.parametrize("size", [64, 65, 66])
def test_about_the_limit(size: int) -> None:
    """The longest object is whole; blanks after it do not count."""
    longest = b'{"a":"' + b"x" * (64 - 8) + b'"}'
    assert len(longest) == 64
    result = framed_however_cut(longest + b" " * (size - 64) + b"\n" + TWO + b"\n", 64)
    assert result.frames == [longest, TWO]
    assert not result.flags


JSON = st.sampled_from([ONE, TWO, SEVERAL, b"text", b"}", b"{", b"\0", b"\n", b"\r", b" ", b'{"a":"\xff"}'])


@given(st.lists(JSON | st.binary(max_size=3), max_size=12))
def test_hostile_streams(parts: list[bytes]) -> None:
    """Nothing raises, cuts do not matter, and no octet but blanks is lost."""
    stream = b"".join(parts)
    whole = framed([stream], 48)
    assert framed([stream[at : at + 1] for at in range(len(stream))], 48) == whole
    kept = b"".join(framed([stream]).frames)
    assert len(kept.translate(None, b"\0 \t\r\n")) == len(stream.translate(None, b"\0 \t\r\n"))
